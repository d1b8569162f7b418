"""The proof that a recipe asks what was asked: carried out on the journal, it gives every request of both takes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from shopdata.config.recipes import EachStep, FileStep, JobStep, OpenStep, PagesStep, Recipe, Request
from shopdata.config.recipes.paths import NoSuchPlaceError, value_at
from shopdata.config.recipes.signs import BorrowSign, ClickSign, RewriteSign
from shopdata.crawling.recipes.scope import Scope
from shopdata.crawling.report_jobs.names import are_alike, is_same
from shopdata.recording.inference.atoms import atoms_of, own_headers
from shopdata.recording.inference.evidence import Seen, at, page_values, rows_of
from shopdata.recording.inference.known import Known
from shopdata.recording.inference.shapes import is_made_by_page
from shopdata.recording.inference.told import NotInferredError
from shopdata.recording.journal import Call, Download

_FREE = ("{uuid4}", "{now:")


class _Portal:
    """As much of a section of portals.yaml as braces name."""

    def __init__(self, origins: Mapping[str, str]) -> None:
        self.__dict__.update(origins)


class Replay:
    """A recipe, carried out on one take."""

    def __init__(self, recipe: Recipe, seen: Seen, known: Known) -> None:
        portal: Any = _Portal(known.origins)
        self._recipe, self._seen, self._known = recipe, seen, known
        self._scope = Scope(known.platform, portal, seen.period)
        self._lists: dict[str, list[Any]] = {}
        self._turned: list[Call] = []

    def check(self, download: Download | None) -> None:
        """Raises NotInferredError where a request of the recipe is none that was sent."""
        for step in self._recipe.steps:
            match step:
                case JobStep():
                    self._job(step)
                case OpenStep():
                    call = self._sent(step.request)
                    held = page_values(call)
                    self._scope.taken[step.open] = {name: held.get(place) for name, place in step.take.items()}
                case PagesStep():
                    self._lists[step.pages.of] = self._rows_of(step)
                case EachStep():
                    self._each(step)
                case FileStep():
                    self._file(step, download)
                case Request():
                    call = self._sent(step)
                    self._scope.taken[step.ask] = self._taken(step, call)

    def _rows_of(self, step: PagesStep) -> list[Any]:
        """The rows of all pages that were turned. Raises NotInferredError where the first one was not."""
        calls = [self._sent(step, page=step.pages.first)]
        for number in itertools.count(step.pages.first + 1):
            found = list(self._all_sent(step, number)) if step.pages.size is not None else []
            if not found:
                break
            calls.append(found[-1])
        contents = [self._seen.contents.get(call.number) for call in calls]
        self._turned = calls
        return [row for content in contents for row in rows_of(_value(content, step.pages.rows))]

    def _each(self, step: EachStep) -> None:
        """Every inner list that was opened is that of a row."""
        scope, asked = self._scope, set[int]()
        for row in self._lists[step.each.of]:
            self._scope = scope.with_row(step.each.row, row)
            if any(True for _ in self._all_sent(step.do, step.do.pages.first)):
                self._rows_of(step.do)
                asked |= {call.number for call in self._turned}
        self._scope = scope
        like = next((call for call in self._seen.calls if call.number in asked), None)
        opened = [call for call in self._seen.like(like) if call.number in self._seen.contents] if like else []
        # The same page may have been asked for twice.
        bodies = {str(atoms_of(call, {})) for call in opened if call.number in asked}
        if not opened or any(str(atoms_of(call, {})) not in bodies for call in opened):
            raise NotInferredError("never_sent", request=step.do.address)

    def _job(self, step: JobStep) -> None:
        create = self._sent(step.create)
        taken = self._taken(step.create, create)
        self._scope.taken[step.job] = {"id": "", "name": "", **taken}
        calls = list(self._all_sent(step.find))
        found: Any = None
        for call in calls:
            content = self._seen.contents.get(call.number)
            entries = [content] if step.find.rows is None else _value(content, step.find.rows) or []
            good = [entry for entry in entries if isinstance(entry, dict) and self._is_ours(step, entry)]
            if step.find.rows is not None:
                before = self._before(step, create)
                good = [entry for entry in good if str(at(entry, (step.find.id,))) not in before]
            good = self._of_the_very_name(step, good)
            if len(good) > 1 and step.find.made is None:
                raise NotInferredError("two_fit", list="/".join(call.path))
            found = good or found
        if not found:
            raise NotInferredError("not_found_again", list=step.find.address)
        last = self._used(step, found)
        for name, place in step.take.items():
            taken = {**taken, name: at(last, tuple(place.split(".")))}
        number = str(at(last, (step.find.id,)) or taken.get("id", ""))
        self._scope.taken[step.job] = {**taken, "id": number}
        if step.link is not None:
            link = self._taken(step.link, self._sent(step.link))
            self._scope.taken[step.job] = {**self._scope.taken[step.job], **link}

    def _before(self, step: JobStep, create: Call) -> set[str]:
        ids: set[str] = set()
        for call in self._all_sent(step.find):
            if call.done <= create.at:
                rows = _value(self._seen.contents.get(call.number), step.find.rows or "$") or []
                ids |= {str(at(row, (step.find.id,))) for row in rows}
        return ids

    def _used(self, step: JobStep, entries: list[Any]) -> Any:
        """Of several that only their time tells apart, the one whose link or id was used in the recording."""
        done = {str(word) for word in step.status.done}
        entries = [one for one in entries if str(at(one, tuple(step.status.at[0].split(".")))) in done]
        for entry in entries:
            self._scope.taken[step.job] = {**self._scope.taken[step.job], "id": str(at(entry, (step.find.id,)))}
            if step.link is None:
                place = next(iter(step.take.values()))
                link = at(entry, tuple(place.split(".")))
                if any(_is_of(str(link), download.url) for download in self._seen.take.downloads):
                    return entry
            else:
                with suppress(NotInferredError):
                    self._sent(step.link)
                    return entry
        if len(entries) != 1:
            raise NotInferredError("not_found_again", list=step.find.address)
        return entries[0]

    def _is_ours(self, step: JobStep, entry: Any) -> bool:
        for field, match in step.find.where.items():
            shown = at(entry, tuple(field.split(".")))
            if match.equal is not None and str(shown) != str(self._scope.fill(match.equal)):
                return False
            if match.has is not None and self._scope.text(match.has) not in str(shown):
                return False
            if match.like is not None and not (shown and are_alike(str(shown), self._scope.text(match.like))):
                return False
        return True

    def _of_the_very_name(self, step: JobStep, entries: list[Any]) -> list[Any]:
        """Those of just the name that the order was answered with, if there are any: a run takes no other either."""
        if step.find.name is None:
            return entries
        field, name = step.find.name[0], self._scope.text(step.find.name[1])
        return [one for one in entries if is_same(str(at(one, tuple(field.split(".")))), name)] or entries

    def _file(self, step: FileStep, download: Download | None) -> None:
        assert download is not None
        if step.link is None:
            self._sent(step)
        elif not _is_of(self._scope.text(step.link), download.url):
            raise NotInferredError("another_link", address=urlsplit(download.url).path[:60])

    # -- what was sent ----------------------------------------------------------------------------------------------

    def _taken(self, step: Request, call: Call) -> dict[str, Any]:
        content = self._seen.contents.get(call.number)
        return {name: _value(content, place) for name, place in step.take.items()}

    def _sent(self, asked: Request, page: int | None = None) -> Call:
        found = list(self._all_sent(asked, page))
        if not found:
            raise NotInferredError("never_sent", request=asked.address)
        return found[-1]

    def _all_sent(self, asked: Request, page: int | None = None) -> Iterator[Call]:
        scope = self._scope.at_page(page)
        wanted = _atoms(asked, scope)
        skipped = {place for place, text in _atoms(asked, None).items() if str(text).startswith(_FREE)}
        sign = asked.sign or self._recipe.recipe.sign
        is_signed, is_part = sign != "none", isinstance(sign, RewriteSign | ClickSign)
        names = sign.borrow if isinstance(sign, BorrowSign) else ()
        for call in self._seen.calls:
            headers = {} if is_signed else self._headers(call)
            atoms = {
                place: value
                for place, value in atoms_of(call, headers).items()
                if place not in skipped and not (place[0] == "query" and place[1] in names)
            }
            rest = {place: value for place, value in wanted.items() if place not in skipped}
            is_written_so = bool((call.body or {}).get("multipart")) == asked.multipart
            is_there = call.method == asked.method and is_written_so and self._is_at(call, asked, scope)
            if is_there and _same(atoms, rest, is_part):
                yield call

    def _headers(self, call: Call) -> Mapping[str, str]:
        found = own_headers(call, self._known.dialect.headers)
        if "/" + "/".join(call.path) in self._known.unsigned:
            return {name: value for name, value in found.items() if not is_made_by_page(name)}
        return found

    def _is_at(self, call: Call, asked: Request, scope: Scope) -> bool:
        parts = urlsplit(scope.text(asked.address))
        return f"{parts.scheme}://{parts.netloc}" == call.origin


def _same(atoms: Mapping[Any, Any], others: Mapping[Any, Any], is_part: bool) -> bool:
    """True if all is the same; where the page makes the rest, if what is said is there."""
    if is_part:
        atoms = {place: value for place, value in atoms.items() if place in others}
    return atoms.keys() == others.keys() and all(
        value == others[place] and type(value) is type(others[place])
        if place[0] == "json"
        else str(value) == str(others[place])
        for place, value in atoms.items()
    )


def _atoms(asked: Request, scope: Scope | None) -> dict[Any, Any]:
    """The values of a request, filled in; without a scope as the recipe writes them."""
    fill = scope.fill if scope is not None else lambda value: value
    address = str(fill(asked.address))
    parts = urlsplit(address) if scope is not None else urlsplit("https://x/" + asked.address.partition("}/")[2])
    path = tuple(unquote(part) for part in parts.path.removeprefix("/").split("/"))
    body: dict[str, Any] | None = None
    if asked.form is not None:
        body = {"form": list(_several(fill(asked.form)))}
    elif asked.body is not None:
        body = {"json": fill(asked.body)}
    query = (*parse_qsl(parts.query, keep_blank_values=True), *_several(fill(asked.query)))
    call = Call(0, 0, 0, asked.method, "", path, tuple(query), {}, body)
    return atoms_of(call, {name.lower(): fill(value) for name, value in asked.headers.items()})


def _several(pairs: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in pairs.items():
        for one in value if isinstance(value, list) else [value]:
            yield name, one


def _value(content: Any, place: str) -> Any:
    with suppress(NoSuchPlaceError, IndexError):
        return value_at(content, place)
    return None


def _is_of(link: str, url: str) -> bool:
    return bool(link) and url.endswith(link) and (link.startswith(("http://", "https://", "/")))


def prove(recipe: Recipe, takes: tuple[Seen, Seen], known: Known, downloads: tuple[Download | None, ...]) -> None:
    """Raises NotInferredError where a recipe does not give what was sent in both takes."""
    for seen, download in zip(takes, downloads, strict=True):
        Replay(recipe, seen, known).check(download)
