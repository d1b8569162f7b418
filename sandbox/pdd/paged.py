"""Lists that are read page by page: how one is asked, refused and disturbed. What is in a list, its class says."""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from aiohttp import web

from sandbox.faults import Fault
from sandbox.pdd.answers import SPAN_TOO_LONG, WRONG_ARGUMENTS, Call
from sandbox.pdd.request_guard import RequestGuard
from sandbox.portal import PortalPart, Stage, TruthOf, daily_job, json_body
from sandbox.truth import Truth
from sandbox.world import SHANGHAI, SandboxShop

# The most that any known caller asks for (docs/portals.md 3.3, 3.4); whether more is refused was not recorded. [A]
MAX_PAGE_SIZE = 40
# How many more rows there are than there are, under fault `total_unreachable`.
TOO_MANY = 3

READING_FAULTS = frozenset(
    {Fault.PAGES_SHIFT, Fault.TOTAL_UNREACHABLE, Fault.ENDLESS_PAGES, Fault.HALF_SIGN, Fault.EMPTY_TODAY}
)
_EMPTY = frozenset({Fault.EMPTY_TODAY, Fault.QUALITY_EMPTY})
PAGE_FAULTS = frozenset({*READING_FAULTS, Fault.QUALITY_EMPTY, Fault.MISSING_LIST_KEY})
"""The faults that a list can have."""


@dataclass(frozen=True, slots=True)
class Window:
    """The time that a call asks for, in seconds since 1970, both ends included."""

    start: int
    end: int

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Window | None:
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

    def last_day(self) -> dt.date:
        """The business day that a call counts for."""
        return dt.datetime.fromtimestamp(self.end, SHANGHAI).date()

    def days(self) -> list[dt.date]:
        """The days of Shanghai that it touches, the newest first."""
        last, first = self.last_day(), dt.datetime.fromtimestamp(self.start, SHANGHAI).date()
        return [last - dt.timedelta(days=number) for number in range((last - first).days + 1)]


@dataclass(frozen=True, slots=True)
class Found:
    """All rows that a call asks for; `of` tells apart lists that one call has several of.

    `beside` is what else stands in the answer.
    """

    rows: Sequence[Any]
    of: str = ""
    has_total: bool = True
    beside: Mapping[str, Any] = field(default_factory=dict)


