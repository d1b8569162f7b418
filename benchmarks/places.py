"""How long a day takes where only places are scarce: the rules of `crawling/concurrency.py`, counted shop by shop."""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Callable

#: A shop's requests start no closer to each other.
PACE_SECONDS = 1


def seconds_of(shops: int, nodes: int, places: int, *, answer: float, report: float, look_every: float) -> float:
    """From the first request to the last byte, where nodes share without loss.

    A shop's list, its order and each look for the report hold a place for the length of an answer; waiting between two
    looks holds none. Who comes back from it stands in one line with the next shop that has not begun.
    """
    return _Day(shops, nodes, places, answer, report, look_every).run()


class _Day:
    def __init__(self, shops: int, nodes: int, places: int, answer: float, report: float, look_every: float) -> None:
        self._open, self._answer, self._report, self._look_every = shops, answer, report, look_every
        self._free = [places] * nodes
        self._lines: list[deque[Callable[[], None]]] = [deque() for _ in range(nodes)]
        self._has_new_in_line = [False] * nodes
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers, self._now = itertools.count(), 0.0

    def run(self) -> float:
        for node in range(len(self._free)):
            self._admit(node)
        while self._events:
            self._now, _, happen = heapq.heappop(self._events)
            happen()
        return self._now

    def _after(self, seconds: float, happen: Callable[[], None]) -> None:
        heapq.heappush(self._events, (self._now + seconds, next(self._numbers), happen))

    def _admit(self, node: int) -> None:
        """Lets in whoever stands in line; of all that have not begun, one at a time stands there."""
        while True:
            if self._open and not self._has_new_in_line[node]:
                self._has_new_in_line[node] = True
                self._lines[node].append(lambda: self._begin(node))
            if not self._free[node] or not self._lines[node]:
                return
            self._free[node] -= 1
            self._lines[node].popleft()()

    def _begin(self, node: int) -> None:
        self._has_new_in_line[node] = False
        if not self._open:
            # Another node was quicker.
            self._free[node] += 1
            return
        self._open -= 1
        # List and order; before the order, its pace is waited for where answers are quicker.
        ordered = max(self._answer, PACE_SECONDS) + self._answer
        self._after(ordered, lambda: self._look(node, self._now + self._report))

    def _look(self, node: int, ready_at: float) -> None:
        if self._now >= ready_at:
            # The list, and the file.
            self._after(2 * self._answer, lambda: self._leave(node))
        else:
            self._after(self._answer, lambda: self._wait(node, ready_at))

    def _leave(self, node: int) -> None:
        self._free[node] += 1
        self._admit(node)

    def _wait(self, node: int, ready_at: float) -> None:
        self._after(self._look_every, lambda: self._come_back(node, ready_at))
        self._leave(node)

    def _come_back(self, node: int, ready_at: float) -> None:
        self._lines[node].append(lambda: self._look(node, ready_at))
        self._admit(node)
