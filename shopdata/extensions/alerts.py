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
from shopdata.alerts.channels import Count
from shopdata.alerts.notifier import Notifier
from shopdata.alerts.start_failures import notify_broken_ledger, notify_start_failure
from shopdata.alerts.workbooks import WorkbookMails
from shopdata.exceptions import ShopdataError
from shopdata.items import Partition
from shopdata.periods import SHANGHAI
from shopdata.plan import Plan
from shopdata.reasons import Reason
from shopdata.workspace import Workspace

logger = logging.getLogger(__name__)

_NOT_BEGUN = Reason("not_begun", text="the run ended before its plan was in the ledger; its log says why.")


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
                count = await run_in_thread(self._notify_not_begun, spider.name)
            else:
                count = await run_in_thread(self._notify, spider.name, self._plan)
                await run_in_thread(self._send_workbooks, self._plan.run_id, count)
        except ShopdataError as error:
            logger.error("alerts: changes not sent: %s", error)
            alerts, t = self._workspace.config.alerts, self._workspace.group_texts
            count = await run_in_thread(notify_broken_ledger, t, alerts, spider.name, Reason.of(error))
        assert self._crawler.stats is not None
        self._crawler.stats.set_value("shopdata/alerts/sent", count.sent)
        self._crawler.stats.set_value("shopdata/alerts/failed", count.failed)
        self._crawler.stats.set_value("shopdata/alerts/held", count.held)

    def _notify(self, spider: str, plan: Plan) -> Count:
        notifier = Notifier(
            self._workspace.config,
            self._workspace.ledger,
            plan.run_id,
            self._workspace.group_texts,
            board_url=self._workspace.board_url,
        )
        noticed = {
            partition.dt: partition.receipt.model_dump(mode="json", include={"drift", "warnings", "restated"})
            for partition in self._partitions
        }
        return notifier.notify(spider, plan.dataset, [period.dt for period in plan.periods], noticed)

    def _send_workbooks(self, run_id: str, count: Count) -> None:
        workspace = self._workspace
        mails = WorkbookMails(workspace.lake, workspace.group_texts, board_url=workspace.board_url)
        sent = mails.send_due(run_id)
        count.sent, count.failed, count.held = (
            count.sent + sent.sent,
            count.failed + sent.failed,
            count.held + sent.held,
        )

    def _notify_not_begun(self, spider: str) -> Count:
        alerts, now = self._workspace.config.alerts, datetime.now(SHANGHAI)
        return notify_start_failure(
            self._workspace.group_texts, alerts, spider, _NOT_BEGUN, self._workspace.ledger, now
        )
