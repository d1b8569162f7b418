"""Which entry of a list of reports is ours: by what is new, type, time and name, not by place (docs/portals.md 8.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shopdata.crawling.report_jobs.listed import Report
from shopdata.crawling.report_jobs.names import are_alike, days_in, is_of, is_same, mask
from shopdata.periods import SHANGHAI

#: The portal's clock and ours may differ by so much.
CLOCK_TOLERANCE = timedelta(seconds=30)

#: An order has reached the portal by then, or never will: pace, one time-out, two clocks.
_ORDER_TAKES = timedelta(seconds=120)

#: What is older can't be taken for the report of an order.
_LISTED_FOR = timedelta(minutes=10)


class SeveralReportsError(Exception):
    """Raised by `find_in` where the list leaves it open which report is ours; not told as it is."""

    def __init__(self, reports: Sequence[Report]) -> None:
        self.reports = tuple(reports)
        super().__init__()


@dataclass(frozen=True)
class ReportJob:
    """A report that was ordered. Where the portal answers no id, it is found again by what is new, type, time and
    name."""

    #: "" where the list has no name that could be compared.
    task_name: str
    report_type: str
    #: ISO 8601 with offset.
    submitted_at: str
    #: Ids of entries from before the order: names need not hold the day, and so repeat (docs/portals.md 4.3).
    listed: tuple[str, ...] = ()
    #: The label of the period; "" in what earlier versions have noted.
    dt: str = ""
    #: Known once it was found, where the list has ids: whatever comes into the list later is another one.
    report_id: str = ""

    def find_in(self, reports: Sequence[Report], settles: timedelta = timedelta()) -> Report | None:
        """The job's report: new in the list, of its type and time, and best of the very name that the portal said.

        Args:
            settles: so long after the order a name that is merely alike is not believed: it may be a colleague's, and
                ours may still come into the list.

        Raises:
            SeveralReportsError: two fit equally well.
        """
        if self.report_id:
            return next((report for report in reports if report.id == self.report_id), None)
        submitted_at = datetime.fromisoformat(self.submitted_at)
        new = [
            report
            for report in reports
            if report.report_type in ("", self.report_type) and _is_new(report, self.listed, submitted_at)
        ]
        same = [report for report in new if is_same(report.name, self.task_name)]
        if same or datetime.now(SHANGHAI) - submitted_at < settles:
            return _the_one(same, submitted_at)
        if not self.task_name:
            return _the_one(new, submitted_at)
        return _the_one([report for report in new if self._may_be(report)], submitted_at)

    def _may_be(self, report: Report) -> bool:
        """True if the name is alike, or in other words of the same day."""
        is_ours = is_of(report.name, self.dt) if self.dt else None
        if are_alike(report.name, self.task_name):
            # One that holds our name may go on with another day, or be a range.
            days = days_in(report.name)
            return is_ours is not False or days == days_in(self.task_name)
        # Without a name and a type there is too little left.
        return is_ours is True and report.report_type == self.report_type


@dataclass(frozen=True)
class Order:
    """What is known of a report before the portal has answered how it is called.

    It is written down before the order leaves. Should the answer be lost, or the run end between the portal's answer
    and our note of it, the report is looked for by what is written here: ordering once more would leave one more in
    the list.
    """

    report_type: str
    #: ISO 8601 with offset.
    submitted_at: str
    #: The label of the period that is asked for; of a day YYYY-MM-DD.
    dt: str
    #: Ids of the entries that were in the list before, but for those too old to be ours.
    listed: tuple[str, ...]

    @classmethod
    def about_to_leave(cls, report_type: str, dt: str, reports: Sequence[Report]) -> Order:
        """The order of this moment; `reports` is the list as it is now."""
        now = datetime.now(SHANGHAI)
        listed = (report.id for report in reports if report.created_at is None or now - report.created_at < _LISTED_FOR)
        return cls(report_type, now.isoformat(), dt, tuple(listed))

    def job(self, task_name: str, report_id: str = "") -> ReportJob:
        """The job that came of it."""
        return ReportJob(task_name, self.report_type, self.submitted_at, self.listed, self.dt, report_id)

    def find_in(self, reports: Sequence[Report]) -> ReportJob | None:
        """The job that came of the order, though nobody has told its name.

        It is new, of our type and of the order's time. Where names hold a day, it is ours. It bears the plain name:
        portals write filters and users behind it, and our orders have none. (The plain name is an inference; where it
        does not hold, a new report is ordered.)

        Raises:
            SeveralReportsError: two fit equally well.
        """
        submitted_at = datetime.fromisoformat(self.submitted_at)
        masks = {mask(report.name) for report in reports if report.report_type in ("", self.report_type)}
        new = [
            report
            for report in reports
            if self._may_be(report)
            and _is_new(report, self.listed, submitted_at)
            and _is_soon(report, submitted_at)
            and not any(mask(report.name).startswith(other) for other in masks - {mask(report.name), ""})
        ]
        dated = [report for report in new if is_of(report.name, self.dt)]
        found = _the_one(dated or new, submitted_at)
        return None if found is None else self.job(found.name, found.id if found.has_own_id else "")

    def _may_be(self, report: Report) -> bool:
        is_ours = is_of(report.name, self.dt)
        if report.report_type or not self.report_type:
            return report.report_type == self.report_type and is_ours is not False
        return is_ours is True


def _is_new(report: Report, listed: Sequence[str], ordered_at: datetime) -> bool:
    """True if it was not in the list before the order, as far as ids tell, and not made before it."""
    if report.id in listed and (report.has_own_id or report.created_at is None):
        return False
    return report.created_at is None or report.created_at >= ordered_at - CLOCK_TOLERANCE


def _is_soon(report: Report, ordered_at: datetime) -> bool:
    return report.created_at is None or report.created_at - ordered_at <= _ORDER_TAKES


def _the_one(reports: Sequence[Report], ordered_at: datetime) -> Report | None:
    """The only one; of several the only one that was made when the order was on its way."""
    soon = [report for report in reports if _is_soon(report, ordered_at)] if len(reports) > 1 else reports
    if len(soon or reports) > 1:
        raise SeveralReportsError(soon or reports)
    return next(iter(soon), None)
