"""Which entry of JD's report list is ours: told by name, type and time, never by its place (PORTALS 4.3)."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shopdata.periods import SHANGHAI

#: A report's status is a text; every other value means that it failed (PORTALS 4.3).
GENERATING, DONE = "1", "2"

#: The portal's clock and ours may differ by so much.
CLOCK_TOLERANCE = timedelta(seconds=30)

#: An order has reached the portal by then, or never will: pace, one time-out, two clocks.
_ORDER_TAKES = timedelta(seconds=120)

_DATE = re.compile(r"\d{4}-?\d{2}-?\d{2}")


@dataclass(frozen=True)
class Report:
    """An entry of the account-wide report list."""

    id: str
    name: str
    report_type: str
    status: str
    created_at: datetime
    link: str

    @classmethod
    def from_entry(cls, entry: dict[str, Any]) -> Report:
        """Reads one entry of `content.data`.

        Raises:
            ValueError: it does not say when it was made.
        """
        created = datetime.strptime(str(entry.get("createTime")), "%Y-%m-%d %H:%M:%S").replace(tzinfo=SHANGHAI)
        name = str(entry.get("reportName") or "")
        return cls(
            id=str(entry.get("reportId") or _stand_in(name, created)),
            name=name,
            report_type=str(entry.get("reportType") or ""),
            status=str(entry.get("status")),
            created_at=created,
            link=str(entry.get("downloadLink") or "").strip(),
        )

    @property
    def has_own_id(self) -> bool:
        """False where the list gave none: two of one name and second then share it."""
        return self.id != _stand_in(self.name, self.created_at)


def read_entries(entries: Sequence[Any]) -> list[Report]:
    """The reports of `content.data`, but for entries that do not say when they were made: a colleague's odd one must
    not cost us ours."""
    reports = []
    for entry in entries:
        with contextlib.suppress(ValueError, AttributeError):
            reports.append(Report.from_entry(entry))
    return reports


@dataclass(frozen=True)
class ReportJob:
    """A report that was ordered. JD answers no id: it is found again by name, type and time."""

    task_name: str
    report_type: str
    #: ISO 8601 with offset.
    submitted_at: str
    #: Ids of the entries that were there before the order: names need not hold the day, and so repeat (PORTALS 4.3).
    listed: tuple[str, ...] = ()

    def find_in(self, reports: Sequence[Report]) -> Report | None:
        """The job's report. Where several new ones bear its name and type, the one made closest to the order."""
        submitted_at = datetime.fromisoformat(self.submitted_at)
        own = [
            report
            for report in reports
            if (report.name, report.report_type) == (self.task_name, self.report_type)
            and report.created_at >= submitted_at - CLOCK_TOLERANCE
            and not (report.id in self.listed and report.has_own_id)
        ]
        return _nearest(own, submitted_at)


@dataclass(frozen=True)
class Order:
    """What is known of a report before JD has answered how it is called.

    It is written down before the order leaves. Should the run end between the portal's answer and our note of it, the
    report is looked for by what is written here: ordering once more would leave one more in the list.
    """

    report_type: str
    #: ISO 8601 with offset.
    submitted_at: str
    #: The label of the period that is asked for; of a day YYYY-MM-DD.
    dt: str
    #: Ids of the entries that would fit, and were in the list before.
    listed: tuple[str, ...]

    @classmethod
    def about_to_leave(cls, report_type: str, dt: str, reports: Sequence[Report]) -> Order:
        """The order of this moment; `reports` is the list as it is now."""
        now = datetime.now(SHANGHAI)
        listed = (report.id for report in reports if _fits(report, report_type, now))
        return cls(report_type, now.isoformat(), dt, tuple(listed))

    def find_in(self, reports: Sequence[Report]) -> ReportJob | None:
        """The job that came of the order, where the list leaves no doubt: a colleague's report must not pass for it.

        Ours is new, of our type and of the order's time. It bears the plain name: JD writes filters and users behind
        it, and our orders have none. Where the names hold a date, it is ours. (The name is an inference; where it does
        not hold, a new report is ordered.)
        """
        submitted_at = datetime.fromisoformat(self.submitted_at)
        masks = {_mask(report.name) for report in reports if report.report_type == self.report_type}
        plain = [mask for mask in masks if all(other.startswith(mask) for other in masks)]
        candidates = [
            report
            for report in reports
            if report.id not in self.listed
            and _fits(report, self.report_type, submitted_at)
            and _mask(report.name) in plain
            and (self._is_dated(report.name) or not _DATE.search(report.name))
        ]
        if len({report.name for report in candidates}) != 1:
            return None
        return ReportJob(candidates[0].name, self.report_type, self.submitted_at, self.listed)

    def _is_dated(self, name: str) -> bool:
        return self.dt in name or self.dt.replace("-", "") in name


def _stand_in(name: str, created_at: datetime) -> str:
    return f"{name} {created_at:%Y-%m-%d %H:%M:%S}"


def _mask(name: str) -> str:
    """A name without its numbers: those of one kind of report are alike."""
    return re.sub(r"\d+", "#", name)


def _fits(report: Report, report_type: str, ordered_at: datetime) -> bool:
    is_in_time = -CLOCK_TOLERANCE <= report.created_at - ordered_at <= _ORDER_TAKES
    return is_in_time and report.report_type == report_type


def _nearest(reports: Sequence[Report], moment: datetime) -> Report | None:
    return min(reports, key=lambda report: abs(report.created_at - moment), default=None)
