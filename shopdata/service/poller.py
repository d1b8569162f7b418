"""Hands out jobs from scrapyd's queues, but never one that already runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from scrapyd.poller import QueuePoller

from shopdata.service.crawls import key_of


class Poller(QueuePoller):  # type: ignore[misc]
    """A job waits in the queue for as long as the same spider runs with the same arguments."""

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        #: Set by the application, once there is a launcher.
        self.running: Callable[[], set[object]] = set
        #: Nothing is handed out: before crawls of an earlier service are found again, and when this one stops.
        self.is_closed = True

    def poll(self) -> None:
        """Called every `poll_interval` seconds, in the reactor's thread."""
        for project, queue in self.queues.items():
            for message in queue.list():
                if self.is_closed or not self.dq.waiting:
                    return
                job = {name: value for name, value in message.items() if name != "name"}
                arguments = {name: value for name, value in job.items() if name != "settings"}
                if key_of(project, message["name"], arguments) in self.running():
                    continue
                if queue.remove(lambda waiting, taken=message: waiting == taken):
                    self.dq.put({**job, "_project": project, "_spider": message["name"]})
