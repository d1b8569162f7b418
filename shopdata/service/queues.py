"""scrapyd's queues: a job that already runs is not handed out, and a row that can't be read stops nothing."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Collection
from typing import Any

from scrapyd import sqlite
from scrapyd.poller import QueuePoller
from scrapyd.spiderqueue import SqliteSpiderQueue

from shopdata.ledger.queue_rows import QueueRows
from shopdata.service.crawls import key_of
from shopdata.service.job_list import own_arguments

logger = logging.getLogger(__name__)


class Poller(QueuePoller):  # type: ignore[misc]
    """A job waits in the queue for as long as the same spider runs with the same arguments."""

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        #: Set by the application, once there is a launcher.
        self.running: Callable[[], set[object]] = set
        #: Nothing is handed out: before crawls of an earlier service are found again, and when this one stops.
        self.is_closed = True
        #: Nothing is handed out until a person says so (`draining.py`).
        self.is_draining = False
        self._told: dict[str, str] = {}

    def poll(self) -> None:
        """Called every `poll_interval` seconds, in the reactor's thread. Scrapyd's timer ends at the first error."""
        for project, queue in self.queues.items():
            try:
                if not self._poll_project(project, queue):
                    return
                self._told.pop(project, None)
            except Exception as error:  # noqa: BLE001 - whatever it is
                text = f"{type(error).__name__}: {error}"
                if self._told.get(project) != text:
                    # Once, and not every second for as long as a disk is full.
                    logger.error("queue of %s not read; retrying: %s", project, text)
                self._told[project] = text

    def _poll_project(self, project: str, queue: Any) -> bool:
        """Hands out what may start; False if no other project's turn comes."""
        if self._takes_nothing:
            return False

        def may_start(message: dict[str, Any]) -> bool:
            return key_of(project, message["name"], own_arguments(message)) not in self.running()

        while (message := queue.take(may_start)) is not None:
            job = {name: value for name, value in message.items() if name != "name"}
            self.dq.put({**job, "_project": project, "_spider": message["name"]})
            if self._takes_nothing:
                return False
        return True

    @property
    def _takes_nothing(self) -> bool:
        return self.is_closed or self.is_draining or not self.dq.waiting


class SpiderQueue(SqliteSpiderQueue):  # type: ignore[misc]
    """As scrapyd's; whatever its file holds, each row is a message with a name and a job id."""

    def __init__(self, config: Any, project: str, table: str = "spider_queue") -> None:
        # Not the parent's, which opens the file with its own reader of rows.
        self.q = sqlite.initialize(_Rows, config, project, table)

    def take(self, may_start: Callable[[dict[str, Any]], bool]) -> dict[str, Any] | None:
        """Takes out the first message that may start; None if there is none."""
        for message in self.list():
            if may_start(message) and self.remove(lambda waiting, taken=message: waiting == taken):
                found: dict[str, Any] = message
                return found
        return None

    def ended(self, job: str) -> None:
        """It has left the queue when it was taken."""

    def give_back(self, job: str) -> None:
        """Whoever starts this service again knows what was cut off."""

    def renew(self, jobs: Collection[str]) -> None:
        """Nobody else takes what this service has."""

    def held(self) -> list[dict[str, Any]]:
        """What other services have in work."""
        return []

    def size_bytes(self) -> int:
        """What all messages take; every look at the queue reads them."""
        (size,) = self.q.conn.execute(f"SELECT TOTAL(LENGTH(message)) FROM {self.q.table}").fetchone()  # noqa: S608
        return int(size)


class SharedQueue:
    """scrapyd's queue in a ledger that services share. What is taken stays in it, leased, until it has ended."""

    def __init__(self, config: Any, project: str, _table: str = "") -> None:
        workspace = config.inside.workspace
        self._rows: QueueRows = workspace.ledger.queue
        self._project, self._node = project, workspace.staging.node
        #: A service that is gone keeps its jobs from others for so long; the launcher shows life for them.
        self._lease_seconds: float = workspace.lease_seconds

    def add(self, name: str, priority: float = 0.0, **arguments: Any) -> None:
        """Puts a job in."""
        self._rows.add(self._project, {**arguments, "name": name}, float(priority), self._node)

    def take(self, may_start: Callable[[dict[str, Any]], bool]) -> dict[str, Any] | None:
        """Leases the first message that may start here; None if there is none."""
        return self._rows.take(
            self._project, self._node, self._lease_seconds, lambda message: may_start(_whole(message))
        )

    def pop(self) -> dict[str, Any] | None:
        """As scrapyd's own poller would have it."""
        return self.take(lambda _: True)

    def count(self) -> int:
        """How many nobody has."""
        return self._rows.count(self._project)

    def list(self) -> list[dict[str, Any]]:
        """What nobody has."""
        return [_whole(waiting.message) for waiting in self._rows.free(self._project)]

    def held(self) -> list[dict[str, Any]]:  # type: ignore[valid-type]
        """What other services have in work."""
        held = self._rows.held(self._project)
        return [_whole(waiting.message) for waiting in held if waiting.holder != self._node]

    def remove(self, func: Callable[[dict[str, Any]], bool]) -> int:
        """Takes out what `func` is true for, and nobody has."""
        numbers = [w.number for w in self._rows.free(self._project) if func(_whole(w.message))]
        return self._rows.remove(self._project, numbers) if numbers else 0

    def clear(self) -> None:
        """Takes out all that nobody has."""
        self.remove(lambda _: True)

    def ended(self, job: str) -> None:
        """A job's process has ended."""
        self._rows.end(self._project, job, self._node)

    def give_back(self, job: str) -> None:
        """A job is anybody's again."""
        self._rows.give_back(self._project, job, self._node)

    def renew(self, jobs: Collection[str]) -> None:
        """A sign of life for jobs that are in work here."""
        self._rows.renew(self._node, jobs, self._lease_seconds)

    def size_bytes(self) -> int:
        """What all messages take."""
        return sum(len(json.dumps(message)) for message in self.list())


class _Rows(sqlite.JsonSqlitePriorityQueue):  # type: ignore[misc]
    def decode(self, obj: Any) -> dict[str, Any]:
        """A row that is no message becomes one without names: it is handed out, refused, and so leaves the queue."""
        try:
            found = json.loads(bytes(obj).decode("ascii"))
        except (ValueError, TypeError, RecursionError):
            found = None
        return _whole(found)


def _whole(found: Any) -> dict[str, Any]:
    message: dict[str, Any] = found if isinstance(found, dict) else {}
    for name in ("name", "_job"):
        if not isinstance(message.get(name), str):
            message[name] = ""
    if not isinstance(message.get("settings"), dict):
        message["settings"] = {}
    return message
