"""Both takes side by side: which calls are the same, and in which earlier answer a value stood first."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urljoin, urlsplit

from shopdata.recording.inference.atoms import inner_json
from shopdata.recording.inference.known import Known
from shopdata.recording.inference.shapes import is_of_one_shop, is_token
from shopdata.recording.journal import Call, Take

#: Where a value stands in an answer: keys, and `*` for any entry of a list.
AnswerPlace = tuple[str, ...]
EVERY = "*"
Signature = tuple[Any, ...]
_KEY = re.compile(r"[^.\[\]*$\s][^.\[\]*$]*")
#: Lists of fewer values are equal by chance.
LONG_LIST = 4
_RESOURCES = frozenset({"", "fetch", "xhr", "document", "other", "eventsource"})


def signature_of(call: Call) -> Signature:
    """What two calls have in common that ask the same thing, whatever for."""
    parts = tuple(
        EVERY if is_token(part) or is_of_one_shop(part) or re.search(r"\d{4}", part) else part for part in call.path
    )
    body = call.body or {}
    names = (
        frozenset(body["json"])
        if isinstance(body.get("json"), dict)
        else frozenset(name for name, _ in body.get("form", ()))
    )
    return call.method, call.origin, parts, frozenset(name for name, _ in call.query), frozenset(body), names


def leaves(value: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every single value of an answer by its place; texts that hold JSON are gone through."""
    if isinstance(value, dict):
        for key, part in value.items():
            if _KEY.fullmatch(str(key)):
                yield from leaves(part, (*place, key))
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from leaves(part, (*place, number))
    elif (held := inner_json(value)) is not None:
        yield from leaves(held, place)
    else:
        yield place, value


def at(value: Any, place: tuple[str | int, ...]) -> Any:
    """What stands at a place; None where nothing does."""
    for part in place:
        held = inner_json(value)
        value = value if held is None else held
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return None
    held = inner_json(value)
    return value if held is None else held


def generic(place: tuple[str | int, ...]) -> AnswerPlace:
    """A place, whichever entries of lists it leads through."""
    return tuple(EVERY if isinstance(part, int) else part for part in place)


def path_of(place: AnswerPlace) -> str:
    """A place as recipes write it."""
    return "$" + "".join("[*]" if part == EVERY else f".{part}" for part in place)


@dataclass(frozen=True)
class Held:
    """A value in an answer: in `html` by the place's only part."""

    call: Call
    place: tuple[str | int, ...]
    is_html: bool = False
    #: True where a list of values is meant, of which the place is the first.
    is_column: bool = False

    @property
    def key(self) -> tuple[Any, ...]:
        """Where it stands, whichever take it is."""
        return signature_of(self.call), generic(self.place), self.is_html, self.is_column


class Seen:
    """One take, as a dialect reads it."""

    def __init__(self, take: Take, known: Known, earlier: Take | None = None) -> None:
        #: What was asked for.
        self.period = take.asked
        self.take, self._known = take, known
        #: Those of the platform that came to something.
        self.calls = tuple(call for call in take.calls if self._counts(call))
        #: Those of the take before: a page that was opened then may be open still.
        self._earlier = tuple(call for call in (earlier.calls if earlier else ()) if self._counts(call))

    def _counts(self, call: Call) -> bool:
        return call.resource in _RESOURCES and call.status < 400 and self._known.origin(call.origin) is not None

    @cached_property
    def contents(self) -> Mapping[int, Any]:
        """What the answers of JSON hold, by the number of their calls: `$` of the recipe."""
        dialect, found = self._known.dialect, {}
        for call in (*self._earlier, *self.calls):
            answer = (call.answer or {}).get("json")
            if isinstance(answer, dict):
                if dialect.refusal(answer) is None:
                    found[call.number] = dialect.content(answer)
            elif answer is not None:
                found[call.number] = answer
        return found

    @cached_property
    def _index(self) -> Mapping[str, list[Held]]:
        index: dict[str, list[Held]] = {}
        for call in (*self.calls, *self._earlier):
            for place, value in leaves(self.contents.get(call.number)):
                if isinstance(value, str | int) and not isinstance(value, bool):
                    index.setdefault(str(value), []).append(Held(call, place))
            for name, value in page_values(call).items():
                index.setdefault(str(value), []).append(Held(call, (name,), is_html=True))
        return index

    def holders(self, value: Any, before: Call | int) -> list[Held]:
        """Where a value stood in answers that were there before a call was sent; the first ones first."""
        moment = before if isinstance(before, int) else before.at
        found = [
            held for held in self._index.get(str(value), ()) if held.call.done <= moment and held.call is not before
        ]
        # The first answer that held it counts, JSON before pages, and this take before the one before it.
        own = {call.number for call in self.calls}
        return sorted(found, key=lambda held: (held.call.number not in own, held.call.number, held.is_html))

    def naming(self, call: Call) -> Iterator[Held]:
        """Where the address of a call stood in earlier answers, however it was written."""
        wanted = call.origin, call.path, sorted(call.query)
        for one in self.calls:
            if one.done > call.at:
                continue
            for place, value in leaves(self.contents.get(one.number)):
                if isinstance(value, str) and value.startswith(("http:", "https:")) and _parts(value) == wanted:
                    yield Held(one, place)

    def names(self, value: Any) -> bool:
        """True if any answer holds a value, whenever it came."""
        return str(value) in self._index

    def like(self, call: Call) -> list[Call]:
        """All calls that ask the same as this one, it included."""
        wanted = signature_of(call)
        return [one for one in self.calls if signature_of(one) == wanted]


