"""Adds a run's requests and sign-ins to the machine's, for /metrics."""

from __future__ import annotations

import logging

from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.utils.asyncio import run_in_thread

from shopdata.traffic import LOGINS, PAGE_REQUESTS, REFUSED, REQUESTS, Traffic
from shopdata.workspace import Workspace

logger = logging.getLogger(__name__)

#: From Scrapy's stats.
_STATS = {
    REQUESTS: "downloader/request_count",
    PAGE_REQUESTS: "playwright/request_count",
    LOGINS: "shopdata/login/count",
    REFUSED: "shopdata/login/refused",
}


class TrafficCount:
    """Counts when the spider closes. What goes wrong here costs a warning, never the run."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._traffic = Traffic(Workspace.of(crawler).state_dir)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> TrafficCount:
        extension = cls(crawler)
        crawler.signals.connect(extension._on_closed, signals.spider_closed)
        return extension

    async def _on_closed(self, spider: Spider) -> None:
        assert self._crawler.stats is not None
        counts = {name: int(self._crawler.stats.get_value(stat, 0)) for name, stat in _STATS.items()}
        try:
            await run_in_thread(
                self._traffic.add, spider.name, {name: count for name, count in counts.items() if count}
            )
        except (OSError, TimeoutError) as error:
            logger.warning("requests and sign-ins of this run were not added up: %s", error)
