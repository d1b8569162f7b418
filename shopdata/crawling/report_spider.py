"""The base of every spider: plan, shops side by side, one item per cell, one per partition at the end."""

from __future__ import annotations

import asyncio
import logging
from abc import abstractmethod
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any, ClassVar, Self

import scrapy
from scrapy.crawler import Crawler

from shopdata.config import Config, Portal, Shop
from shopdata.crawling.cell_runner import Asking, CellRunner
from shopdata.crawling.concurrency import ShopLimiter, shops_at_once
from shopdata.crawling.crawl_run import CrawlRun
from shopdata.crawling.portal_client import PortalClient
from shopdata.items import ReportFile
from shopdata.ledger import CellKey
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
    #: True where shops ask by a page of the browser, which each of them keeps open.
    in_browser: ClassVar[bool] = False

    #: Read once, in `from_crawler`.
    workspace: Workspace
    plan: Plan
    portal: Portal
    _run: CrawlRun
    _limiter: ShopLimiter
    _pause_seconds: float

    def __init__(self, name: str | None = None, **arguments: str) -> None:
        # Not handed to Scrapy, which would make attributes of them: an argument `start` would hide the method.
        super().__init__(name)
        self.arguments = arguments
        self._clients: dict[str, PortalClient] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.workspace = Workspace.of(crawler)
        spider.plan = cls.plan_for(spider.workspace.config, spider.arguments)
        spider.portal = spider.workspace.config.portal(cls.platform)
        spider._run = CrawlRun.of(crawler, spider.plan.run_id)
        spider._limiter = ShopLimiter(shops_at_once(spider.workspace.shops_at_once, in_browser=cls.in_browser))
        spider._pause_seconds = crawler.settings.getfloat("SHOPDATA_BACKFILL_PAUSE_SECONDS")
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

    async def start(self) -> AsyncIterator[Any]:
        """The files of all cells that are still to be asked, as they come; then the partitions made of them."""
        logger.info("up to %d shops at once; those that wait do not count", self._limiter.count)
        asking = Asking(self.collect, self.report_file, lambda shop: self.client(shop).last, self.portal)
        runner = CellRunner(self._run, self.plan, asking, self._limiter, pause_seconds=self._pause_seconds)
        async for item in runner.items(self.name, self.arguments):
            yield item

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

    def key(self, shop: Shop, period: Period) -> CellKey:
        """The cell that is asked for."""
        return CellKey(self.plan.dataset, period.dt, shop.id)

    def step(self, shop: Shop, period: Period, what: str) -> None:
        """Tells what is being done for a cell."""
        self._run.events.stepped(self.key(shop, period), what)

    async def wait(self, seconds: float) -> None:
        """Waits for the portal; another shop may have the slot meanwhile."""
        async with self._limiter.hand_back():
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
            is_recheck=self.key(shop, period) in self._run.states.rechecks,
        )
