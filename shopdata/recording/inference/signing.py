"""How a request is sent of which a page has made a part by itself: the sign that the recipe says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from shopdata.config.recipes.placeholders import placeholders_in
from shopdata.recording.inference.atoms import Place, atoms_of
from shopdata.recording.inference.days import day_template
from shopdata.recording.inference.evidence import Evidence, Seen
from shopdata.recording.inference.shapes import is_made_by_page, is_token, is_uuid
from shopdata.recording.inference.told import Line, NotInferredError
from shopdata.recording.journal import Call, Press

#: For how many seconds what was borrowed is good, where nobody knows.
_GOOD_FOR = 600
MODES = ("none", "page", "borrow", "rewrite", "click")


@dataclass(frozen=True)
class Made:
    """What a page has made in both calls, and what else is known of the request.

    Args:
        places: what the page has made.
        values: what stands everywhere else, as the recipe writes it.
        is_list: True if nothing can be pressed for it: a list, or a file.
    """

    first: Call
    second: Call
    places: list[Place]
    values: Mapping[Place, Any]
    is_list: bool = False

    @property
    def names(self) -> list[str]:
        return [_name(place) for place in self.places]


@dataclass(frozen=True)
class Signed:
    """The sign, and which values the recipe still says; None for all."""

    sign: Any
    line: Line
    kept: frozenset[Place] | None = None
    more: tuple[Line, ...] = field(default=())


def sign_of(evidence: Evidence, made: Made, what: str) -> Signed:
    """The first sign in the order of `MODES` that what was seen allows; what a person has chosen counts before.

    Raises:
        NotInferredError: none.
    """
    ways = {"none": _unsigned, "page": _page, "borrow": _borrowed, "rewrite": _rewritten, "click": _clicked}
    wanted = evidence.known.wanted_sign
    for mode in (wanted, *(mode for mode in MODES if mode != wanted)) if wanted else MODES:
        if (found := ways[mode](evidence, made, what)) is not None:
            return found
    raise NotInferredError("page_made", request=what, fields=", ".join(made.names))


def _unsigned(evidence: Evidence, made: Made, what: str) -> Signed | None:
    path = "/" + "/".join(made.first.path)
    if path not in evidence.known.unsigned or not _are_in(made, "header"):
        return None
    return Signed(None, Line("unsigned", {"request": what, "fields": ", ".join(made.names)}))


def _page(evidence: Evidence, made: Made, what: str) -> Signed | None:
    is_json = made.first.method == "POST" and "json" in (made.first.body or {})
    if not evidence.known.signs or not is_json or not _are_in(made, "header"):
        return None
    return Signed("page", Line("signed", {"request": what, "fields": ", ".join(made.names)}))


def _borrowed(evidence: Evidence, made: Made, what: str) -> Signed | None:
    if not _are_in(made, "header", "query") or not _may_be_made(made):
        return None
    for seen, call in ((evidence.first, made.first), (evidence.second, made.second)):
        if not any(_has(one, made) and not _is_asked_for(one, call, made) for one in _asked_at_load(seen, call)):
            return None
    names = list(dict.fromkeys(made.names))
    line = Line("sign_borrow", {"request": what, "fields": ", ".join(names)}, is_doubt=True)
    return Signed({"borrow": names, "for": _GOOD_FOR}, line, frozenset(made.values))


def _rewritten(evidence: Evidence, made: Made, what: str) -> Signed | None:
    press = _pressed(evidence, made)
    kept = frozenset(place for place, value in made.values.items() if place[0] != "path" and _is_set(value))
    in_path = any(place[0] == "path" and _is_set(value) for place, value in made.values.items())
    if made.is_list or not press or not kept or in_path or not _may_be_made(made):
        return None
    params = {"request": what, "fields": ", ".join(made.names), "press": ", ".join(press)}
    return Signed({"rewrite": press}, Line("sign_rewrite", params, is_doubt=True), kept)


def _clicked(evidence: Evidence, made: Made, what: str) -> Signed | None:
    press, fill = _pressed(evidence, made), dict(_filled(evidence, made))
    kept = frozenset(place for place, value in made.values.items() if not _is_anew(value))
    sets_day = any(_is_set(value) for value in made.values.values())
    if made.is_list or not press or not _may_be_made(made) or (sets_day and not fill):
        return None
    params = {"request": what, "fields": ", ".join(made.names), "press": ", ".join(press)}
    sign = {"click": press} | ({"fill": fill} if fill else {})
    return Signed(sign, Line("sign_click", params, is_doubt=True), kept)


def _are_in(made: Made, *parts: str) -> bool:
    return all(place[0] in parts for place in made.places)


def _may_be_made(made: Made) -> bool:
    """False where a filter or a moment may just have been chosen otherwise: in signatures there are letters."""
    first, second = made.first, made.second
    return all(
        place[0] == "header"
        or is_made_by_page(_name(place))
        or all(is_token(value) and not is_uuid(value) and re.search("[A-Za-z]", str(value)) for value in (one, other))
        for place in made.places
        for one, other in [(_value(first, place), _value(second, place))]
    )


def _value(call: Call, place: Place) -> Any:
    return atoms_of(call, {}).get(place)


def _name(place: Place) -> str:
    return str(next((part for part in reversed(place) if isinstance(part, str) and part != "@"), place[0]))


def _is_set(value: Any) -> bool:
    """True for what follows from the day or from an answer."""
    return any(one.holder not in ("uuid4", "now") for one in placeholders_in(value))


def _is_anew(value: Any) -> bool:
    return any(one.holder in ("uuid4", "now") for one in placeholders_in(value))


# -- what was seen of the page ----------------------------------------------------------------------------------------


def _opened(seen: Seen, call: Call) -> int:
    """When the page was opened that has sent a call; the take's beginning where that was not seen."""
    here = call.page.partition("#")[0]
    opened = [one.at for one in seen.calls if one.resource == "document" and one.at <= call.at and _url(one) in here]
    return max(opened, default=min((one.at for one in seen.calls), default=0))


