"""A list that is read page by page, where no file came."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shopdata.recording.inference.atoms import Place, atoms_of
from shopdata.recording.inference.days import names_the_day
from shopdata.recording.inference.evidence import (
    AnswerPlace,
    Evidence,
    Seen,
    at,
    generic,
    leaves,
    lists_in,
    signature_of,
)
from shopdata.recording.inference.told import NotInferredError
from shopdata.recording.journal import Call

_PAGE = re.compile(r"page|page_?(?:no|num|number|index)|current(?:_?page)?|p", re.IGNORECASE)
_SIZE = re.compile(r"(?:page_?)?(?:size|limit)|per_?page|rows", re.IGNORECASE)
_ID = re.compile(r"(?:.*[a-z_])?(?:[iI]d|ID|[sS]n|[nN]o|[kK]ey)", re.ASCII)


@dataclass(frozen=True)
class Paged:
    """A list in one take: its pages in order."""

    calls: tuple[Call, ...]
    rows: AnswerPlace
    pages: tuple[list[dict[str, Any]], ...]

    @property
    def all_rows(self) -> list[dict[str, Any]]:
        return [row for page in self.pages for row in page]


def paged_in(evidence: Evidence, chosen: str = "") -> tuple[Paged, Paged]:
    """The list that was shown: the only one that was asked for by day, of which pages were turned, and with the most
    rows, as far as there are such.

    Args:
        chosen: part of its path, where a person has said which.

    Raises:
        NotInferredError: there is none, or it can't be told which.
    """
    found: dict[Any, tuple[Paged, Paged]] = {}
    for call in evidence.first.calls:
        key = signature_of(call)
        others = evidence.second.like(call)
        if key not in found and others and chosen in "/".join(call.path):
            pair = _rows_of(evidence, call, others[0])
            if pair is not None:
                found[key] = pair
    if not found:
        raise NotInferredError("no_file")
    pairs = list(found.values())
    days = evidence.first.day, evidence.second.day
    longest = max(_rows(pair) for pair in pairs)
    hints = (
        [pair for pair in pairs if names_the_day(pair[0].calls[0], pair[1].calls[0], days)],
        [pair for pair in pairs if _turned(pair)],
        [pair for pair in pairs if _rows(pair) == longest],
    )
    # Each of them may mean something else that the page shows beside it: all that say anything must say the same.
    meant = [pair for pair in pairs if all(pair in hint for hint in hints if hint)]
    if len(meant) != 1 or any(len(hint) > 1 for hint in hints if hint):
        told = [f"/{'/'.join(one.calls[0].path)}" for one, _ in (meant if len(meant) > 1 else pairs)[:3]]
        raise NotInferredError("several_lists", requests=", ".join(told))
    return meant[0]


def _rows(pair: tuple[Paged, Paged]) -> int:
    return max(len(paged.all_rows) for paged in pair)


def _turned(pair: tuple[Paged, Paged]) -> bool:
    return any(len(paged.calls) > 1 for paged in pair)


def _rows_of(evidence: Evidence, first: Call, second: Call) -> tuple[Paged, Paged] | None:
    """The list in the answers to these: the one whose rows are as many as the answer says, else the only one."""
    seen = evidence.first, evidence.second
    places = {generic(place) for place, _ in lists_in(seen[0].contents.get(first.number))}
    places &= {generic(place) for place, _ in lists_in(seen[1].contents.get(second.number))}
    pairs = [tuple(_pages(one, one.like(call), place) for one, call in zip(seen, (first, second), strict=True))
             for place in sorted(places)]  # fmt: skip
    counted = [pair for pair in pairs if total_place(seen, pair) is not None]  # type: ignore[arg-type]
    pairs = counted or pairs
    return pairs[0] if len(pairs) == 1 else None  # type: ignore[return-value]


def _pages(seen: Seen, calls: list[Call], rows: AnswerPlace) -> Paged:
    last: dict[str, Call] = {}
    for call in calls:
        if isinstance(at(seen.contents.get(call.number), rows), list):
            body = sorted((str(place), str(value)) for place, value in atoms_of(call, {}).items())
            last[str(body)] = call
    kept = sorted(last.values(), key=lambda call: call.number)
    return Paged(tuple(kept), rows, tuple(at(seen.contents[call.number], rows) for call in kept))


def page_place(takes: tuple[Paged, Paged]) -> tuple[Place | None, bool]:
    """Where the page's number stands, and whether that was seen: it grows by one from page to page."""
    for paged in takes:
        if len(paged.calls) > 1:
            atoms = [atoms_of(call, {}) for call in paged.calls]
            growing = [place for place, value in atoms[0].items() if _grows(value, [one.get(place) for one in atoms])]
            if len(growing) != 1:
                raise NotInferredError("no_page_number", requests=f"/{'/'.join(paged.calls[0].path)}")
            changed = [place for place in atoms[0] if len({str(one.get(place)) for one in atoms}) > 1]
            if changed != growing:
                raise NotInferredError("pages_differ", fields=", ".join(str(place[-1]) for place in changed[:5]))
            return growing[0], True
    named = [place for place, value in atoms_of(takes[0].calls[0], {}).items() if _is_number(value)
             and _PAGE.fullmatch(str(_name(place)))]  # fmt: skip
    return (named[0], False) if len(named) == 1 else (None, False)


