"""Which kind of period was shown: a day, or the week or month in which the day lies that was named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from shopdata.periods import Period, PeriodKind
from shopdata.recording.inference.atoms import atoms_of
from shopdata.recording.inference.days import FORMS
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
        pair = _in_week(first, last), _in_week(second, last)
        if all(map(_is_named, pair)):
            yield "week", pair
    pair = _in_month(first), _in_month(second)
    if all(map(_is_named, pair)):
        yield "month", pair


def _in_week(take: Take, last: int) -> Take:
    """The same as of the week in which its day lies, and which ends on this day of the week (0 is Monday)."""
    end = take.day + timedelta(days=(last - take.day.weekday()) % 7)
    return replace(take, period=Period.of("week", end))


def _in_month(take: Take) -> Take:
    return replace(take, period=Period.of("month", take.day))


def _is_named(take: Take) -> bool:
    """True if one of its requests names both the first and the last day."""
    period = take.asked
    first = _texts(period.start, int(period.start_time.timestamp()))
    last = _texts(period.end, int(period.end_time.timestamp()))
    return any(_names(call, first) and _names(call, last) for call in take.calls)


def _texts(day: date, seconds: int) -> tuple[str, ...]:
    return str(seconds), *(f"{day:{form}}" for form in FORMS[:-1])


def _names(call: Call, texts: tuple[str, ...]) -> bool:
    return any(text in str(value) for value in atoms_of(call, {}).values() for text in texts)
