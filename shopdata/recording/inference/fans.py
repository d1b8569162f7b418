"""A list for each row of another: requests that are equal but for values of the row that they belong to."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shopdata.recording.inference.atoms import Place, atoms_of
from shopdata.recording.inference.evidence import Evidence, Seen, signature_of
from shopdata.recording.inference.lists import Paged, is_id, is_page, paged
from shopdata.recording.inference.shapes import is_uuid, now_template
from shopdata.recording.inference.told import NotInferredError
from shopdata.recording.journal import Call

#: Of so many values of a row at most a request may be made.
_MOST_FIELDS = 3


@dataclass(frozen=True)
class Fan:
    """An outer list and the inner ones that were opened, in both takes.

    Args:
        inner: the lists of each take, one for each row that was opened.
        fields: which field of the row stands where, as a recipe writes it without its braces (`uid`, `uid|text`).
    """

    outer: tuple[Paged, Paged]
    inner: tuple[tuple[Paged, ...], tuple[Paged, ...]]
    fields: Mapping[Place, str]

    @property
    def lists(self) -> tuple[Paged, ...]:
        return *self.inner[0], *self.inner[1]

    @property
    def is_whole(self) -> bool:
        """True if every row was opened in one of the takes."""
        return any(len(opened) >= len(rows.all_rows) for opened, rows in zip(self.inner, self.outer, strict=True))


def fans_in(evidence: Evidence, pairs: Sequence[tuple[Paged, Paged]]) -> list[Fan]:
    """Every list among these whose requests follow from the rows of another.

    Raises:
        NotInferredError: they do, and it can't be told from which.
    """
    return [fan for inner in pairs if (fan := _fan(evidence, inner, pairs)) is not None]


def _fan(evidence: Evidence, inner: tuple[Paged, Paged], pairs: Sequence[tuple[Paged, Paged]]) -> Fan | None:
    places = _changing(inner)
    if not places or len(places) > _MOST_FIELDS:
        return None
    groups = _groups(evidence.first, inner[0], places), _groups(evidence.second, inner[1], places)
    if max(map(len, groups)) < 2 or not min(map(len, groups)):
        return None
    found: list[Fan] = []
    for outer in pairs:
        if signature_of(outer[0].calls[0]) == signature_of(inner[0].calls[0]):
            continue
        fields = _fields(outer, inner, places)
        if fields is not None:
            found.append(Fan(outer, groups, fields))
    if len(found) > 1:
        told = ", ".join(f"/{'/'.join(fan.outer[0].calls[0].path)}" for fan in found)
        raise NotInferredError("several_outer", request=f"/{'/'.join(inner[0].calls[0].path)}", lists=told)
    return found[0] if found else None


def _changing(takes: tuple[Paged, Paged]) -> tuple[Place, ...]:
    """What differs from call to call of one take, but for pages and what is made anew each time."""
    found: dict[Place, None] = {}
    for take in takes:
        atoms = [(call, atoms_of(call, {})) for call in take.calls]
        for place in atoms[0][1]:
            values = [(call, its.get(place)) for call, its in atoms]
            if len({str(value) for _, value in values}) == 1 or all(is_page(place, value) for _, value in values):
                continue
            if not all(is_uuid(value) or now_template(value, call.at) is not None for call, value in values):
                found[place] = None
    return tuple(found)


def _groups(seen: Seen, take: Paged, places: tuple[Place, ...]) -> tuple[Paged, ...]:
    found: dict[tuple[str, ...], list[Call]] = {}
    for call in take.calls:
        atoms = atoms_of(call, {})
        found.setdefault(tuple(str(atoms.get(place)) for place in places), []).append(call)
    return tuple(paged(seen, calls, take.rows) for calls in found.values())


def _fields(
    outer: tuple[Paged, Paged], inner: tuple[Paged, Paged], places: tuple[Place, ...]
) -> Mapping[Place, str] | None:
    """Which field of the outer row stands at each place. Raises NotInferredError where several might."""
    names = [list(_names(outer, inner, place)) for place in places]
    fitting = [chosen for chosen in itertools.product(*names) if _fits(outer, inner, places, chosen)]
    if not fitting:
        return None
    fitting.sort(key=lambda chosen: [_rank(place, name) for place, name in zip(places, chosen, strict=True)])
    best = fitting[0]
    for others in fitting[1:]:
        for one, other in zip(best, others, strict=True):
            if any(str(row.get(_bare(one))) != str(row.get(_bare(other))) for take in outer for row in take.all_rows):
                told = f"{_bare(one)}, {_bare(other)}"
                raise NotInferredError("several_columns", request=_path(inner), fields=told)
    return dict(zip(places, best, strict=True))


def _rank(place: Place, name: str) -> tuple[bool, bool, str]:
    return _bare(name) not in map(str, place), not is_id(_bare(name)), name


def _names(outer: tuple[Paged, Paged], inner: tuple[Paged, Paged], place: Place) -> Iterator[str]:
    """The fields in which each value of this place stands, in some row that was there by then."""
    for name in outer[0].pages[0][0] if outer[0].pages and outer[0].pages[0] else ():
        for form in (name, f"{name}|text"):
            if all(
                any(_is_value(row.get(name), atoms_of(call, {}).get(place), form, place) for row in _rows(rows, call))
                for rows, take in zip(outer, inner, strict=True)
                for call in take.calls
            ):
                yield form
                break


def _rows(outer: Paged, call: Call) -> Iterator[dict[str, Any]]:
    for one, page in zip(outer.calls, outer.pages, strict=True):
        if one.done <= call.at:
            yield from page


def _is_value(held: Any, sent: Any, form: str, place: Place) -> bool:
    if held is None or isinstance(held, bool | dict | list) or str(held) != str(sent):
        return False
    if place[0] != "json":
        return not form.endswith("|text")
    return isinstance(sent, str) if form.endswith("|text") else type(held) is type(sent)


def _fits(
    outer: tuple[Paged, Paged], inner: tuple[Paged, Paged], places: tuple[Place, ...], names: tuple[str, ...]
) -> bool:
    """True if for each call there is one row that has all its values."""
    return all(
        any(
            all(str(row.get(_bare(name))) == str(sent.get(place)) for place, name in zip(places, names, strict=True))
            for row in _rows(rows, call)
        )
        for rows, take in zip(outer, inner, strict=True)
        for call in take.calls
        for sent in (atoms_of(call, {}),)
    )


def _bare(name: str) -> str:
    return name.partition("|")[0]


def _path(pair: tuple[Paged, Paged]) -> str:
    return f"/{'/'.join(pair[0].calls[0].path)}"
