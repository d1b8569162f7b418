"""What an ordinary spider has collected is published once it has nothing more to ask."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

from scrapy import Request, Spider
from scrapy import signals as scrapy_signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DontCloseSpider
from scrapy.http import Response
from scrapy.utils.asyncio import run_in_thread

from shopdata import signals
from shopdata.crawling import ReportSpider
from shopdata.crawling.crawl_run import CrawlRun
from shopdata.crawling.due_partitions import due_partitions
from shopdata.exceptions import LedgerError
from shopdata.items import Partition
from shopdata.ledger import CellKey
from shopdata.plan import Plan
from shopdata.reasons import Reason
from shopdata.states import CellState

logger = logging.getLogger(__name__)

_NO_FILE = Reason("no_file", {}, "the spider gave no file for it; the log says what happened")


class PublishAtIdle:
    """A run that is stopped before is not idle: it publishes nothing, and what it has staged stays.

    A `ReportSpider` publishes by itself, between one period and the next.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._run = CrawlRun.of(crawler)
        self._plan: Plan | None = None
        self._has_news = False

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> PublishAtIdle:
        extension = cls(crawler)
        crawler.signals.connect(extension._on_planned, signals.run_planned)
        crawler.signals.connect(extension._on_settled, signals.cell_settled)
        crawler.signals.connect(extension._on_idle, scrapy_signals.spider_idle)
        return extension

    def _on_planned(self, plan: Plan) -> None:
        self._plan, self._has_news = plan, True

    def _on_settled(self) -> None:
        self._has_news = True

    def _on_idle(self, spider: Spider) -> None:
        if isinstance(spider, ReportSpider) or not self._has_news:
            return
        self._has_news = False
        # Items come of a callback, and a callback of an answer: this one comes from nowhere.
        assert self._crawler.engine is not None
        self._crawler.engine.crawl(Request("data:,", callback=self._publish, dont_filter=True))
        raise DontCloseSpider

    async def _publish(self, _response: Response) -> AsyncIterator[Partition]:
        assert self._plan is not None
        plan = self._plan
        try:
            await self._settle_rest(plan)
            async for partition in due_partitions(self._run, plan.dataset, [period.dt for period in plan.periods]):
                yield partition
        except LedgerError as error:
            logger.error("%s: not published: %s", plan.dataset, error)
        finally:
            self._has_news = False

    async def _settle_rest(self, plan: Plan) -> None:
        """Cells that were never anything are no longer to come."""
        ledger, wanted = self._run.workspace.ledger, set(plan.keys)
        for period in plan.periods:
            for cell in await run_in_thread(ledger.cells, plan.dataset, period.dt):
                if cell.key in wanted and cell.state is CellState.PENDING:
                    await self._settle(cell.key, cell.ended_tries)

    async def _settle(self, key: CellKey, tries: int) -> None:
        if key in (await self._run.leases.acquire({key: tries})).acquired:
            state, reason = self._run.failures.get(key.shop, (CellState.FAILED, _NO_FILE))
            await self._run.states.settle(key, state, reason)
            await self._run.leases.release(key)
