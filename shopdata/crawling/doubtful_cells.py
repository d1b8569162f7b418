"""The last word about doubtful files, when all shops of a period are through and before it is merged."""

from __future__ import annotations

import logging
from functools import partial

from scrapy.utils.asyncio import run_in_thread

from shopdata.crawling.cell_states import CellStates
from shopdata.crawling.run_leases import RunLeases
from shopdata.exceptions import DiskError
from shopdata.lake.doubts import Decision, Doubts
from shopdata.ledger.checked_files import DoubtState
from shopdata.states import CellState
from shopdata.workspace import Workspace

logger = logging.getLogger(__name__)

_WHY = {
    DoubtState.CONFIRMED: "doubtful also when it was asked for again, or it could not be: published with a mark",
    DoubtState.NOTED: "published with a mark",
    DoubtState.HEALED: "it is as the other shops are today",
}


class DoubtfulCells:
    """Lets files through that were put aside, or holds them; a cell that another run has is left to it."""

    def __init__(self, workspace: Workspace, states: CellStates, doubts: Doubts, leases: RunLeases) -> None:
        self._workspace, self._states, self._doubts, self._leases = workspace, states, doubts, leases

    async def look_again(self, dataset: str, dt: str) -> None:
        """Decides about a period's doubts. Raises LedgerError."""
        for decision in await run_in_thread(lambda: list(self._doubts.decisions(dataset, dt))):
            key = decision.doubt.key
            if not decision.doubt.state.is_aside:
                await run_in_thread(self._doubts.settle, decision)
            elif key in (await self._leases.acquire({key: decision.cell.ended_tries})).acquired:
                try:
                    await self._carry_out(decision)
                finally:
                    await self._leases.release(key)

    async def _carry_out(self, decision: Decision) -> None:
        doubt, key = decision.doubt, decision.doubt.key
        if decision.state is DoubtState.HELD:
            if await self._states.settle(key, CellState.REJECTED, decision.reason):
                await run_in_thread(self._doubts.settle, decision)
            return
        try:
            raw = await run_in_thread(self._doubts.take_back, doubt)
        except DiskError as error:
            logger.error("%s", error)
            return
        await run_in_thread(self._doubts.settle, decision)
        if await self._states.settle(key, raw.state, raw=raw):
            why = _WHY[decision.state]
            logger.info("%s %s %s: %s; %s", key.dataset, key.shop, key.dt, doubt.texts or "plausible", why)
            await run_in_thread(partial(self._workspace.outbox.offer, key, raw))
