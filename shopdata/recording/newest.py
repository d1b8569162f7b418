"""How many days pass until a day is there: what pages and answers of a recording say of the newest one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from shopdata.lake.check import day_in
from shopdata.periods import SHANGHAI, PeriodKind
from shopdata.recording.inference import Inferred, Line
from shopdata.recording.inference.evidence import EVERY, generic, leaves
from shopdata.recording.inference.told import told_call
from shopdata.recording.journal import Journal, Take

#: Where nothing tells.
_DEFAULT = 1
_MOST = 60
#: Names under which the newest day is told; a day of any other name may be anything.
_NEWEST = re.compile(
    r"(?:max|latest|newest|available|data|stat|biz)\w*?(?:[dD]ate|[dD]ay|[dD]t)$|(?:最新|数据|统计)日期$"
)


@dataclass(frozen=True)
class _Told:
    """A newest day that something has told, and on which day it did."""

    where: str
    day: date
    on: date


def lag_of(journal: Journal, inferred: Inferred) -> tuple[int, Line]:
    """The days of lag, and how they follow; in doubt where they do not."""
    if not inferred.has_day:
        return 0, Line("lag_of_now")
    told = _told_in_all(journal, inferred.kind)
    if told is not None:
        lag = (told.on - told.day).days
        return lag, Line("lag_seen", {"where": told.where, "newest": told.day, "on": told.on, "lag": lag})
    newest = max(inferred.periods, key=lambda period: period.end)
    seen = max((_on(take) for take in journal.takes if take.calls), default=newest.end)
    most = (seen - newest.end).days
    if inferred.kind == "month":
        most -= 1
    lag = max(0, min(_DEFAULT, most))
    return lag, Line("lag_unknown", {"lag": lag, "newest": newest.dt, "most": max(0, most)}, is_doubt=True)


def _told_in_all(journal: Journal, kind: PeriodKind) -> _Told | None:
    """What was told alike in each take; None for nothing, and for several that contradict each other."""
    if kind == "month":
        # Of what days a month's report is offered says nothing of when the month is.
        return None
    takes = [list(_told(take)) for take in journal.takes if take.calls]
    if not takes or not all(takes):
        return None
    lags = {(one.on - one.day).days for several in takes for one in several}
    return takes[-1][-1] if len(lags) == 1 else None


def _told(take: Take) -> Iterator[_Told]:
    shown = take.asked.end
    for call in take.calls:
        answer = call.answer or {}
        for place, value in leaves(answer.get("json")) if "json" in answer else ():
            name = str(place[-1]) if place else ""
            # In a list it is of a row.
            if EVERY not in generic(place) and _NEWEST.search(name):
                yield from _as_told(f"{told_call(call)}: {'.'.join(map(str, place))}", value, shown, _day(call.done))
        for name, value in answer.get("html", {}).items():
            if _NEWEST.search(name.rpartition(":")[2].replace("-", "_")):
                yield from _as_told(f"{told_call(call)}: {name}", value, shown, _day(call.done))
    for press in take.presses:
        if press.most:
            yield from _as_told(press.css, press.most, shown, _day(press.at))


def _as_told(where: str, value: Any, shown: date, on: date) -> Iterator[_Told]:
    """A day is told where it may be the newest one. The one that was chosen is often sent back; and that days to come
    can't be chosen says nothing of today's."""
    day = _as_day(value)
    if day is not None and shown < day < on and (on - day).days <= _MOST:
        yield _Told(where, day, on)


def _as_day(value: Any) -> date | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value)
    if re.fullmatch(r"\d{10}|\d{13}", text):
        return _day(int(text) * (1000 if len(text) == 10 else 1))
    return day_in(text)


def _on(take: Take) -> date:
    return _day(max(call.at for call in take.calls))


def _day(moment: int) -> date:
    return datetime.fromtimestamp(moment / 1000, SHANGHAI).date()
