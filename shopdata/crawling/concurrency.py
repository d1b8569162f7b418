"""Many shops at once, without one waiting for another's report."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

T = TypeVar("T")


class ShopLimiter:
    """So many shops are worked on at the same time; first come, first served."""

    def __init__(self, count: int) -> None:
        self._semaphore = asyncio.Semaphore(count)

    @asynccontextmanager
    async def hold(self) -> AsyncIterator[None]:
        """A slot for the length of the block."""
        async with self._semaphore:
            yield

    @asynccontextmanager
    async def hand_back(self) -> AsyncIterator[None]:
        """Inside `hold`: lets another shop have the slot for the length of the block, then waits for one again."""
        self._semaphore.release()
        try:
            yield
        finally:
            await self._semaphore.acquire()


async def merged(streams: Sequence[AsyncIterator[T]]) -> AsyncIterator[T]:
    """Yields from all streams as their items come. Ends all of them when it is itself ended."""
    arrived: asyncio.Queue[T | None] = asyncio.Queue()

    async def pump(stream: AsyncIterator[T]) -> None:
        try:
            async for item in stream:
                arrived.put_nowait(item)
        finally:
            arrived.put_nowait(None)

    tasks = [asyncio.ensure_future(pump(stream)) for stream in streams]
    try:
        running = len(tasks)
        while running:
            item = await arrived.get()
            if item is None:
                running -= 1
            else:
                yield item
        for task in tasks:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
