"""Names of reports: which are alike though written otherwise, and which days they speak of (docs/portals.md 8.1)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date

#: No name that a person gives is longer; a list full of texts without an end would be compared for minutes.
_MOST_CHARACTERS = 500
#: Blanks, brackets of all kinds, quotes, control and invisible signs: lists wrap names in them.
_AROUND = frozenset({"Zs", "Zl", "Zp", "Ps", "Pe", "Pi", "Pf", "Cc", "Cf"})
_EXTENSION = re.compile(r"(?:\.(?:xlsx?|csv|zip))+$")

#: A day; with a time behind it, it is the moment of something else.
_DAY = re.compile(
    r"(?<!\d)(?P<year>\d{4})(?:(?P<sign>[-/._年])(?P<month>\d{1,2})[-/._月](?P<day>\d{1,2})日?|(?P<md>\d{4}))"
    r"(?!\d)(?![ T_-]?\d{2}:?\d{2}:?\d{2}(?!\d))"
)
#: The end of a range, where it does not repeat the year: 2026-03-01至03-07, 2026-03-01~07.
_SHORT_END = re.compile(
    r"\s*(?:[至到~—–]+\s*(?:(?P<month>\d{1,2})[-/.月])?|-(?P<m>\d{1,2})[-/.月])(?P<day>\d{1,2})日?(?!\d)"
)


def plain(name: str) -> str:
    """A name without what a list may write otherwise: width and case of signs, brackets, blanks, an extension."""
    text = unicodedata.normalize("NFKC", name[:_MOST_CHARACTERS]).casefold()
    return _EXTENSION.sub("", "".join(sign for sign in text if unicodedata.category(sign) not in _AROUND))


def is_same(name: str, other: str) -> bool:
    """True if two names differ at most in what `plain` leaves out."""
    return bool(plain(name)) and plain(name) == plain(other)


def are_alike(name: str, other: str) -> bool:
    """True if one name holds the other."""
    one, two = plain(name), plain(other)
    return bool(one and two) and (one in two or two in one)


def mask(name: str) -> str:
    """A name without its numbers: those of one kind of report are alike."""
    return re.sub(r"\d+", "#", plain(name))


def days_in(name: str) -> frozenset[date]:
    """All days that a name speaks of; of a range its first and its last."""
    return frozenset(_days_in(unicodedata.normalize("NFKC", name[:_MOST_CHARACTERS])))


def is_of(name: str, dt: str) -> bool | None:
    """True if a name speaks of the period with this label and of no other day; None if it speaks of no day.

    Args:
        dt: `YYYY-MM-DD` for a day, `YYYY-MM-DD_YYYY-MM-DD` for a range.
    """
    days = days_in(name)
    return days == {date.fromisoformat(day) for day in dt.split("_")} if days else None


def _days_in(text: str) -> Iterator[date]:
    for found in _DAY.finditer(text):
        month, day = (found["month"], found["day"]) if found["sign"] else (found["md"][:2], found["md"][2:])
        if (first := _day(int(found["year"]), int(month), int(day))) is None:
            continue
        yield first
        if end := _SHORT_END.match(text, found.end()):
            last = _day(first.year, int(end["month"] or end["m"] or first.month), int(end["day"]))
            if last is not None:
                yield last


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
