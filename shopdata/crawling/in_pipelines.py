"""Items that the pipelines have not done with: the barrier between files, partitions and the end of a run."""

from __future__ import annotations

import asyncio
from typing import TypeVar

T = TypeVar("T")


class InPipelines:
    """Counts items in and out. Scrapy's own barrier, `spider_idle`, notices up to five seconds later."""

    def __init__(self) -> None:
        self._count = 0
        self._is_empty = asyncio.Event()
        self._is_empty.set()

    def enter(self, item: T) -> T:
        """Returns the item, which is about to go in."""
        self._count += 1
        self._is_empty.clear()
        return item

    def leave(self) -> None:
        """One item is through, in whatever way."""
        self._count -= 1
        if not self._count:
            self._is_empty.set()

    async def empty(self) -> None:
        """Waits until every item is through."""
        await self._is_empty.wait()
