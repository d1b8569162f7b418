"""From a journal to a recipe, by rules alone: no browser, no clock, no language model.

Backwards from the file: which request brought it, and for each of that request's values whether it is a constant, the
asked day, something out of an earlier answer, or made by the page. What follows is then carried out on the journal
(`proof`): a recipe that does not give every request of both takes is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import ValidationError

from shopdata.config.recipes import Recipe
from shopdata.periods import Period, PeriodKind
from shopdata.recording.inference.chain import Chain
from shopdata.recording.inference.evidence import Evidence
from shopdata.recording.inference.kinds import period_with, ways_to_ask
from shopdata.recording.inference.known import Known
from shopdata.recording.inference.proof import prove
from shopdata.recording.inference.told import Line, NotInferredError
from shopdata.recording.journal import Download, Journal, Take

__all__ = ["Inferred", "Known", "Line", "NotInferredError", "infer", "infer_takes"]


@dataclass(frozen=True)
class Inferred:
    """A recipe as its file holds it, and what is to be said about it."""

    recipe: dict[str, Any]
    lines: tuple[Line, ...]
    #: What was asked for in both takes.
    periods: tuple[Period, Period]
    kind: PeriodKind = "day"

    def period_with(self, day: date) -> Period:
        """The day, or the month in which it lies, or the week, which ends on the day of the week that was shown."""
        return period_with(self.kind, day, self.periods[0].end.weekday())

    @property
    def has_day(self) -> bool:
        """False where no request names what was asked for."""
        return all(line.code != "no_day" for line in self.lines)

    @property
    def doubts(self) -> tuple[Line, ...]:
        """What was not proven."""
        return tuple(line for line in self.lines if line.is_doubt)


def infer(journal: Journal, dialects: Sequence[Known], dataset: str, chosen: str = "") -> Inferred:
    """The recipe that both takes of a journal follow.

    Args:
        dialects: the platform, in each way in which its answers may be read; the first that fits counts.
        chosen: part of the address of the list or file that is meant, where there are several.

    Raises:
        NotInferredError: none does; the reason is that of the first dialect that may be the right one.
    """
    takes = _takes(journal)
    errors: list[NotInferredError] = []
    without_day: Inferred | None = None
    for kind, pair in ways_to_ask(*takes):
        for known in dialects:
            try:
                found = _in_dialect(pair, known, dataset, chosen, kind)
            except NotInferredError as error:
                errors.append(error)
            else:
                if found.has_day:
                    return found
                without_day = without_day or found
    if without_day is not None:
        return without_day
    raise min(errors, key=lambda error: error.line.code == "no.other_dialect")


def infer_takes(journal: Journal, kind: PeriodKind) -> tuple[Take, Take]:
    """Both takes that count, as takes of such periods. Raises NotInferredError where there are none."""
    first, second = _takes(journal)
    ways = [pair for found, pair in ways_to_ask(first, second) if found == kind]
    return ways[0] if ways else (first, second)


def _takes(journal: Journal) -> tuple[Take, Take]:
    days = {take.day: take for take in journal.takes if take.calls}
    if len(days) < 2:
        raise NotInferredError("one_day", days=", ".join(map(str, days)))
    # Of one day that was shown twice, the last.
    first, second = sorted(days.values(), key=lambda take: take.calls[0].number)[-2:]
    return first, second


def _in_dialect(takes: tuple[Take, Take], known: Known, dataset: str, chosen: str, kind: PeriodKind) -> Inferred:
    evidence = Evidence(*takes, known)
    chain = Chain(evidence)
    downloads = tuple(_download(take, chosen) for take in takes)
    if downloads[0] is not None and downloads[1] is not None:
        chain.file(downloads[0], downloads[1])
    elif downloads == (None, None):
        chain.rows(chosen)
    else:
        raise NotInferredError("one_file", days=f"{takes[0].day}, {takes[1].day}")
    head: dict[str, Any] = {"version": 1, "dataset": dataset, "dialect": known.name}
    if chain.page:
        head["page"] = _page(chain.page, known)
    lines = list(dict.fromkeys(_frozen(line) for line in chain.lines))
    if kind != "day":
        lines.insert(0, _frozen(Line(f"is_{kind}", {"first": takes[0].asked.dt, "second": takes[1].asked.dt})))
    if not chain.has_day:
        lines.append(_frozen(Line("no_day", is_doubt=True)))
    found = {"recipe": head, "steps": chain.steps}
    try:
        recipe = Recipe.model_validate(found)
    except ValidationError as error:
        raise NotInferredError("not_sayable", found=str(error.errors()[0]["msg"])) from None
    _fits(recipe, evidence)
    prove(recipe, (evidence.first, evidence.second), known, downloads)
    told = tuple(Line(code, dict(params), doubt) for code, params, doubt in lines)
    return Inferred(found, told, (takes[0].asked, takes[1].asked), kind)


def _fits(recipe: Recipe, evidence: Evidence) -> None:
    """A dialect that takes an answer of the way for a no, or sends headers that were not sent, is another's."""
    headers = {name.lower(): value for name, value in evidence.known.dialect.headers.items()}
    for call in evidence.first.calls:
        if any(_is_path(call.path, request.address) for request in recipe.requests):
            missing = [name for name in headers if name != "accept" and call.headers.get(name) != headers[name]]
            if missing:
                raise NotInferredError("other_dialect", headers=", ".join(missing))


def _is_path(path: tuple[str, ...], address: str) -> bool:
    return "/".join(path) == address.partition("}/")[2]


def _frozen(line: Line) -> tuple[str, tuple[tuple[str, Any], ...], bool]:
    return line.code, tuple(line.params.items()), line.is_doubt


def _download(take: Take, chosen: str) -> Download | None:
    """The file that is meant. Raises NotInferredError where there are several."""
    files = {download.url.partition("?")[0]: download for download in take.downloads}
    meant = (
        [download for address, download in files.items() if chosen in address]
        if len(files) > 1
        else list(files.values())
    )
    if len(meant) > 1 or (files and not meant):
        raise NotInferredError("several_files", addresses=", ".join(address[:60] for address in files))
    return meant[0] if meant else None


def _page(url: str, known: Known) -> str:
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    origin = known.origin(f"{scheme}://{host}")
    if origin is None:
        raise NotInferredError("unknown_host", host=host)
    return origin + (slash + path).partition("#")[0].replace("{", "{{").replace("}", "}}")
