"""JD's way to a report: create a job, find it again, wait for it, download it (PORTALS 4.3)."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import urljoin

from scrapy import Request
from scrapy.http import JsonRequest
from scrapy.utils.asyncio import run_in_thread

from shopdata import failpoints
from shopdata.base_spiders.jd_reports import DONE, GENERATING, Order, Report, ReportJob, read_entries
from shopdata.base_spiders.report_spider import ReportSpider
from shopdata.config import JdPortal, Platform, Shop
from shopdata.exceptions import PortalError, ReportRefusedError, TerminalError, TooLateError
from shopdata.failpoints import FailPoint
from shopdata.items import ReportFile
from shopdata.lake.ledger import CellKey
from shopdata.login.jd import AJAX_HEADERS, LIST_PATH
from shopdata.periods import SHANGHAI, Period


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
        reports = await self._list_reports(shop)
        if cell is not None and cell.job and not self.plan.force:
            job = _known_job(cell.job, reports)
            if job is not None and self._may_come_good(job, job.find_in(reports)):
                await self._note_job(key, job)
                return job
        self.step(shop, period, "create")
        order = Order.about_to_leave(report_type, period.dt, reports)
        failpoints.reach(FailPoint.ORDER_BEFORE)
        await run_in_thread(self.workspace.ledger.set_job, key, asdict(order))
        failpoints.reach(FailPoint.ORDER_AFTER)
        url = urljoin(self.portal.gateway_origin, path)
        request = JsonRequest(f"{url}?uuid={uuid.uuid4()}", data=body, headers=AJAX_HEADERS, dont_filter=True)
        try:
            answer = await self.client(shop).ask_json(request, repeatable=False)
        except PortalError:
            # The answer is lost, the order perhaps not.
            await self.wait(self.portal.poll_every_seconds)
            job = order.find_in(await self._list_reports(shop))
            if job is None:
                raise
            await self._note_job(key, job)
            return job
        content = answer.get("content")
        task_name = content.get("taskName") if isinstance(content, dict) else None
        if str(answer.get("status")) != "0" or not task_name:
            await run_in_thread(self.workspace.ledger.set_job, key, None)
            raise ReportRefusedError(
                "JD refused to make the report",
                where=f"shop {shop.id!r}, {period.dt}",
                found=f"status {answer.get('status')!r}, message {str(answer.get('message') or '')[:80]!r}",
                expected="status 0 and a task name",
                todo="Look whether the account may open 商智 > 供应链, then run again.",
            )
        job = ReportJob(str(task_name), report_type, order.submitted_at, order.listed)
        await self._note_job(key, job)
        return job

    async def _note_job(self, key: CellKey, job: ReportJob) -> None:
        failpoints.reach(FailPoint.JOB_BEFORE)
        await run_in_thread(self.workspace.ledger.set_job, key, asdict(job))
        failpoints.reach(FailPoint.JOB_AFTER)

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
            report = job.find_in(await self._list_reports(shop))
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
        message = answer.get("message")
        is_list = message == "success" and isinstance(entries, list)
        reports = read_entries(entries or ()) if is_list else []
        if not is_list or (entries and not reports):
            raise PortalError(
                "JD's report list is not as it was",
                where=f"shop {shop.id!r}, {LIST_PATH}",
                found="no entry that says when it was made" if is_list else f"message {str(message)[:80]!r}",
                expected="message 'success' and a list of reports",
                todo="Look at 商智 > 我的报表 by hand; if the page has changed, tell the developers.",
            )
        return reports


def _known_job(noted: Mapping[str, Any], reports: list[Report]) -> ReportJob | None:
    """What the ledger has of an earlier run: the job, or an order whose answer that run did not live to see."""
    noted = {**noted, "listed": tuple(noted.get("listed", ()))}
    return ReportJob(**noted) if "task_name" in noted else Order(**noted).find_in(reports)
