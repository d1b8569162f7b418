"""A cell is held until its item is through the pipelines: in the store, dropped, or failed."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any

from scrapy import signals as scrapy_signals
from scrapy.crawler import Crawler
from scrapy.utils.asyncio import run_in_thread
from twisted.python.failure import Failure

from shopdata.crawling.crawl_run import CrawlRun
from shopdata.excel import sniff
from shopdata.exceptions import DiskError, ShopdataError
from shopdata.items import ReportFile

logger = logging.getLogger(__name__)


class CellLeases:
    """Lets go of an item's cell and of its place in the pipelines, and at the end of all that the run holds."""

    def __init__(self, run: CrawlRun) -> None:
        self._run = run

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> CellLeases:
        extension = cls(CrawlRun.of(crawler))
        crawler.signals.connect(extension._on_through, scrapy_signals.item_scraped)
        crawler.signals.connect(extension._on_through, scrapy_signals.item_dropped)
        crawler.signals.connect(extension._on_error, scrapy_signals.item_error)
        crawler.signals.connect(extension._on_closed, scrapy_signals.spider_closed)
        return extension

    async def _on_through(self, item: Any) -> None:
        try:
            if isinstance(item, ReportFile) and item.is_admitted:
                await self._run.leases.release(item.key)
        finally:
            self._run.barrier.leave()

    async def _on_error(self, item: Any, failure: Failure) -> None:
        try:
            if isinstance(item, ReportFile) and item.is_admitted:
                if not isinstance(failure.value, ShopdataError):
                    await run_in_thread(self._keep, item)
                await self._run.states.fail(item.key, failure.value)
        finally:
            await self._on_through(item)

    def _keep(self, item: ReportFile) -> None:
        """What a mistake of ours met it would meet again; whoever fixes it wants to see the file."""
        if item.path.is_file():
            with suppress(DiskError):
                self._run.workspace.staging.reject(item.path, item.dataset, item.dt, item.shop_id, sniff(item.path))

    async def _on_closed(self) -> None:
        await self._run.end()
