"""scrapyd's queues: a job that already runs is not handed out, and a row that can't be read stops nothing."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

from scrapyd import sqlite
from scrapyd.poller import QueuePoller
from scrapyd.spiderqueue import SqliteSpiderQueue

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
        if self.is_closed or not self.dq.waiting:
            return False
        for message in queue.list():
            if self.is_closed or not self.dq.waiting:
                return False
            if key_of(project, message["name"], own_arguments(message)) in self.running():
                continue
            if queue.remove(lambda waiting, taken=message: waiting == taken):
                job = {name: value for name, value in message.items() if name != "name"}
                self.dq.put({**job, "_project": project, "_spider": message["name"]})
        return True


class SpiderQueue(SqliteSpiderQueue):  # type: ignore[misc]
    """As scrapyd's; whatever its file holds, each row is a message with a name and a job id."""

    def __init__(self, config: Any, project: str, table: str = "spider_queue") -> None:
        # Not the parent's, which opens the file with its own reader of rows.
        self.q = sqlite.initialize(_Rows, config, project, table)

    def size_bytes(self) -> int:
        """What all messages take; every look at the queue reads them."""
        (size,) = self.q.conn.execute(f"SELECT TOTAL(LENGTH(message)) FROM {self.q.table}").fetchone()  # noqa: S608
        return int(size)


class _Rows(sqlite.JsonSqlitePriorityQueue):  # type: ignore[misc]
    def decode(self, obj: Any) -> dict[str, Any]:
        """A row that is no message becomes one without names: it is handed out, refused, and so leaves the queue."""
        try:
            found = json.loads(bytes(obj).decode("ascii"))
        except (ValueError, TypeError, RecursionError):
            found = None
        message: dict[str, Any] = found if isinstance(found, dict) else {}
        for name in ("name", "_job"):
            if not isinstance(message.get(name), str):
                message[name] = ""
        if not isinstance(message.get("settings"), dict):
            message["settings"] = {}
        return message
