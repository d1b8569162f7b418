"""scrapyd's queue of runs, of this service or of all that share a ledger: what goes in once, joins others, leaves."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from scrapyd.interfaces import ISpiderScheduler

from shopdata.ledger.homes import FOR_NODE
from shopdata.service.crawls import key_of
from shopdata.service.due import Busy
from shopdata.service.in_reactor import in_reactor
from shopdata.service.job_list import own_arguments
from shopdata.service.options import PROJECT

Result = TypeVar("Result")


class RunQueue:
    """Puts runs in and takes them out. Methods without underscore are for worker threads.

    Args:
        app, launcher, poller: scrapyd's parts.
        version: says of which egg a run is that names none; "" leaves it to whoever takes the run.
    """

    def __init__(self, app: Any, launcher: Any, poller: Any, version: Callable[[], str]) -> None:
        self._app, self._launcher, self._poller, self._version = app, launcher, poller, version

    def is_deployed(self) -> bool:
        """Whether there is an egg to run."""
        return in_reactor(lambda: PROJECT in self._poller.queues)

    def look(self) -> None:
        """Looks what is in it now: where the queue is far, pages go by the last look."""
        for queue in in_reactor(lambda: list(self._poller.queues.values())):
            queue.look()

    def busy(self, spider: str, arguments: Mapping[str, str]) -> Busy:
        """Whether the same spider runs or waits with the same arguments."""
        self.look()
        return in_reactor(self._busy, spider, arguments)

    def _busy(self, spider: str, arguments: Mapping[str, str]) -> Busy:
        key = key_of(PROJECT, spider, arguments)
        running = (
            process.job
            for process in self._launcher.processes.values()
            if (crawl := self._launcher.crawls.get(process.job)) and crawl.key == key
        )
        queue = self._poller.queues.get(PROJECT)
        elsewhere = (
            message["_job"]
            for message in (queue.held() if queue else ())
            if key_of(PROJECT, message["name"], own_arguments(message)) == key
        )
        waiting = (
            message["_job"]
            for message in (queue.list() if queue else ())
            if key_of(PROJECT, message["name"], own_arguments(message)) == key
        )
        return Busy(running=next(running, "") or next(elsewhere, ""), waiting=next(waiting, ""))

    def enqueue(
        self, spider: str, arguments: Mapping[str, str], run_id: str, version: str | None = None, node: str = ""
    ) -> None:
        """Puts a run into scrapyd's queue; nothing is checked.

        Args:
            version: of the egg; None is the newest.
            node: the machine that is to take it, if it is up; "" is any.
        """
        self._by_queue(self._enqueue, spider, arguments, run_id, version, node)

    def _enqueue(
        self, spider: str, arguments: Mapping[str, str], run_id: str, version: str | None = None, node: str = ""
    ) -> None:
        message = self._message(arguments, run_id, version, node)
        self._app.getComponent(ISpiderScheduler).schedule(PROJECT, spider, **message)

    def _message(self, arguments: Mapping[str, str], run_id: str, version: str | None, node: str) -> dict[str, str]:
        version = version or self._version()
        own = dict(arguments) | {"_job": run_id} | ({"_version": version} if version else {})
        return own | ({FOR_NODE: node} if node else {})

    def enqueue_alone(self, spider: str, arguments: Mapping[str, str], run_id: str, node: str = "") -> str:
        """As `enqueue`; but several machines may want the same at the same moment. Returns the run it has come to."""
        return self._by_queue(self._enqueue_alone, spider, arguments, run_id, node)

    def _enqueue_alone(self, spider: str, arguments: Mapping[str, str], run_id: str, node: str) -> str:
        queue = self._poller.queues[PROJECT]
        if not queue.is_far:
            self._enqueue(spider, arguments, run_id, node=node)
            return run_id
        key = key_of(PROJECT, spider, arguments)
        job: str = queue.add_unless(
            spider,
            lambda other: key_of(PROJECT, other["name"], own_arguments(other)) == key,
            **self._message(arguments, run_id, None, node),
        )
        return job

    def join(self, spider: str, arguments: Mapping[str, str], shop: str, node: str = "") -> str:
        """Takes a shop into the run that waits for the same of other shops; returns its id, "" if there is none.

        Args:
            node: the machine that has signed the shop in: one that waits for another is not for it.
        """
        self.look()
        return self._by_queue(self._join, spider, arguments, shop, node)

    def _join(self, spider: str, arguments: Mapping[str, str], shop: str, node: str = "") -> str:
        queue = self._poller.queues.get(PROJECT)
        for message in queue.list() if queue else ():
            own = own_arguments(message)
            shops = own.pop("shops", "")
            is_same = message["name"] == spider and own == arguments and message.get(FOR_NODE, "") == node
            if not is_same or not shops:
                continue
            if shop in shops.split(",") or queue.change(message, {**message, "shops": f"{shops},{shop}"}):
                return str(message["_job"])
        return ""

    def cancel(self, jobs: Collection[str]) -> bool:
        """Takes out those that wait, and has those ended that are at work on other machines; False if there is none."""
        return self._by_queue(self._cancel, jobs)

    def _cancel(self, jobs: Collection[str]) -> bool:
        queues = list(self._poller.queues.values())
        counts = [(queue.remove(lambda one: one["_job"] in jobs), queue.cancel(jobs)) for queue in queues]
        return any(map(any, counts))

    def _by_queue(self, work: Callable[..., Result], *arguments: object) -> Result:
        """Does what asks the queue: where it is far not in the reactor's thread, which must not wait for it."""
        queue = in_reactor(lambda: self._poller.queues.get(PROJECT))
        return work(*arguments) if queue is not None and queue.is_far else in_reactor(work, *arguments)
