"""A list that is read page by page, where no file came."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from shopdata.recording.inference.atoms import Place, atoms_of
from shopdata.recording.inference.evidence import (
    AnswerPlace,
    Evidence,
    Seen,
    at,
    generic,
    leaves,
    lists_in,
    rows_of,
    signature_of,
)
from shopdata.recording.inference.told import NotInferredError
from shopdata.recording.journal import Call

_PAGE = re.compile(r"page|page_?(?:no|num|number|index)|current(?:_?page)?|p", re.IGNORECASE)
_SIZE = re.compile(r"(?:page_?)?(?:size|limit)|per_?page|rows", re.IGNORECASE)
_ID = re.compile(r"(?:.*[a-z_])?(?:[iI]d|ID|[sS]n|[nN]o|[kK]ey)", re.ASCII)


@dataclass(frozen=True)
class Paged:
    """A list in one take: its pages in order.

    Args:
        head: what the first answer holds.
    """

    calls: tuple[Call, ...]
    rows: AnswerPlace
    pages: tuple[list[dict[str, Any]], ...]
    head: Any = None

    @property
    def all_rows(self) -> list[dict[str, Any]]:
        return [row for page in self.pages for row in page]


def lists_of_takes(evidence: Evidence, chosen: str = "") -> list[tuple[Paged, Paged]]:
    """Every list that was read in both takes.

    Args:
        chosen: part of its path, where a person has said which.
    """
    found: dict[Any, tuple[Paged, Paged] | None] = {}
    for call in evidence.first.calls:
        key = signature_of(call)
        others = evidence.second.like(call)
        if key not in found and others and chosen in "/".join(call.path):
            found[key] = _rows_of(evidence, call, others[0])
    return [pair for pair in found.values() if pair is not None]


def _rows_of(evidence: Evidence, first: Call, second: Call) -> tuple[Paged, Paged] | None:
    """The list in the answers to these: the one whose rows are as many as the answer says, else the only one."""
    seen = evidence.first, evidence.second
    places = [_places(one, one.like(call)) for one, call in zip(seen, (first, second), strict=True)]
    pairs = [
        (_pages(seen[0], seen[0].like(first), place), _pages(seen[1], seen[1].like(second), place))
        for place in sorted(places[0] & places[1])
    ]
    counted = [pair for pair in pairs if total_place([pair[0]], [pair[1]]) is not None]
    pairs = counted or pairs
    return pairs[0] if len(pairs) == 1 else None


def _places(seen: Seen, calls: list[Call]) -> set[AnswerPlace]:
    """Where the first answer that has rows has them."""
    for call in calls:
        if found := lists_in(seen.contents.get(call.number)):
            return {generic(place) for place, _ in found}
    return set()


def _pages(seen: Seen, calls: list[Call], rows: AnswerPlace) -> Paged:
    last: dict[str, Call] = {}
    for call in calls:
        if isinstance(at(seen.contents.get(call.number), rows), list):
            body = sorted((str(place), str(value)) for place, value in atoms_of(call, {}).items())
            last[str(body)] = call
    return paged(seen, list(last.values()), rows)


def paged(seen: Seen, calls: list[Call], rows: AnswerPlace) -> Paged:
    """These calls as the pages of one list."""
    kept = sorted(calls, key=lambda call: call.number)
    contents = [seen.contents.get(call.number) for call in kept]
    return Paged(
        tuple(kept), rows, tuple(rows_of(at(one, rows)) for one in contents), contents[0] if contents else None
    )


def page_place(lists: Sequence[Paged]) -> tuple[Place | None, bool]:
    """Where the page's number stands, and whether that was seen: it grows by one from page to page."""
    found: set[Place] = set()
    for one in lists:
        if len(one.calls) > 1:
            atoms = [atoms_of(call, {}) for call in one.calls]
            growing = [place for place, value in atoms[0].items() if _grows(value, [its.get(place) for its in atoms])]
            if len(growing) != 1:
                raise NotInferredError("no_page_number", requests=f"/{'/'.join(one.calls[0].path)}")
            changed = [place for place in atoms[0] if len({str(its.get(place)) for its in atoms}) > 1]
            if changed != growing:
                raise NotInferredError("pages_differ", fields=", ".join(str(place[-1]) for place in changed[:5]))
            found.add(growing[0])
    if len(found) > 1:
        raise NotInferredError("no_page_number", requests=f"/{'/'.join(lists[0].calls[0].path)}")
    if found:
        return found.pop(), True
    named = [place for place, value in atoms_of(lists[0].calls[0], {}).items() if _is_number(value)
             and _PAGE.fullmatch(str(_name(place)))]  # fmt: skip
    return (named[0], False) if len(named) == 1 else (None, False)


