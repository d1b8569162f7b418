"""The journal of a recording: takes of different days, each with what was asked and which file came of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from shopdata.exceptions import UsageError
from shopdata.periods import Period, PeriodKind

VERSION = 1

#: One line of a journal.
Record = Mapping[str, Any]


@dataclass(frozen=True)
class Call:
    """One request of the browser, and its answer.

    Args:
        number: in the order in which requests were sent, over all takes.
        at, done: when it was sent and its answer was there, in milliseconds since 1970.
        page: the address of the page that sent it.
        path: the parts of the address's path, decoded.
        query: names and values in their order; a name may stand there more than once.
        headers: those that the page has set, without cookies and what a browser sets by itself; lower case.
        body: None, `{"json": …}`, `{"form": [[name, value], …]}`, to which `"multipart": true` is added where it was
            sent as such, or `{"opaque": bytes}`.
        answer: None, `{"json": …}`, `{"html": {"input:name": value, …}}`, or `{"opaque": bytes}`; of a body too, with
            `"dropped": true` where there was no room for it (`recording.room`).
        location: where a redirect led.
        sets_cookie: True if the answer brought a cookie, which is not kept.
    """

    number: int
    at: int
    done: int
    method: str
    origin: str
    path: tuple[str, ...]
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    status: int = 200
    answer: Mapping[str, Any] | None = None
    location: str | None = None
    page: str = ""
    resource: str = ""
    sets_cookie: bool = False


@dataclass(frozen=True)
class Download:
    """One file that came.

    Args:
        at: when its download began, in milliseconds since 1970.
        url: where it came from; `blob:` or `data:` where a page has made it.
        file: `xlsx`, `xls`, `csv`, `zip`, or `any`, by its content.
        of: the number of the call whose answer has the same bytes, where there is one.
        table: what is seen of its table (`recording.tables`); empty where it could not be read.
        kept: the name of a file beside the journal with some of its rows, as stand-ins; empty if there is none.
    """

    at: int
    url: str
    file: str = "any"
    of: int | None = None
    table: Mapping[str, Any] = field(default_factory=dict)
    kept: str = ""


@dataclass(frozen=True)
class Press:
    """One thing that a person did on a page.

    Args:
        does: `press`, or `fill` where something was typed or chosen.
        word: the text of what was pressed, where it stands on the page once.
        css: a selector that fits it alone; empty where none does.
        value: what stands in the field then. Of a password nothing is told.
        most: of a field for a day, the newest one that it takes; empty where it does not say.
    """

    at: int
    page: str
    does: str
    word: str = ""
    css: str = ""
    value: str = ""
    most: str = ""


#: What a take is made of.
Entry = Call | Download | Press


@dataclass(frozen=True)
class Take:
    """One export, of one single day, week or month.

    Args:
        day: the last one of a week, any of a month.
        kind: None where it was not said; then what was sent tells.
        period: what was asked for, where that is known by more than day and kind.
    """

    day: date
    calls: tuple[Call, ...]
    downloads: tuple[Download, ...] = ()
    kind: PeriodKind | None = None
    period: Period | None = None
    presses: tuple[Press, ...] = ()

    @property
    def asked(self) -> Period:
        """What was asked for."""
        return self.period or Period.of(self.kind or "day", self.day)


@dataclass(frozen=True)
class Journal:
    """What a recording has seen; `words` are texts that may stand in a recipe, by what stands for them here."""

    takes: tuple[Take, ...]
    words: Mapping[str, str] = field(default_factory=dict)


def record_of(entry: Entry) -> Record:
    """An entry as a line has it."""
    return {"kind": type(entry).__name__.lower(), **asdict(entry)}


def take_record(day: date, kind: PeriodKind | None = None) -> Record:
    """The beginning of a take as a line has it."""
    return {"kind": "take", "day": day.isoformat(), **({"period": kind} if kind else {})}


def write_line(record: Record) -> str:
    """A record as a line, with its end."""
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n"


def lines_of(journal: Journal) -> Iterator[Record]:
    """A journal as its records."""
    yield {"kind": "head", "version": VERSION}
    for take in journal.takes:
        yield take_record(take.day, take.kind)
        yield from map(record_of, take.calls)
        yield from map(record_of, take.downloads)
        yield from map(record_of, take.presses)
    yield {"kind": "words", "words": dict(journal.words)}


def read_journal(path: Path) -> Journal:
    """A journal from its file. Raises UsageError where it is none."""
    try:
        return journal_of(records_of(path))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            "this is no journal of a recording",
            where=str(path),
            found=type(error).__name__,
            todo="Name the file that `scrapy record` has written.",
        ) from None


def records_of(path: Path) -> Iterator[Record]:
    """The lines of a journal's file. Raises OSError, or ValueError where it is none."""
    # Not `splitlines`: texts of pages hold signs that count as the end of a line there.
    with path.open(encoding="utf-8", errors="surrogatepass", newline="\n") as lines:
        yield from (json.loads(line) for line in lines if line.strip())


def journal_of(records: Iterable[Record]) -> Journal:
    """A journal from its records.

    Raises:
        ValueError: it is of another version.
    """
    takes: list[tuple[date, PeriodKind | None, list[Entry]]] = []
    words: dict[str, str] = {}
    for record in records:
        rest = {name: value for name, value in record.items() if name != "kind"}
        match record["kind"]:
            case "head":
                if rest["version"] != VERSION:
                    raise ValueError(f"version {rest['version']}")
            case "take":
                takes.append((date.fromisoformat(rest["day"]), rest.get("period"), []))
            case "call":
                takes[-1][2].append(_call(rest))
            case "download":
                takes[-1][2].append(Download(**rest))
            case "press":
                takes[-1][2].append(Press(**rest))
            case "words":
                words |= rest["words"]
    return Journal(tuple(take_of(day, entries, kind) for day, kind, entries in takes), words)


def take_of(day: date, entries: Iterable[Entry], kind: PeriodKind | None = None) -> Take:
    """A take of what was told of it, in whatever order."""
    told = list(entries)
    return Take(
        day,
        tuple(sorted((one for one in told if isinstance(one, Call)), key=lambda call: call.number)),
        tuple(one for one in told if isinstance(one, Download)),
        kind,
        presses=tuple(sorted((one for one in told if isinstance(one, Press)), key=lambda press: press.at)),
    )


def _call(rest: Record) -> Call:
    query = tuple((name, value) for name, value in rest.get("query", ()))
    return Call(**{**rest, "path": tuple(rest["path"]), "query": query})
