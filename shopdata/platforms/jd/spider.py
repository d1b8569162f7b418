"""JD's way to a report: create a job, find it again, wait for it, download it (docs/portals.md 4.3)."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import urljoin

from scrapy import Request
from scrapy.http import JsonRequest

from shopdata.config import Shop
from shopdata.crawling.portal_client import PortalClient
from shopdata.crawling.report_jobs.listed import ListShape, Report
from shopdata.crawling.report_jobs.ordering import ReportJobs
from shopdata.crawling.report_jobs.orders import ReportJob
from shopdata.crawling.report_jobs.way import JobPace, Placed, ReportWay
from shopdata.crawling.report_spider import ReportSpider
from shopdata.exceptions import PortalError, TerminalError
from shopdata.items import ReportFile
from shopdata.periods import Period
from shopdata.platforms.jd.orders import list_shape, task_name_in
from shopdata.platforms.jd.portal import AJAX_HEADERS, LIST_PATH, JdPortal


class JdSpider(ReportSpider):
    """For datasets that JD makes as a report job."""

    platform: ClassVar[str] = "jd"
    portal: JdPortal

    async def create_report(
        self, shop: Shop, period: Period, path: str, body: dict[str, Any], report_type: str
    ) -> ReportJob:
        """Orders a report, unless an earlier run has ordered it already; see `ReportJobs.create`."""
        url = urljoin(self.portal.gateway_origin, path)
        request = JsonRequest(url, data=body, headers=AJAX_HEADERS, dont_filter=True)
        return await self._jobs(shop, period, report_type, request).create()

    async def wait_for_report(self, shop: Shop, period: Period, job: ReportJob) -> Report:
        """Looks into the list until the job's report is done and has a link; see `ReportJobs.wait`."""
        return await self._jobs(shop, period, job.report_type).wait(job)

    async def download(self, shop: Shop, period: Period, job: ReportJob, report: Report) -> ReportFile:
        """Fetches the file of a finished report. A link that is dead is asked for anew (docs/portals.md 8.13)."""
        self.step(shop, period, "download")
        item = self.report_file(shop, period)
        own = replace(job, report_id=report.id if report.has_own_id else "")

        async def fresh_link() -> str:
            return (await self.wait_for_report(shop, period, own)).link

        try:
            await self.client(shop).fetch_file(report.link, self.portal.report_origin, item.path, fresh_link)
        except TerminalError:
            # The same report would lead to the same refusal.
            await self._jobs(shop, period, job.report_type).note(None)
            raise
        return item

    def _jobs(self, shop: Shop, period: Period, report_type: str, order: Request | None = None) -> ReportJobs:
        way = _JdWay(self.client(shop), self.portal, list_shape(report_type), f"shop {shop.id!r}", period.dt, order)
        return ReportJobs(self, shop, period, way, JobPace.of(self.portal))


class _JdWay(ReportWay):
    """The account-wide list of reports, and an order that says no id."""

    portal_name, list_page = "JD", "商智 > 我的报表"

    def __init__(
        self, client: PortalClient, portal: JdPortal, shape: ListShape, shop: str, dt: str, order: Request | None
    ) -> None:
        self._client, self._portal, self._shape, self._order = client, portal, shape, order
        self._shop, self._dt = shop, dt

    @property
    def shape(self) -> ListShape:
        return self._shape

    async def place(self, may_leave: Callable[[], Awaitable[None]]) -> Placed:
        assert self._order is not None
        fresh = self._order.replace(url=f"{self._order.url}?uuid={uuid.uuid4()}")
        answer = await self._client.ask_json(fresh, repeatable=False, may_leave=may_leave)
        return Placed(name=task_name_in(answer, self._portal.not_ready_texts, where=f"{self._shop}, {self._dt}"))

    async def listed(self, job: ReportJob | None) -> list[Report]:
        url = urljoin(self._portal.report_origin, LIST_PATH)
        request = Request(f"{url}?uuid={uuid.uuid4()}", headers=AJAX_HEADERS, dont_filter=True)
        answer = await self._client.ask_json(request)
        content = answer.get("content")
        entries = content.get("data") if isinstance(content, dict) else None
        message = answer.get("message")
        reports = self._shape.read(entries) if message == "success" and isinstance(entries, list) else None
        if reports is None or (entries and not any(report.name for report in reports)):
            raise PortalError(
                "JD's report list is not as it was",
                params={"said": str(message)},
                where=f"{self._shop}, {LIST_PATH}",
                found=f"message {str(message)[:80]!r}" if reports is None else "no entry that has a name",
                expected="message 'success' and a list of reports",
                todo="Look at 商智 > 我的报表 by hand; if the page has changed, tell the developers.",
            )
        return reports
