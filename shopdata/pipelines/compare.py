"""Did figures that are published already change since? If not, all stays as it is."""

from __future__ import annotations

import logging
from dataclasses import replace

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem
from scrapy.utils.asyncio import run_in_thread

from shopdata.crawling.crawl_run import CrawlRun
from shopdata.exceptions import LedgerError, ShopdataError
from shopdata.files import discard
from shopdata.items import ReportFile
from shopdata.lake.partition import is_revised
from shopdata.pipelines.step import Step
from shopdata.reasons import NO_REASON, Reason
from shopdata.states import CellState

logger = logging.getLogger(__name__)


class ComparePipeline(Step[ReportFile]):
    """Lets a file that was asked for again through only if its rows are others than the published ones."""

    takes = ReportFile

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._states = CrawlRun.of(crawler).states

    async def work_on(self, item: ReportFile) -> None:
        if not item.is_recheck:
            return
        key = item.key
        try:
            cell = await run_in_thread(self._workspace.ledger.cell, key)
        except LedgerError as error:
            raise DropItem(f"{key}: not compared: {error}", log_level="ERROR") from None
        published = cell.raw if cell is not None else None
        if published is None:
            return
        try:
            if await run_in_thread(is_revised, key, published, item.sha256, self._workspace.lake):
                logger.info("%s %s %s: the figures were revised", key.dataset, key.shop, key.dt)
                return
            reason = NO_REASON
        except ShopdataError as error:
            # Without the old file nobody can say what changed; the next run asks again.
            reason = replace(Reason.of(error), text=f"asked for again, and not compared: {error}")
        await run_in_thread(discard, item.path)
        await self._states.settle(key, CellState.PUBLISHED if published.rows else CellState.EMPTY, reason)
        raise DropItem(f"{key}: {reason.text or 'nothing was revised'}", log_level="INFO")
