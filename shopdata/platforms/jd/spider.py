"""JD's way to a report: create a job, find it again, wait for it, download it (docs/portals.md 4.3)."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar, TypeVar
from urllib.parse import urljoin

from scrapy import Request
from scrapy.http import JsonRequest
from scrapy.utils.asyncio import run_in_thread

from shopdata import failpoints
from shopdata.config import Shop
from shopdata.crawling.report_spider import ReportSpider
from shopdata.exceptions import (
    NotReadyError,
    OddAnswerError,
    PortalError,
    ReportRefusedError,
    RiskBlockedError,
    TerminalError,
    TooLateError,
)
from shopdata.failpoints import FailPoint
from shopdata.items import ReportFile
from shopdata.ledger import CellKey
from shopdata.periods import SHANGHAI, Period
from shopdata.platforms.jd.orders import several_reports, task_name_in
from shopdata.platforms.jd.portal import AJAX_HEADERS, LIST_PATH, JdPortal
from shopdata.platforms.jd.reports import DONE, GENERATING, Order, Report, ReportJob, SeveralReportsError, read_entries

logger = logging.getLogger(__name__)

T = TypeVar("T")

_NOT_LISTED = "not in the list"


class JdSpider(ReportSpider):
    """For datasets that JD makes as a report job."""

    platform: ClassVar[str] = "jd"
    portal: JdPortal

    async def create_report(
        self, shop: Shop, period: Period, path: str, body: dict[str, Any], report_type: str
    ) -> ReportJob:
        """Orders a report, unless an earlier run has ordered it already: every order leaves one more in the list.

        Whether an order was taken whose answer is lost, or is none, the list tells some seconds later. Only where the
        report is not in it, it is ordered again: `max_orders` times at most, with growing waits.

        Raises:
            ReportRefusedError: JD says no.
            NotReadyError: JD says that it has no data of this day yet.
            PortalError: all orders were in vain, or the list could not be read: then nothing more is ordered.
        """
        key = self.key(shop, period)
        reports, job = await self._resume(shop, key)
        if job is None:
            self.step(shop, period, "create")
            url = urljoin(self.portal.gateway_origin, path)
            request = JsonRequest(url, data=body, headers=AJAX_HEADERS, dont_filter=True)
            job = await self._order(shop, key, request, report_type, reports)
        failpoints.reach(FailPoint.JOB_BEFORE)
        await self._note(key, job)
        failpoints.reach(FailPoint.JOB_AFTER)
        return job

    async def _resume(self, shop: Shop, key: CellKey) -> tuple[list[Report], ReportJob | None]:
        """The list as it is now, and what an earlier run has ordered, if that may still come good."""
        cell = await run_in_thread(self.workspace.ledger.cell, key)
        noted = cell.job if cell is not None and not self.plan.force else None
        if not noted:
            return await self._list_reports(shop), None
        # That run may have been killed right after its order, and this one started at once.
        await self._let_settle(str(noted["submitted_at"]))
        reports = await self._list_reports(shop)
        job = await self._find(key, partial(_known_job, noted, key.dt, reports))
        is_good = job is not None and self._may_come_good(job, await self._report_of(key, job, reports))
        return reports, job if is_good else None

    async def _order(
        self, shop: Shop, key: CellKey, request: Request, report_type: str, reports: list[Report]
    ) -> ReportJob:
        """Orders until the order is answered, or found in the list; raises what the last one raised."""
        number = 0
        while True:
            number += 1
            order = Order.about_to_leave(report_type, key.dt, reports)
            try:
                return order.job(await self._place(shop, key, order, request))
            except (PortalError, RiskBlockedError) as error:
                if not _leaves_a_doubt(error):
                    raise
                odd = self.client(shop).hand_over()
                reports, found = await self._look_for(shop, key, order, number, error)
                if found is None and number == self.portal.max_orders:
                    # What is kept for somebody to see is this answer, not the list's.
                    self.client(shop).took(odd)
                    error.todo = f"It was ordered {number} times, and is not in the list. {error.todo}"
                    raise
                if odd is not None:
                    odd.close()
                if found is not None:
                    return found

    async def _place(self, shop: Shop, key: CellKey, order: Order, request: Request) -> str:
        """Sends an order once; returns the name of the job that JD has made of it.

        Raises:
            ReportRefusedError, NotReadyError: JD says no.
            PortalError, RiskBlockedError: whether it was taken is not known.
        """
        failpoints.reach(FailPoint.ORDER_BEFORE)
        await self._note(key, order)
        failpoints.reach(FailPoint.ORDER_AFTER)
        fresh = request.replace(url=f"{request.url}?uuid={uuid.uuid4()}")
        answer = await self.client(shop).ask_json(fresh, repeatable=False)
        where = f"shop {shop.id!r}, {key.dt}"
        try:
            return task_name_in(answer, self.portal.not_ready_texts, where=where)
        except (ReportRefusedError, NotReadyError):
            await self._note(key, None)
            raise

    async def _look_for(
        self, shop: Shop, key: CellKey, order: Order, number: int, error: PortalError | RiskBlockedError
    ) -> tuple[list[Report], ReportJob | None]:
        """The list after an order of which nobody knows whether it was taken, and what came of the order."""
        grace = self.portal.order_grace_seconds + self.portal.retry_after_seconds * 2 ** (number - 1)
        logger.warning("%s Whether JD has taken the order, its list will tell in %.1f s", error, grace)
        await self.wait(grace)
        deadline = time.monotonic() + self.portal.report_deadline_seconds
        reports = await self._list_reports(shop, deadline)
        return reports, await self._find(key, partial(order.find_in, reports))

    async def _let_settle(self, submitted_at: str) -> None:
        """Waits until a report that was ordered then is in the list, if it ever will be."""
        age = (datetime.now(SHANGHAI) - datetime.fromisoformat(submitted_at)).total_seconds()
        if 0 <= age < self.portal.order_grace_seconds:
            await self.wait(self.portal.order_grace_seconds - age)

    async def _find(self, key: CellKey, look: Callable[[], T]) -> T:
        """Looks for our report. Where two fit, neither is taken, and the next run orders a new one beside them."""
        try:
            return look()
        except SeveralReportsError as several:
            await self._note(key, None)
            raise several_reports(several.reports, where=f"shop {key.shop!r}, {key.dt}") from None

    async def _report_of(self, key: CellKey, job: ReportJob, reports: list[Report]) -> Report | None:
        settles = timedelta(seconds=self.portal.order_grace_seconds)
        return await self._find(key, partial(job.find_in, reports, settles))

    async def _note(self, key: CellKey, noted: Order | ReportJob | None) -> None:
        """Keeps in the ledger what a run after this one looks for first; None for nothing."""
        await run_in_thread(self.workspace.ledger.set_job, key, None if noted is None else asdict(noted))

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
        key = self.key(shop, period)
        deadline = time.monotonic() + self.portal.report_deadline_seconds
        seen = _NOT_LISTED
        while True:
            report = await self._report_of(key, job, await self._list_reports(shop, deadline))
            if report is not None:
                if report.has_own_id and not job.report_id:
                    # What a colleague orders later can't be taken for it any more.
                    job = replace(job, report_id=report.id)
                    await self._note(key, job)
                if report.status not in (GENERATING, DONE):
                    await self._note(key, None)
                    raise ReportRefusedError(
                        "JD failed to make the report",
                        params={"status": report.status},
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
        clocks = " If 商智 > 我的报表 has it, this machine's clock is wrong." if seen == _NOT_LISTED else ""
        raise TooLateError(
            "JD did not finish the report in time",
            where=f"shop {shop.id!r}, {period.dt}, {job.task_name!r}",
            found=f"{seen} after {self.portal.report_deadline_seconds:g} seconds",
            todo=f"Run again later: the same report is looked for first, and ordered anew only if it is gone.{clocks}",
        )

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
            await self._note(self.key(shop, period), None)
            raise
        return item

    async def _list_reports(self, shop: Shop, until: float | None = None) -> list[Report]:
        """The account's list of reports.

        Args:
            until: a `time.monotonic()`; up to then a list that can't be had is asked for on and on, for a report of
                ours is in it.
        """
        odd_ones = 0
        while True:
            try:
                return await self._read_list(shop)
            except PortalError as error:
                odd_ones += isinstance(error, OddAnswerError)
                is_enough = odd_ones >= self.portal.max_tries if isinstance(error, OddAnswerError) else error.is_final
                if until is None or is_enough or time.monotonic() > until:
                    raise
                logger.warning("%s The report is ordered: its list is asked again", error)
            await self.wait(max(self.portal.poll_every_seconds, self.portal.retry_after_seconds))

    async def _read_list(self, shop: Shop) -> list[Report]:
        url = urljoin(self.portal.report_origin, LIST_PATH)
        request = Request(f"{url}?uuid={uuid.uuid4()}", headers=AJAX_HEADERS, dont_filter=True)
        answer = await self.client(shop).ask_json(request)
        content = answer.get("content")
        entries = content.get("data") if isinstance(content, dict) else None
        message = answer.get("message")
        reports = read_entries(entries) if message == "success" and isinstance(entries, list) else None
        if reports is None or (entries and not any(report.name for report in reports)):
            raise PortalError(
                "JD's report list is not as it was",
                params={"said": str(message)},
                where=f"shop {shop.id!r}, {LIST_PATH}",
                found=f"message {str(message)[:80]!r}" if reports is None else "no entry that has a name",
                expected="message 'success' and a list of reports",
                todo="Look at 商智 > 我的报表 by hand; if the page has changed, tell the developers.",
            )
        return reports


def _leaves_a_doubt(error: PortalError | RiskBlockedError) -> bool:
    """False where the order never left, was refused as it stands, or where nothing more may be asked."""
    if isinstance(error, RiskBlockedError):
        return not error.is_final
    if not isinstance(error, OddAnswerError):
        return not (error.is_plain_no or error.is_final)
    return True


def _known_job(noted: Mapping[str, Any], dt: str, reports: list[Report]) -> ReportJob | None:
    """What the ledger has of an earlier run: the job, or an order whose answer that run did not live to see."""
    noted = {"dt": dt, **noted, "listed": tuple(noted.get("listed", ()))}
    return ReportJob(**noted) if "task_name" in noted else Order(**noted).find_in(reports)
