"""JD's way to a report: create a job, find it again, wait for it, download it (PORTALS 4.3)."""

from __future__ import annotations

import time
import uuid
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urljoin

from scrapy import Request
from scrapy.http import JsonRequest
from scrapy.utils.asyncio import run_in_thread

from shopdata.base_spiders.report_spider import ReportSpider
from shopdata.config import JdPortal, Platform, Shop
from shopdata.exceptions import PortalError, ReportRefusedError, TerminalError, TooLateError
from shopdata.items import ReportFile
from shopdata.lake.ledger import CellKey
from shopdata.login.jd import AJAX_HEADERS, LIST_PATH
from shopdata.periods import SHANGHAI, Period

#: A report's status is a text; every other value means that it failed (PORTALS 4.3).
GENERATING, DONE = "1", "2"

#: The portal's clock and ours may differ by so much.
CLOCK_TOLERANCE = timedelta(seconds=30)


@dataclass(frozen=True)
class ReportJob:
    """A report that was ordered. JD answers no id: it is found again by name, type and time."""

    task_name: str
    report_type: str
    #: ISO 8601 with offset.
    submitted_at: str


@dataclass(frozen=True)
class Report:
    """An entry of the account-wide report list."""

    name: str
    report_type: str
    status: str
    created_at: datetime
    link: str

    @classmethod
    def from_entry(cls, entry: dict[str, Any]) -> Report:
        """Reads one entry of `content.data`."""
        created = datetime.strptime(str(entry.get("createTime")), "%Y-%m-%d %H:%M:%S").replace(tzinfo=SHANGHAI)
        return cls(
            name=str(entry.get("reportName") or ""),
            report_type=str(entry.get("reportType") or ""),
            status=str(entry.get("status")),
            created_at=created,
            link=str(entry.get("downloadLink") or "").strip(),
        )

    def is_of(self, job: ReportJob) -> bool:
        """True if this is the report that the job ordered: never judged by its place in the list."""
        since = datetime.fromisoformat(job.submitted_at) - CLOCK_TOLERANCE
        return self.name == job.task_name and self.report_type == job.report_type and self.created_at >= since


