"""Lists that are read page by page, and what may go wrong between two pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.faults import Fault
from sandbox.portal import Stage
from sandbox.world import SHANGHAI, Shop

# The most that any known caller asks for (docs/portals.md 3.3, 3.4); whether more is refused was not recorded. [A]
MAX_PAGE_SIZE = 40
# How many more rows there are than there are, under fault `total_unreachable`.
TOO_MANY = 3

READING_FAULTS = frozenset(
    {Fault.PAGES_SHIFT, Fault.TOTAL_UNREACHABLE, Fault.QUALITY_EMPTY, Fault.ENDLESS_PAGES, Fault.HALF_SIGN}
)
PAGE_FAULTS = frozenset({*READING_FAULTS, Fault.MISSING_LIST_KEY})
"""The faults that a `Readings` knows."""


@dataclass(frozen=True, slots=True)
class Page:
    """Which rows a call asks for; `number` counts from 0, whatever the endpoint counts from."""

    number: int
    size: int

    @classmethod
    def of(cls, body: dict[str, Any], number_key: str, size_key: str, *, first: int) -> Page | None:
        """The page that a body asks for, None if it is malformed. `first` is what the endpoint calls the first page."""
        number, size = body.get(number_key), body.get(size_key)
        if type(number) is not int or type(size) is not int or number < first or not 1 <= size <= MAX_PAGE_SIZE:
            return None
        return cls(number - first, size)


@dataclass(frozen=True, slots=True)
class Slice:
    """One page of a list, and what it says of the whole. `has_list` is False if the list's key is to be left out."""

    rows: Sequence[Any]
    total: int
    has_list: bool


class Readings:
    """Who is reading which list: the faults that strike on a first page stay for the pages after it."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._struck: dict[tuple[str, str, str], frozenset[Fault]] = {}

    def turn(
        self, shop: Shop, call: str, rows: Sequence[Any], page: Page, *, of: str = "", day: dt.date | None = None
    ) -> Slice:
        """A page of the rows. `of` tells apart lists that one call has several of."""
        struck = self._faults(shop, call, of, is_first=page.number == 0, day=day)
        if Fault.QUALITY_EMPTY in struck:
            rows = ()
        start = page.number * page.size
        if Fault.PAGES_SHIFT in struck and start:
            start -= 1
        if Fault.ENDLESS_PAGES in struck and rows and isinstance(rows[0], dict):
            numbers = range(start, start + page.size)
            return Slice([_numbered(rows[0], number) for number in numbers], start + 2 * page.size, has_list=True)
        if Fault.HALF_SIGN in struck:
            rows = [_cut_in_a_sign(row) for row in rows]
        total = len(rows) + (TOO_MANY if Fault.TOTAL_UNREACHABLE in struck else 0)
        has_list = not self._stage.faults.take(shop.id, Fault.MISSING_LIST_KEY, day=day, at=call)
        return Slice(rows[start : start + page.size], total, has_list)

    def _faults(self, shop: Shop, call: str, of: str, *, is_first: bool, day: dt.date | None) -> frozenset[Fault]:
        key = (shop.id, call, of)
        if is_first:
            able = READING_FAULTS if call == "quality" else READING_FAULTS - {Fault.QUALITY_EMPTY}
            struck = frozenset(fault for fault in able if self._stage.faults.take(shop.id, fault, day=day, at=call))
            self._struck[key] = struck
        return self._struck.get(key, frozenset())


def _numbered(row: dict[str, Any], number: int) -> dict[str, Any]:
    """The same row as another one."""
    return {name: f"{number}" if name in ("reviewId", "goods_id") else value for name, value in row.items()}


def _cut_in_a_sign(row: Any) -> Any:
    """With texts that end in the first half of an emoji."""
    if not isinstance(row, dict):
        return row
    return {name: f"{value}\ud83d" if name in ("comment", "goods_name") else value for name, value in row.items()}


@dataclass(frozen=True, slots=True)
class Window:
    """The time that a call asks for, in seconds since 1970, both ends included."""

    start: int
    end: int

    @classmethod
    def of(cls, body: dict[str, Any]) -> Window | None:
        """The `startTime` and `endTime` of a body, None if they are malformed."""
        start, end = body.get("startTime"), body.get("endTime")
        if type(start) is not int or type(end) is not int or not 0 < start <= end < 2**33:
            return None
        return cls(start, end)

    @classmethod
    def of_day(cls, day: dt.date) -> Window:
        """One whole day of Shanghai."""
        midnight = int(dt.datetime.combine(day, dt.time(), SHANGHAI).timestamp())
        return cls(midnight, midnight + 24 * 3600 - 1)

    def holds(self, second: int) -> bool:
        """Says whether a moment is in it."""
        return self.start <= second <= self.end

    def days(self) -> list[dt.date]:
        """The days of Shanghai that it touches, the newest first."""
        first, last = (dt.datetime.fromtimestamp(second, SHANGHAI).date() for second in (self.start, self.end))
        return [last - dt.timedelta(days=number) for number in range((last - first).days + 1)]


def last_day(window: Window | None) -> dt.date | None:
    """The business day that a call counts for."""
    return None if window is None else dt.datetime.fromtimestamp(window.end, SHANGHAI).date()
