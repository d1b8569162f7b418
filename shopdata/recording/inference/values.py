"""The rules by which one value of a request becomes what stands in the recipe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shopdata.recording.inference.atoms import Place, escaped
from shopdata.recording.inference.days import day_template, is_edge_of_both, is_recent_day
from shopdata.recording.inference.evidence import Evidence, Source
from shopdata.recording.inference.shapes import is_made_by_page, is_of_one_shop, is_token, is_uuid, now_template
from shopdata.recording.journal import Call


@dataclass(frozen=True)
class Found:
    """What a value is: just `template`, taken from `source`, or made by a page (neither).

    Args:
        rule: which rule said so, for the sentence about it.
    """

    rule: str
    template: Any = None
    source: Source | None = None


def value_in(evidence: Evidence, place: Place, first: Any, first_call: Call, second: Any, second_call: Call) -> Found:
    """What becomes of one value, by what stood there in two takes."""
    name = str(next((part for part in reversed(place) if isinstance(part, str)), ""))
    if is_made_by_page(name):
        return Found("page_made")
    if first == second and type(first) is type(second):
        return _constant(evidence, first, first_call, second_call)
    days = evidence.first.period, evidence.second.period
    if (day := day_template(first, days[0], second, days[1], name)) is not None:
        return Found("day", day)
    if (source := evidence.source(first, first_call, second, second_call)) is not None:
        return Found("taken", source=source)
    # Whom an answer names, or what is asked for in a path, is somebody's: where it came from was not seen.
    is_named = place[0] == "path" or evidence.first.names(first) or evidence.second.names(second)
    if is_uuid(first) and is_uuid(second) and not is_named:
        return Found("random", "{uuid4}")
    now = now_template(first, first_call.at)
    if now is not None and now == now_template(second, second_call.at):
        return Found("now", now)
    return Found("page_made")


def _constant(evidence: Evidence, value: Any, first: Call, second: Call) -> Found:
    """What is the same in both takes may still belong to a session, an account or a day that nobody meant."""
    if is_recent_day(value, first.at):
        # Both takes were made on one day: it may be a constant, and it may be today.
        return Found("fixed_day")
    if is_edge_of_both(value, evidence.first.period, evidence.second.period):
        return Found("fixed_period")
    if is_token(value):
        source = evidence.source(value, first, value, second)
        return Found("taken", source=source) if source is not None else Found("fixed_token", escaped(value))
    return Found("fixed_number" if is_of_one_shop(value) else "constant", escaped(value))
