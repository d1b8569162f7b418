"""Lets items in: so many at once, and files only into cells that the run holds."""

from __future__ import annotations

from typing import Any

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from shopdata.crawling.admission import Admission
from shopdata.crawling.crawl_run import CrawlRun
from shopdata.exceptions import DiskError, LedgerError, UsageError
from shopdata.items import ReportFile
from shopdata.reasons import Reason
from shopdata.states import CellState


class AdmitPipeline:
    """The limit on items in work is here, whoever yields them: CONCURRENT_ITEMS for the whole crawl.

    `CellLeases` frees an item's place, and lets go of its cell.
    """

    def __init__(self, run: CrawlRun, admission: Admission) -> None:
        self._run = run
        self._admission = admission

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> AdmitPipeline:
        assert crawler.spider is not None
        run = CrawlRun.of(crawler)
        return cls(run, Admission(run, crawler.spider))

    async def process_item(self, item: Any) -> Any:
        await self._run.barrier.enter()
        if isinstance(item, ReportFile) and not item.is_admitted:
            try:
                await self._admission.admit(item)
            except DiskError as error:
                await self._run.states.settle(item.key, CellState.FAILED, Reason.of(error))
                raise DropItem(f"not taken in: {error}", log_level="DEBUG") from None
            except (LedgerError, UsageError) as error:
                raise DropItem(f"not taken in: {error}", log_level="ERROR") from None
        return item
