"""What the steps of the lake work with; the same for all of one run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shopdata.config import Config
from shopdata.ledger import Ledger
from shopdata.store.staging import Staging

if TYPE_CHECKING:
    from shopdata.lake.dremio import DremioClient
    from shopdata.store.object_store import ObjectStore


@dataclass(frozen=True)
class Resources:
    """Configuration, ledger, this machine's disk, object store and Dremio. All of them block."""

    config: Config
    ledger: Ledger
    staging: Staging
    store: ObjectStore
    #: None where lake.yaml names none.
    dremio: DremioClient | None = None
    #: How long another node may show no life before what only its disk has counts as lost.
    node_lost_seconds: float = 3600
