"""A request taken apart into its single values, and put together again with others in their place."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import quote

from shopdata.recording.journal import Call

#: Where a value stands in a request: part of it, then keys and places within.
Place = tuple[str | int, ...]
#: A step into a text that holds JSON.
INNER = "@"
#: Headers of which a recipe says nothing: the client's own, or those of every browser.
_NOT_OURS = ("accept", "content-", "sec-", "user-agent", "referer", "origin", "cookie", "host", "pragma",
             "cache-control", "connection", "upgrade-", "dnt", "priority", "if-")  # fmt: skip


def inner_json(value: Any) -> Any:
    """The object or list that a text holds; None where it holds none."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            found = json.loads(value)
        except (ValueError, RecursionError):
            return None
        return found if isinstance(found, dict | list) else None
    return None


def is_own_header(name: str) -> bool:
    """False for what every browser sends by itself, and for cookies."""
    return not name.lower().startswith(_NOT_OURS) and ":" not in name


def own_headers(call: Call, known: Mapping[str, str]) -> dict[str, str]:
    """Those that the page has set and that are not said once for all (`known`)."""
    said = {name.lower() for name in known}
    return {name: value for name, value in call.headers.items() if name not in said and is_own_header(name)}


def atoms_of(call: Call, headers: Mapping[str, str]) -> dict[Place, Any]:
    """Every single value of a request by its place."""
    atoms: dict[Place, Any] = {("path", number): part for number, part in enumerate(call.path)}
    for part, pairs in (("query", call.query), ("form", (call.body or {}).get("form", ()))):
        counts: dict[str, int] = {}
        for name, value in pairs:
            number = counts[name] = counts.get(name, -1) + 1
            _flatten(value, (part, name, number), atoms)
    _flatten((call.body or {}).get("json"), ("json",), atoms)
    return atoms | {("header", name): value for name, value in headers.items()}


def _flatten(value: Any, place: Place, into: dict[Place, Any]) -> None:
    if isinstance(value, dict):
        for key, part in value.items():
            _flatten(part, (*place, key), into)
    elif isinstance(value, list):
        for number, part in enumerate(value):
            _flatten(part, (*place, number), into)
    elif (held := inner_json(value)) is not None:
        _flatten(held, (*place, INNER), into)
    else:
        into[place] = value


def lists_of(call: Call) -> dict[Place, list[Any]]:
    """The lists of single values in a body of JSON."""
    found: dict[Place, list[Any]] = {}

    def walk(value: Any, place: Place) -> None:
        if isinstance(value, dict):
            for key, part in value.items():
                walk(part, (*place, key))
        elif isinstance(value, list):
            if value and not any(isinstance(part, dict | list) for part in value):
                found[place] = value
            for number, part in enumerate(value):
                walk(part, (*place, number))

    walk((call.body or {}).get("json"), ("json",))
    return found


def as_request(
    call: Call,
    origin: str,
    headers: Mapping[str, str],
    values: Mapping[Place, Any],
    kept: Collection[Place] | None = None,
) -> dict[str, Any]:
    """The request as a recipe has it, with `values` in place of what was seen.

    Args:
        origin: how its host is written.
        values: for each place, what stands there in the recipe; a list's place stands for all of it.
        kept: those that the recipe says; None for all.
    """
    path = [_path_part(values[("path", number)], part) for number, part in enumerate(call.path)]
    asked: dict[str, Any] = {"POST" if call.method == "POST" else "GET": f"{origin}/" + "/".join(path)}
    if query := _kept_of("query", _pairs("query", call.query, values), kept):
        asked["query"] = query
    if (body := call.body) is not None and "form" in body:
        asked["form"] = _kept_of("form", _pairs("form", body["form"], values), kept)
        if body.get("multipart"):
            asked["multipart"] = True
    elif body is not None and "json" in body:
        asked["json"] = _kept_in(_rebuilt(body["json"], ("json",), values), ("json",), kept)
    if headers:
        asked["headers"] = {name: str(values[("header", name)]) for name in headers}
    return asked


def _kept_of(part: str, pairs: dict[str, Any], kept: Collection[Place] | None) -> dict[str, Any]:
    return pairs if kept is None else {name: value for name, value in pairs.items() if _holds(kept, (part, name))}


def _kept_in(value: Any, place: Place, kept: Collection[Place] | None) -> Any:
    """A body with what is kept of it; lists and texts of JSON stay whole."""
    if kept is None or not isinstance(value, dict) or "as_text" in value:
        return value
    inner = ((name, (*place, name), part) for name, part in value.items())
    return {name: _kept_in(part, its, kept) for name, its, part in inner if _holds(kept, its)}


def _holds(kept: Collection[Place], place: Place) -> bool:
    return any(one[: len(place)] == place for one in kept)


def _path_part(value: Any, seen: str) -> str:
    return quote(seen, safe="!$&'()*+,;=:@~") if value == escaped(seen) else str(value)


def _pairs(part: str, pairs: Any, values: Mapping[Place, Any]) -> dict[str, Any]:
    found: dict[str, list[Any]] = {}
    counts: dict[str, int] = {}
    for name, value in pairs:
        number = counts[name] = counts.get(name, -1) + 1
        if (part, name, number) not in values and inner_json(value) is None:
            # What the page makes there by itself.
            continue
        found.setdefault(name, []).append(_rebuilt(value, (part, name, number), values))
    return {name: several[0] if len(several) == 1 else several for name, several in found.items()}


def _rebuilt(value: Any, place: Place, values: Mapping[Place, Any]) -> Any:
    if place in values:
        return values[place]
    if isinstance(value, dict):
        inner = ((key, (*place, key), part) for key, part in value.items())
        return {escaped(key): _rebuilt(part, its, values) for key, its, part in inner if _is_said(part, its, values)}
    if isinstance(value, list):
        return [_rebuilt(part, (*place, number), values) for number, part in enumerate(value)]
    return {"as_text": _rebuilt(inner_json(value), (*place, INNER), values)}


def _is_said(value: Any, place: Place, values: Mapping[Place, Any]) -> bool:
    """False for a single value that the page makes by itself."""
    return isinstance(value, dict | list) or place in values or inner_json(value) is not None


def escaped(value: Any) -> Any:
    """A constant as a recipe writes it: braces that stand for themselves are doubled."""
    return value.replace("{", "{{").replace("}", "}}") if isinstance(value, str) else value
