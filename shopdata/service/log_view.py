"""Shows a log, and what is added to it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

from shopdata.exceptions import ArgumentError
from shopdata.service.crawls import Crawls
from shopdata.service.options import ServiceOptions

_LAST_BYTES = 30_000
_LOOK_EVERY_SECONDS = 0.3


def find_log(options: ServiceOptions, job: str | None) -> Path:
    """The service's log, or that of a run (its id, or how it begins or ends) or of a spider's latest run.

    Raises:
        ArgumentError: there is none, or several fit.
    """
    if job is None:
        path = options.log
        found = [path] if path.is_file() else []
    else:
        logs = sorted(options.logs.rglob("*.log"), key=_changed_at)
        found = [path for path in logs if path.stem == job] or [path for path in logs if path.parent.name == job][-1:]
        found = found or [path for path in logs if path.stem.startswith(job) or path.stem.endswith(job)]
    if len(found) == 1:
        return found[0]
    latest = ", ".join(crawl.job for crawl in Crawls(options.folder).latest(5))
    raise ArgumentError(
        f"there is no log of {job or 'the service'}" if not found else f"several logs fit {job!r}",
        found=", ".join(path.stem for path in found[:5]),
        todo=f"The latest runs: {latest}." if latest else "Nothing has run yet.",
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
                yield line.decode("utf-8", errors="replace").rstrip("\r\n")
            place = file.tell()
        if not follow:
            return
        time.sleep(_LOOK_EVERY_SECONDS)