@dataclass(frozen=True)
class Source:
    """Where a value comes from, in both takes."""

    first: Held
    second: Held

    @property
    def place(self) -> AnswerPlace:
        return generic(self.first.place)


class Evidence:
    """Two takes of different days."""

    def __init__(self, first: Take, second: Take, known: Known) -> None:
        self.known = known
        self.first, self.second = Seen(first, known), Seen(second, known, first)

    def source(self, first: Any, first_before: Call | int, second: Any, second_before: Call | int) -> Source | None:
        """The first answer that held both values at the same place."""
        others: dict[tuple[Any, ...], Held] = {}
        for held in self.second.holders(second, second_before):
            others.setdefault(held.key, held)
        found = [held for held in self.first.holders(first, first_before) if held.key in others]
        if not found:
            return None
        # A short value stands in many places by chance.
        if len(str(first)) < 4 and len({held.key for held in found}) > 1:
            return None
        return Source(found[0], others[found[0].key])

    def list_source(self, values: list[Any], before: Call, others: list[Any], others_before: Call) -> Source | None:
        """An earlier list of objects, one field of which is just these values."""
        if len(values) < LONG_LIST or len(others) < LONG_LIST:
            return None
        found = list(_columns(self.first, values, before))
        then = {held.key: held for held in _columns(self.second, others, others_before)}
        both = [Source(held, then[held.key]) for held in found if held.key in then]
        return both[0] if both else None

    def leading_to(self, first: Call, second: Call) -> tuple[Call, Call]:
        """The requests whose redirects have led to these, or these."""
        found = tuple(
            next((one for one in seen.calls if one.number < call.number and _leads_to(one, call)), None)
            for seen, call in ((self.first, first), (self.second, second))
        )
        return (found[0], found[1]) if found[0] is not None and found[1] is not None else (first, second)

    def address_source(self, first: Call, second: Call) -> Source | None:
        """The first answer that named the addresses of these, as a whole."""
        others: dict[tuple[Any, ...], Held] = {}
        for held in self.second.naming(second):
            others.setdefault(held.key, held)
        return next((Source(held, others[held.key]) for held in self.first.naming(first) if held.key in others), None)

    def link_source(self, first: str, first_before: int, second: str, second_before: int) -> Source | None:
        """The first answer that held the address of a file, whole or without what goes before its path."""
        # One answer may leave out what another says.
        for one, other in itertools.product(_spellings(first), _spellings(second)):
            if (source := self.source(one, first_before, other, second_before)) is not None:
                return source
        return None


def page_values(call: Call) -> Mapping[str, str]:
    """What can be taken out of a page: of what it holds, and of its address."""
    held: Mapping[str, str] = (call.answer or {}).get("html", {})
    return {**{f"url:{name}": value for name, value in call.query}, **held} if call.resource == "document" else held


def _parts(url: str) -> tuple[str, tuple[str, ...], list[tuple[str, str]]]:
    parts = urlsplit(url)
    path = tuple(unquote(part) for part in parts.path.removeprefix("/").split("/"))
    return f"{parts.scheme}://{parts.netloc}", path, sorted(parse_qsl(parts.query, keep_blank_values=True))


def _leads_to(one: Call, call: Call) -> bool:
    if not 300 <= one.status < 400 or not one.location:
        return False
    here = f"{one.origin}/{'/'.join(map(quote, one.path))}"
    return _parts(urljoin(here, one.location)) == (call.origin, call.path, sorted(call.query))


def _spellings(url: str) -> Iterator[str]:
    parts = urlsplit(url)
    yield url
    yield url.removeprefix(f"{parts.scheme}:")
    yield url.removeprefix(f"{parts.scheme}://{parts.netloc}")


def _columns(seen: Seen, values: list[Any], before: Call) -> Iterator[Held]:
    for call in seen.calls:
        if call.done > before.at:
            continue
        for place, rows in _lists(seen.contents.get(call.number)):
            for name in rows[0]:
                if [row.get(name) for row in rows] == values and _KEY.fullmatch(name):
                    yield Held(call, (*place, 0, name), is_column=True)


def _lists(
    value: Any, place: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], list[dict[str, Any]]]]:
    """The lists of objects in an answer, but for those within lists."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _lists(part, (*place, str(key)))
    elif isinstance(value, list) and value:
        rows = rows_of(value)
        if len(rows) == len(value):
            yield place, rows


def rows_of(value: Any) -> list[dict[str, Any]]:
    """The objects of a list; some interfaces send them as texts of JSON."""
    decoded = (
        [held if (held := inner_json(row)) is not None else row for row in value] if isinstance(value, list) else []
    )
    return [row for row in decoded if isinstance(row, dict)]


def lists_in(value: Any) -> list[tuple[tuple[str | int, ...], list[dict[str, Any]]]]:
    """The lists of objects in an answer, by where they stand."""
    return list(_lists(value))