class JdSpider(ReportSpider):
    """For datasets that JD makes as a report job."""

    platform: ClassVar[Platform] = "jd"
    portal: JdPortal

    async def create_report(
        self, shop: Shop, period: Period, path: str, body: dict[str, Any], report_type: str
    ) -> ReportJob:
        """Orders a report, unless an earlier run has ordered it already: every order leaves one more in the list.

        Raises:
            ReportRefusedError: JD says no.
        """
        key = CellKey(self.plan.dataset, period.dt, shop.id)
        cell = await run_in_thread(self.workspace.ledger.cell, key)
        if cell is not None and cell.job and not self.plan.force:
            job = ReportJob(**cell.job)
            if self._may_come_good(job, own_report(job, await self._list_reports(shop))):
                return job
        self.step(shop, period, "create")
        submitted_at = datetime.now(SHANGHAI)
        url = urljoin(self.portal.gateway_origin, path)
        request = JsonRequest(f"{url}?uuid={uuid.uuid4()}", data=body, headers=AJAX_HEADERS, dont_filter=True)
        answer = await self.client(shop).ask_json(request, repeatable=False)
        content = answer.get("content")
        task_name = content.get("taskName") if isinstance(content, dict) else None
        if answer.get("status") != 0 or not task_name:
            raise ReportRefusedError(
                "JD refused to make the report",
                where=f"shop {shop.id!r}, {period.dt}",
                found=f"status {answer.get('status')!r}, message {str(answer.get('message') or '')[:80]!r}",
                expected="status 0 and a task name",
                todo="Look whether the account may open 商智 > 供应链, then run again.",
            )
        job = ReportJob(str(task_name), report_type, submitted_at.isoformat())
        await run_in_thread(self.workspace.ledger.set_job, key, asdict(job))
        return job

    def _may_come_good(self, job: ReportJob, report: Report | None) -> bool:
        """False for a report that is gone, or that the portal had its deadline's time for and did not finish."""
        if report is None:
            return False
        age = datetime.now(SHANGHAI) - datetime.fromisoformat(job.submitted_at)
        is_whole = report.status == DONE and bool(report.link)
        return is_whole or age.total_seconds() < self.portal.report_deadline_seconds

    async def wait_for_report(self, shop: Shop, period: Period, job: ReportJob) -> Report:
        """Looks into the list until the job's report is done and has a link.

        Raises:
            ReportRefusedError: JD says that it failed.
            TooLateError: it was not done by `report_deadline_seconds`.
        """
        self.step(shop, period, "wait")
        deadline = time.monotonic() + self.portal.report_deadline_seconds
        seen = "not in the list"
        while True:
            report = own_report(job, await self._list_reports(shop))
            if report is not None:
                if report.status not in (GENERATING, DONE):
                    key = CellKey(self.plan.dataset, period.dt, shop.id)
                    await run_in_thread(self.workspace.ledger.set_job, key, None)
                    raise ReportRefusedError(
                        "JD failed to make the report",
                        where=f"shop {shop.id!r}, {period.dt}, {job.task_name!r}",
                        found=f"status {report.status!r}",
                        expected="1 (in work) or 2 (done)",
                        todo="Run again: a new report will be ordered.",
                    )
                # A done report is briefly without its link.
                if report.status == DONE and report.link:
                    return report
                seen = "done, without a link" if report.status == DONE else "still in work"
            # Looked at last: waiting for a slot of ours must not count against the portal.
            if time.monotonic() > deadline:
                break
            await self.wait(self.portal.poll_every_seconds)
        raise TooLateError(
            "JD did not finish the report in time",
            where=f"shop {shop.id!r}, {period.dt}, {job.task_name!r}",
            found=f"{seen} after {self.portal.report_deadline_seconds:g} seconds",
            todo="Run again later: the same report is looked for first, and ordered anew only if it is gone.",
        )

    async def download(self, shop: Shop, period: Period, link: str) -> ReportFile:
        """Fetches the file of a finished report."""
        self.step(shop, period, "download")
        item = self.report_file(shop, period)
        try:
            await self.client(shop).fetch_file(link, self.portal.report_origin, item.path)
        except TerminalError:
            # The same report would lead to the same refusal.
            await run_in_thread(self.workspace.ledger.set_job, CellKey(item.dataset, item.dt, item.shop_id), None)
            raise
        return item

    async def _list_reports(self, shop: Shop) -> list[Report]:
        url = urljoin(self.portal.report_origin, LIST_PATH)
        request = Request(f"{url}?uuid={uuid.uuid4()}", headers=AJAX_HEADERS, dont_filter=True)
        answer = await self.client(shop).ask_json(request)
        content = answer.get("content")
        entries = content.get("data") if isinstance(content, dict) else None
        try:
            if answer.get("message") != "success" or not isinstance(entries, list):
                raise ValueError(answer.get("message"))
            return [Report.from_entry(entry) for entry in entries]
        except (ValueError, AttributeError):
            raise PortalError(
                "JD's report list is not as it was",
                where=f"shop {shop.id!r}, {LIST_PATH}",
                found=f"message {str(answer.get('message'))[:80]!r}",
                expected="message 'success' and a list of reports",
                todo="Look at 商智 > 我的报表 by hand; if the page has changed, tell the developers.",
            ) from None


def own_report(job: ReportJob, reports: list[Report]) -> Report | None:
    """The job's report. Where several bear its name and type, the one made closest to the order."""
    submitted_at = datetime.fromisoformat(job.submitted_at)
    own = [report for report in reports if report.is_of(job)]
    return min(own, key=lambda report: abs(report.created_at - submitted_at), default=None)
