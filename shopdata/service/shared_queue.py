"""scrapyd's queue in a ledger that services share. What is taken stays in it, leased, until it has ended.

The database may be far away, and hang. So in the reactor's thread nothing is asked of it: there the queue is as it was
at the last `look`. Whoever needs it as it is now looks before, in a thread.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from shopdata.ledger.queue_rows import QueueRows, Waiting
from shopdata.service.messages import whole


@dataclass(frozen=True)
class _Seen:
    """What was there: free, and in work elsewhere."""

    free: tuple[Waiting, ...] = ()
    held: tuple[Waiting, ...] = ()


class SharedQueue:
    """One project's part. What it lists, counts and removes is of the last look."""

    #: True where the methods that say so wait for a database.
    is_far = True

    def __init__(self, config: Any, project: str, _table: str = "") -> None:
        self._inside = config.inside
        self._project = project
        self._seen = _Seen()

    # -- in a thread: each waits for the database, and raises LedgerError --------------------------------------------

    def look(self) -> None:
        """Sees what is there now."""
        self._seen = _Seen(tuple(self._rows.free(self._project)), tuple(self._rows.held(self._project)))

    def add(self, name: str, priority: float = 0.0, **arguments: Any) -> None:
        """Puts a job in."""
        self._rows.add(self._project, {**arguments, "name": name}, float(priority), self._node)

    def add_unless(self, name: str, is_same: Callable[[dict[str, Any]], bool], **arguments: Any) -> str:
        """Puts a job in unless the same waits or is in work anywhere; returns the id of the one that is there then."""
        message = {**arguments, "name": name}
        return self._rows.add_unless(self._project, message, self._node, lambda other: is_same(whole(other)))

    def take(self, may_start: Callable[[dict[str, Any]], bool]) -> dict[str, Any] | None:
        """Leases the first message that may start here; None if there is none."""
        return self._rows.take(
            self._project, self._node, self._lease_seconds, lambda message: may_start(whole(message))
        )

    def pop(self) -> dict[str, Any] | None:
        """As scrapyd's own poller would have it."""
        return self.take(lambda _: True)

    def remove(self, func: Callable[[dict[str, Any]], bool]) -> int:
        """Takes out what `func` is true for, if nobody has it; where there is nothing, nothing is asked."""
        numbers = [waiting.number for waiting in self._seen.free if func(whole(waiting.message))]
        if not numbers:
            return 0
        count = self._rows.remove(self._project, numbers)
        self.look()
        return count

    def change(self, old: dict[str, Any], new: dict[str, Any]) -> bool:
        """Puts a message in the place of one that was seen; False if it is another by now, or somebody has it."""
        numbers = [waiting.number for waiting in self._seen.free if whole(waiting.message) == old]
        return any(self._rows.change(self._project, number, lambda row: whole(row) == old, new) for number in numbers)

    def clear(self) -> None:
        """Takes out all that nobody has."""
        self.remove(lambda _: True)

    def ended(self, job: str) -> None:
        """A job's process has ended."""
        self._rows.end(self._project, job, self._node)

    def give_back(self, job: str) -> None:
        """A job is anybody's again."""
        self._rows.give_back(self._project, job, self._node)

    def renew(self, jobs: Collection[str]) -> Collection[str]:
        """A sign of life for jobs that are in work here; returns those whose end a person wants."""
        return self._rows.renew(self._node, jobs, self._lease_seconds)

    def cancel(self, jobs: Collection[str]) -> int:
        """Wants the end of jobs that others have in work; they see it at their next sign of life. Of how many it is."""
        return self._rows.cancel(self._project, jobs, self._node)

    # -- in any thread -----------------------------------------------------------------------------------------------

    def count(self) -> int:
        """How many nobody has."""
        return len(self._seen.free)

    def list(self) -> list[dict[str, Any]]:
        """What nobody has."""
        return [whole(waiting.message) for waiting in self._seen.free]

    def held(self) -> list[dict[str, Any]]:  # type: ignore[valid-type]
        """What other services have in work; `_node` says which."""
        return [
            whole(waiting.message) | {"_node": waiting.holder}
            for waiting in self._seen.held
            if waiting.holder != self._node
        ]

    def size_bytes(self) -> int:
        """What all messages take."""
        return sum(len(json.dumps(message)) for message in self.list())

    @property
    def _rows(self) -> QueueRows:
        # Not before somebody asks: it is opened by that.
        rows: QueueRows = self._inside.workspace.ledger.queue
        return rows

    @functools.cached_property
    def _node(self) -> str:
        node: str = self._inside.workspace.staging.node
        return node

    @property
    def _lease_seconds(self) -> float:
        """A service that is gone keeps its jobs from others for so long; the launcher shows life for them."""
        seconds: float = self._inside.workspace.lease_seconds
        return seconds
