"""Hosts of a portal that want a ticket of another one before they answer: which request hands it in."""

from __future__ import annotations

from collections.abc import Iterator

from shopdata.recording.inference.atoms import atoms_of
from shopdata.recording.inference.evidence import Evidence, Source
from shopdata.recording.inference.shapes import is_token, is_uuid
from shopdata.recording.inference.told import NotInferredError
from shopdata.recording.journal import Call


def entrances(evidence: Evidence, first: Call, second: Call) -> Iterator[tuple[Call, Call]]:
    """Requests to the host of these, sent before them, that have handed in what another host has given, and were
    answered with a cookie.

    Raises:
        NotInferredError: that was so in one take only, or where the ticket came from was not to be seen.
    """
    home = next((call.origin for call in evidence.first.calls if call.resource == "document"), first.origin)
    for call in evidence.first.calls:
        if not (call.sets_cookie and call.origin == first.origin and call.number < first.number):
            continue
        others = [one for one in evidence.second.like(call) if one.sets_cookie and one.number < second.number]
        found = _ticket(evidence, call, others[-1] if others else None, home)
        if found and not others:
            raise NotInferredError("entered_once", request=f"{call.method} /{'/'.join(call.path)}")
        if found:
            yield call, others[-1]


def _ticket(evidence: Evidence, call: Call, other: Call | None, home: str) -> bool:
    """True if one of its values comes from elsewhere."""
    others = atoms_of(other, {}) if other is not None else {}
    for place, value in atoms_of(call, {}).items():
        if not is_token(value) or is_uuid(value):
            continue
        if other is None:
            if any(held.call.origin != call.origin for held in evidence.first.holders(value, call)):
                return True
        elif value != others.get(place):
            source = evidence.source(value, call, others.get(place), other)
            if source is None and is_token(others.get(place)) and call.origin != home:
                raise NotInferredError("entrance_unknown", request=f"{call.method} /{'/'.join(call.path)}")
            if source is not None and _is_from_elsewhere(evidence, source, call):
                return True
    return False


def _is_from_elsewhere(evidence: Evidence, source: Source, call: Call) -> bool:
    held = source.first.call
    if held.origin != call.origin:
        return True
    if not source.first.is_html or not str(source.first.place[0]).startswith("url:"):
        return False
    named = evidence.address_source(*evidence.leading_to(held, source.second.call))
    if named is None:
        raise NotInferredError("entrance_unknown", request=f"{call.method} /{'/'.join(call.path)}")
    return named.first.call.origin != call.origin
