"""The way back from the file: each request that it took, and where each of its values comes from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from shopdata.config.recipes.placeholders import BARE, TIMES
from shopdata.recording.inference import jobs
from shopdata.recording.inference.atoms import Place, atoms_of, escaped
from shopdata.recording.inference.entrances import entrances
from shopdata.recording.inference.evidence import (
    EVERY,
    AnswerPlace,
    Evidence,
    Source,
    at,
    generic,
    path_of,
    signature_of,
)
from shopdata.recording.inference.requests import Asked, request_of
from shopdata.recording.inference.rows import steps_to_rows
from shopdata.recording.inference.shapes import is_token
from shopdata.recording.inference.told import Line, NotInferredError
from shopdata.recording.inference.values import value_in
from shopdata.recording.journal import Call, Download

#: How long a way may be; a recording in which values go round in circles has none.
_DEEPEST = 12


class Chain:
    """The steps of a recipe as they are found, from the file backwards.

    Raises (all methods): NotInferredError.
    """

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.steps: list[dict[str, Any]] = []
        self.lines: list[Line] = []
        self.has_day = False
        #: Name and step of what has been asked, by what asks it.
        self._asked: dict[Any, tuple[str, dict[str, Any]]] = {}
        #: What may be no step's name any more.
        self._named = {*TIMES, *BARE, evidence.known.platform}
        self._depth = 0
        #: Hosts that have been asked; what lets a session in there stands before.
        self._entered: set[str] = set()

    # -- the end of the way -----------------------------------------------------------------------------------------

    def file(self, first: Download, second: Download) -> None:
        """The steps that lead to a file."""
        step = {"file": first.file if first.file == second.file else "any"}
        calls = self._answer_of(first, 0), self._answer_of(second, 1)
        if not first.url.startswith(("blob:", "data:")):
            source = self.evidence.link_source(first.url, first.at, second.url, second.at)
            if source is not None:
                self._tell_link(source)
                link = {"from": self._link(source), **self._session_of(first, second)}
                self.steps.append({**step, **link, **self._of_table(first, second)})
                return
        if calls[0] is None or calls[1] is None:
            raise NotInferredError("file_of_nowhere", address=first.url.partition("?")[0][:60])
        request = self.request(calls[0], calls[1], is_list=True)
        if request.is_signed:
            raise NotInferredError("signed_file", request="/".join(calls[0].path))
        self.lines.append(Line("file_is_answer", {"request": _told(calls[0])}))
        self.steps.append({**step, **request.request, **self._of_table(first, second)})

    def _of_table(self, first: Download, second: Download) -> dict[str, Any]:
        """How the file is read. Raises NotInferredError for a zip in which it can't be told what is meant."""
        found: dict[str, Any] = {}
        if (unpack := first.table.get("unpack")) is not None and unpack == second.table.get("unpack"):
            found["unpack"] = dict(unpack)
        elif unpack != second.table.get("unpack"):
            raise NotInferredError("zips_differ")
        elif "zip" in (first.file, second.file):
            raise NotInferredError("zip_unread")
        if first.table.get("has_totals") or second.table.get("has_totals"):
            found["drop_rows"] = "totals"
            self.lines.append(Line("has_totals"))
        return found

    def _session_of(self, first: Download, second: Download) -> dict[str, Any]:
        """What lies on a host of the portal's own is asked for as the browser did, with the session."""
        hosts = ("/".join(one.url.split("/", 3)[:3]) for one in (first, second))
        return {"session": True} if all(self.evidence.known.origin(host) is not None for host in hosts) else {}

    def _answer_of(self, download: Download, take: int) -> Call | None:
        """The call whose answer the file is."""
        seen = (self.evidence.first, self.evidence.second)[take]
        if download.of is None:
            return None
        return next((call for call in seen.take.calls if call.number == download.of), None)

    def rows(self, chosen: str = "") -> None:
        """The steps that lead to a list."""
        steps_to_rows(self, chosen)

    # -- steps before it --------------------------------------------------------------------------------------------

    def request(
        self, first: Call, second: Call, given: Mapping[Place, Any] | None = None, *, is_list: bool = False
    ) -> Asked:
        """The request that both calls are, and the steps before it.

        Args:
            given: places of which it is known what stands there.
            is_list: True if nothing can be pressed for it.
        """
        self._depth += 1
        if self._depth > _DEEPEST:
            raise NotInferredError("too_long", request=_told(first))
        self._enter(first, second)
        asked = request_of(self.evidence, first, second, self._taken, given, is_list=is_list)
        self._depth -= 1
        self.lines += asked.lines
        self.has_day = self.has_day or asked.has_day
        if asked.is_signed:
            if self.page not in ("", first.page):
                raise NotInferredError("two_pages", pages=f"{urlsplit(self.page).path}, {urlsplit(first.page).path}")
            self.page = first.page
        return asked

    page: str = ""

    def _taken(self, source: Source, first: Call, second: Call) -> str:
        """What a value of an earlier answer is called; the step that asks for it is there from then on."""
        if EVERY in source.place and not source.first.is_html and not source.first.is_column:
            name, _ = self._job_of_entry(source, (first.at, second.at))
            return f"{{{name}.id}}"
        name, step = self._step_of(source)
        return f"{{{name}.{_take(step, source)}}}"

    def _step_of(self, source: Source) -> tuple[str, dict[str, Any]]:
        first, second = source.first.call, source.second.call
        key = signature_of(first)
        if key in self._asked:
            return self._asked[key]
        if source.first.is_html:
            name = self._name("form")
            step = {"open": name, **self._page_request(first, second)}
        else:
            if self._is_polled(source):
                return self._job_of_answer(source)
            name = self._name("ask")
            asked = self.request(first, second).request
            step = {"ask": name, **asked}
            if first.method == "POST":
                self.lines.append(Line("post_asked", {"request": _told(first)}, is_doubt=True))
        self._asked[key] = name, step
        self.steps.append(step)
        return name, step

    def _page_request(self, first: Call, second: Call) -> dict[str, Any]:
        """How a page is opened: by the address that an answer has named, or by its own."""
        led = self.evidence.leading_to(first, second)
        if led != (first, second):
            return self._page_request(*led)
        if (source := self.evidence.address_source(first, second)) is not None:
            name, step = self._step_of(source)
            return {"GET": f"{{{name}.{_take(step, source, 'url')}}}"}
        asked = self.request(first, second).request
        if "POST" in asked or "headers" in asked:
            raise NotInferredError("form_page_posted", request=_told(first))
        return asked

    def _enter(self, first: Call, second: Call) -> None:
        """The steps by which another host of the portal lets a session in, before it is asked for the first time."""
        if first.origin in self._entered:
            return
        self._entered.add(first.origin)
        for one, other in entrances(self.evidence, first, second):
            key = signature_of(one)
            if key not in self._asked:
                name, asked = self._name("entrance"), self.request(one, other).request
                step = {"ask": name, **asked}
                self._asked[key] = name, step
                self.steps.append(step)
                self.lines.append(Line("is_entrance", {"request": _told(one), "host": first.origin.partition("//")[2]}))

    def _is_polled(self, source: Source) -> bool:
        """True if the same was asked before, and did not have the value yet."""
        call, place = source.first.call, source.place
        earlier = [one for one in self.evidence.first.like(call) if one.number < call.number]
        contents = self.evidence.first.contents
        # What was refused says nothing of how far it is.
        earlier = [
            one
            for one in earlier
            if one.path == call.path and one.body == call.body and isinstance(contents.get(one.number), dict)
        ]
        is_polled = any(at(contents[one.number], place) in (None, "") for one in earlier)
        return (is_polled or self._was_done_at_once(source)) and not self._is_of_entry(source)

    def _was_done_at_once(self, source: Source) -> bool:
        """True for an answer that says that what was ordered is done: next time it may have to be waited for."""
        seen = self.evidence.first, self.evidence.second
        calls = source.first.call, source.second.call
        if not all(
            jobs.says_that_it_is_done(one.contents.get(call.number)) for one, call in zip(seen, calls, strict=True)
        ):
            return False
        others = atoms_of(calls[1], {})
        found = (
            self.evidence.source(value, calls[0], others[place], calls[1])
            for place, value in atoms_of(calls[0], {}).items()
            if is_token(value) and value != others.get(place, value)
        )
        return any(one is not None and one.first.call.method == "POST" and not one.first.is_html for one in found)

    def _is_of_entry(self, source: Source) -> bool:
        """True if what was asked again and again is the link of a report that a list tells of."""
        first, second = source.first.call, source.second.call
        others = atoms_of(second, {})
        found = [
            value_in(self.evidence, place, value, first, others.get(place), second).source
            for place, value in atoms_of(first, {}).items()
        ]
        places = [one.place for one in found if one is not None and not one.first.is_html]
        return bool(places) and all(EVERY in place for place in places)

    def _name(self, word: str) -> str:
        names = (word, *(f"{word}{number}" for number in range(2, 99)))
        name = next(one for one in names if one not in self._named)
        # From now on: the steps before this one are named while it is made.
        self._named.add(name)
        return name

    # -- links and reports ------------------------------------------------------------------------------------------

    def _link(self, source: Source) -> str:
        """Where the file's address is taken."""
        if EVERY in source.place:
            name, step = self._job_of_entry(source, (source.first.call.done, source.second.call.done))
            step["take"] = {"link": jobs.field_of(source)}
            return f"{{{name}.link}}"
        first = source.first.call
        before = len(self.steps)
        known = set(self._asked)
        if self._is_polled(source) and signature_of(first) not in known:
            name, step = self._job_of_answer(source)
            step["take"] = {"link": ".".join(source.place)}
            return f"{{{name}.link}}"
        name, step = self._step_of(source)
        taken = _take(step, source, "link")
        made = self.steps[before:]
        job = next((one for one in made if "job" in one), None)
        if job is not None and "ask" in step and made[-1] is step and not (set(job) & {"take", "link"}):
            self.steps.remove(step)
            job["link"] = {key: value for key, value in step.items() if key != "ask"}
            return f"{{{job['job']}.{taken}}}"
        return f"{{{name}.{taken}}}"

    def _job_of_entry(self, source: Source, used: tuple[int, int]) -> tuple[str, dict[str, Any]]:
        """The report that an entry of a list tells of, which was done when it was `used`."""
        evidence, rows = self.evidence, jobs.rows_place(source)
        listed, others = source.first.call, source.second.call
        if (known := self._asked.get(signature_of(listed))) is not None:
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
        self._are_ours(owns, rows, name_of_id)
        name = self._name("export")
        step: dict[str, Any] = {"job": name, "create": self.request(pair[0], pair[1]).request}
        self._asked[signature_of(listed)] = name, step
        find = self.request(listed, others, is_list=True).request
        find |= {"rows": path_of(rows), "id": name_of_id}
        where = jobs.wheres(evidence, own, in_lists[0], {name_of_id, jobs.field_of(source)})
        where = {
            field: escaped(value) if isinstance(value, str) and "{" not in value else value
            for field, value in where.items()
        }
        if (named := jobs.name_in(evidence, pair, own)) is not None:
            step["create"]["take"] = {"name": path_of(named[0])}
            where[named[1]] = {"like": f"{{{name}.name}}"}
            self.lines.append(Line("own_by_name", {"field": named[1], "place": path_of(named[0])}))
        if where:
            find["where"] = where
        if (made := jobs.made_field((owns[0], owns[1]), {name_of_id})) is not None:
            find["made"] = {"at": made}
        elif not where:
            raise NotInferredError("nothing_tells_ours", request=_told(listed))
        step["find"] = find
        self._states(step, [[one.entry for one in sight] for sight in sights], {name_of_id, jobs.field_of(source)})
        self.lines.append(Line("is_job", {"create": _told(pair[0]), "list": _told(listed)}))
        self.steps.append(step)
        return name, step

    def _are_ours(self, owns: tuple[jobs.Own, ...], rows: AnswerPlace, name: str) -> None:
        """The report was in no list before it was ordered: else the file was somebody else's, or an old one."""
        for own in owns:
            listed = own.sightings[-1].call
            if made := jobs.made_before(own, at(own.seen.contents.get(listed.number), rows) or []):
                raise NotInferredError("earlier_report", made=made, request=_told(listed))
            for call in own.seen.like(own.sightings[0].call):
                entries = at(own.seen.contents.get(call.number), rows) or []
                ids = {str(entry.get(name)) for entry in entries if isinstance(entry, dict)}
                if call.done < own.create.at and str(own.last.get(name)) in ids:
                    raise NotInferredError("older_report", request=_told(call))

    def _job_of_answer(self, source: Source) -> tuple[str, dict[str, Any]]:
        """The report that an answer tells of alone, which is asked for by an id."""
        evidence, first, second = self.evidence, source.first.call, source.second.call
        given: list[Source] = []

        def taken(found: Source, one: Call, other: Call) -> str:
            if EVERY in found.place or found.first.is_html or given:
                return self._taken(found, one, other)
            given.append(found)
            return "{%job%.id}"

        name = self._name("export")
        asked = request_of(evidence, first, second, taken)
        if not given:
            raise NotInferredError("polled_without_order", request=_told(first))
        order = given[0]
        create = self.request(order.first.call, order.second.call).request
        create["take"] = {"id": path_of(order.place)}
        step: dict[str, Any] = {"job": name, "create": create}
        self.lines += asked.lines
        step["find"] = _renamed(asked.request, name) | {"id": "id"}
        looks = [
            [seen.contents[one.number] for one in seen.like(held.call)
             if one.path == held.call.path and one.number <= held.call.number and one.number in seen.contents]
            for seen, held in ((evidence.first, source.first), (evidence.second, source.second))
        ]  # fmt: skip
        self._states(step, looks, set())
        self.lines.append(Line("is_job", {"create": _told(order.first.call), "list": _told(first)}))
        self._asked[signature_of(first)] = name, step
        self.steps.append(step)
        return name, step

    def _states(self, step: dict[str, Any], looks: list[list[Any]], without: set[str]) -> None:
        states = jobs.states_in(looks, without)
        step["status"] = {"at": states.field, "working": list(states.working), "done": [states.done]}
        if not states.working:
            self.lines.append(Line("never_working", {"field": states.field}, is_doubt=True))

    def _tell_link(self, source: Source) -> None:
        place = path_of(generic(source.first.place))
        self.lines.append(Line("link_from", {"answer": _told(source.first.call), "place": place}))


def _renamed(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return {key: _renamed(part, name) for key, part in value.items()}
    if isinstance(value, list):
        return [_renamed(part, name) for part in value]
    return value.replace("%job%", name) if isinstance(value, str) else value


def _take(step: dict[str, Any], source: Source, word: str = "") -> str:
    """What a step calls the value that it takes."""
    taken: dict[str, str] = step.setdefault("take", {})
    place = str(source.place[0]) if source.first.is_html else path_of(source.place)
    for name, known in taken.items():
        if known == place:
            return name
    last = str(source.place[-1]).rpartition(":")[2] if source.place else "value"
    word = word or re.sub(r"[^a-z0-9_]+", "_", re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", last).lower()).strip("_")
    word = word if re.match(r"[a-z]", word) and word != "id" else f"value_{word}".rstrip("_")
    name = next(one for one in (word, *(f"{word}{number}" for number in range(2, 99))) if one not in taken)
    taken[name] = place
    return name


def _told(call: Call) -> str:
    return f"{call.method} /{'/'.join(call.path)}"
