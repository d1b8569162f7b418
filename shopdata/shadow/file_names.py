"""Whose file it is, and of which period: by patterns that a person gives, else by what its name and folders hold."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import PurePosixPath

from shopdata.exceptions import ArgumentError
from shopdata.periods import Period, PeriodKind, is_between

#: A day with its year: 2026-03-01, 2026_3_1, 2026年3月1日, 20260301 (also before a time of day), 2026/03/01 as folders.
_DAY = re.compile(
    r"(?<!\d)(20\d\d)(?:(\d\d)(\d\d)(?=(?:\d{4}|\d{6})?(?!\d))|\s?[-_./年]\s?(\d{1,2})\s?[-_./月]\s?(\d{1,2})日?(?!\d))"
)
_MONTH = re.compile(r"(?<!\d)(20\d\d)\s?[-_./年]?\s?(0?[1-9]|1[0-2])月?(?!\d)")
#: Without one: 03-01, 3月1日, 0301, 260301. The range that is compared says which year.
#: Looked for from each digit on: the number of a shop may stand before it.
_DAY_ONLY = re.compile(r"(?<!\d)(?=(?:\d\d)?(?:(\d\d)(\d\d)|(\d{1,2})\s?[-_.月]\s?(\d{1,2})[日号]?)(?!\d))")
_DIGITS = re.compile(r"\d{4,6}")
#: What an id of a shop looks like.
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_HOLE = re.compile(r"\{(\w*)\}|(\*)|(\?)")
_DATE_IN_PATTERN = (
    r"(?:20\d{6}|20\d\d[-_.年]\d{1,2}[-_.月]\d{1,2}日?|20\d\d[-_.年]?\d{1,2}月?"
    r"|\d{1,2}[-_.月]\d{1,2}[日号]?|\d{4}|\d{6})"
)
HOLES = ("shop", "date", "start", "end")


@dataclass(frozen=True)
class Named:
    """What a name says; `shop` is an id. `why` is the key of a text (`shadow.why.…`) where it says nothing of use."""

    shop: str | None = None
    period: Period | None = None
    why: str = ""
    #: True if that is no trouble: a file of another day, or of another dataset.
    is_other: bool = False


@dataclass(frozen=True)
class Naming:
    """Reads the names of files.

    Args:
        shops: what each shop is called, by its id: the id itself, names of it.
        kind, start, end: which periods are asked for.
        own: what this dataset is called; others are called `others`.
        patterns: those that a person gives, the first that fits counts; see `read_pattern`.
        lag_days: by how many days the day in a name is later than the business day.
    """

    shops: Mapping[str, Sequence[str]]
    kind: PeriodKind
    start: date
    end: date
    own: Sequence[str] = ()
    others: Sequence[str] = ()
    patterns: Sequence[tuple[re.Pattern[str], str]] = ()
    lag_days: int = 0
    _names: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._names.extend(_longest_first(self.shops))

    def read(self, path: PurePosixPath) -> Named:
        """What the path of a file says, from the folder on that was named."""
        if self.patterns:
            return self._by_patterns(path)
        stem = _plain(path.stem)
        if self._is_anothers(stem):
            return Named(why="shadow.why.another_dataset", is_other=True)
        # The folders above count only where the name itself says nothing; `2026/03/01` is a day, too.
        whole = _plain("/".join([*path.parts[:-1], path.stem]))
        found = self._period(stem) or self._period(whole)
        if isinstance(found, Named):
            return found
        for text in (stem, *map(_plain, reversed(path.parts[:-1]))):
            text = self._without_own(_DAY.sub(" ", text))
            shops = self._shops_in(text) or self._shops_in(_DIGITS.sub(" ", text))
            if len(shops) > 1:
                return Named(period=found, why="shadow.why.several_shops")
            if shops:
                return Named(shops[0], found)
        return Named(None, found)

    def shop_of(self, text: str) -> str | None:
        """The shop that is called so."""
        plain = _plain(text)
        return next((shop for name, shop in self._names if name == plain), None)

    def days_of(self, text: str) -> Period | Named | None:
        """The period that the days in a text mean; a `Named` says what is wrong with it; None for no day."""
        return self._period(_plain(text))

    def _by_patterns(self, path: PurePosixPath) -> Named:
        for pattern, shop in self.patterns:
            text = unicodedata.normalize("NFKC", str(path) if "/" in pattern.pattern else path.name)
            if not (match := pattern.fullmatch(text)):
                continue
            groups = match.groupdict()
            days = "_".join(groups[name] for name in ("date", "start", "end") if groups.get(name))
            period = self._period(_plain(days)) if days else None
            if days and period is None:
                return Named(why="shadow.why.no_day")
            if isinstance(period, Named):
                return period
            if shop or not groups.get("shop"):
                return Named(shop or None, period)
            found = self.shop_of(groups["shop"]) or next(iter(self._shops_in(_plain(groups["shop"]))), None)
            return Named(found, period) if found else Named(None, period, "shadow.why.unknown_shop")
        return Named(why="shadow.why.no_pattern", is_other=True)

    # -- days ---------------------------------------------------------------------------------------------------------

    def _period(self, text: str) -> Period | Named | None:
        days = sorted({day for match in _DAY.finditer(text) if (day := _date(match))})
        if not days and self.kind == "month" and (match := _MONTH.search(text)):
            days = [date(int(match[1]), int(match[2]), 1)]
        if not days:
            days = [day for day in self._days_only(text) if self._is_asked(Period.of(self.kind, self._own_day(day)))][
                :1
            ]
        if not days:
            return None
        if len(days) > 1 and self.kind != "day":
            period = Period(days[0], days[-1])
            if Period.of(self.kind, period.end) != period:
                return Named(why="shadow.why.odd_period")
        else:
            days = [self._own_day(day) for day in days]
            periods = [Period.of(self.kind, day) for day in days]
            asked = [period for period in periods if self._is_asked(period)]
            if len(asked) > 1:
                return Named(why="shadow.why.several_days")
            period = asked[0] if asked else periods[0]
        return period if self._is_asked(period) else Named(period=period, why="shadow.why.another_day", is_other=True)

    def _own_day(self, day: date) -> date:
        return day - timedelta(days=self.lag_days)

    def _is_asked(self, period: Period) -> bool:
        return is_between(self.kind, period, self.start, self.end)

    def _days_only(self, text: str) -> Iterable[date]:
        years = range(self.start.year, self.end.year + 2)
        for match in _DAY_ONLY.finditer(text):
            month, day = (int(part) for part in (match[1] or match[3], match[2] or match[4]))
            yield from (found for year in years if (found := _day(year, month, day)))

    # -- shops and datasets -------------------------------------------------------------------------------------------

    def _shops_in(self, text: str) -> list[str]:
        """The shops whose names are in a text, each part of it counted for the longest name only."""
        found: list[str] = []
        for name, shop in self._names:
            pattern = _bounded(name)
            if pattern.search(text):
                text = pattern.sub(" ", text)
                found.append(shop)
        return list(dict.fromkeys(found))

    def _without_own(self, text: str) -> str:
        for name in sorted(map(_plain, self.own), key=len, reverse=True):
            text = _bounded(name).sub(" ", text) if name else text
        return text

    def _is_anothers(self, stem: str) -> bool:
        rest = self._without_own(stem)
        return rest == stem and any(name and _bounded(name).search(stem) for name in map(_plain, self.others))


def read_pattern(written: str, shops: Mapping[str, Sequence[str]]) -> tuple[re.Pattern[str], str]:
    """A pattern as a person writes it: `{shop}_{date}.xlsx`, `*_{start}_{end}.csv`, or `main-*.xlsx=flagship`.

    `*` and `?` stand for anything, `{shop}` for an id or a name; without an extension any will do. With a `/` in it,
    the folders count as well.

    Returns:
        the pattern, and the shop that all of its files are of, or "".

    Raises:
        ArgumentError: a hole is not known, not closed, or stands twice; or there is no such shop.
    """
    text, equals, shop = written.rpartition("=")
    if not equals or shop not in shops:
        if equals and _ID.fullmatch(shop) and (_HOLE.search(text) or PurePosixPath(text).suffix):
            raise ArgumentError(
                "there is no shop of this id",
                where="--match",
                found=repr(shop),
                expected=", ".join(list(shops)[:10]),
                todo="Write the id of a shop behind `=`.",
            )
        text, shop = written, ""
    known = "|".join(re.escape(name) for name, _ in _longest_first(shops))
    parts, last, seen = [], 0, set()
    for match in _HOLE.finditer(text):
        parts.append(re.escape(unicodedata.normalize("NFKC", text[last : match.start()])))
        last = match.end()
        name = match[1]
        if name is not None and (name not in HOLES or name in seen):
            raise ArgumentError(
                "this pattern can't be used",
                where="--match",
                found=repr(match[0]),
                expected=", ".join(f"{{{hole}}}" for hole in HOLES) + ", each at most once",
                todo="Write for example `{shop}_{date}.xlsx`.",
            )
        seen.add(name or "")
        inner = rf"{known}|.+?" if name == "shop" else _DATE_IN_PATTERN
        parts.append(f"(?P<{name}>{inner})" if name else "[^/]*?" if match[2] else "[^/]")
    parts.append(re.escape(unicodedata.normalize("NFKC", text[last:])))
    if re.search(r"[{}]", _HOLE.sub("", text)):
        raise ArgumentError(
            "this pattern can't be used",
            where="--match",
            found=repr(text),
            expected="each { with its }",
            todo="Write for example `{shop}_{date}.xlsx`.",
        )
    any_suffix = "" if PurePosixPath(text).suffix else r"(?:\.[A-Za-z0-9]{1,5})?"
    return re.compile("".join(parts) + any_suffix, re.IGNORECASE), shop


def _longest_first(shops: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """All names with the shops that they mean: 旗舰店 is also in 官方旗舰店."""
    pairs = {(_plain(name), shop) for shop, names in shops.items() for name in (shop, *names) if _plain(name)}
    return sorted(pairs, key=lambda pair: (-len(pair[0]), pair))


def _plain(text: str) -> str:
    """In one width and case, without blanks around it."""
    return unicodedata.normalize("NFKC", text).casefold().strip()


def _bounded(name: str) -> re.Pattern[str]:
    """Finds a name that is no part of a longer word: `shop-1` is not in `shop-12`; Chinese needs no blanks."""
    before = r"(?<![a-z0-9])" if name[:1].isascii() and name[:1].isalnum() else ""
    after = r"(?![a-z0-9])" if name[-1:].isascii() and name[-1:].isalnum() else ""
    return re.compile(before + re.escape(name) + after)


def _date(match: re.Match[str]) -> date | None:
    return _day(int(match[1]), int(match[2] or match[4]), int(match[3] or match[5]))


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
