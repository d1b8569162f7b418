"""The base of every spider: plan, shops side by side, one item per cell, one per partition at the end."""

from __future__ import annotations

import asyncio
import logging
from abc import abstractmethod
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any, ClassVar, Self

import scrapy
from scrapy import signals as scrapy_signals
from scrapy.crawler import Crawler
from scrapy.utils.asyncio import run_in_thread
from twisted.python.failure import Failure

from shopdata import failpoints, signals
from shopdata.config import Config, Portal, Shop
from shopdata.crawling.bucket import look_into_bucket
from shopdata.crawling.cell_states import CellStates
from shopdata.crawling.cell_work import CellWork
from shopdata.crawling.events import CellEvents
from shopdata.crawling.in_pipelines import InPipelines
from shopdata.crawling.one_cell import one_cell
from shopdata.crawling.portal_client import PortalClient
from shopdata.crawling.sharing import SharedWork
from shopdata.crawling.side_by_side import Slots, side_by_side
from shopdata.excel import sniff
from shopdata.exceptions import DiskError, LedgerError, ShopdataError
from shopdata.failpoints import FailPoint
from shopdata.items import Partition, ReportFile
from shopdata.lake.partition import is_due
from shopdata.lake.standing import UNSEEN_STAT
from shopdata.ledger import CellKey, ClaimResult, Owner
from shopdata.ledger.owner import name_of
from shopdata.periods import SHANGHAI, Period, PeriodKind
from shopdata.plan import Plan
from shopdata.workspace import Workspace

logger = logging.getLogger(__name__)


