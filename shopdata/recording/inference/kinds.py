"""Which kind of period was shown: a day, or the week or month in which the day lies that was named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta

from shopdata.periods import Period, PeriodKind
from shopdata.recording.inference.atoms import atoms_of
from shopdata.recording.inference.days import FORMS, MONTHS
from shopdata.recording.journal import Call, Take


def ways_to_ask(first: Take, second: Take) -> Iterator[tuple[PeriodKind, tuple[Take, Take]]]:
    """Both takes as takes of days, of weeks that end on a day of the week, and of months, as far as a request names
    first and last day of such; only one of these where the recording says which it was."""
    if first.kind or second.kind:
        if first.kind == second.kind and first.kind is not None:
            yield first.kind, (first, second)
        return
    yield "day", (first, second)
    for last in range(7):
        pair = _within("week", first, last), _within("week", second, last)
        if all(map(_is_named, pair)):
            yield "week", pair
    pair = _within("month", first), _within("month", second)
    if all(map(_is_named, pair)):
        yield "month", pair


def period_with(kind: PeriodKind, day: date, last: int = 0) -> Period:
    """The period in which a day lies: of weeks, the one that ends on this day of the week (0 is Monday)."""
    return Period.of(kind, day + timedelta(days=(last - day.weekday()) % 7) if kind == "week" else day)


def _within(kind: PeriodKind, take: Take, last: int = 0) -> Take:
    """The same as of the period in which its day lies."""
    return replace(take, period=period_with(kind, take.day, last))


def _is_named(take: Take) -> bool:
    """True if one of its requests names both the first and the last day, or a month that stands alone."""
    period = take.asked
    if period == Period.of("month", period.start) and _names_month(take.calls, period.start):
        return True
    first = _texts(period.start, int(period.start_time.timestamp()))
    last = _texts(period.end, int(period.end_time.timestamp()))
    return any(_names(call, first) and _names(call, last) for call in take.calls)


def _names_month(calls: Iterable[Call], day: date) -> bool:
    months = {f"{day:{form}}" for form in MONTHS}
    return any(str(value) in months for call in calls for value in atoms_of(call, {}).values())


def _texts(day: date, seconds: int) -> tuple[str, ...]:
    return str(seconds), *(f"{day:{form}}" for form in FORMS[:-1])


def _names(call: Call, texts: tuple[str, ...]) -> bool:
    return any(text in str(value) for value in atoms_of(call, {}).values() for text in texts)
