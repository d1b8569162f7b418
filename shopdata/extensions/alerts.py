"""Tells the channels of alerts.yaml what came of a run, once it is over."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from scrapy import signals as scrapy_signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.utils.asyncio import run_in_thread

from shopdata import signals
from shopdata.alerts.delivery import Count
from shopdata.alerts.refusals import tell_broken, tell_refusal
from shopdata.alerts.teller import Teller
from shopdata.exceptions import ShopdataError
from shopdata.items import Partition
from shopdata.periods import SHANGHAI
from shopdata.plan import Plan
from shopdata.workspace import Workspace

logger = logging.getLogger(__name__)

_NOT_BEGUN = "the run ended before its plan was in the ledger; its log says why."


class Alerts:
    """One message a run and channel, judged by the ledger. Whatever goes wrong here costs the alert, not the run."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._workspace = Workspace.of(crawler)
        if not self._workspace.config.alerts.channels_on:
            raise NotConfigured
        self._plan: Plan | None = None
        self._partitions: list[Partition] = []

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Alerts:
        extension = cls(crawler)
        crawler.signals.connect(extension._on_planned, signals.run_planned)
        crawler.signals.connect(extension._on_published, signals.partition_published)
        crawler.signals.connect(extension._on_closed, scrapy_signals.spider_closed)
        return extension

    def _on_planned(self, plan: Plan) -> None:
        self._plan = plan

    def _on_published(self, partition: Partition) -> None:
        self._partitions.append(partition)

    async def _on_closed(self, spider: Any, reason: str) -> None:
        if self._plan is None and reason == "shutdown":
            # Somebody stopped it before it began.
            return
        try:
            if self._plan is None:
                count = await run_in_thread(self._tell_not_begun, spider.name)
            else:
                count = await run_in_thread(self._tell, spider.name, self._plan)
        except ShopdataError as error:
            logger.error("alerts: what changed could not be told: %s", error)
            count = await run_in_thread(tell_broken, self._workspace.config.alerts, spider.name, str(error))
        assert self._crawler.stats is not None
        self._crawler.stats.set_value("shopdata/alerts/sent", count.sent)
        self._crawler.stats.set_value("shopdata/alerts/failed", count.failed)
        self._crawler.stats.set_value("shopdata/alerts/held", count.held)

    def _tell(self, spider: str, plan: Plan) -> Count:
        teller = Teller(self._workspace.config, self._workspace.ledger, plan.run_id)
        receipts = {partition.dt: partition.receipt for partition in self._partitions}
        return teller.tell(spider, plan.dataset, [period.dt for period in plan.periods], receipts)

    def _tell_not_begun(self, spider: str) -> Count:
        alerts, now = self._workspace.config.alerts, datetime.now(SHANGHAI)
        return tell_refusal(alerts, spider, _NOT_BEGUN, self._workspace.ledger, now)
