"""The way back from the file: each request that it took, and where each of its values comes from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from shopdata.config.recipes.placeholders import BARE, TIMES
from shopdata.recording.inference import jobs
from shopdata.recording.inference.atoms import Place
from shopdata.recording.inference.entrances import entrances
from shopdata.recording.inference.evidence import (
    EVERY,
    Evidence,
    Source,
    generic,
    path_of,
    signature_of,
)
from shopdata.recording.inference.job_steps import job_of_answer, job_of_entry
from shopdata.recording.inference.polls import is_polled
from shopdata.recording.inference.requests import Asked, request_of
from shopdata.recording.inference.rows import steps_to_rows
from shopdata.recording.inference.told import Line, NotInferredError, told_call
from shopdata.recording.journal import Call, Download

#: How long a way may be; a recording in which values go round in circles has none.
_DEEPEST = 12
#: A link that was opened within so many milliseconds was good by then; any other is tried for so many seconds.
_AT_ONCE, _PATIENCE = 500, 60


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
                link: dict[str, Any] = {"from": self._link(source), **self._session_of(first, second)}
                link |= self._patience(link["from"], source, (first, second))
                self.steps.append({**step, **link, **self._of_table(first, second)})
                return
        if calls[0] is None or calls[1] is None:
            raise NotInferredError("file_of_nowhere", address=first.url.partition("?")[0][:60])
        request = self.request(calls[0], calls[1], is_list=True)
        if request.is_signed:
            raise NotInferredError("signed_file", request="/".join(calls[0].path))
        self.lines.append(Line("file_is_answer", {"request": told_call(calls[0])}))
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

    def _patience(self, link: str, source: Source, files: tuple[Download, Download]) -> dict[str, Any]:
        """A link that an answer has named and nobody has opened at once may have been dead until then, and the next one
        would be too."""
        is_asked = any(link.startswith(f"{{{step['ask']}.") for step in self.steps if "ask" in step)
        calls = source.first.call, source.second.call
        waited = [file.at - call.done for file, call in zip(files, calls, strict=True)]
        if not is_asked or min(waited) < _AT_ONCE:
            return {}
        self.lines.append(Line("link_waits", {"seconds": _PATIENCE}))
        return {"retry_404": _PATIENCE}

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
            raise NotInferredError("too_long", request=told_call(first))
        self._enter(first, second)
        asked = request_of(self.evidence, first, second, self.taken, given, is_list=is_list)
        self._depth -= 1
        self.lines += asked.lines
        self.has_day = self.has_day or asked.has_day
        if asked.is_signed:
            if self.page not in ("", first.page):
                raise NotInferredError("two_pages", pages=f"{urlsplit(self.page).path}, {urlsplit(first.page).path}")
            self.page = first.page
        return asked

    page: str = ""

    def taken(self, source: Source, first: Call, second: Call) -> str:
        """What a value of an earlier answer is called; the step that asks for it is there from then on."""
        if EVERY in source.place and not source.first.is_html and not source.first.is_column:
            name, _ = job_of_entry(self, source, (first.at, second.at))
            return f"{{{name}.id}}"
        name, step = self._step_of(source)
        return f"{{{name}.{_take(step, source)}}}"

    def _step_of(self, source: Source) -> tuple[str, dict[str, Any]]:
        first, second = source.first.call, source.second.call
        if (known := self.known(first)) is not None:
            return known
        if source.first.is_html:
            name = self.name("form")
            step = {"open": name, **self._page_request(first, second)}
        else:
            if is_polled(self.evidence, source):
                return job_of_answer(self, source)
            name = self.name("ask")
            asked = self.request(first, second).request
            step = {"ask": name, **asked}
            if first.method == "POST":
                self.lines.append(Line("post_asked", {"request": told_call(first)}, is_doubt=True))
        self.keep(first, name, step)
        self.steps.append(step)
        return name, step

    def known(self, call: Call) -> tuple[str, dict[str, Any]] | None:
        """Name and step of what asks this already."""
        return self._asked.get(signature_of(call))

    def keep(self, call: Call, name: str, step: dict[str, Any]) -> None:
        """From now on this is asked by that step."""
        self._asked[signature_of(call)] = name, step

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
            raise NotInferredError("form_page_posted", request=told_call(first))
        return asked

    def _enter(self, first: Call, second: Call) -> None:
        """The steps by which another host of the portal lets a session in, before it is asked for the first time."""
        if first.origin in self._entered:
            return
        self._entered.add(first.origin)
        for one, other in entrances(self.evidence, first, second):
            if self.known(one) is None:
                name, asked = self.name("entrance"), self.request(one, other).request
                step = {"ask": name, **asked}
                self.keep(one, name, step)
                self.steps.append(step)
                host = first.origin.partition("//")[2]
                self.lines.append(Line("is_entrance", {"request": told_call(one), "host": host}))

    def name(self, word: str) -> str:
        """A step's name: this, or with a number."""
        names = (word, *(f"{word}{number}" for number in range(2, 99)))
        name = next(one for one in names if one not in self._named)
        # From now on: the steps before this one are named while it is made.
        self._named.add(name)
        return name

    # -- links and reports ------------------------------------------------------------------------------------------

    def _link(self, source: Source) -> str:
        """Where the file's address is taken."""
        if EVERY in source.place:
            name, step = job_of_entry(self, source, (source.first.call.done, source.second.call.done))
            step["take"] = {"link": jobs.field_of(source)}
            return f"{{{name}.link}}"
        first = source.first.call
        before = len(self.steps)
        if self.known(first) is None and is_polled(self.evidence, source):
            name, step = job_of_answer(self, source)
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

    def _tell_link(self, source: Source) -> None:
        place = path_of(generic(source.first.place))
        self.lines.append(Line("link_from", {"answer": told_call(source.first.call), "place": place}))


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