class ReportSpider(scrapy.Spider):
    """Collects one dataset for all of its shops.

    A subclass says in `collect` what is asked for one cell. Whether a cell is asked at all, sessions, pace, tries and
    what becomes of an error are not its business.
    """

    platform: ClassVar[str]
    #: The dataset for each kind of period; by default the spider's name, in days.
    datasets: ClassVar[Mapping[PeriodKind, str]] = {}

    #: Read once, in `from_crawler`.
    workspace: Workspace
    plan: Plan
    portal: Portal
    _pause_seconds: float
    #: Made when the ledger is known.
    _cells: CellWork
    _events: CellEvents
    _states: CellStates
    _shared: SharedWork

    def __init__(self, name: str | None = None, **arguments: str) -> None:
        # Not handed to Scrapy, which would make attributes of them: an argument `start` would hide the method.
        super().__init__(name)
        self.arguments = arguments
        self._clients: dict[str, PortalClient] = {}
        self._slots = Slots(1)
        self._in_pipelines = InPipelines()

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.workspace = Workspace.of(crawler)
        spider.plan = cls.plan_for(spider.workspace.config, spider.arguments)
        spider.portal = spider.workspace.config.portal(cls.platform)
        spider._slots = Slots(spider.workspace.shops_at_once)
        spider._events = CellEvents(crawler.signals)
        spider._states = CellStates.of(crawler)
        spider._pause_seconds = crawler.settings.getfloat("SHOPDATA_BACKFILL_PAUSE_SECONDS")
        # What others see of this run is who holds what; what is written, is written as this holder.
        claims = spider.workspace.ledger.hold_for(Owner.here(spider.plan.run_id), spider.workspace.lease_seconds)
        spider._shared = SharedWork(claims, spider.workspace.patience_seconds)
        crawler.signals.connect(spider._on_item_through, scrapy_signals.item_scraped)
        crawler.signals.connect(spider._on_item_through, scrapy_signals.item_dropped)
        crawler.signals.connect(spider._on_item_error, scrapy_signals.item_error)
        crawler.signals.connect(spider._shared.end, scrapy_signals.spider_closed)
        return spider

    @classmethod
    def plan_for(cls, config: Config, arguments: Mapping[str, str]) -> Plan:
        """What these arguments ask for. Raises ArgumentError."""
        return Plan.from_arguments(cls.name, cls.datasets or {"day": cls.name}, config, arguments)

    @abstractmethod
    async def collect(self, shop: Shop, period: Period) -> ReportFile:
        """Asks the portal for one cell and returns its file.

        Raises:
            ShopdataError: it can't be had; the error's `state` becomes the cell's.
        """

    # -- a run ------------------------------------------------------------------------------------------------------

    async def start(self) -> AsyncIterator[Any]:
        """The files of all cells that are still to be asked, as they come; then the partitions made of them."""
        self._shared.begin()
        try:
            todo = await run_in_thread(self._prepare)
        except (DiskError, LedgerError) as error:
            logger.error("nothing was asked: %s", error)
            return
        self._events.send(signals.run_planned, plan=self.plan, todo=[(key.dt, key.shop) for key in todo])
        is_first = True
        for periods in [[p] for p in self.plan.periods] if self.plan.is_paced else [self.plan.periods]:
            streams = list(self._streams(periods, todo))
            if streams and not is_first:
                await asyncio.sleep(self._pause_seconds)
            is_first = is_first and not streams
            async for item in side_by_side(streams):
                yield self._in_pipelines.enter(item)
            await self._in_pipelines.empty()
            for period in periods:
                # One merge at a time: each keeps all cores busy.
                async for partition in self._due_partition(period.dt):
                    yield self._in_pipelines.enter(partition)
                    await self._in_pipelines.empty()

    async def _due_partition(self, dt: str) -> AsyncIterator[Partition]:
        """The period's partition, held until it is through; nothing if another run has published it meanwhile."""
        dataset, workspace = self.plan.dataset, self.workspace

        def look() -> bool:
            return is_due(dataset, dt, config=workspace.config, ledger=workspace.ledger)

        try:
            if await run_in_thread(look):
                async with self._shared.partition(dataset, dt) as is_ours:
                    if is_ours and await run_in_thread(look):
                        yield Partition(dataset=dataset, platform=self.platform, dt=dt, run_id=self.plan.run_id)
        except LedgerError as error:
            logger.error("%s %s: not merged: %s", dataset, dt, error)

    def _streams(self, periods: Sequence[Period], todo: Mapping[CellKey, int]) -> Iterator[AsyncIterator[ReportFile]]:
        """One for each shop that has something to do in these periods."""
        for shop in self.plan.shops:
            own = [p for p in self.plan.periods if CellKey(self.plan.dataset, p.dt, shop.id) in todo]
            now = [period for period in own if period in periods]
            if now:
                cells = {CellKey(self.plan.dataset, period.dt, shop.id): period for period in now}
                yield self._work_on(shop, cells, {key: todo[key] for key in cells}, is_last=now[-1] == own[-1])
            elif not own:
                self._events.send(signals.shop_signed_in, shop=shop.id)

    def _prepare(self) -> dict[CellKey, int]:
        """Enters the plan into the ledger; returns the cells that must be asked of the portal, for `Claims.take`."""
        ledger = self.workspace.ledger
        assert ledger.claims is not None
        for key in ledger.claims.reap():
            logger.info("%s %s %s: lease of a dead run released", *self._name(key))
        plan = self.plan = self.plan.against(ledger, datetime.now(SHANGHAI))
        ledger.start_run(plan.run_id, self.name, dict(self.arguments))
        ledger.add_cells(self.platform, plan.keys)
        assert self.crawler.stats is not None
        self.crawler.stats.set_value(UNSEEN_STAT, not look_into_bucket(plan, self.workspace))
        cells = [cell for period in plan.periods for cell in ledger.cells(plan.dataset, period.dt)]
        again = {period.dt for period in plan.restate}
        self._states.rechecks.add(cell for cell in cells if cell.dt in again)
        self._cells = CellWork(plan.run_id, self.workspace, self._shared, self._states)
        if plan.force:
            for shop in plan.shops:
                self.workspace.sessions.unpark(shop)
                self.workspace.restraint.end_rest(shop)
        todo = plan.todo(cells)
        return {cell.key: cell.ended_tries for cell in cells if cell.key in todo}

    async def _work_on(
        self, shop: Shop, cells: Mapping[CellKey, Period], tries: dict[CellKey, int], *, is_last: bool
    ) -> AsyncIterator[ReportFile]:
        """One shop's cells, one after the other; the last of them in this run, or not yet.

        What another run has in work is waited for, outside of any slot, and asked only if that run could not end.
        """
        while tries:
            async with self._slots.hold():
                claim = await self._acquire(tries)
                for key in claim.acquired:
                    item = await self._cells.ask(shop, key, partial(self._file_of, shop, cells[key], key))
                    if item is None:
                        await self._cells.let_go(key)
                    else:
                        yield item
            if not claim.held or not await self._shared.wait_for_others([cell.key for cell in claim.held]):
                break
        if is_last:
            self._events.send(signals.shop_signed_in, shop=shop.id)

    async def _acquire(self, tries: dict[CellKey, int]) -> ClaimResult:
        """Takes the cells that are free, tells what others did or do, and leaves in `tries` what is held by others."""
        failpoints.reach(FailPoint.CLAIM_BEFORE)
        try:
            claim = await self._shared.acquire(tries)
        except LedgerError as error:
            logger.error("%s: not asked: %s", ", ".join(map(str, tries)), error)
            return ClaimResult()
        failpoints.reach(FailPoint.CLAIM_AFTER)
        for cell in claim.settled:
            logger.info("%s %s %s: %s, by run %s", *self._name(cell.key), cell.state, cell.run_id)
            self._events.settled(cell.key, cell.state, cell.reason, cell.rows)
        for cell in claim.held:
            self._events.stepped(cell.key, f"wait for {name_of(cell.lease_owner)}")
        for key in (*claim.acquired, *(cell.key for cell in claim.settled)):
            del tries[key]
        return claim

    async def _file_of(self, shop: Shop, period: Period, key: CellKey) -> ReportFile:
        left_over = await run_in_thread(self._left_over, key, shop, period)
        if left_over is not None:
            return left_over
        last, staging = (lambda: self.client(shop).last), self.workspace.staging
        return await one_cell(key, self.portal, last, staging, partial(self.collect, shop, period))

    def _left_over(self, key: CellKey, shop: Shop, period: Period) -> ReportFile | None:
        """What a killed run had downloaded and the ledger does not know of: it is not asked for again."""
        cell = self.workspace.ledger.cell(key)
        if self.plan.force or cell is None or cell.raw is not None:
            return None
        path = self.workspace.staging.left_over(self.platform, key.dataset, key.dt, key.shop)
        if path is None:
            return None
        item = self.report_file(shop, period)
        item.fetched_at = datetime.fromtimestamp(path.stat().st_mtime, SHANGHAI)
        return item

    # -- items in work ----------------------------------------------------------------------------------------------

    async def _on_item_through(self, item: Any) -> None:
        try:
            if isinstance(item, ReportFile):
                # Held until here: the file is in the store, or everything was tried.
                await self._cells.let_go(CellKey(item.dataset, item.dt, item.shop_id))
        finally:
            self._in_pipelines.leave()

    async def _on_item_error(self, item: Any, failure: Failure) -> None:
        try:
            if isinstance(item, ReportFile):
                if not isinstance(failure.value, ShopdataError) and item.path.is_file():
                    # What a mistake of ours met it would meet again; whoever mends it wants to see the file.
                    with suppress(DiskError):
                        self.workspace.staging.reject(item.path, item.dataset, item.dt, item.shop_id, sniff(item.path))
                await self._cells.fail(CellKey(item.dataset, item.dt, item.shop_id), failure.value)
        finally:
            await self._on_item_through(item)

    # -- for subclasses ---------------------------------------------------------------------------------------------

    def client(self, shop: Shop) -> PortalClient:
        """The shop's way to its portal."""
        if shop.id not in self._clients:
            assert self.crawler.engine is not None
            self._clients[shop.id] = PortalClient(
                self.crawler.engine.download_async,
                self.wait,
                shop,
                self.portal,
                self.workspace.staging.half_way(),
            )
        return self._clients[shop.id]

    def step(self, shop: Shop, period: Period, what: str) -> None:
        """Tells what is being done for a cell."""
        self._events.stepped(CellKey(self.plan.dataset, period.dt, shop.id), what)

    async def wait(self, seconds: float) -> None:
        """Waits for the portal; another shop may have the slot meanwhile."""
        async with self._slots.hand_back():
            await asyncio.sleep(seconds)

    def report_file(self, shop: Shop, period: Period) -> ReportFile:
        """The item for a cell; its `path` is still to be written."""
        return ReportFile(
            dataset=self.plan.dataset,
            platform=self.platform,
            dt=period.dt,
            shop_id=shop.id,
            shop_name=shop.name,
            path=self.workspace.staging.incoming(self.plan.dataset, period.dt, shop.id),
            fetched_at=datetime.now(SHANGHAI),
            is_recheck=CellKey(self.plan.dataset, period.dt, shop.id) in self._states.rechecks,
        )

    @staticmethod
    def _name(key: CellKey) -> tuple[str, str, str]:
        return key.dataset, key.shop, key.dt
