"""scrapyd's queues: a job that already runs is not handed out, and a row that can't be read stops nothing."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Collection
from typing import Any

from scrapyd import sqlite
from scrapyd.poller import QueuePoller
from scrapyd.spiderqueue import SqliteSpiderQueue
from twisted.internet.threads import deferToThread

from shopdata.ledger.homes import FOR_NODE
from shopdata.service.crawls import key_of
from shopdata.service.job_list import own_arguments
from shopdata.service.messages import whole

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
        #: Set by the application; called in a thread. Whether this machine has what a message of a far queue needs.
        self.may_start: Callable[[str, dict[str, Any]], bool] = lambda _project, _message: True
        #: Likewise, once the message is ours: False if it is to be given back.
        self.prepare: Callable[[str, dict[str, Any]], bool] = lambda _project, _message: True
        self._told: dict[str, str] = {}
        self._asking: set[str] = set()

    def poll(self) -> None:
        """Called every `poll_interval` seconds, in the reactor's thread. Scrapyd's timer ends at the first error."""
        for project, queue in self.queues.items():
            if self.is_closed:
                return
            if queue.is_far:
                # One that drains looks too: pages and webservices go by the last look.
                self._poll_far(project, queue)
                continue
            if self.is_draining or not self.dq.waiting:
                return
            try:
                self._poll_near(project, queue)
            except Exception as error:  # noqa: BLE001 - whatever it is
                self._failed(project, error)
            else:
                self._told.pop(project, None)

    def _poll_near(self, project: str, queue: Any) -> None:
        while self.dq.waiting and not self._is_shut:
            message = queue.take(lambda one: _key_of(project, one) not in self.running())
            if message is None:
                return
            self._hand_out(project, message)

    def _poll_far(self, project: str, queue: Any) -> None:
        """In a thread, one at a time: its database may hang, and board and crawls must not."""
        if project in self._asking:
            return
        try:
            running = self.running()
        except Exception as error:  # noqa: BLE001 - scrapyd's timer would never look again
            self._failed(project, error)
            return
        self._asking.add(project)
        work: Any = deferToThread(self._take, project, queue, len(self.dq.waiting), running)
        work.addCallback(lambda taken: self._taken(project, queue, *taken))
        work.addErrback(lambda failure: self._failed(project, failure.value))
        work.addBoth(lambda _: self._asking.discard(project))

    def _take(
        self, project: str, queue: Any, seats: int, running: Collection[object]
    ) -> tuple[list[dict[str, Any]], Exception | None]:
        """What may start on free seats, and why it was not more; the queue has been looked at. In a thread."""
        taken: list[dict[str, Any]] = []
        keys = set(running)
        try:
            while len(taken) < seats and not self._is_shut:
                message = queue.take(lambda one: _key_of(project, one) not in keys and self.may_start(project, one))
                if message is None:
                    break
                if not self.prepare(project, message):
                    queue.give_back(message["_job"])
                    continue
                keys.add(_key_of(project, message))
                taken.append(message)
            queue.look()
        except Exception as error:  # noqa: BLE001 - what was taken is to be handed out, whatever it is
            return taken, error
        return taken, None

    def _taken(self, project: str, queue: Any, taken: list[dict[str, Any]], error: Exception | None) -> None:
        for message in taken:
            if self._is_shut or not self.dq.waiting:
                back: Any = deferToThread(queue.give_back, message["_job"])
                back.addErrback(lambda failure: self._failed(project, failure.value))
            else:
                self._hand_out(project, message)
        if error is not None:
            self._failed(project, error)
        elif self._told.pop(project, None):
            logger.info("queue of %s can be read again", project)

    @property
    def _is_shut(self) -> bool:
        return self.is_closed or self.is_draining

    def _hand_out(self, project: str, message: dict[str, Any]) -> None:
        job = {name: value for name, value in message.items() if name not in ("name", FOR_NODE)}
        self.dq.put({**job, "_project": project, "_spider": message["name"]})

    def _failed(self, project: str, error: BaseException) -> None:
        text = f"{type(error).__name__}: {error}"
        if self._told.get(project) != text:
            # Once, and not every second for as long as a disk is full.
            logger.error("queue of %s not read; retrying: %s", project, text)
        self._told[project] = text


class SpiderQueue(SqliteSpiderQueue):  # type: ignore[misc]
    """As scrapyd's; whatever its file holds, each row is a message with a name and a job id."""

    #: As `SharedQueue` has it: this one is a file, for the reactor's thread alone.
    is_far = False

    def __init__(self, config: Any, project: str, table: str = "spider_queue") -> None:
        # Not the parent's, which opens the file with its own reader of rows.
        self.q = sqlite.initialize(_Rows, config, project, table)

    def look(self) -> None:
        """It is as it is."""

    def take(self, may_start: Callable[[dict[str, Any]], bool]) -> dict[str, Any] | None:
        """Takes out the first message that may start; None if there is none."""
        for message in self.list():
            if may_start(message) and self.remove(lambda waiting, taken=message: waiting == taken):
                found: dict[str, Any] = message
                return found
        return None

    def change(self, old: dict[str, Any], new: dict[str, Any]) -> bool:
        """Puts a message in the place of one; False if that is not there any more."""
        is_changed: bool = self.q.change(old, new)
        return is_changed

    def ended(self, job: str) -> None:
        """It has left the queue when it was taken."""

    def give_back(self, job: str) -> None:
        """Whoever starts this service again knows what was cut off."""

    def renew(self, jobs: Collection[str]) -> Collection[str]:
        """Nobody else takes what this service has, or wants its end."""
        return ()

    def cancel(self, jobs: Collection[str]) -> int:
        """Nobody else has any."""
        return 0

    def held(self) -> list[dict[str, Any]]:
        """What other services have in work."""
        return []

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
        return whole(found)

    def change(self, old: dict[str, Any], new: dict[str, Any]) -> bool:
        """Puts a message in the place of one, in one statement; nobody but this service's thread is here."""
        rows = self.conn.execute(f"SELECT id, message FROM {self.table}")  # noqa: S608 - a name of ours
        number = next((number for number, message in rows if self.decode(message) == old), None)
        written = self.conn.execute(
            f"UPDATE {self.table} SET message = ? WHERE id = ?",  # noqa: S608 - as above
            (self.encode(new), number),
        )
        self.conn.commit()
        return bool(written.rowcount)


def _key_of(project: str, message: dict[str, Any]) -> object:
    return key_of(project, message["name"], own_arguments(message))
