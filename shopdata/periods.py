"""Business days, weeks and months, and the labels (`dt`) they are published under. All dates are Asia/Shanghai."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from shopdata.exceptions import ArgumentError

SHANGHAI = ZoneInfo("Asia/Shanghai")
PeriodKind = Literal["day", "week", "month"]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


@dataclass(frozen=True, order=True)
class Period:
    """What one file covers: first and last business day, both included."""

    start: date
    end: date

    @classmethod
    def of(cls, kind: PeriodKind, day: date) -> Period:
        """The period of `kind` for `day`: the day itself, the seven days that end with it, or its calendar month."""
        if kind == "day":
            return cls(day, day)
        if kind == "week":
            return cls(day - timedelta(days=6), day)
        first = day.replace(day=1)
        return cls(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))

    @classmethod
    def from_dt(cls, dt: str) -> Period:
        """Reads a label such as `2026-03-01` or `2026-03-01_2026-03-07`."""
        first, _, last = dt.partition("_")
        return cls(parse_date(first), parse_date(last or first))

    @property
    def dt(self) -> str:
        """The label: `YYYY-MM-DD` for one day, `YYYY-MM-DD_YYYY-MM-DD` for more."""
        return self.start.isoformat() if self.start == self.end else f"{self.start}_{self.end}"

    @property
    def start_time(self) -> datetime:
        """00:00:00 of the first day, in Shanghai."""
        return datetime.combine(self.start, datetime.min.time(), SHANGHAI)

    @property
    def end_time(self) -> datetime:
        """23:59:59 of the last day, in Shanghai."""
        return datetime.combine(self.end, datetime.min.time(), SHANGHAI) + timedelta(days=1, seconds=-1)


def parse_date(text: str, where: str = "") -> date:
    """Reads `YYYY-MM-DD`.

    Args:
        where: the argument it was given as, for example `--date`.

    Raises:
        ArgumentError: it is something else, or a day that does not exist.
    """
    try:
        # Python also reads weeks (2026-W09-7) and days without hyphens.
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentError(
            "this is not a date",
            where=where,
            found=repr(text),
            expected="YYYY-MM-DD",
            todo="Write for example 2026-03-01.",
        ) from None


def days(start: date, end: date) -> Iterator[date]:
    """Every day from `start` to `end`, both included."""
    for number in range((end - start).days + 1):
        yield start + timedelta(days=number)


def today(now: datetime | None = None) -> date:
    """The day it is in Shanghai."""
    return (now or datetime.now(SHANGHAI)).astimezone(SHANGHAI).date()


def weekday_of(day: date) -> Weekday:
    """The name of the day of the week."""
    names: tuple[Weekday, ...] = get_args(Weekday)
    return names[day.weekday()]


def periods_between(kind: PeriodKind, start: date, end: date, week_ends: Weekday) -> list[Period]:
    """The periods of a calendar in a range of days: every day; each week whose last day is in it; each month that has a
    day in it. Both days are included; the earliest comes first."""
    chosen = (day for day in days(start, end) if kind != "week" or weekday_of(day) == week_ends)
    return sorted({Period.of(kind, day) for day in chosen})


def is_between(kind: PeriodKind, period: Period, start: date, end: date) -> bool:
    """True if a period belongs to a range of days as `periods_between` has it, whatever day its week ends on."""
    return (period.start if kind == "month" else period.end) <= end and start <= period.end


def due_day(kind: PeriodKind, lag_days: int, period: Period) -> date:
    """The day from which on a dataset with this lag (days) has a period as its newest; `latest_day` turned round."""
    return period.end + timedelta(days=lag_days + (kind == "month"))


def latest_day(kind: PeriodKind, lag_days: int, now: datetime | None = None) -> date:
    """A day inside the newest whole period that a dataset with this lag (days) has: T minus lag for days and weeks,
    the last day of the month before that for months."""
    day = today(now) - timedelta(days=lag_days)
    return day if kind != "month" else day.replace(day=1) - timedelta(days=1)


def ranges(labels: Iterable[str]) -> list[tuple[Period, Period]]:
    """The first and the last of what follows on one another, the earliest first.

    Args:
        labels: of one kind of period, in any order.
    """
    found: list[tuple[Period, Period]] = []
    for period in sorted(set(map(Period.from_dt, labels))):
        if found and found[-1][1].end + timedelta(days=1) == period.start:
            found[-1] = found[-1][0], period
        else:
            found.append((period, period))
    return found
