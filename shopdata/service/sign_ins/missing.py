"""A shop has been signed in: what waited for that is asked for at once."""

from __future__ import annotations

import logging
from collections import defaultdict
from typing import Protocol

from shopdata.config import Shop
from shopdata.exceptions import ShopdataError
from shopdata.service.control import Control
from shopdata.states import CellState
from shopdata.workspace import Workspace

logger = logging.getLogger(__name__)


class Service(Control, Protocol):
    """What is needed of the service."""

    workspace: Workspace


def ask_for_missing(service: Service, shop: Shop) -> None:
    """Queues one run for each dataset of which cells of this shop wait for a person. Blocks."""
    waiting = defaultdict(list)
    for cell in service.workspace.ledger.cells(shops=[shop.id]):
        if cell.state is CellState.NEEDS_LOGIN:
            waiting[cell.key.dataset].append(cell.key.dt)
    for dataset, dts in waiting.items():
        try:
            runs = service.collect(dataset, dts, [shop.id])
        except ShopdataError as error:
            logger.error("%s: %s could not be asked for after its sign-in: %s", shop.id, dataset, error)
        else:
            logger.info("%s: signed in, and what it was missing is asked for: run %s", shop.id, " ".join(runs))
