"""What came of a run: into the ledger, into the stats, and from there into the exit code."""

from __future__ import annotations

import logging
from collections import Counter

from scrapy import Spider
from scrapy import signals as scrapy_signals
from scrapy.crawler import Crawler
from scrapy.utils.asyncio import run_in_thread

from shopdata import signals
from shopdata.crawling import ReportSpider
from shopdata.exceptions import LedgerError
from shopdata.lake.completeness import REFRESH_DUE
from shopdata.lake.standing import UNSEEN_STAT
from shopdata.ledger import Traffic
from shopdata.plan import Plan
from shopdata.workspace import Workspace

logger = logging.getLogger(__name__)

#: Read by `actions/crawl.py`: 0 all published, 1 something is missing or was not refreshed, 2 nothing was asked
#: (docs/reference.md#exit-codes).
EXIT_CODE_STAT = "shopdata/exit_code"

#: From Scrapy's stats, for `/metrics`.
_TRAFFIC = {
    "requests": "downloader/request_count",
    "page_requests": "playwright/request_count",
    "logins": "shopdata/login/count",
    "logins_refused": "shopdata/login/refused",
}


class RunOutcome:
    """Judges a run by the ledger, never by the log: scrapyd calls a killed crawl finished."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._workspace = Workspace.of(crawler)
        self._plan: Plan | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RunOutcome:
        extension = cls(crawler)
        crawler.signals.connect(extension._on_planned, signals.run_planned)
        crawler.signals.connect(extension._on_closed, scrapy_signals.spider_closed)
        return extension

    def _on_planned(self, plan: Plan) -> None:
        self._plan = plan

    async def _on_closed(self, spider: Spider, reason: str) -> None:
        if self._plan is not None:
            try:
                # What an ordinary spider has lost on the way, no plan knows, and only the log tells.
                is_whole = reason == "finished" and (isinstance(spider, ReportSpider) or not self._errors())
                exit_code = await run_in_thread(self._account, self._plan, reason, is_whole)
            except LedgerError as error:
                logger.error("run outcome not saved: %s", error)
                exit_code = 1
        else:
            exit_code = self._without_plan(spider, reason)
        assert self._crawler.stats is not None
        self._crawler.stats.set_value(EXIT_CODE_STAT, exit_code)

    def _without_plan(self, spider: Spider, reason: str) -> int:
        if isinstance(spider, ReportSpider):
            return 2 if reason == "finished" else 1
        if spider.name in self._workspace.config.datasets:
            logger.error("%s: the spider gave no file", spider.name)
            return 1
        # A spider that collects no reports: none of our business.
        return 0 if reason == "finished" and not self._errors() else 1

    def _errors(self) -> int:
        assert self._crawler.stats is not None
        return int(self._crawler.stats.get_value("log_count/ERROR", 0))

    def _account(self, plan: Plan, reason: str, is_whole: bool) -> int:
        ledger = self._workspace.ledger
        counts: Counter[str] = Counter()
        assert self._crawler.stats is not None
        is_whole = is_whole and not self._crawler.stats.get_value(UNSEEN_STAT)
        for period in plan.periods:
            asked = {shop.id for shop in plan.shops_in(period)}
            partition = ledger.partition(plan.dataset, period.dt)
            missing = {shop.id for shop in partition.missing} if partition else asked
            for cell in ledger.cells(plan.dataset, period.dt, asked):
                counts[cell.state] += 1
                is_whole = is_whole and cell.state.is_done and cell.shop not in missing
            is_whole = is_whole and partition is not None and partition.refresh_state not in REFRESH_DUE
        for state, count in counts.items():
            self._crawler.stats.set_value(f"shopdata/cells/{state}", count)
        outcome = "complete" if is_whole else "stopped" if reason == "shutdown" else "incomplete"
        exit_code = 0 if is_whole else 1
        ledger.finish_run(plan.run_id, outcome, counts, exit_code, traffic_of(self._crawler))
        return exit_code


def traffic_of(crawler: Crawler) -> Traffic:
    """What a run has asked so far."""
    assert crawler.stats is not None
    return Traffic(**{name: int(crawler.stats.get_value(stat, 0)) for name, stat in _TRAFFIC.items()})
