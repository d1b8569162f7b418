"""How many rows a file should have, by the shop's own past and by what the other shops have today.

A count is doubtful only where two references agree: the median of the same weekday and that of the last days, each
corrected by what the other shops do. So neither a Sunday, nor growth, nor a holiday is taken for a cut file.
All is done on log(n + 3): a third fewer is as far off with 30 rows as with 30,000, and a handful of rows is noise.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from statistics import median

from shopdata.periods import Period, PeriodKind

#: So many other shops must have a count today before they say anything about a shop.
FEWEST_PEERS = 8
#: How many deviations of its own a shop must be off, where that is more than `drop`.
_DEVIATIONS = 3
#: Added to each count: a shop that goes from 2 rows to 1 has not lost half.
_FLOOR = 3


class Verdict(StrEnum):
    """What a count of rows is."""

    OK = "ok"
    #: There is too little of the shop's past.
    LEARNING = "learning"
    #: Promotion or holiday, and too few other shops to tell what is usual today.
    SEASON = "season"
    FEW = "few_rows"
    MANY = "many_rows"
    ZERO = "zero_rows"

    @property
    def is_doubtful(self) -> bool:
        return self in (Verdict.FEW, Verdict.MANY, Verdict.ZERO)


@dataclass(frozen=True)
class Limits:
    """How far off is too far. None switches a side off."""

    #: So much fewer than usual is doubtful, as a share.
    drop: float | None = 0.6
    #: So many times as many is doubtful.
    rise: float | None = None
    #: Where usually fewer rows come, nothing is said.
    at_least: int = 20
    #: Whether seasons are known; stock has none.
    calendar: bool = True
    #: Zero rows are doubtful where none of the last days had zero and this was their median at least.
    zero_at_least: int | None = 5


@dataclass(frozen=True)
class Past:
    """Counts of a shop's good files, the newest first: of the same day of earlier weeks, and of the last days."""

    same: tuple[int, ...]
    recent: tuple[int, ...]
    #: Whether that is enough to judge by.
    is_enough: bool

    @property
    def usual(self) -> float:
        """The rows that the same weekday has: a median."""
        return math.exp(_middle(self.same)) - _FLOOR


@dataclass(frozen=True)
class Ratio:
    """How far a count is off both references, as logarithms: 0 is as usual, -0.69 is half."""

    same: float
    recent: float


def past_of(counts: Mapping[date, int], period: Period, kind: PeriodKind) -> Past:
    """A shop's past before a period.

    Args:
        counts: rows of its good files by the last day of their period.
        kind: for weeks and months there is no weekday: the last eight periods and the last four stand for both.
    """
    days = _steps(period, kind)
    same = tuple(counts[day] for day in days if day in counts)
    if kind == "day":
        last = [period.end - timedelta(days=back) for back in range(1, 8)]
        recent = tuple(counts[day] for day in last if day in counts)
        return Past(same, recent, is_enough=len(same) >= 2 and len(recent) >= 4)
    recent = tuple(counts[day] for day in days[:4] if day in counts)
    return Past(same, recent, is_enough=len(same) >= 4 and len(recent) >= 3)


def _steps(period: Period, kind: PeriodKind) -> list[date]:
    """The last days of the eight periods that a period is held against, the newest first."""
    if kind != "month":
        return [period.end - timedelta(weeks=back) for back in range(1, 9)]
    found = [period.start - timedelta(days=1)]
    while len(found) < 8:
        found.append(found[-1].replace(day=1) - timedelta(days=1))
    return found


def ratio_of(rows: int, past: Past) -> Ratio | None:
    """How far a count is off; None where the past is too short."""
    if not past.is_enough:
        return None
    own = math.log(rows + _FLOOR)
    return Ratio(own - _middle(past.same), own - _middle(past.recent))


def common_ratio(others: Collection[Ratio]) -> Ratio | None:
    """What the other shops are off today, at most as usual or more; None if they are too few to say."""
    if len(others) < FEWEST_PEERS:
        return None
    return Ratio(median(ratio.same for ratio in others), median(ratio.recent for ratio in others))


def judge(rows: int, past: Past, common: Ratio | None, limits: Limits, *, is_season: bool) -> Verdict:
    """What a count is.

    Args:
        common: that of the other shops; None if nobody knows it.
        is_season: whether the period is in one of `seasons`. It only counts where `common` is not known.
    """
    ratio = ratio_of(rows, past)
    if ratio is None:
        return Verdict.LEARNING
    if _is_new_zero(rows, past, limits):
        return Verdict.ZERO
    if limits.drop is None and limits.rise is None:
        return Verdict.OK
    if common is None and is_season and limits.calendar:
        return Verdict.SEASON
    if past.usual < limits.at_least:
        return Verdict.OK
    own = _DEVIATIONS * _deviation(past.same)
    if limits.drop is not None:
        # All have fewer after a promotion. That all have more excuses nobody who has fewer.
        same, recent = (min(0.0, common.same), min(0.0, common.recent)) if common is not None else (0.0, 0.0)
        fewer = math.log(1 - limits.drop)
        if ratio.same - same < min(-own, fewer) and ratio.recent - recent < fewer:
            return Verdict.FEW
    if limits.rise is not None:
        same, recent = (max(0.0, common.same), max(0.0, common.recent)) if common is not None else (0.0, 0.0)
        more = math.log(limits.rise)
        if ratio.same - same > max(own, more) and ratio.recent - recent > more:
            return Verdict.MANY
    return Verdict.OK


def _is_new_zero(rows: int, past: Past, limits: Limits) -> bool:
    known, fewest = past.recent, limits.zero_at_least
    return rows == 0 and fewest is not None and 0 not in known and median(known) >= fewest


def _middle(counts: Collection[int]) -> float:
    return median(math.log(count + _FLOOR) for count in counts)


def _deviation(counts: Collection[int]) -> float:
    """The median distance from the median, on the logarithms."""
    middle = _middle(counts)
    return median(abs(math.log(count + _FLOOR) - middle) for count in counts)
