"""Which crawls this machine's service has started: their processes, and how they ended.

scrapyd knows its children as long as it lives itself. This file outlives it: a crawl is its pid and when it began.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psutil

from shopdata.ledger.owner import mark_of
from shopdata.periods import SHANGHAI

#: A crawl that is told to end puts down what it has in hand; then it is killed.
END_SECONDS = 30

_TABLE = """
CREATE TABLE IF NOT EXISTS crawls (
    job TEXT PRIMARY KEY, project TEXT NOT NULL, spider TEXT NOT NULL, arguments TEXT NOT NULL, version TEXT,
    pid INTEGER, created TEXT, tries INTEGER NOT NULL, started_at TEXT NOT NULL, ended_at TEXT, exit_code INTEGER,
    reason TEXT
)
"""
#: Files of earlier versions are without.
_ADDED = "ALTER TABLE crawls ADD COLUMN reason TEXT"
_COLUMNS = "job, project, spider, arguments, version, pid, created, tries, started_at, ended_at, exit_code, reason"
_VALUES = ":" + _COLUMNS.replace(", ", ", :")


@dataclass(frozen=True, kw_only=True)
class Crawl:
    """A process that was started for a job. Times are aware."""

    job: str
    project: str
    spider: str
    #: The spider's arguments, without scrapyd's own.
    arguments: Mapping[str, str] = field(default_factory=dict)
    version: str | None = None
    #: None between the decision to start it and its start.
    pid: int | None = None
    #: As `mark_of` says: pids are used again. The column `created`.
    mark: str | None = None
    #: How often it was started; more than once if its end was not its own.
    tries: int = 1
    started_at: datetime
    ended_at: datetime | None = None
    #: None if nobody was there to see it.
    exit_code: int | None = None
    #: Why it has no process; "" if it had one.
    reason: str = ""

    @property
    def key(self) -> tuple[str, str, tuple[tuple[str, str], ...]]:
        """What must not run twice at the same time."""
        return key_of(self.project, self.spider, self.arguments)

    def process(self) -> psutil.Process | None:
        """The process, if it still runs."""
        with contextlib.suppress(psutil.Error):
            if self.pid is None:
                return self._unregistered()
            if self.mark is not None and is_marked(self.pid, self.mark):
                return psutil.Process(self.pid)
        return None

    def _unregistered(self) -> psutil.Process | None:
        # The service ended between the start of the process and the note of its pid.
        wanted = f"_job={self.job}"
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if wanted in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE:
                    return process
        return None


def is_marked(pid: int, mark: str) -> bool:
    """True if the process that was marked (`mark_of`) still runs."""
    if "@" in mark:
        return mark_of(pid) == mark
    # Written before an upgrade, which must find what runs: seconds since 1970, by the wall clock.
    with contextlib.suppress(psutil.Error, ValueError):
        return mark_of(pid) is not None and abs(psutil.Process(pid).create_time() - float(mark)) < 2
    return False


def is_alive(process: psutil.Process) -> bool:
    """Compares the start time too. A zombie has ended: in a container nobody may be there to bury it."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def key_of(project: str, spider: str, arguments: Mapping[str, object]) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    """Project, spider and its own arguments in one order; names that begin with `_` are scrapyd's."""
    own = sorted((name, str(value)) for name, value in arguments.items() if not name.startswith("_"))
    return project, spider, tuple(own)


def kill_tree(pid: int) -> None:
    """Kills a process and all that it has started: a browser outlives its crawl otherwise."""
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        below = []
        # Where nobody can say what it has started, it is ended all the same.
        with contextlib.suppress(psutil.Error, OSError):
            below = process.children(recursive=True)
        for member in (*below, process):
            with contextlib.suppress(psutil.Error):
                member.kill()


class Crawls:
    """The table, an SQLite file beside scrapyd's own."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "crawls.sqlite3"
        folder.mkdir(parents=True, exist_ok=True)
        with self._open() as connection:
            connection.execute(_TABLE)
            if "reason" not in {row[1] for row in connection.execute("PRAGMA table_info(crawls)")}:
                # Whoever opens it at the same moment may be faster.
                with contextlib.suppress(sqlite3.OperationalError):
                    connection.execute(_ADDED)

    def put(self, crawl: Crawl) -> None:
        """Writes a crawl, over what was there of the same job."""
        values = vars(crawl) | {
            "arguments": json.dumps(dict(crawl.arguments), ensure_ascii=False),
            "created": crawl.mark,
            "started_at": crawl.started_at.isoformat(),
            "ended_at": crawl.ended_at.isoformat() if crawl.ended_at else None,
            "reason": crawl.reason or None,
        }
        with self._open() as connection:
            connection.execute(f"INSERT OR REPLACE INTO crawls ({_COLUMNS}) VALUES ({_VALUES})", values)  # noqa: S608

    def end(self, job: str, exit_code: int | None) -> None:
        """Writes that a crawl's process has ended by itself, or was ended by a person."""
        with self._open() as connection:
            connection.execute(
                "UPDATE crawls SET ended_at = ?, exit_code = ? WHERE job = ?",
                (datetime.now(SHANGHAI).isoformat(), exit_code, job),
            )

    def get(self, job: str) -> Crawl | None:
        """One crawl."""
        return next(iter(self._select("WHERE job = ?", job)), None)

    def open(self) -> list[Crawl]:
        """Crawls of whose end nobody knows, the earliest first: they run, or were cut off."""
        return self._select("WHERE ended_at IS NULL ORDER BY started_at")

    def latest(self, count: int) -> list[Crawl]:
        """Crawls that have ended, the latest first."""
        return self._select("WHERE ended_at IS NOT NULL ORDER BY ended_at DESC LIMIT ?", count)

    def reasons(self) -> dict[str, str]:
        """Why jobs have no process, by their ids."""
        return {crawl.job: crawl.reason for crawl in self._select("WHERE reason IS NOT NULL")}

    def forget(self, days: int) -> None:
        """Removes what ended longer ago."""
        moment = datetime.now(SHANGHAI) - timedelta(days=days)
        with self._open() as connection:
            connection.execute("DELETE FROM crawls WHERE ended_at < ?", (moment.isoformat(),))

    def _select(self, where: str, *values: object) -> list[Crawl]:
        with self._open() as connection:
            return [_crawl(row) for row in connection.execute(f"SELECT {_COLUMNS} FROM crawls {where}", values)]  # noqa: S608

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with contextlib.closing(sqlite3.connect(self._path, timeout=10)) as connection, connection:
            connection.row_factory = sqlite3.Row
            yield connection


def _crawl(row: sqlite3.Row) -> Crawl:
    values: dict[str, Any] = dict(row)
    ended_at = values["ended_at"]
    values |= {
        "arguments": json.loads(values["arguments"]),
        "mark": values.pop("created"),
        "started_at": datetime.fromisoformat(values["started_at"]),
        "ended_at": datetime.fromisoformat(ended_at) if ended_at else None,
        "reason": values["reason"] or "",
    }
    return Crawl(**values)
