"""Files that lie in the outbox of a machine that may never come back: the others of a period do not wait for them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from shopdata.lake.receipts import Receipt
from shopdata.lake.reconcile import published_file
from shopdata.lake.resources import Resources
from shopdata.ledger import Cell, RawFile
from shopdata.periods import SHANGHAI
from shopdata.reasons import Reason

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class AbsentFile:
    """The file of a cell that neither this machine nor the store has."""

    cell: Cell
    raw: RawFile
    #: True if the machine that had it is gone.
    is_lost: bool

    @property
    def reason(self) -> Reason:
        """Why it is not in a partition."""
        node = self.raw.node or "another machine"
        if self.is_lost:
            text = f"its file was on {node}, which is gone: it is asked for again"
            return Reason("file_lost", {"node": node}, text)
        return Reason("file_elsewhere", {"node": node}, f"its file is on {node}, and the store does not have it yet")


def absent_files(cells: Iterable[Cell], lake: Resources) -> list[AbsentFile]:
    """Those of the cells whose file was not sent, and does not lie here. What was sent and not noted, is noted.

    Raises:
        StoreError: whether the store has one can't be seen.
    """
    found = []
    silent: dict[str, timedelta] | None = None
    for cell, raw in _not_here(cells, lake):
        there = lake.store.stat_anywhere(raw.key)
        if there is not None and there.sha256 == raw.sha256:
            # Its machine was killed between sending it and saying so.
            lake.ledger.mark_in_store(cell.key, raw.sha256)
            continue
        now = lake.ledger.cell(cell.key)
        if now is None or now.raw is None or now.raw.in_store or now.raw.sha256 != raw.sha256:
            continue  # sent meanwhile, or another file has come
        silent = lake.ledger.nodes.silent_for() if silent is None else silent
        found.append(AbsentFile(now, raw, _is_lost(raw, lake, silent)))
    return found


def give_up_lost(dataset: str, dt: str, lake: Resources, published: Receipt | None) -> None:
    """Cells of a period whose file is lost are to be asked for again; what is published of them stays.

    Args:
        published: the receipt of the period, if there is one.

    Raises:
        StoreError, RejectedFileError: what is published of one can't be had or read.
    """
    for absent in absent_files(lake.ledger.cells(dataset, dt), lake):
        if absent.is_lost:
            instead = published_file(absent.cell.key, published, lake)
            if lake.ledger.lose_unsent(absent.cell.key, absent.raw.sha256, absent.reason, instead=instead):
                logger.warning("%s: %s", absent.cell.key, absent.reason)


def _not_here(cells: Iterable[Cell], lake: Resources) -> Iterator[tuple[Cell, RawFile]]:
    for cell in cells:
        raw = cell.raw
        if raw is not None and not raw.in_store and not lake.staging.raw(raw.key).is_file():
            yield cell, raw


def _is_lost(raw: RawFile, lake: Resources, silent: dict[str, timedelta]) -> bool:
    """True if nobody will send it any more: it was here and is not, or its machine shows no life."""
    if raw.node == lake.staging.node:
        return True
    # Staging it was a sign of life too.
    since = datetime.now(SHANGHAI) - raw.fetched_at
    return min(silent.get(raw.node, since), since).total_seconds() >= lake.node_lost_seconds
