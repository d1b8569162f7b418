"""Reports that are ordered as jobs: what one is called, what its order must say, and what is in it.

How a job is ordered, listed and fetched is the same for all of them (`reports`, `jobs`, `storage`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from random import Random
from typing import Any, ClassVar

from aiohttp import web

from sandbox.faults import Fault
from sandbox.portal import json_body
from sandbox.truth import Truth, Value

# Rows of a group of columns repeat after so many; 64 keeps six random bits per group and row.
POOL = 64
# docs/portals.md 4.3 [C 2]: one program sends realtime with id 2, one offline with id 1.
_KINDS = (["realtime", 2], ["offline", 1])
SLOTS = 11


@dataclass(frozen=True, slots=True)
class ReportKey:
    """Everything that a report's contents follow from. `variant` holds the faults that are in the contents."""

    report: OrderedReport
    seed: int
    shop_id: str
    shop_name: str
    day: dt.date
    rows: int
    variant: frozenset[Fault] = frozenset()
    shown_day: dt.date | None = None
    """The day that stands in the rows, where it is another than theirs."""

    def effective(self) -> ReportKey:
        """The same report with the faults that are a mere change of day or size already carried out."""
        key = self
        if Fault.WRONG_DATE in key.variant:
            key = replace(key, day=key.day - dt.timedelta(days=1))
        if Fault.YESTERDAYS_FILE in key.variant:
            key = replace(key, day=key.day - dt.timedelta(days=1), shown_day=key.day)
        if Fault.EMPTY_REPORT in key.variant:
            key = replace(key, rows=0)
        if Fault.FIRST_PAGE_ONLY in key.variant:
            key = replace(key, rows=key.rows // 10)
        return key


@dataclass(frozen=True, slots=True)
class Group:
    """Columns side by side. Their values are one of a small pool of rows (`pool`), or made for each row (`make`).

    `slot` says which random bits choose from the pool, so that moved columns keep their values.
    """

    names: tuple[str, ...]
    slot: int
    pool: tuple[tuple[Value, ...], ...] = ()
    make: Callable[[int], tuple[Value, ...]] | None = None
    is_of_day: bool = True
    """Whether the rows change from day to day; the others belong to the shop."""


class OrderedReport:
    """One kind of report. Its instances hold nothing."""

    dataset: ClassVar[str]
    cron: ClassVar[str] = ""
    """When schedule.yaml collects it; blank for one that only some shops have."""
    host: ClassVar[str] = "gateway"
    """Where it is ordered."""
    is_zipped: ClassVar[bool] = False
    """Whether its file is a zip with the workbook, to which a call of its own gives the link."""
    report_type: ClassVar[str]
    """What the list of jobs says of its kind."""
    title: ClassVar[str]
    """How its jobs are called, before the day."""
    other_title: ClassVar[str]
    """The same in the list's own words, under fault `other_names`."""
    page_path: ClassVar[str]
    """The page that it is ordered from, on the report host."""
    create_path: ClassVar[str]
    """Where it is ordered, on its host."""
    fixed_fields: ClassVar[Mapping[str, Any]] = {}
    """What an order must say, besides its day and kind."""
    missing: ClassVar[str]
    """The id column that fault `missing_required_column` takes away."""
    renamed: ClassVar[tuple[str, str]]
    """What fault `renamed_column` makes of a column."""
    extra: ClassVar[str]
    """The column that fault `extra_column` adds."""
    columns: ClassVar[tuple[str, ...]]

    def row(self, key: ReportKey, number: int) -> tuple[Value, ...]:
        """One row, a value for each of `columns`. It must follow from key and number alone."""
        raise NotImplementedError(f"{type(self).__name__} must say its rows: write `row`, or `groups` with pools")

    def groups(self, key: ReportKey) -> list[Group]:
        """The columns, and what makes their rows. One of many columns says this instead of `row`, with pools."""
        return [Group(self.columns, 0, make=partial(self.row, key))]

    def task_name(self, day: dt.date) -> str:
        """The name of a job. Whether names are unique is not known; here two of a day are alike."""
        return f"{self.title}_{day}"

    def list_name(self, name: str, day: dt.date) -> str:
        """How the list calls a job of this name."""
        return name

    async def read(self, request: web.Request) -> dict[str, Any]:
        """What an order says; empty if it can't be read."""
        return await json_body(request)

    def day_of(self, body: Mapping[str, Any]) -> dt.date | None:
        """The one day that an order asks for; None if it is malformed or more than one day."""
        first, *others = (body.get(name) for name in ("date", "startDate", "endDate"))
        if not isinstance(first, str) or len(first) != len("2026-03-01") or any(other != first for other in others):
            return None
        try:
            return dt.date.fromisoformat(first)
        except ValueError:
            return None

    def is_well_formed(self, body: Mapping[str, Any]) -> bool:
        """Says whether an order is as the page makes it, its day apart."""
        if any(body.get(name) != value for name, value in self.fixed_fields.items()):
            return False
        return type(body.get("id")) is int and [body.get("dataType"), body["id"]] in _KINDS


class Contents:
    """One report's columns and rows, ready to be listed as values or rendered as cells."""

    def __init__(self, key: ReportKey) -> None:
        self._key = key.effective()
        self.groups = _arranged(self._key.report, self._key.report.groups(self._key), self._key.variant)
        self.header = [name for group in self.groups for name in group.names]
        self.is_doubled = Fault.DOUBLED_ROWS in self._key.variant and self._key.rows > 0
        self.rows = self._key.rows + self.is_doubled

    def numbered(self) -> Iterator[tuple[int, list[int]]]:
        """Each row's number, and its picks; the last one may stand there twice."""
        row: tuple[int, list[int]] = (0, [])
        for row in enumerate(self._picks()):
            yield row
        if self.is_doubled:
            yield row

    def _picks(self) -> Iterator[list[int]]:
        """For each row and group the number of the pool row to take."""
        of_shop = Random(f"{self._key.seed}/{self._key.shop_id}/picks")
        of_day = Random(f"{self._key.seed}/{self._key.shop_id}/{self._key.day}/picks")
        shifts = [(group.slot * 6, group.is_of_day) for group in self.groups]
        for _ in range(self._key.rows):
            shop_bits, day_bits = of_shop.getrandbits(SLOTS * 6), of_day.getrandbits(SLOTS * 6)
            yield [((day_bits if is_of_day else shop_bits) >> shift) % POOL for shift, is_of_day in shifts]

    def truth(self) -> Truth:
        """All rows as values."""
        rows: list[list[Value]] = []
        for number, picks in self.numbered():
            row: list[Value] = []
            for group, pick in zip(self.groups, picks, strict=True):
                row.extend(group.make(number) if group.make else group.pool[pick])
            rows.append(row)
        return Truth(header=list(self.header), rows=rows)


def _arranged(report: OrderedReport, groups: list[Group], variant: frozenset[Fault]) -> list[Group]:
    """Carries out the faults that change the columns."""
    arranged = groups
    if Fault.MISSING_REQUIRED_COLUMN in variant:
        arranged = [_without(group, report.missing) for group in arranged]
    if Fault.RENAMED_COLUMN in variant:
        old, new = report.renamed
        arranged = [
            replace(group, names=tuple(new if name == old else name for name in group.names)) for group in arranged
        ]
    if Fault.EXTRA_COLUMN in variant:
        extra = Group((report.extra,), 10, tuple((f"{number}.5%",) for number in range(POOL)))
        arranged = [*arranged[:7], extra, *arranged[7:]]
    if Fault.BLANK_COLUMN in variant:
        blank = [name for group in arranged for name in group.names][1]
        arranged = [_blanked(group, blank) for group in arranged]
    if Fault.SHIFTED_COLUMNS in variant:
        arranged = _shifted(arranged)
    if Fault.REORDERED_COLUMNS in variant:
        arranged = [_reversed(group) for group in reversed(arranged)]
    return arranged


def _shifted(groups: list[Group]) -> list[Group]:
    """The names of all columns but the first move by one."""
    first, *others = [name for group in groups for name in group.names]
    names = iter([first, *others[1:], *others[:1]])
    return [replace(group, names=tuple(next(names) for _ in group.names)) for group in groups]


def _without(group: Group, name: str) -> Group:
    if name not in group.names:
        return group
    place = group.names.index(name)
    return _rearranged(group, [number for number in range(len(group.names)) if number != place])


def _blanked(group: Group, name: str) -> Group:
    if name not in group.names:
        return group
    place = group.names.index(name)

    def blank(values: tuple[Value, ...]) -> tuple[Value, ...]:
        return (*values[:place], None, *values[place + 1 :])

    make = group.make
    return replace(
        group,
        pool=tuple(blank(values) for values in group.pool),
        make=None if make is None else (lambda row: blank(make(row))),
    )


def _reversed(group: Group) -> Group:
    return _rearranged(group, list(reversed(range(len(group.names)))))


def _rearranged(group: Group, places: list[int]) -> Group:
    """The group with only the columns of these places, in their order."""

    def pick(values: tuple[Value, ...]) -> tuple[Value, ...]:
        return tuple(values[place] for place in places)

    make = group.make
    return replace(
        group,
        names=tuple(group.names[place] for place in places),
        pool=tuple(pick(values) for values in group.pool),
        make=None if make is None else (lambda row: pick(make(row))),
    )
