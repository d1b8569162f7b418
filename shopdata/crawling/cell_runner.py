"""A plan's cells become items: shops side by side, one shop's cells one after the other, then the partitions."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from scrapy.utils.asyncio import run_in_thread

from shopdata import failpoints, signals
from shopdata.config import Portal, Shop
from shopdata.crawling.cell_tries import CellTries
from shopdata.crawling.concurrency import ShopLimiter, merged
from shopdata.crawling.crawl_run import CrawlRun
from shopdata.crawling.due_partitions import due_partitions
from shopdata.crawling.homes import ShopHomes
from shopdata.crawling.one_cell import one_cell
from shopdata.crawling.wire import Wire
from shopdata.exceptions import DiskError, LedgerError
from shopdata.failpoints import FailPoint
from shopdata.files import move
from shopdata.items import Partition, ReportFile
from shopdata.ledger import CellKey, ClaimResult
from shopdata.ledger.owner import name_of
from shopdata.periods import SHANGHAI, Period
from shopdata.plan import Plan

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Asking:
    """How a spider asks for a cell."""

    #: Gets the file of a cell. Raises ShopdataError.
    collect: Callable[[Shop, Period], Awaitable[ReportFile]]
    #: The item of a cell, its file still to be written.
    new_item: Callable[[Shop, Period], ReportFile]
    #: The answer that a shop got last.
    last_answer: Callable[[Shop], Wire | None]
    portal: Portal


class CellRunner:
    """Works on the cells of one run.

    Args:
        limiter: how many shops are worked on at once.
        pause_seconds: between one period and the next of a plan that is paced.
    """

    def __init__(
        self, run: CrawlRun, plan: Plan, asking: Asking, limiter: ShopLimiter, *, pause_seconds: float
    ) -> None:
        self._run = run
        self._plan = plan
        self._asking = asking
        self._limiter = limiter
        self._pause_seconds = pause_seconds
        self._tries = CellTries(run.run_id, run.workspace, run.states)
        self._homes = ShopHomes(run.workspace, run.run_id)

    async def items(self, spider: str, arguments: Mapping[str, str]) -> AsyncIterator[ReportFile | Partition]:
        """The files of all cells that are still to be asked for, as they come; then the partitions made of them.

        Args:
            spider: its name, for the ledger.
        """
        run = self._run
        try:
            await run.begin(spider, arguments)
            todo = await run_in_thread(self._prepare)
        except (DiskError, LedgerError) as error:
            logger.error("nothing was asked: %s", error)
            return
        plan = self._plan
        run.events.send(signals.run_planned, plan=plan, todo=[(key.dt, key.shop) for key in todo])
        is_first, asked = True, self._asked(todo)
        for periods in [[p] for p in plan.periods] if plan.is_paced else [plan.periods]:
            streams = list(self._streams(periods, asked, todo))
            if streams and not is_first:
                await asyncio.sleep(self._pause_seconds)
            is_first = is_first and not streams
            async for item in merged(streams):
                yield run.barrier.expect(item)
            await run.barrier.empty()
            async for partition in due_partitions(run, plan.dataset, [period.dt for period in periods]):
                yield partition

    def _prepare(self) -> dict[CellKey, int]:
        """Enters the plan into the ledger; returns the cells that must be asked for, for `Claims.acquire`."""
        workspace = self._run.workspace
        plan = self._plan = self._plan.against(workspace.ledger, datetime.now(SHANGHAI))
        cells = self._run.enter(plan)
        again = {period.dt for period in plan.restate}
        self._run.states.rechecks.add(cell for cell in cells if cell.dt in again)
        for shop in plan.shops if plan.force else ():
            workspace.sessions.unpark(shop)
            workspace.restraint.end_rest(shop)
        self._homes.begin(plan.keys)
        todo = plan.todo(cells)
        return {cell.key: cell.ended_tries for cell in cells if cell.key in todo}

    # -- a shop -----------------------------------------------------------------------------------------------------

    def _asked(self, todo: Mapping[CellKey, int]) -> dict[str, dict[Period, CellKey]]:
        """What is to be asked of each shop, in the plan's order."""
        asked: dict[str, dict[Period, CellKey]] = {}
        for shop in self._plan.shops:
            keys = {period: CellKey(self._plan.dataset, period.dt, shop.id) for period in self._plan.periods}
            asked[shop.id] = {period: key for period, key in keys.items() if key in todo}
        return asked

    def _streams(
        self, periods: Sequence[Period], asked: Mapping[str, dict[Period, CellKey]], todo: Mapping[CellKey, int]
    ) -> Iterator[AsyncIterator[ReportFile]]:
        """One for each shop that has something to do in these periods."""
        for shop in self._homes.in_order(self._plan.shops):
            own = asked[shop.id]
            cells = {own[period]: period for period in periods if period in own}
            if cells:
                is_last = next(reversed(own)) in periods
                yield self._work_on(shop, cells, {key: todo[key] for key in cells}, is_last=is_last)
            elif not own:
                self._run.events.send(signals.shop_signed_in, shop=shop.id)

    async def _work_on(
        self, shop: Shop, cells: Mapping[CellKey, Period], tries: dict[CellKey, int], *, is_last: bool
    ) -> AsyncIterator[ReportFile]:
        """One shop's cells, one after the other; the last of them in this run, or not yet.

        What another run has in work is waited for, outside of any slot, and asked only if that run could not end.
        """
        leases = self._run.leases
        while tries and await self._homes.turn(shop, tries):
            async with self._limiter.hold():
                claim = await self._acquire(tries)
                for key in claim.acquired:
                    is_begun = key == claim.acquired[0]
                    get = partial(self._file_of, shop, cells[key], key)
                    item = await self._tries.ask(shop, key, get, is_begun=is_begun)
                    if item is None:
                        await leases.release(key)
                    else:
                        item.is_admitted = True
                        yield item
            if not claim.held or not await leases.wait_for_others([cell.key for cell in claim.held]):
                break
        if is_last:
            self._run.events.send(signals.shop_signed_in, shop=shop.id)

    async def _acquire(self, tries: dict[CellKey, int]) -> ClaimResult:
        """Acquires the cells that are free, tells what others did or do, and leaves in `tries` what others hold."""
        failpoints.reach(FailPoint.CLAIM_BEFORE)
        try:
            claim = await self._run.leases.acquire(tries, is_asking=True)
        except LedgerError as error:
            logger.error("%s: not asked: %s", ", ".join(map(str, tries)), error)
            return ClaimResult()
        failpoints.reach(FailPoint.CLAIM_AFTER)
        for cell in claim.settled:
            logger.info("%s %s %s: %s, by run %s", cell.dataset, cell.shop, cell.dt, cell.state, cell.run_id)
            self._run.events.settled(cell.key, cell.state, cell.reason, cell.rows)
        for cell in claim.held:
            self._run.events.stepped(cell.key, f"held {name_of(cell.lease_owner)}")
        for key in (*claim.acquired, *(cell.key for cell in claim.settled)):
            del tries[key]
        return claim

    # -- a cell -----------------------------------------------------------------------------------------------------

    async def _file_of(self, shop: Shop, period: Period, key: CellKey) -> ReportFile:
        left_over = await run_in_thread(self._left_over, key, shop, period)
        if left_over is not None:
            return left_over
        asking = self._asking
        last = partial(asking.last_answer, shop)
        return await one_cell(
            key, asking.portal, last, self._run.workspace.staging, partial(asking.collect, shop, period)
        )

    def _left_over(self, key: CellKey, shop: Shop, period: Period) -> ReportFile | None:
        """What a killed run had downloaded and the ledger does not know of: it is not asked for again."""
        workspace = self._run.workspace
        path = workspace.staging.left_over(shop.platform, key.dataset, key.dt, key.shop)
        if path is None or self._plan.force:
            return None
        cell = workspace.ledger.cell(key)
        if cell is None or cell.raw is not None:
            return None
        item = self._asking.new_item(shop, period)
        if path != item.path:
            move(path, item.path)
        item.fetched_at = datetime.fromtimestamp(item.path.stat().st_mtime, SHANGHAI)
        return item
