"""Hosts of a portal that want a ticket of another one before they answer: which request hands it in."""

from __future__ import annotations

from collections.abc import Iterator

from shopdata.recording.inference.atoms import atoms_of
from shopdata.recording.inference.evidence import Evidence, Seen, Source
from shopdata.recording.inference.shapes import is_token, is_uuid
from shopdata.recording.inference.told import NotInferredError, told_call
from shopdata.recording.journal import Call


def entrances(evidence: Evidence, first: Call, second: Call) -> Iterator[tuple[Call, Call]]:
    """Requests to the host of these, sent before them, that have handed in what another host has given, and were
    answered with a cookie.

    Raises:
        NotInferredError: that was so in one take only, or where the ticket came from was not to be seen.
    """
    home = next((call.origin for call in evidence.first.calls if call.resource == "document"), first.origin)
    for call in _with_cookie(evidence.first, first):
        others = [one for one in evidence.second.like(call) if one.sets_cookie and one.number < second.number]
        if not others:
            _refuse_ticket(evidence.first, call, home)
        elif _has_ticket(evidence, call, others[-1], home):
            yield call, others[-1]
    for call in _with_cookie(evidence.second, second):
        if not any(one.sets_cookie and one.number < first.number for one in evidence.first.like(call)):
            _refuse_ticket(evidence.second, call, home)


def _with_cookie(take: Seen, until: Call) -> Iterator[Call]:
    """What was answered with a cookie by a request's host, before it."""
    return (one for one in take.calls if one.sets_cookie and one.origin == until.origin and one.number < until.number)


def _refuse_ticket(take: Seen, call: Call, home: str) -> None:
    """For a call that was seen in one take only. Raises NotInferredError if it may have handed in a ticket."""
    tokens = [value for value in atoms_of(call, {}).values() if is_token(value) and not is_uuid(value)]
    is_given = any(held.call.origin != call.origin for value in tokens for held in take.holders(value, call))
    # On a host that is not where one signs in, a token is given by somebody, seen or not.
    if is_given or (tokens and call.origin != home):
        raise NotInferredError("entered_once", request=told_call(call))


def _has_ticket(evidence: Evidence, call: Call, other: Call, home: str) -> bool:
    """True if one of its values comes from elsewhere."""
    others = atoms_of(other, {})
    for place, value in atoms_of(call, {}).items():
        if not is_token(value) or is_uuid(value):
            continue
        if value != others.get(place):
            source = evidence.source(value, call, others.get(place), other)
            if source is None and is_token(others.get(place)) and call.origin != home:
                raise NotInferredError("entrance_unknown", request=told_call(call))
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
        raise NotInferredError("entrance_unknown", request=told_call(call))
    return named.first.call.origin != call.origin
