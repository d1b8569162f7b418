"""Hands out jobs from scrapyd's queues, but never one that already runs."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from scrapyd.poller import QueuePoller

from shopdata.service.crawls import key_of

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
            job = {name: value for name, value in message.items() if name != "name"}
            arguments = {name: value for name, value in job.items() if name != "settings"}
            if key_of(project, message["name"], arguments) in self.running():
                continue
            if queue.remove(lambda waiting, taken=message: waiting == taken):
                self.dq.put({**job, "_project": project, "_spider": message["name"]})
        return True
