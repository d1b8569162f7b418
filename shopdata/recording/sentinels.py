"""Which days somebody is asked to show: such as look like nothing else, however they are written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from shopdata.periods import PeriodKind
from shopdata.periods import today as today_in_shanghai

#: How far back a day of another month is looked for: pages offer the last thirty days, and many no more.
_NEAR = 29


def sentinel_days(count: int, kind: PeriodKind | None = None, *, today: date | None = None) -> tuple[date, ...]:
    """The last days of weeks, days of months, or days that may turn out to stand for either; the latest first.

    Days are of other weeks and other days of the week, so that a page that only has weeks is known by what it sends;
    and of another month than the one before them, where that is near: what is of a month then differs.

    Args:
        kind: what is shown; None where that is not known.
    """
    today = today or today_in_shanghai()
    if kind == "week":
        sunday = today - timedelta(days=today.weekday() + 1)
        return tuple(sunday - timedelta(days=7 + 14 * number) for number in range(count))
    if kind == "month":
        return tuple(_months(today))[:count]
    found: list[date] = []
    while len(found) < count:
        near = [day for day in _days(today) if _is_apart(day, found)]
        other = [day for day in near if found and day.month != found[-1].month and (today - day).days <= _NEAR]
        found.append(next(iter(other or near)))
    return tuple(found)


def _days(today: date) -> Iterator[date]:
    for back in range(4, 90):
        day = today - timedelta(days=back)
        # No day that is a month's number too, and no month's edge.
        if day.day > 12 and (day + timedelta(days=1)).day != 1:
            yield day


def _is_apart(day: date, found: list[date]) -> bool:
    return all(day.day != other.day and day.weekday() != other.weekday() and (other - day).days >= 7 for other in found)


def _months(today: date) -> Iterator[date]:
    """Days of months that are over: the second of another length than the first, so that counted days and ends are
    told apart."""
    last = today.replace(day=1) - timedelta(days=1)
    past = [last := last.replace(day=1) - timedelta(days=1) for _ in range(4)]
    second = next(day for day in past[1:] if day.day != past[0].day)
    yield past[0]
    yield second
    yield from (day for day in past[1:] if day != second)
