"""A report that is ordered: its order, its entry in the list, how far it is, and its link."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shopdata.periods import SHANGHAI
from shopdata.recording.inference.days import day_template, names_the_day
from shopdata.recording.inference.evidence import (
    EVERY,
    AnswerPlace,
    Evidence,
    Held,
    Seen,
    Source,
    at,
    generic,
    leaves,
    signature_of,
)
from shopdata.recording.inference.told import NotInferredError
from shopdata.recording.journal import Call

_ID = re.compile(r"(?:.*[a-z_])?(?:[iI]d|ID|[sS]n|[nN]o|[kK]ey|code)", re.ASCII)
_STATE = re.compile(r"stat(?:us|e|ues)$|ready$|finish(?:ed)?$|done$|^progress", re.IGNORECASE)
_MADE = re.compile(r"creat|apply|add|submit|start|request|gen", re.IGNORECASE)
_KIND = re.compile(r"(?:type|kind)$", re.IGNORECASE)
_VERB = re.compile(r"creat|add|apply|export|submit|order|generat|download|task|report", re.IGNORECASE)
#: How far a portal's clock may be from this machine's, in milliseconds.
_CLOCK = 120_000
_MOST_STATES = 3


@dataclass(frozen=True)
class Sighting:
    """Our entry in one answer to the list."""

    call: Call
    entry: Mapping[str, Any]


@dataclass(frozen=True)
class Own:
    """Our report in one take: its entries, the first one first, and the order."""

    seen: Seen
    sightings: tuple[Sighting, ...]
    create: Call

    @property
    def last(self) -> Mapping[str, Any]:
        return self.sightings[-1].entry


def rows_place(source: Source) -> AnswerPlace:
    """Where the list is that a value stands in. Raises NotInferredError for a list within a list."""
    place = source.place
    if place.count(EVERY) != 1:
        raise NotInferredError("list_in_list", place=".".join(place))
    return place[: place.index(EVERY)]


def field_of(source: Source) -> str:
    """The field of its entry that a value is."""
    return ".".join(source.place[source.place.index(EVERY) + 1 :])


def entry_of(seen: Seen, held: Held, rows: AnswerPlace) -> Mapping[str, Any]:
    """The entry that a value stood in."""
    entry = at(seen.contents[held.call.number], held.place[: len(rows) + 1])
    return entry if isinstance(entry, dict) else {}


def id_field(entries: list[tuple[Mapping[str, Any], list[Any]]]) -> str:
    """The field that tells one entry from another, by our entries and the lists in which they stand."""
    names = [name for name in entries[0][0] if _ID.fullmatch(name)]
    for name in names:
        if all(_is_unique(name, rows) and entry.get(name) not in (None, "") for entry, rows in entries):
            return name
    raise NotInferredError("no_id_in_list", fields=", ".join(list(entries[0][0])[:8]))


def _is_unique(name: str, rows: list[Any]) -> bool:
    values = [str(row.get(name)) for row in rows if isinstance(row, dict)]
    return len(set(values)) == len(values)


def sightings(seen: Seen, listed: Call, rows: AnswerPlace, name: str, value: Any, until: int) -> tuple[Sighting, ...]:
    """Our entry in all answers to the list that were there by then."""
    found = [
        Sighting(call, entry)
        for call in seen.like(listed)
        if call.done <= until
        for entry in at(seen.contents.get(call.number), rows) or []
        if isinstance(entry, dict) and str(entry.get(name)) == str(value)
    ]
    return tuple(sorted(found, key=lambda one: one.call.done))


def orders(evidence: Evidence, listed: Call, until: tuple[int, int]) -> list[tuple[Call, Call]]:
    """What may have been the order in both takes: asked before the report was seen, for the day, and no list."""
    found: dict[Any, tuple[Call, Call]] = {}
    days = evidence.first.period, evidence.second.period
    for one in evidence.first.calls:
        if signature_of(one) == signature_of(listed) or one.at > until[0]:
            continue
        others = [call for call in evidence.second.like(one) if call.at <= until[1]]
        if others and (one.method == "POST" or one.resource != "document") and names_the_day(one, others[-1], days):
            found[signature_of(one)] = one, others[-1]
    posts = [pair for pair in found.values() if pair[0].method == "POST"]
    return posts or list(found.values())


def the_order(evidence: Evidence, pairs: list[tuple[Call, Call]], own: tuple[Any, Any]) -> tuple[Call, Call]:
    """The one of several that was the order: whose answer our entry shows, or which alone is called so.

    Raises:
        NotInferredError: none, or several.
    """
    if len(pairs) > 1:
        linked = [pair for pair in pairs if any(_names(evidence, pair, own))]
        pairs = linked or pairs
    if len(pairs) > 1:
        named = [pair for pair in pairs if _VERB.search("/".join(pair[0].path[-2:]))]
        pairs = named if len(named) == 1 else pairs
    if len(pairs) != 1:
        asked = ", ".join(f"/{'/'.join(pair[0].path)}" for pair in pairs)
        raise NotInferredError("several_orders" if pairs else "no_order", requests=asked)
    return pairs[0]


def _names(evidence: Evidence, pair: tuple[Call, Call], own: tuple[Any, Any]) -> Iterator[tuple[AnswerPlace, str]]:
    """Texts of the answer to an order that a field of our entry shows, and which field."""
    answers = evidence.first.contents.get(pair[0].number), evidence.second.contents.get(pair[1].number)
    for place, text in leaves(answers[0]):
        other = at(answers[1], place)
        if (
            EVERY in generic(place)
            or not all(isinstance(one, str) and len(one) > 3 for one in (text, other))
            or text == other
        ):
            continue
        for inner, shown in leaves(own[0]):
            then = at(own[1], inner)
            if isinstance(shown, str) and isinstance(then, str) and _are_like(text, shown) and _are_like(other, then):
                yield generic(place), ".".join(map(str, inner))


def _are_like(text: str, shown: str) -> bool:
    return len(shown) > 3 and (text in shown or shown in text)


def name_in(evidence: Evidence, pair: tuple[Call, Call], own: tuple[Any, Any]) -> tuple[AnswerPlace, str] | None:
    """Where the answer to the order names the report, and which field of the entry has that name."""
    return next(_names(evidence, pair, own), None)


def wheres(evidence: Evidence, own: tuple[Any, Any], rows: list[Any], without: set[str]) -> dict[str, Any]:
    """What else tells our entry from others: days that it echoes, alone or in a name, and its kind."""
    found: dict[str, Any] = {}
    for place, value in leaves(own[0]):
        name = ".".join(map(str, generic(place)))
        other = at(own[1], place)
        if name in without or EVERY in generic(place) or isinstance(value, bool) or value is None:
            continue
        if value != other:
            template = day_template(value, evidence.first.period, other, evidence.second.period, name)
            if template is not None:
                found[name] = template if re.fullmatch(r"\{[^{}]*\}", template) else {"has": template}
        elif _KIND.search(name) and len({str(row.get(name)) for row in rows if isinstance(row, dict)}) > 1:
            found[name] = value
    return found


def made_field(own: tuple[Own, Own], without: set[str]) -> str | None:
    """The field that says when an entry was made, to the second."""
    found = [
        name for name in own[0].last if name not in without and all(_is_then(one.last.get(name), one) for one in own)
    ]
    named = [name for name in found if _MADE.search(name)]
    return next(iter(named or (found if len(found) == 1 else [])), None)


def made_before(own: Own, rows: list[Any]) -> str:
    """When our entry was made, if that was before the order, and another one of the list was made with the order."""
    for name, value in own.last.items():
        # A start may be that of the days it is of.
        moment = _moment(value) if _MADE.search(name) and "start" not in name.lower() else None
        if moment is None or moment >= own.create.at - _CLOCK:
            continue
        if any(_is_then(row.get(name), own) for row in rows if isinstance(row, dict)):
            return str(value)
    return ""


def _is_then(value: Any, own: Own) -> bool:
    moment = _moment(value)
    return moment is not None and own.create.at - _CLOCK <= moment <= own.sightings[0].call.done + _CLOCK


def _moment(value: Any) -> int | None:
    text = str(value)
    if re.fullmatch(r"\d{10}|\d{13}", text):
        return int(text) * (1000 if len(text) == 10 else 1)
    if text.count(":") < 2:
        return None
    try:
        moment = datetime.fromisoformat(text.replace("/", "-"))
    except ValueError:
        return None
    return round((moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)).timestamp() * 1000)


def tells_of_reports(rows: list[dict[str, Any]]) -> bool:
    """True for entries that say when they were made and how far they are."""
    names = set(rows[0]) if rows else set()
    return any(map(_STATE.search, names)) and any(map(_MADE.search, names))


def says_that_it_is_done(content: Any) -> bool:
    """True for an answer that says `ready: true` or the like: it may say otherwise next time."""
    return any(value is True and bool(_STATE.search(str(place[-1]))) for place, value in leaves(content) if place)


@dataclass(frozen=True)
class States:
    """Which field says how far a report is, and in which words."""

    field: str
    working: tuple[Any, ...]
    done: Any


def states_in(takes: list[list[Mapping[str, Any]]], without: set[str]) -> States:
    """How far a report is, by its entries in each take, the first one first.

    Raises:
        NotInferredError: no field of that name was seen, or it said different things of finished reports.
    """
    names = [".".join(map(str, place)) for place, _ in leaves(takes[0][-1]) if EVERY not in generic(place)]
    found = []
    for name in names:
        if name in without or not _STATE.search(name):
            continue
        told = [[at(entry, tuple(name.split("."))) for entry in entries] for entries in takes]
        done = {str(values[-1]) for values in told}
        working = {str(value): value for values in told for value in values if value != values[-1]}
        if len(done) == 1 and None not in (told[0][-1],) and not done & working.keys() and len(working) <= _MOST_STATES:
            last = told[0][-1]
            # Of two there is one other.
            working |= {str(not last): not last} if isinstance(last, bool) else {}
            found.append(States(name, tuple(working.values()), last))
    if not found:
        raise NotInferredError("no_state", fields=", ".join(names[:8]))
    return min(found, key=lambda one: (not one.working, "progress" in one.field.lower(), len(one.field)))
