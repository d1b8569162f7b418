"""The steps that lead to a list, or to a list for each row of another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from shopdata.recording.inference.atoms import Place, atoms_of
from shopdata.recording.inference.days import names_the_day
from shopdata.recording.inference.evidence import Evidence, path_of
from shopdata.recording.inference.fans import Fan, fans_in
from shopdata.recording.inference.jobs import tells_of_reports
from shopdata.recording.inference.lists import (
    Paged,
    lists_of_takes,
    page_place,
    row_id,
    size_of,
    tells,
    total_place,
)
from shopdata.recording.inference.requests import Asked
from shopdata.recording.inference.told import Line, NotInferredError, told_call
from shopdata.recording.journal import Call

Pair = tuple[Paged, Paged]


class Way(Protocol):
    """As much of a chain as is needed here."""

    evidence: Evidence
    steps: list[dict[str, Any]]
    lines: list[Line]
    has_day: bool

    def request(
        self, first: Call, second: Call, given: Mapping[Place, Any] | None = None, *, is_list: bool = False
    ) -> Asked:
        """The request that both calls are, and the steps before it."""


def steps_to_rows(chain: Way, chosen: str = "") -> None:
    """Adds the steps that lead to the list that was shown. Raises NotInferredError."""
    found = _meant(chain.evidence, chosen)
    if isinstance(found, Fan):
        _steps_of_fan(chain, found)
        return
    first = found[0].calls[0]
    step, total = _pages(chain, "rows", [*found], ([found[0]], [found[1]]), first, found[1].calls[0], {})
    has_day = chain.has_day
    if not has_day and _is_day_elsewhere(chain.evidence):
        raise NotInferredError("day_elsewhere", request=told_call(first))
    if not has_day and not chosen and (total is None or tells_of_reports(found[0].all_rows)):
        # The portal's list of exports looks the same, where the export itself was not seen.
        raise NotInferredError("list_of_nothing", request=told_call(first))
    chain.lines.append(Line("is_list", {"request": told_call(first), "rows": step["pages"]["rows"]}))
    chain.steps.append(step)


def _steps_of_fan(chain: Way, fan: Fan) -> None:
    outer = fan.outer
    listed, _ = _pages(chain, "outer", [*outer], ([outer[0]], [outer[1]]), outer[0].calls[0], outer[1].calls[0], {})
    if not all(tells(listed["pages"]["id"], one.all_rows) for one in outer):
        raise NotInferredError("no_id_in_list", fields=listed["pages"]["id"])
    chain.steps.append(listed)
    first, second = fan.inner[0][0].calls[0], fan.inner[1][0].calls[0]
    given = {place: f"{{row.{field}}}" for place, field in fan.fields.items()}
    inner, _ = _pages(chain, "rows", fan.lists, fan.inner, first, second, given)
    if not chain.has_day:
        raise NotInferredError("list_of_nothing", request=told_call(first))
    known = chain.evidence.known.row_makers.get("/" + "/".join(first.path))
    names = {name for one in fan.lists for row in one.all_rows for name in row}
    step: dict[str, Any] = {"each": {"of": "outer", "as": "row", "id": listed["pages"]["id"]}}
    if known is not None:
        step["rows_by"] = known
    elif listed["pages"]["id"] not in names:
        step["keep"] = [listed["pages"]["id"]]
    for place, field in fan.fields.items():
        told = {"request": told_call(first), "field": str(place[-1] or place[-2]), "row": field.partition("|")[0]}
        chain.lines.append(Line("from_row", {**told, "answer": told_call(outer[0].calls[0])}))
    chain.lines.append(Line("is_list", {"request": told_call(first), "rows": inner["pages"]["rows"]}))
    if not fan.is_whole:
        opened = max((len(its), len(rows.all_rows)) for its, rows in zip(fan.inner, outer, strict=True))
        params: dict[str, Any] = {"opened": opened[0], "rows": opened[1], "list": told_call(outer[0].calls[0])}
        chain.lines.append(Line("each_in_part", params, is_doubt=True))
    chain.steps.append({**step, "do": inner})


def _pages(
    chain: Way, name: str, lists: Sequence[Paged], takes: tuple[Sequence[Paged], Sequence[Paged]], first: Call,
    second: Call, given: Mapping[Place, Any],
) -> tuple[dict[str, Any], Any]:  # fmt: skip
    """The step that reads a list page by page, and where its total is."""
    place, is_seen = page_place(lists)
    values, pages = dict(given), dict[str, Any](of=name)
    if place is not None:
        starts = {str(atoms_of(one.calls[0], {}).get(place)) for one in lists}
        if len(starts) > 1 or not starts <= {"0", "1"}:
            raise NotInferredError("first_page_unseen", request=told_call(first))
        values[place] = (
            "{page|text}" if place[0] == "json" and isinstance(atoms_of(first, {})[place], str) else "{page}"
        )
        start = int(starts.pop())
        pages |= {"size": size_of(lists)} | ({"from": start} if start != 1 else {})
        if not is_seen:
            chain.lines.append(Line("page_unproven", {"field": str(place[-1])}, is_doubt=True))
    pages |= {"rows": path_of(lists[0].rows), "id": row_id(lists)}
    total = total_place(*takes)
    if total is not None:
        pages["total"] = path_of(total)
    else:
        chain.lines.append(Line("no_total", {"request": told_call(first)}, is_doubt=True))
    return {"pages": pages, **chain.request(first, second, values, is_list=True).request}, total


def _meant(evidence: Evidence, chosen: str) -> Pair | Fan:
    """What was shown: the only list that was asked for by day, of which pages were turned, and with the most rows, as
    far as there are such.

    Raises:
        NotInferredError: there is none, or it can't be told which.
    """
    pairs = lists_of_takes(evidence)
    fans = fans_in(evidence, pairs)
    within = [fan.outer for fan in fans]
    inner = [fan.inner[0][0].calls[0] for fan in fans]
    items: list[Pair | Fan] = [*fans, *(pair for pair in pairs if not _is_inner(pair, inner))]
    if chosen:
        items = [item for item in items if chosen in _path(item)]
        items = [item for item in items if _path(item).endswith(chosen)] or items
    else:
        items = [item for item in items if item not in within]
    if not items:
        raise NotInferredError("no_file")
    longest = max(map(_rows, items))
    hints = (
        [item for item in items if _names_the_day(evidence, item)],
        [item for item in items if _turned(item)],
        [item for item in items if _rows(item) == longest],
    )
    # Each of them may mean something else that the page shows beside it: all that say anything must say the same.
    meant = [item for item in items if all(item in hint for hint in hints if hint)]
    if len(meant) != 1 or any(len(hint) > 1 for hint in hints if hint):
        told = [f"/{_path(item)}" for item in (meant if len(meant) > 1 else items)[:3]]
        raise NotInferredError("several_lists", requests=", ".join(told))
    return meant[0]


def _is_inner(pair: Pair, inner: Sequence[Call]) -> bool:
    return any(call in pair[0].calls for call in inner)


def _path(item: Pair | Fan) -> str:
    return "/".join((item.inner[0][0] if isinstance(item, Fan) else item[0]).calls[0].path)


def _takes(item: Pair | Fan) -> tuple[Sequence[Paged], Sequence[Paged]]:
    return item.inner if isinstance(item, Fan) else ([item[0]], [item[1]])


def _rows(item: Pair | Fan) -> int:
    return max(sum(len(one.all_rows) for one in lists) for lists in _takes(item))


def _turned(item: Pair | Fan) -> bool:
    return any(len(one.calls) > 1 for lists in _takes(item) for one in lists)


def _names_the_day(evidence: Evidence, item: Pair | Fan) -> bool:
    first, second = _takes(item)
    days = evidence.first.period, evidence.second.period
    return names_the_day(first[0].calls[0], second[0].calls[0], days)


def _is_day_elsewhere(evidence: Evidence) -> bool:
    """True if something else was asked for the day: then a list that is not is hardly what was meant."""
    first, second = evidence.first, evidence.second
    days = first.period, second.period
    return any(names_the_day(one, other, days) for one in first.calls for other in second.like(one)[-1:])
