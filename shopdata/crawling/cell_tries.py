"""One try at a cell: whether its shop may be asked now, and what becomes of it when something goes wrong."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable
from datetime import datetime

from scrapy.utils.asyncio import run_in_thread

from shopdata.config import Shop
from shopdata.crawling.cell_states import CellStates
from shopdata.exceptions import (
    DiskError,
    LeaseLostError,
    LedgerError,
    NeedsPersonError,
    ParkedError,
    RiskBlockedError,
    ShopdataError,
)
from shopdata.items import ReportFile
from shopdata.ledger import CellKey
from shopdata.periods import SHANGHAI
from shopdata.reasons import UNKNOWN, Reason
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
        #: Why shops were parked by this run: their other cells come to the same, and not to "since an earlier run".
        self._parked: dict[str, NeedsPersonError] = {}

    async def ask(self, shop: Shop, key: CellKey, get: Callable[[], Awaitable[ReportFile]]) -> ReportFile | None:
        """Asks for a cell by `get`; None if nothing came of it, and the ledger knows why."""
        try:
            await run_in_thread(self._workspace.ledger.claim, key, self._run_id)
            await self._refuse_parked(shop)
            await self._refuse_resting(shop)
            return await get()
        except LeaseLostError as error:
            logger.warning("%s", error)
        except ShopdataError as error:
            await self._leave_alone(shop, error)
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

    async def _leave_alone(self, shop: Shop, error: ShopdataError) -> None:
        """Keeps for later runs that the shop waits for a person, or for time to pass."""
        try:
            if isinstance(error, NeedsPersonError) and error.parks and error is not self._parked.get(shop.id):
                await run_in_thread(self._workspace.sessions.park, shop, Reason.of(error))
                self._parked[shop.id] = error
            elif isinstance(error, RiskBlockedError) and error.rest_seconds:
                await run_in_thread(self._workspace.restraint.rest, shop, error.rest_seconds, error.found)
        except DiskError as second:
            logger.error("%s: the next run tries the same again, for this could not be kept: %s", shop.id, second)

    async def _refuse_parked(self, shop: Shop) -> None:
        reason = await run_in_thread(self._workspace.sessions.parked, shop)
        if reason and shop.id in self._parked:
            raise self._parked[shop.id]
        if reason:
            raise ParkedError(
                f"the shop waits for a person since an earlier run. Then: {reason.text.rstrip('.')}",
                # It needs the same of a person as the reason of that run.
                code="" if reason.code == UNKNOWN else reason.code,
                params=reason.params,
                todo=f"Fix its credentials, run `scrapy login {shop.id}`, or try again as it is with `-a force=1`.",
            )

    async def _refuse_resting(self, shop: Shop) -> None:
        rest = await run_in_thread(self._workspace.restraint.rests_until, shop)
        if rest is not None:
            until, why = rest
            raise RiskBlockedError(
                f"the portal's risk control says too often, and the shop is left alone until {_clock(until)}",
                where=f"shop {shop.id!r}",
                found=why,
                params={"said": why, "until": until.isoformat(timespec="minutes")},
                todo="Asked before, it would take longer still: leave exports of this account alone, also by hand.",
            )


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M} (Shanghai)"