class SandboxList(PortalPart, ABC):
    """One list of the back office."""

    call: ClassVar[Call]
    path: ClassVar[str]
    page_key: ClassVar[str] = "pageNum"
    size_key: ClassVar[str] = "pageSize"
    first_page: ClassVar[int] = 1
    """What the first page is called."""
    rows_key: ClassVar[str]
    total_keys: ClassVar[tuple[str, ...]] = ("total",)
    max_days: ClassVar[int | None] = None
    """How many days one may ask for at once; None for a list as it is now, which is asked for without times."""
    id_key: ClassVar[str | None] = None
    """What tells rows apart, where fault `endless_pages` makes new ones."""
    text_key: ClassVar[str | None] = None
    """The text that fault `half_sign` cuts."""
    reading_faults: ClassVar[frozenset[Fault]] = READING_FAULTS
    """The faults that strike with the first page and stay for the pages after it."""

    def __init__(self, stage: Stage, guard: RequestGuard) -> None:
        self.stage = stage
        self._guard = guard
        self._struck: dict[tuple[str, str], frozenset[Fault]] = {}
        self.calls = {self.path: self.call.name}

    @abstractmethod
    def find(self, shop: SandboxShop, window: Window, body: Mapping[str, Any]) -> Found | None:
        """What a call asks for, all pages of it; None if its body is malformed."""

    def write(self, shop: SandboxShop, row: Any) -> Any:
        """A row as it is sent."""
        return row

    def add_routes(self, app: web.Application) -> None:
        """Adds the path to the application of the back office."""
        app.router.add_post(self.path, self._answer)

    async def _answer(self, request: web.Request) -> web.Response:
        body = await json_body(request)
        window = Window.of_day(self.stage.world.now().date()) if self.max_days is None else Window.of(body)
        day = None if window is None else window.last_day()
        shop = await self._guard.enter(request, self.call, day)
        if isinstance(shop, web.Response):
            return shop
        number, size = body.get(self.page_key), body.get(self.size_key)
        if window is None or type(number) is not int or type(size) is not int:
            return self._guard.refuse(shop, self.call, WRONG_ARGUMENTS)
        if self.max_days is not None and len(window.days()) > self.max_days:
            return self._guard.refuse(shop, self.call, SPAN_TOO_LONG)
        found = self.find(shop, window, body)
        if found is None or number < self.first_page or not 1 <= size <= MAX_PAGE_SIZE:
            return self._guard.refuse(shop, self.call, WRONG_ARGUMENTS)
        return self.call.success(self._page(shop, day, found, number - self.first_page, size))

    def _page(self, shop: SandboxShop, day: dt.date | None, found: Found, number: int, size: int) -> dict[str, Any]:
        """One page, `number` counted from 0, and what it says of the whole."""
        struck = self._faults(shop, day, found.of, is_first=number == 0)
        rows = () if struck & _EMPTY else found.rows
        start, total = number * size, len(rows)
        if Fault.PAGES_SHIFT in struck and start:
            start -= 1
        page = rows[start : start + size]
        if Fault.ENDLESS_PAGES in struck and self.id_key and rows:
            page = [rows[0] | {self.id_key: f"{place}"} for place in range(start, start + size)]
            total = start + 2 * size
        if Fault.HALF_SIGN in struck and self.text_key:
            # Texts that end in the first half of an emoji.
            page = [row | {self.text_key: f"{row[self.text_key]}\ud83d"} for row in page]
        if Fault.TOTAL_UNREACHABLE in struck:
            total += TOO_MANY
        result = dict(found.beside) | (dict.fromkeys(self.total_keys, total) if found.has_total else {})
        if self.stage.faults.take(shop.id, Fault.MISSING_LIST_KEY, day=day, at=self.call.name):
            return result
        return result | {self.rows_key: [self.write(shop, row) for row in page]}

    def _faults(self, shop: SandboxShop, day: dt.date | None, of: str, *, is_first: bool) -> frozenset[Fault]:
        if is_first:
            take = self.stage.faults.take
            self._struck[shop.id, of] = frozenset(
                fault for fault in self.reading_faults if take(shop.id, fault, day=day, at=self.call.name)
            )
        return self._struck.get((shop.id, of), frozenset())


class PagedReport(SandboxList):
    """A list that is a dataset of its own: rows of days, each a JSON object with the same fields."""

    dataset: ClassVar[str]
    cron: ClassVar[str]
    """When schedule.yaml collects it."""
    fields: ClassVar[tuple[str, ...]]
    time_key: ClassVar[str | None] = None
    """Where a row's moment stands, in seconds; None where all rows of a day are of the whole day."""

    def __init__(self, stage: Stage, guard: RequestGuard) -> None:
        super().__init__(stage, guard)
        self.jobs = (daily_job(self.dataset, self.cron),)

    @abstractmethod
    def rows(self, shop: SandboxShop, day: dt.date) -> Sequence[dict[str, Any]]:
        """The rows of a day, in the order in which they are sent. They must follow from seed, shop and day alone."""

    def select(self, rows: Sequence[dict[str, Any]], body: Mapping[str, Any]) -> Sequence[dict[str, Any]] | None:
        """Those that a body asks for; None if it is malformed."""
        return rows

    def is_reported(self, row: dict[str, Any]) -> bool:
        """Says whether a row is in the dataset."""
        return True

    def find(self, shop: SandboxShop, window: Window, body: Mapping[str, Any]) -> Found | None:
        """Those in the window that the body asks for."""
        of_days = [row for day in window.days() for row in self.rows(shop, day)]
        key = self.time_key
        selected = self.select([row for row in of_days if key is None or window.holds(row[key])], body)
        return None if selected is None else Found(selected)

    def truths(self) -> Mapping[str, TruthOf]:
        """The rows of a day as they are sent."""
        return {self.dataset: self._truth}

    def _truth(self, shop: SandboxShop, day: dt.date, variant: Collection[Fault]) -> Truth:
        rows = [] if _EMPTY.intersection(variant) else self.rows(shop, day)
        return Truth.of_records(list(self.fields), [row for row in rows if self.is_reported(row)])
