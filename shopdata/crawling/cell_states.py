"""The one place of a crawl that writes what a cell is, and tells it."""

from __future__ import annotations

import logging
from datetime import datetime
from functools import partial
from typing import Any

from scrapy.utils.asyncio import run_in_thread

from shopdata.crawling.events import CellEvents
from shopdata.crawling.rechecks import Rechecks
from shopdata.exceptions import LeaseLostError, LedgerError
from shopdata.lake.not_ready import wait_of
from shopdata.ledger import Cell, CellKey, RawFile
from shopdata.periods import SHANGHAI
from shopdata.reasons import NO_REASON, Reason
from shopdata.states import CellState
from shopdata.workspace import Workspace

logger = logging.getLogger(__name__)


class CellStates:
    """The owner of the states of one crawl's cells: first the ledger knows, then everybody else."""

    def __init__(self, workspace: Workspace, events: CellEvents) -> None:
        self.rechecks = Rechecks()
        self._workspace = workspace
        self._events = events

    async def settle(
        self,
        key: CellKey,
        state: CellState,
        reason: Reason = NO_REASON,
        *,
        raw: RawFile | None = None,
        forget_job: bool = False,
        only_from: CellState | None = None,
    ) -> bool:
        """Writes what became of a cell, then tells it; what the arguments are, `Ledger.settle` says.

        A recheck that came to nothing leaves its cell as good as it was.

        Returns:
            False if it could not be written; then the log says why, and nothing is told.
        """
        work = partial(self._write, key, state, reason, raw=raw, forget_job=forget_job, only_from=only_from)
        try:
            cell = await run_in_thread(work)
        except LeaseLostError as error:
            # Whoever has it now has the last word.
            logger.warning("%s", error)
            return False
        except LedgerError as error:
            what = f"{state}: {reason}" if reason else state
            logger.error("%s %s %s: not saved (%s): %s", key.dataset, key.shop, key.dt, what, error)
            return False
        if cell is not None:
            self._notify(cell)
        return True

    async def fail(self, key: CellKey, error: BaseException | None) -> None:
        """What is still `running` is `failed`, by a mistake of ours or where nobody could go on without."""
        await self.settle(key, CellState.FAILED, Reason.of(error), only_from=CellState.RUNNING)

    def settle_now(self, key: CellKey, state: CellState, reason: Reason) -> None:
        """The same without a thread, for who is being stopped. Raises LedgerError."""
        cell = self._write(key, state, reason)
        assert cell is not None
        self._notify(cell)

    def _write(self, key: CellKey, state: CellState, reason: Reason, **about: Any) -> Cell | None:
        state, reason = self.rechecks.outcome(key, state, reason)
        if state is CellState.NOT_READY:
            about["wait"] = wait_of(key, self._workspace.config.dataset(key.dataset), datetime.now(SHANGHAI))
        return self._workspace.ledger.settle(key, state, reason, **about)

    def _notify(self, cell: Cell) -> None:
        # Where there is a reason, it says more than the count of the rows that stay.
        self._events.settled(cell.key, cell.state, cell.reason, None if cell.reason else cell.rows)
