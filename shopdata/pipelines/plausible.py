"""Is a good file plausible? If not, the portal is asked again before anybody is told (docs/checks.md)."""

from __future__ import annotations

import logging
from typing import Self

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem
from scrapy.utils.asyncio import run_in_thread

from shopdata import signals
from shopdata.crawling.crawl_run import CrawlRun
from shopdata.exceptions import DiskError, LedgerError
from shopdata.items import ReportFile
from shopdata.ledger.checked_files import DoubtState
from shopdata.pipelines.stage import raw_file
from shopdata.pipelines.step import Step
from shopdata.plan import Plan
from shopdata.reasons import Reason
from shopdata.states import CellState

logger = logging.getLogger(__name__)


class PlausiblePipeline(Step[ReportFile]):
    """Puts a doubtful file aside; its cell is not ready, and asked again as any other that is not.

    What all shops have in common today shows only at the end: before the period is merged, `DoubtfulCells` decides.
    With `force=1` a person has said that the file is to be taken as it is.
    """

    takes = ReportFile

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        run = CrawlRun.of(crawler)
        self._states = run.states
        self._doubts = run.doubts
        self._is_forced = False

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        pipeline = cls(crawler)
        crawler.signals.connect(pipeline._on_planned, signals.run_planned)
        return pipeline

    def _on_planned(self, plan: Plan) -> None:
        self._is_forced = plan.force

    async def work_on(self, item: ReportFile) -> None:
        try:
            reason = await run_in_thread(self._look, item)
        except DiskError as error:
            await self._states.settle(item.key, CellState.FAILED, Reason.of(error))
            raise DropItem(f"not staged: {error}", log_level="ERROR") from None
        except LedgerError as error:
            raise DropItem(f"not staged: {error}", log_level="ERROR") from None
        if reason is not None:
            # A new report is ordered in the place of this one.
            await self._states.settle(item.key, CellState.NOT_READY, reason, forget_job=True)
            raise DropItem(reason.text, log_level="DEBUG")

    def _look(self, item: ReportFile) -> Reason | None:
        """Why a file is put aside; None if it goes on."""
        key, doubts = item.key, self._doubts
        judged = doubts.judge(key, item.facts, is_counted=item.is_counted)
        if judged.is_stopping and not self._is_forced:
            raw = raw_file(item, self._workspace.staging)
            return doubts.put_aside(key, item.path, raw, item.facts, judged, is_counted=item.is_counted)
        state = doubts.take(key, item.sha256, item.facts, judged, is_counted=item.is_counted)
        if state is DoubtState.HEALED:
            logger.info("%s %s %s: another answer was plausible", key.dataset, key.shop, key.dt)
        return None
