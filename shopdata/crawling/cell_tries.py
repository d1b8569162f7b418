"""One try at a cell, and what becomes of it when something goes wrong."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable

from scrapy.utils.asyncio import run_in_thread

from shopdata.config import Shop
from shopdata.crawling.cell_states import CellStates
from shopdata.exceptions import LeaseLostError, LedgerError, ShopdataError
from shopdata.items import ReportFile
from shopdata.ledger import CellKey
from shopdata.reasons import Reason
from shopdata.states import CellState
from shopdata.workspace import Workspace

logger = logging.getLogger(__name__)

_STOPPED = Reason("run_stopped", {}, "the run was stopped before this cell was done")


class CellTries:
    """One try at a cell at a time for each shop; what comes of it, `CellStates` writes."""

    def __init__(self, run_id: str, workspace: Workspace, states: CellStates) -> None:
        self._run_id = run_id
        self._workspace = workspace
        self._states = states
        self._is_ledger_lost = False

    async def ask(
        self, shop: Shop, key: CellKey, get: Callable[[], Awaitable[ReportFile]], *, is_begun: bool = False
    ) -> ReportFile | None:
        """Asks for a cell by `get`; None if nothing came of it, and the ledger knows why.

        Args:
            is_begun: the ledger knows already that it is asked for.
        """
        try:
            if not is_begun:
                await run_in_thread(self._workspace.ledger.claim, key, self._run_id)
            return await get()
        except LeaseLostError as error:
            logger.warning("%s", error)
        except ShopdataError as error:
            await run_in_thread(self._workspace.left_alone.keep, shop, error)
            await self._states.settle(key, CellState(error.state), Reason.of(error))
        except asyncio.CancelledError:
            # Somebody stops the run: no time for threads, and the state must be true before we go.
            self._stop(key)
            raise
        except Exception as error:  # noqa: BLE001 - a bug may cost this cell, not the other shops
            logger.error("%s %s %s: %s", key.dataset, key.shop, key.dt, traceback.format_exc())
            await self._states.fail(key, error)
        return None

    def _stop(self, key: CellKey) -> None:
        if self._is_ledger_lost:
            # For each cell it would be waited for anew, and whoever pressed Ctrl-C waits as well.
            return
        try:
            self._states.settle_now(key, CellState.PENDING, _STOPPED)
        except LedgerError as error:
            self._is_ledger_lost = True
            logger.error("%s: the next run finds it stopped in the middle: %s", key, error)
