"""Many shops at once, without one waiting for another's report."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

#: What a shop takes that does not wait: an answer (up to 1 MB in memory, the rest on the disk) and what is read of it.
_SHOP_BYTES = 16 << 20
#: So many answers a core reads in the time that a portal needs for one.
_SHOPS_OF_A_CORE = 32
#: The same for a shop that asks by a page in the browser.
_PAGE_BYTES = 200 << 20
_PAGES_OF_A_CORE = 4
#: And for one that signs in: half of the time it waits for the portal.
_SIGN_IN_BYTES = 100 << 20
_SIGN_INS_OF_A_CORE = 3
#: More from one address in the same moment look like nobody's office.
_MOST_SIGN_INS = 12


def shops_at_once(setting: int | None, *, in_browser: bool = False) -> int:
    """How many shops this machine works on side by side.

    Args:
        setting: SHOPDATA_SHOPS_AT_ONCE, which counts where it is set; else memory and processor decide.
        in_browser: True for shops that keep a page open.
    """
    each, of_a_core = (_PAGE_BYTES, _PAGES_OF_A_CORE) if in_browser else (_SHOP_BYTES, _SHOPS_OF_A_CORE)
    # Half of the memory is for those who read workbooks, and for others.
    return setting or max(1, min((os.cpu_count() or 1) * of_a_core, free_memory() // 2 // each))


def sign_ins_at_once(setting: int | None) -> int:
    """How many shops this machine signs in side by side.

    Args:
        setting: SHOPDATA_LOGINS_AT_ONCE, which counts where it is set.
    """
    of_cores = min((os.cpu_count() or 1) * _SIGN_INS_OF_A_CORE, _MOST_SIGN_INS)
    return setting or max(1, min(of_cores, free_memory() // 2 // _SIGN_IN_BYTES))


def free_memory() -> int:
    """How many bytes may still be taken, of the machine or of the container that this is."""
    # Here only: who lists the spiders needs none of it.
    import psutil

    free: int = psutil.virtual_memory().available
    with suppress(OSError, ValueError):
        # "max" where there is no limit.
        free = min(free, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    return free


class ShopLimiter:
    """So many shops are worked on at the same time. Whoever comes back from waiting goes before who has not begun."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._semaphore = asyncio.Semaphore(count)
        self._door = asyncio.Lock()

    @asynccontextmanager
    async def hold(self) -> AsyncIterator[None]:
        """A slot for the length of the block."""
        # Of all that have not begun, one at a time stands among those who come back.
        async with self._door:
            await self._semaphore.acquire()
        try:
            yield
        finally:
            self._semaphore.release()

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