def _name(place: Place) -> Any:
    return next((part for part in reversed(place) if isinstance(part, str)), "")


def _is_number(value: Any) -> bool:
    return not isinstance(value, bool) and bool(re.fullmatch(r"\d{1,4}", str(value)))


def _grows(first: Any, values: list[Any]) -> bool:
    return _is_number(first) and all(map(_is_number, values)) and [int(value) for value in values] == [
        int(first) + number for number in range(len(values))
    ]  # fmt: skip


def size_of(takes: tuple[Paged, Paged]) -> int:
    """How many rows a full page has: what the request says, if no page is longer and those before the last have it."""
    longest = max(len(page) for paged in takes for page in paged.pages)
    full = {len(page) for paged in takes for page in paged.pages[:-1]}
    said = {int(value) for place, value in atoms_of(takes[0].calls[0], {}).items() if _is_number(value)
            and _SIZE.fullmatch(str(_name(place)))}  # fmt: skip
    size = next(iter(said)) if len(said) == 1 else longest
    if longest > size or full - {size} or (not said and not full):
        raise NotInferredError("no_page_size", rows=longest)
    return size


def total_place(seen: tuple[Seen, Seen], takes: tuple[Paged, Paged]) -> AnswerPlace | None:
    """Where the portal says how many rows there are: just as many as came, in both takes."""
    found: list[set[AnswerPlace]] = [set(_totals(one, paged)) for one, paged in zip(seen, takes, strict=True)]
    both = found[0] & found[1]
    return (
        min(both, key=lambda place: (not re.search("total|count", str(place[-1]), re.I), len(place), place))
        if both
        else None
    )


def _totals(seen: Seen, paged: Paged) -> Iterator[AnswerPlace]:
    for place, value in leaves(seen.contents[paged.calls[0].number]):
        if (
            value == len(paged.all_rows)
            and not isinstance(value, bool)
            and not any(isinstance(one, int) for one in place)
        ):
            yield generic(place)


def row_id(takes: tuple[Paged, Paged]) -> str:
    """The field that tells rows apart. Raises NotInferredError where none does."""
    rows = [row for paged in takes for row in paged.all_rows]
    for name in rows[0] if rows else ():
        if _ID.fullmatch(name) and all(_tells(name, paged.all_rows) for paged in takes):
            return str(name)
    raise NotInferredError("no_id_in_list", fields=", ".join(list(rows[0])[:8]) if rows else "")


def _tells(name: str, rows: list[dict[str, Any]]) -> bool:
    values = [str(row.get(name)) for row in rows if row.get(name) not in (None, "")]
    return len(values) == len(rows) == len(set(values))