def is_page(place: Place, value: Any) -> bool:
    """True for what may be a page's number, by its name."""
    return _is_number(value) and bool(_PAGE.fullmatch(str(_name(place))))


def _name(place: Place) -> Any:
    return next((part for part in reversed(place) if isinstance(part, str)), "")


def _is_number(value: Any) -> bool:
    return not isinstance(value, bool) and bool(re.fullmatch(r"\d{1,4}", str(value)))


def _grows(first: Any, values: list[Any]) -> bool:
    return _is_number(first) and all(map(_is_number, values)) and [int(value) for value in values] == [
        int(first) + number for number in range(len(values))
    ]  # fmt: skip


def size_of(lists: Sequence[Paged]) -> int:
    """How many rows a full page has: what the request says, if no page is longer and those before the last have it."""
    longest = max(len(page) for one in lists for page in one.pages)
    full = {len(page) for one in lists for page in one.pages[:-1]}
    said = {int(value) for place, value in atoms_of(lists[0].calls[0], {}).items() if _is_number(value)
            and _SIZE.fullmatch(str(_name(place)))}  # fmt: skip
    size = next(iter(said)) if len(said) == 1 else longest
    if longest > size or full - {size} or (not said and not full):
        raise NotInferredError("no_page_size", rows=longest)
    return size


def total_place(*takes: Sequence[Paged]) -> AnswerPlace | None:
    """Where the portal says how many rows there are: just as many as came, in each take. Of several lists in a take
    some may not have been read to their end, or say nothing: one of them must have come whole, and none has more."""
    both = set.intersection(*(_totals(lists) for lists in takes))
    if not both:
        return None
    return min(both, key=lambda place: (not re.search("total|count", str(place[-1]), re.I), len(place), place))


def _totals(lists: Sequence[Paged]) -> set[AnswerPlace]:
    whole, broken = set[AnswerPlace](), set[AnswerPlace]()
    for one in lists:
        for place, value in leaves(one.head):
            if not isinstance(value, int) or isinstance(value, bool) or any(isinstance(part, int) for part in place):
                continue
            came = len(one.all_rows)
            if value == came:
                whole.add(generic(place))
            elif value < came or len(lists) == 1:
                broken.add(generic(place))
    return whole - broken


def row_id(lists: Sequence[Paged]) -> str:
    """The field that tells rows apart. Raises NotInferredError where none does."""
    rows = [row for one in lists for row in one.all_rows]
    for name in rows[0] if rows else ():
        if _ID.fullmatch(name) and all(tells(name, one.all_rows) for one in lists):
            return str(name)
    raise NotInferredError("no_id_in_list", fields=", ".join(list(rows[0])[:8]) if rows else "")


def tells(name: str, rows: list[dict[str, Any]]) -> bool:
    """True if each row has another value there."""
    values = [str(row.get(name)) for row in rows if row.get(name) not in (None, "")]
    return len(values) == len(rows) == len(set(values))


def is_id(name: str) -> bool:
    """True for a field that is called as ids are."""
    return bool(_ID.fullmatch(name))


def names_of(pairs: Sequence[Any]) -> Iterator[str]:
    """The addresses of lists, for a person."""
    for first, _ in pairs:
        yield f"/{'/'.join(first.calls[0].path)}"
