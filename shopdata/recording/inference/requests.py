"""One request of the recipe from the same request in both takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shopdata.recording.inference.atoms import Place, as_request, atoms_of, lists_of, own_headers
from shopdata.recording.inference.evidence import LONG_LIST, Evidence, Source
from shopdata.recording.inference.signing import Made, sign_of
from shopdata.recording.inference.told import Line, NotInferredError, told_call
from shopdata.recording.inference.values import Found, value_in
from shopdata.recording.journal import Call

#: What a value of an earlier answer is called, once the step that asks for it stands; told in which calls it is used.
TakenAs = Callable[[Source, Call, Call], str]


@dataclass
class Asked:
    """A request as the recipe writes it, and what was found out about it."""

    request: dict[str, Any]
    lines: list[Line] = field(default_factory=list)
    is_signed: bool = False
    has_day: bool = False


def request_of(
    evidence: Evidence,
    first: Call,
    second: Call,
    taken_as: TakenAs,
    given: Mapping[Place, Any] | None = None,
    *,
    is_list: bool = False,
) -> Asked:
    """The request that both calls are.

    Args:
        taken_as: called for every value that comes out of an earlier answer.
        given: places of which it is known already what stands there.
        is_list: True if nothing can be pressed for it.

    Raises:
        NotInferredError: a value of it follows from nothing that was seen.
    """
    known, what = evidence.known, f"{first.method} /{'/'.join(first.path)}"
    origin = known.origin(first.origin)
    if origin is None:
        raise NotInferredError("unknown_host", host=first.origin)
    if any("opaque" in (call.body or {}) for call in (first, second)):
        raise NotInferredError("body_unread", request=what)
    asked, values = Asked({}), dict(given or {})
    _lists(evidence, first, second, taken_as, values, asked, what)
    headers = own_headers(first, known.dialect.headers), own_headers(second, known.dialect.headers)
    atoms = [_without(atoms_of(call, own), values) for call, own in zip((first, second), headers, strict=True)]
    fields = atoms[0].keys() - _headers(atoms[0]), atoms[1].keys() - _headers(atoms[1])
    if fields[0] != fields[1]:
        other = sorted(map(_told, fields[0] ^ fields[1]))
        raise NotInferredError("fields_differ", request=what, fields=", ".join(other[:5]))
    made: list[Place] = [("header", name) for name in headers[0].keys() ^ headers[1].keys()]
    for place, value in atoms[0].items():
        if place in made:
            continue
        found = value_in(evidence, place, value, first, atoms[1][place], second)
        if found.rule == "page_made":
            made.append(place)
            continue
        values[place] = found.template if found.source is None else taken_as(found.source, first, second)
        if place[0] in ("query", "form") and isinstance(values[place], str):
            # All is text there.
            values[place] = values[place].replace("|text}", "}")
        _tell(asked, found, place, what)
    kept = {name: value for name, value in headers[0].items() if ("header", name) in values}
    if not made:
        asked.request = as_request(first, origin, kept, values)
        return asked
    signed = sign_of(evidence, Made(first, second, made, values, is_list), what)
    asked.lines += (signed.line, *signed.more)
    asked.is_signed = signed.sign is not None
    if asked.is_signed and not isinstance(signed.sign, str) and not is_same_page(first, second):
        raise NotInferredError("pages_of_sign_differ", request=what)
    sent = as_request(first, origin, {} if asked.is_signed else kept, values, signed.kept)
    asked.request = {"sign": signed.sign, **sent} if asked.is_signed else sent
    return asked


def is_same_page(first: Call, second: Call) -> bool:
    """True if both were sent by the same page, which can be opened again by its address."""
    return first.page.partition("#")[0] == second.page.partition("#")[0] != ""


def _lists(
    evidence: Evidence, first: Call, second: Call, taken_as: TakenAs, values: dict[Place, Any], asked: Asked, what: str
) -> None:
    """Lists that are a whole column of an earlier answer."""
    others = lists_of(second)
    for place, one in lists_of(first).items():
        source = evidence.list_source(one, first, others.get(place, []), second)
        if source is not None:
            values[place] = taken_as(source, first, second)
            _tell(asked, Found("taken", source=source), place, what)
        elif len(one) >= LONG_LIST:
            asked.lines.append(Line("fixed_list", {"request": what, "field": _told(place)}, is_doubt=True))


def _without(atoms: Mapping[Place, Any], known: Mapping[Place, Any]) -> dict[Place, Any]:
    return {place: value for place, value in atoms.items() if not any(place[: len(one)] == one for one in known)}


def _headers(atoms: Mapping[Place, Any]) -> set[Place]:
    return {place for place in atoms if place[0] == "header"}


def _tell(asked: Asked, found: Found, place: Place, what: str) -> None:
    name = _told(place)
    match found.rule:
        case "day":
            asked.has_day = True
            asked.lines.append(Line("is_day", {"request": what, "field": name, "form": found.template}))
        case "taken" if found.source is not None:
            call, inner = found.source.first.call, ".".join(map(str, found.source.place))
            answer = told_call(call)
            asked.lines.append(Line("from_answer", {"request": what, "field": name, "answer": answer, "place": inner}))
        case "random" | "now":
            asked.lines.append(Line("made_anew", {"request": what, "field": name, "form": found.template}))
        case "fixed_number":
            asked.lines.append(Line("fixed_number", {"request": what, "field": name}, is_doubt=True))
        case "fixed_token" | "fixed_day" | "fixed_period":
            raise NotInferredError(found.rule, request=what, field=name)


def _told(place: Place) -> str:
    inner = (place[1], *place[3:]) if place[0] in ("query", "form") and place[2] == 0 else place[1:]
    return ".".join(str(part) for part in inner if part != "@") or str(place[0])
