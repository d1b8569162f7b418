"""Which log is meant, and what is shown of it: its end, and what is added to it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from shopdata.exceptions import ArgumentError
from shopdata.run_ids import number_of, run_of
from shopdata.service.crawls import Crawls
from shopdata.service.options import ServiceOptions

_LAST_BYTES = 30_000
_LOOK_EVERY_SECONDS = 0.3
#: What was shown last is found again by so much of it.
_SEAM_BYTES = 1000


@dataclass(frozen=True)
class RunLog:
    """The log of a crawl. `path` is None where only another machine has it, and the bucket a copy."""

    spider: str
    job: str
    #: In seconds since the epoch.
    changed_at: float
    path: Path | None


def find_log(
    options: ServiceOptions, name: str, elsewhere: Callable[[], Sequence[RunLog]] = tuple[RunLog, ...]
) -> RunLog:
    """The log of a crawl.

    Args:
        name: its id; that of a run with members, of which one on this machine goes first; a spider, for its latest; or
            how an id begins or ends.
        elsewhere: those of other machines, which are asked for where there is none of exactly this id here.

    Raises:
        ArgumentError: there is none, or several fit.
    """
    logs = _logs_here(options)
    found = [log for log in logs if log.job == name]
    if not found:
        here = {log.job for log in logs}
        logs += [log for log in elsewhere() if log.job not in here]
        found = _fitting(sorted(logs, key=lambda log: log.changed_at), name)
    if len(found) == 1:
        return found[0]
    latest = ", ".join(crawl.job for crawl in Crawls(options.folder).latest(5))
    raise ArgumentError(
        f"there is no log of {name}" if not found else f"several logs fit {name!r}",
        found=", ".join(sorted(log.job for log in found)[:5]),
        todo="Name one of them." if found else f"The latest runs: {latest}." if latest else "Nothing has run yet.",
    )


def service_log(options: ServiceOptions) -> Path:
    """The service's own. Raises ArgumentError: it has never run."""
    if not options.log.is_file():
        raise ArgumentError(
            "there is no log of the service", where=str(options.log), todo="Start it: `scrapy service start`."
        )
    return options.log


def _logs_here(options: ServiceOptions) -> list[RunLog]:
    return [RunLog(path.parent.name, path.stem, _changed_at(path), path) for path in options.logs.rglob("*.log")]


def _fitting(logs: Sequence[RunLog], name: str) -> list[RunLog]:
    members = [log for log in logs if log.job == name or (run_of(log.job) == name and number_of(log.job))]
    members.sort(key=lambda log: (log.job != name, log.path is None, number_of(log.job)))
    return (
        members[:1]
        or [log for log in logs if log.spider == name][-1:]
        or [log for log in logs if log.job.startswith(name) or log.job.endswith(name)]
    )


def _changed_at(path: Path) -> float:
    """0 for what was removed while we looked."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0


def lines(path: Path, *, follow: bool) -> Iterator[str]:
    """The end of a log; with `follow`, goes on for ever. Between two looks the file is closed and can be cut."""
    place: int | None = None
    while True:
        with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
            size = file.seek(0, 2)
            if place is None:
                place = max(0, size - _LAST_BYTES)
                file.seek(place)
                if place:
                    file.readline()
            else:
                # Cut by size: the name belongs to a new file now.
                file.seek(place if place <= size else 0)
            for line in file:
                yield _text(line)
            place = file.tell()
        if not follow:
            return
        time.sleep(_LOOK_EVERY_SECONDS)


def copied_lines(fetch: Callable[[], Path], *, follow: bool) -> Iterator[str]:
    """The same of a copy that is made anew now and then, and of a long log holds its end only.

    Args:
        fetch: where the newest copy is; asks the bucket no more often than it has to. Raises StoreError.
    """
    seam = b""
    while True:
        content = fetch().read_bytes()
        if not seam:
            shown_to = max(0, len(content) - _LAST_BYTES)
            shown_to = content.find(b"\n", shown_to) + 1 if shown_to else 0
        else:
            # -1: all of it is new.
            at = content.rfind(seam)
            shown_to = at + len(seam) if at >= 0 else 0
        whole_lines = content.rfind(b"\n") + 1 if follow else len(content)
        for line in content[shown_to:whole_lines].splitlines():
            yield _text(line)
        seam = content[:whole_lines][-_SEAM_BYTES:]
        if not follow:
            return
        time.sleep(_LOOK_EVERY_SECONDS)


def _text(line: bytes) -> str:
    return line.decode("utf-8", errors="replace").rstrip("\r\n")
