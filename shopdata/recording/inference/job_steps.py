"""The step that orders a report and waits for it, as a list or an answer of its own tells of it."""

from __future__ import annotations

from typing import Any, Protocol

from shopdata.recording.inference import jobs
from shopdata.recording.inference.atoms import escaped
from shopdata.recording.inference.evidence import EVERY, AnswerPlace, Evidence, Source, at, path_of
from shopdata.recording.inference.requests import Asked, request_of
from shopdata.recording.inference.told import Line, NotInferredError, told_call
from shopdata.recording.journal import Call


class Way(Protocol):
    """As much of a chain as is needed here."""

    evidence: Evidence
    steps: list[dict[str, Any]]
    lines: list[Line]

    def request(self, first: Call, second: Call, *, is_list: bool = False) -> Asked:
        """The request that both calls are, and the steps before it."""

    def taken(self, source: Source, first: Call, second: Call) -> str:
        """What a value of an earlier answer is called."""

    def name(self, word: str) -> str:
        """A step's name."""

    def known(self, call: Call) -> tuple[str, dict[str, Any]] | None:
        """Name and step of what asks this already."""

    def keep(self, call: Call, name: str, step: dict[str, Any]) -> None:
        """From now on this is asked by that step."""


def job_of_entry(chain: Way, source: Source, used: tuple[int, int]) -> tuple[str, dict[str, Any]]:
    """The report that an entry of a list tells of, which was done when it was `used`."""
    evidence, rows = chain.evidence, jobs.rows_place(source)
    listed, others = source.first.call, source.second.call
    if (known := chain.known(listed)) is not None:
        return known
    seen = evidence.first, evidence.second
    held = source.first, source.second
    entries = [jobs.entry_of(one, its, rows) for one, its in zip(seen, held, strict=True)]
    in_lists = [at(one.contents[its.call.number], rows) for one, its in zip(seen, held, strict=True)]
    name_of_id = jobs.id_field(list(zip(entries, in_lists, strict=True)))
    if str(entries[0].get(name_of_id)) == str(entries[1].get(name_of_id)):
        raise NotInferredError("same_report", field=name_of_id)
    sights = [
        jobs.sightings(one, its.call, rows, name_of_id, entry[name_of_id], moment)
        for one, its, entry, moment in zip(seen, held, entries, used, strict=True)
    ]
    until = sights[0][0].call.done, sights[1][0].call.done
    own = sights[0][-1].entry, sights[1][-1].entry
    pair = jobs.the_order(evidence, jobs.orders(evidence, listed, until), own)
    owns = tuple(jobs.Own(one, sight, call) for one, sight, call in zip(seen, sights, pair, strict=True))
    _are_ours(owns, rows, name_of_id)
    name = chain.name("export")
    step: dict[str, Any] = {"job": name, "create": chain.request(pair[0], pair[1]).request}
    chain.keep(listed, name, step)
    find = chain.request(listed, others, is_list=True).request
    find |= {"rows": path_of(rows), "id": name_of_id}
    where = jobs.wheres(evidence, own, in_lists[0], {name_of_id, jobs.field_of(source)})
    where = {
        field: escaped(value) if isinstance(value, str) and "{" not in value else value
        for field, value in where.items()
    }
    if (named := jobs.name_in(evidence, pair, own)) is not None:
        step["create"]["take"] = {"name": path_of(named[0])}
        where[named[1]] = {"like": f"{{{name}.name}}"}
        chain.lines.append(Line("own_by_name", {"field": named[1], "place": path_of(named[0])}))
    if where:
        find["where"] = where
    if (made := jobs.made_field((owns[0], owns[1]), {name_of_id})) is not None:
        find["made"] = {"at": made}
    elif not where:
        raise NotInferredError("nothing_tells_ours", request=told_call(listed))
    step["find"] = find
    _states(chain, step, [[one.entry for one in sight] for sight in sights], {name_of_id, jobs.field_of(source)})
    chain.lines.append(Line("is_job", {"create": told_call(pair[0]), "list": told_call(listed)}))
    chain.steps.append(step)
    return name, step


def _are_ours(owns: tuple[jobs.Own, ...], rows: AnswerPlace, name: str) -> None:
    """The report was in no list before it was ordered: else the file was somebody else's, or an old one."""
    for own in owns:
        listed = own.sightings[-1].call
        if made := jobs.made_before(own, at(own.seen.contents.get(listed.number), rows) or []):
            raise NotInferredError("earlier_report", made=made, request=told_call(listed))
        for call in own.seen.like(own.sightings[0].call):
            entries = at(own.seen.contents.get(call.number), rows) or []
            ids = {str(entry.get(name)) for entry in entries if isinstance(entry, dict)}
            if call.done < own.create.at and str(own.last.get(name)) in ids:
                raise NotInferredError("older_report", request=told_call(call))


def job_of_answer(chain: Way, source: Source) -> tuple[str, dict[str, Any]]:
    """The report that an answer tells of alone, which is asked for by an id."""
    evidence, first, second = chain.evidence, source.first.call, source.second.call
    given: list[Source] = []

    def taken(found: Source, one: Call, other: Call) -> str:
        if EVERY in found.place or found.first.is_html or given:
            return chain.taken(found, one, other)
        given.append(found)
        return "{%job%.id}"

    name = chain.name("export")
    asked = request_of(evidence, first, second, taken)
    if not given:
        raise NotInferredError("polled_without_order", request=told_call(first))
    order = given[0]
    create = chain.request(order.first.call, order.second.call).request
    create["take"] = {"id": path_of(order.place)}
    step: dict[str, Any] = {"job": name, "create": create}
    chain.lines += asked.lines
    step["find"] = _renamed(asked.request, name) | {"id": "id"}
    looks = [
        [seen.contents[one.number] for one in seen.like(held.call)
         if one.path == held.call.path and one.number <= held.call.number and one.number in seen.contents]
        for seen, held in ((evidence.first, source.first), (evidence.second, source.second))
    ]  # fmt: skip
    _states(chain, step, looks, set())
    chain.lines.append(Line("is_job", {"create": told_call(order.first.call), "list": told_call(first)}))
    chain.keep(first, name, step)
    chain.steps.append(step)
    return name, step


def _states(chain: Way, step: dict[str, Any], looks: list[list[Any]], without: set[str]) -> None:
    states = jobs.states_in(looks, without)
    step["status"] = {"at": states.field, "working": list(states.working), "done": [states.done]}
    if not states.working:
        chain.lines.append(Line("never_working", {"field": states.field}, is_doubt=True))


def _renamed(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return {key: _renamed(part, name) for key, part in value.items()}
    if isinstance(value, list):
        return [_renamed(part, name) for part in value]
    return value.replace("%job%", name) if isinstance(value, str) else value