def _url(call: Call) -> str:
    return f"{call.origin}/{'/'.join(call.path)}"


def _asked_at_load(seen: Seen, call: Call) -> Iterator[Call]:
    """What the page has asked at the same place before anything was pressed on it."""
    since = _opened(seen, call)
    until = min((press.at for press in seen.take.presses if press.at >= since), default=call.at)
    for one in seen.calls:
        if since <= one.at <= until and (one.method, one.origin, one.path) == (call.method, call.origin, call.path):
            yield one


def _has(call: Call, made: Made) -> bool:
    names = {*(name.lower() for name in call.headers), *(name for name, _ in call.query)}
    return all(name.lower() in names or name in names for name in made.names)


def _is_asked_for(one: Call, call: Call, made: Made) -> bool:
    """True for a request that names the day that a person has chosen: no page asks that by itself."""
    days = [
        place
        for place, value in made.values.items()
        if any(found.holder in ("start", "end") for found in placeholders_in(value))
    ]
    return bool(days) and all(_value(one, place) == _value(call, place) for place in days)


def _pressed(evidence: Evidence, made: Made) -> list[str]:
    """What was pressed last before the call, alike in both takes; what differs has chosen the day."""
    first, second = (
        [one for one in _done(seen, call) if one.does == "press"]
        for seen, call in ((evidence.first, made.first), (evidence.second, made.second))
    )
    found: list[str] = []
    for one, other in zip(reversed(first), reversed(second), strict=False):
        if (one.word, one.css) != (other.word, other.css) or not (one.word or one.css):
            break
        found.append(one.word or f"css:{one.css}")
    return [word.replace("{", "{{").replace("}", "}}") for word in reversed(found)]


def _filled(evidence: Evidence, made: Made) -> Iterator[tuple[str, str]]:
    """What was typed for the day, by the selector of its field."""
    first, second = (
        {one.css: one.value for one in _done(seen, call) if one.does == "fill" and one.css}
        for seen, call in ((evidence.first, made.first), (evidence.second, made.second))
    )
    for css, value in first.items():
        if css in second:
            template = day_template(value, evidence.first.period, second[css], evidence.second.period, css)
            if template is not None:
                yield css, template


def _done(seen: Seen, call: Call) -> list[Press]:
    since, here = _opened(seen, call), call.page.partition("#")[0]
    return [one for one in seen.take.presses if since <= one.at <= call.at and one.page.partition("#")[0] == here]
