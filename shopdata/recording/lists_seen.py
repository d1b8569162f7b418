"""The rows of a recipe's lists, as a person's browser has got them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from shopdata.config.recipes import PagesStep
from shopdata.config.recipes.placeholders import Placeholder, placeholders_in, read_template
from shopdata.crawling.recipes.dialect import RowMaker
from shopdata.crawling.recipes.scope import Scope
from shopdata.recording.inference.atoms import atoms_of
from shopdata.recording.inference.evidence import Seen, at, rows_of
from shopdata.recording.journal import Call

Row = dict[str, Any]
#: A call, and the rows that its answer has.
Page = tuple[Call, list[Row]]
_TIMES = ("start", "end")


def pages_of(take: Seen, place: str, step: PagesStep | None = None, scope: Scope | None = None) -> list[Page]:
    """The calls whose answers have rows at this place, with them; what was asked twice counts as it came last.

    Args:
        step, scope: of a list; then only its own calls count, and of the scope's period. A page may ask for today
            before anybody has chosen a day.
    """
    parts = tuple(place.removeprefix("$").strip(".").split("."))
    found: dict[str, Page] = {}
    for call in take.calls:
        if step is not None and scope is not None and not _is_asked_by(step, scope, call):
            continue
        if rows := rows_of(at(take.contents.get(call.number), parts)):
            found[json.dumps([call.method, call.path, call.query, call.body])] = call, rows
    return list(found.values())


def rows_of_each(
    outer: Iterable[Page], inner: Iterable[Page], key: str, maker: RowMaker
) -> Iterator[Mapping[str, Any]]:
    """The rows that are written of inner lists.

    Args:
        key: the field of an outer row by which its inner list was asked for.
    """
    others = {str(row.get(key)): row for _, several in outer for row in several}
    groups: dict[str, list[Row]] = {}
    for call, several in inner:
        asked = map(str, atoms_of(call, {}).values())
        groups.setdefault(next((value for value in asked if value in others), ""), []).extend(several)
    for group, rows in groups.items():
        yield from maker.rows(others.get(group, {}), rows)


def _is_asked_by(step: PagesStep, scope: Scope, call: Call) -> bool:
    path = step.address.partition("}")[2].partition("?")[0].removeprefix("/").split("/")
    is_there = len(path) == len(call.path) and all(
        placeholders_in(wanted) or wanted == part for wanted, part in zip(path, call.path, strict=True)
    )
    if not is_there:
        return False
    asked = {str(value) for value in atoms_of(call, {}).values()}
    return _days_of([step.address.partition("?")[0].split("/"), step.query, step.form, step.body], scope) <= asked


def _days_of(value: Any, scope: Scope) -> set[str]:
    """The texts of a step in which nothing but the period is filled in."""
    if isinstance(value, str):
        found = [part for part in read_template(value) if isinstance(part, Placeholder)]
        return {scope.text(value)} if found and all(part.holder in _TIMES for part in found) else set()
    if isinstance(value, Mapping):
        return set().union(*(_days_of(part, scope) for part in value.values()))
    if isinstance(value, list | tuple):
        return set().union(*(_days_of(part, scope) for part in value))
    return set()
