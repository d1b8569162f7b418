"""One run: its cells and the end of its log."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from shopdata.service.board.addresses import checked_run_id
from shopdata.service.board.answers import PageNotFoundError
from shopdata.service.board.facts import Facts
from shopdata.service.board.outcomes import outcomes_of
from shopdata.service.board.pages.runs import line_of
from shopdata.service.board.rendering import Page
from shopdata.service.board.visit import Visit

_TAIL_BYTES = 48_000
#: A month of 500 shops.
_MOST_CELLS = 16_000
_LEVEL = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \[[^\]]*\] (DEBUG|INFO|WARNING|ERROR|CRITICAL): ")


@dataclass(frozen=True)
class LogLine:
    """A line of a log; `level` in lower case, that of the line before where it has none."""

    level: str
    text: str


def page(facts: Facts, visit: Visit, run_id: str) -> Page:
    """A run that the ledger or the service knows."""
    run_id = checked_run_id(run_id)
    record = facts.ledger.reading.run(run_id)
    job = next((job for job in facts.control.jobs() if job.id == run_id), None)
    if record is None and job is None:
        raise PageNotFoundError
    path = facts.control.log_path(run_id)
    names = {shop.id: shop.name for shop in facts.config().shops}
    lines, is_cut = tail(path) if path is not None else ([], False)
    return Page(
        "run",
        run_id,
        "runs",
        {
            "line": line_of(job, record, visit.now),
            "record": record,
            "job": job,
            "outcomes": outcomes_of(facts.ledger.reading.of_run(run_id, _MOST_CELLS), names),
            "contracts": facts.config().datasets,
            "has_log": path is not None,
            "log": lines,
            "is_cut": is_cut,
        },
    )


def tail(path: Path) -> tuple[list[LogLine], bool]:
    """The last lines of a log, and whether there were more before them."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return [], False
    rows = text.splitlines()
    if size > _TAIL_BYTES:
        rows = rows[1:]
    found, level = [], "info"
    for row in rows:
        match = _LEVEL.match(row)
        level = match[1].lower() if match else level
        found.append(LogLine(level, row))
    return found, size > _TAIL_BYTES
