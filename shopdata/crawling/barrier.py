"""Items that the pipelines have not done with: how many at once, and when none is left."""

from __future__ import annotations

import asyncio
from typing import TypeVar

T = TypeVar("T")


class ItemBarrier:
    """Counts items in and out.

    Scrapy's own barrier, `spider_idle`, notices up to five seconds later. Its own limit, CONCURRENT_ITEMS, is one for
    the items of one response: several responses have several times as many in work, and those of `start()` pass it by.

    Args:
        places: so many items may be in work at the same time; the others wait before the first pipeline.
    """

    def __init__(self, places: int) -> None:
        self._expected = 0
        self._is_empty = asyncio.Event()
        self._is_empty.set()
        self._places = asyncio.Semaphore(places)
        self._inside = 0

    def expect(self, item: T) -> T:
        """Returns the item, which is about to be yielded."""
        self._expected += 1
        self._is_empty.clear()
        return item

    async def enter(self) -> None:
        """Waits for a place; whoever has one leaves it by `leave`."""
        await self._places.acquire()
        self._inside += 1

    def leave(self) -> None:
        """One item is through, in whatever way."""
        if self._inside:
            self._inside -= 1
            self._places.release()
        self._expected = max(self._expected - 1, 0)
        if not self._expected:
            self._is_empty.set()

    async def empty(self) -> None:
        """Waits until every item that was expected is through."""
        await self._is_empty.wait()
