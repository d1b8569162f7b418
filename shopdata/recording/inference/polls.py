"""Answers that were asked for again and again until they held what was waited for."""

from __future__ import annotations

from shopdata.recording.inference import jobs
from shopdata.recording.inference.atoms import atoms_of
from shopdata.recording.inference.evidence import EVERY, Evidence, Source, at
from shopdata.recording.inference.shapes import is_token
from shopdata.recording.inference.told import NotInferredError
from shopdata.recording.inference.values import value_in


def is_polled(evidence: Evidence, source: Source) -> bool:
    """True if the same was asked before, and did not have the value yet."""
    call, place = source.first.call, source.place
    earlier = [one for one in evidence.first.like(call) if one.number < call.number]
    contents = evidence.first.contents
    # What was refused says nothing of how far it is.
    earlier = [
        one
        for one in earlier
        if one.path == call.path and one.body == call.body and isinstance(contents.get(one.number), dict)
    ]
    is_polled = any(at(contents[one.number], place) in (None, "") for one in earlier)
    return (is_polled or _was_done_at_once(evidence, source)) and not _is_of_entry(evidence, source)


def _was_done_at_once(evidence: Evidence, source: Source) -> bool:
    """True for an answer that says that what was ordered is done: next time it may have to be waited for.

    Raises:
        NotInferredError: it says so in one take only, though both had what was waited for.
    """
    seen = evidence.first, evidence.second
    calls = source.first.call, source.second.call
    done = [jobs.says_that_it_is_done(one.contents.get(call.number)) for one, call in zip(seen, calls, strict=True)]
    if not any(done):
        return False
    others = atoms_of(calls[1], {})
    found = (
        evidence.source(value, calls[0], others[place], calls[1])
        for place, value in atoms_of(calls[0], {}).items()
        if is_token(value) and value != others.get(place, value)
    )
    is_ordered = any(one is not None and one.first.call.method == "POST" and not one.first.is_html for one in found)
    if is_ordered and not all(done):
        # What it says while it is made, and what once it is done, contradict each other.
        raise NotInferredError("no_state", fields=".".join(source.place))
    return is_ordered


def _is_of_entry(evidence: Evidence, source: Source) -> bool:
    """True if what was asked again and again is the link of a report that a list tells of."""
    first, second = source.first.call, source.second.call
    others = atoms_of(second, {})
    found = [
        value_in(evidence, place, value, first, others.get(place), second).source
        for place, value in atoms_of(first, {}).items()
    ]
    places = [one.place for one in found if one is not None and not one.first.is_html]
    return bool(places) and all(EVERY in place for place in places)
