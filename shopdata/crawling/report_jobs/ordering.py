"""A report's way: ordered once, looked for in the list, waited for (docs/portals.md 4.3)."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from scrapy.utils.asyncio import run_in_thread

from shopdata import failpoints
from shopdata.config import Shop
from shopdata.crawling.report_jobs.limits import allow_order
from shopdata.crawling.report_jobs.listed import Report
from shopdata.crawling.report_jobs.orders import Order, ReportJob, SeveralReportsError
from shopdata.crawling.report_jobs.refusals import several_reports
from shopdata.crawling.report_jobs.way import JobPace, ReportWay
from shopdata.crawling.report_spider import ReportSpider
from shopdata.exceptions import (
    NotReadyError,
    OddAnswerError,
    PortalError,
    ReportRefusedError,
    RiskBlockedError,
    TooLateError,
)
from shopdata.failpoints import FailPoint
from shopdata.periods import SHANGHAI, Period

logger = logging.getLogger(__name__)

T = TypeVar("T")

_NOT_LISTED = "not in the list"


class ReportJobs:
    """One cell's report. Every order leaves one more entry in the account's list, so none is sent without need."""

    def __init__(self, spider: ReportSpider, shop: Shop, period: Period, way: ReportWay, pace: JobPace) -> None:
        self._spider, self._shop, self._period = spider, shop, period
        self._way, self._pace = way, pace
        self._key = spider.key(shop, period)
        self._where = f"shop {shop.id!r}, {period.dt}"

    async def create(self) -> ReportJob:
        """Orders a report, unless an earlier run has ordered it already.

        Whether an order was taken whose answer is lost, or is none, the list tells some seconds later. Only where the
        report is not in it, it is ordered again: `max_orders` times at most, with growing waits.

        Raises:
            ReportRefusedError: the portal says no.
            NotReadyError: the portal says that it has no data of this day yet.
            PortalError: all orders were in vain, or the list could not be read: then nothing more is ordered.
        """
        reports, job = await self._resume()
        if job is None:
            self._spider.step(self._shop, self._period, "create")
            job = await self._order(reports)
        failpoints.reach(FailPoint.JOB_BEFORE)
        await self.note(job)
        failpoints.reach(FailPoint.JOB_AFTER)
        return job

    async def note(self, noted: Order | ReportJob | None) -> None:
        """Keeps in the ledger what a run after this one looks for first; None for nothing."""
        ledger = self._spider.workspace.ledger
        await run_in_thread(ledger.set_job, self._key, None if noted is None else asdict(noted))

    async def _resume(self) -> tuple[list[Report], ReportJob | None]:
        """The list as it is now, and what an earlier run has ordered, if that may still come good."""
        cell = await run_in_thread(self._spider.workspace.ledger.cell, self._key)
        noted = cell.job if cell is not None and not self._spider.plan.force else None
        if not noted:
            return await self._list(None), None
        # That run may have been killed right after its order, and this one started at once.
        await self._let_settle(str(noted["submitted_at"]))
        noted = {"dt": self._key.dt, **noted, "listed": tuple(noted.get("listed", ()))}
        known = ReportJob(**noted) if "task_name" in noted else None
        reports = await self._list(known)
        job = known or await self._find(partial(Order(**noted).find_in, reports))
        is_good = job is not None and self._may_come_good(job, await self._report_of(job, reports))
        return reports, job if is_good else None

    async def _order(self, reports: list[Report]) -> ReportJob:
        """Orders until the order is answered, or found in the list; raises what the last one raised."""
        client, number = self._spider.client(self._shop), 0
        while True:
            number += 1
            if await allow_order(self._spider, self._shop, self._period, self._pace.limits):
                # Others have ordered meanwhile.
                reports = await self._list(None)
            order = Order.about_to_leave(self._way.shape.kind, self._key.dt, reports)
            try:
                return await self._place(order)
            except (PortalError, RiskBlockedError) as error:
                if not _leaves_a_doubt(error):
                    raise
                odd = client.hand_over()
                reports, found = await self._look_for(order, number, error)
                if found is None and number == self._pace.max_orders:
                    # What is kept for somebody to see is this answer, not the list's.
                    client.took(odd)
                    error.todo = f"It was ordered {number} times, and is not in the list. {error.todo}"
                    raise
                if odd is not None:
                    odd.close()
                if found is not None:
                    return found

    async def _place(self, order: Order) -> ReportJob:
        """Sends an order once; returns the job that the portal has made of it. Raises as `ReportWay.place`."""
        failpoints.reach(FailPoint.ORDER_BEFORE)
        await self.note(order)
        failpoints.reach(FailPoint.ORDER_AFTER)
        try:
            placed = await self._way.place(self._require_cell)
        except (ReportRefusedError, NotReadyError):
            await self.note(None)
            raise
        return order.job(placed.name, placed.id)

    async def _require_cell(self) -> None:
        """Before an order leaves: it has waited for its shop's turn, and the machine may have slept meanwhile.

        Raises:
            LeaseLostError: another run has the cell by now, and orders by itself.
        """
        if (claims := self._spider.workspace.ledger.claims) is not None:
            await run_in_thread(claims.renew, self._key)

    async def _look_for(
        self, order: Order, number: int, error: PortalError | RiskBlockedError
    ) -> tuple[list[Report], ReportJob | None]:
        """The list after an order of which nobody knows whether it was taken, and what came of the order."""
        grace = self._pace.order_grace + self._spider.portal.retry_after_seconds * 2 ** (number - 1)
        logger.warning("%s Whether the order was taken, the list will tell in %.1f s", error, grace)
        await self._spider.wait(grace)
        reports = await self._list(None, time.monotonic() + self._pace.deadline)
        return reports, await self._find(partial(order.find_in, reports))

    async def _let_settle(self, submitted_at: str) -> None:
        """Waits until a report that was ordered then is in the list, if it ever will be."""
        age = (datetime.now(SHANGHAI) - datetime.fromisoformat(submitted_at)).total_seconds()
        if 0 <= age < self._pace.order_grace:
            await self._spider.wait(self._pace.order_grace - age)

    async def _find(self, look: Callable[[], T]) -> T:
        """Looks for our report. Where two fit, neither is taken, and the next run orders a new one beside them."""
        try:
            return look()
        except SeveralReportsError as several:
            await self.note(None)
            raise several_reports(several.reports, self._way.portal_name, where=self._where) from None

    async def _report_of(self, job: ReportJob, reports: list[Report]) -> Report | None:
        settles = timedelta(seconds=self._pace.order_grace)
        return await self._find(partial(job.find_in, reports, settles))

    def _may_come_good(self, job: ReportJob, report: Report | None) -> bool:
        """False for a report that is gone, or that the portal had its deadline's time for and did not finish."""
        if report is None:
            return False
        age = datetime.now(SHANGHAI) - datetime.fromisoformat(job.submitted_at)
        return self._is_whole(report) or age.total_seconds() < self._pace.deadline

    def _is_whole(self, report: Report) -> bool:
        """True once there is something to fetch; a done report is briefly without its link."""
        return self._way.shape.is_done(report) and bool(report.link or not self._way.shape.link)

    # -- waiting ----------------------------------------------------------------------------------------------------

    async def wait(self, job: ReportJob) -> Report:
        """Looks into the list until the job's report is done and has a link.

        Raises:
            ReportRefusedError: the portal says that it failed.
            TooLateError: it was not done by its deadline.
        """
        self._spider.step(self._shop, self._period, "wait")
        shape, portal = self._way.shape, self._way.portal_name
        where = ", ".join(part for part in (self._where, job.task_name and repr(job.task_name)) if part)
        deadline = time.monotonic() + self._pace.deadline
        seen = _NOT_LISTED
        while True:
            report = await self._report_of(job, await self._list(job, deadline))
            if report is not None:
                if report.has_own_id and not job.report_id:
                    # What a colleague orders later can't be taken for it any more.
                    job = replace(job, report_id=report.id)
                    await self.note(job)
                if not shape.is_working(report) and not shape.is_done(report):
                    await self.note(None)
                    raise ReportRefusedError(
                        f"{portal} failed to make the report",
                        params={"status": report.status},
                        where=where,
                        found=f"status {report.status!r}",
                        expected=f"{_any(shape.working)} (in work) or {_any(shape.done)} (done)",
                        todo="Run again: a new report will be ordered.",
                    )
                if self._is_whole(report):
                    return report
                seen = "done, without a link" if shape.is_done(report) else "still in work"
            # Looked at last: waiting for a slot of ours must not count against the portal.
            if time.monotonic() > deadline:
                break
            await self._spider.wait(self._pace.poll_every)
        clocks = f" If {self._way.list_page} has it, this machine's clock is wrong." if seen == _NOT_LISTED else ""
        raise TooLateError(
            f"{portal} did not finish the report in time",
            where=where,
            found=f"{seen} after {self._pace.deadline:g} seconds",
            todo=f"Run again later: the same report is looked for first, and ordered anew only if it is gone.{clocks}",
        )

    async def _list(self, job: ReportJob | None, until: float | None = None) -> list[Report]:
        """The account's list of reports.

        Args:
            job: what is looked for, where that is known.
            until: a `time.monotonic()`; up to then a list that can't be had is asked for on and on, for a report of
                ours is in it.
        """
        portal, odd_ones = self._spider.portal, 0
        while True:
            try:
                return await self._way.listed(job)
            except PortalError as error:
                odd_ones += isinstance(error, OddAnswerError)
                is_enough = odd_ones >= portal.max_tries if isinstance(error, OddAnswerError) else error.is_final
                if until is None or is_enough or time.monotonic() > until:
                    raise
                logger.warning("%s The report is ordered: its list is asked again", error)
            await self._spider.wait(max(self._pace.poll_every, portal.retry_after_seconds))


def _leaves_a_doubt(error: PortalError | RiskBlockedError) -> bool:
    """False where the order never left, was refused as it stands, or where nothing more may be asked."""
    if isinstance(error, RiskBlockedError):
        return not error.is_final
    if not isinstance(error, OddAnswerError):
        return not (error.is_plain_no or error.is_final)
    return True


def _any(values: Iterable[str]) -> str:
    return " or ".join(sorted(values))
