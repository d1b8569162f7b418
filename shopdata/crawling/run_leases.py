"""What a run holds of the work that it shares with other runs of the same day, and waiting for what others hold."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from functools import partial

from scrapy.utils.asyncio import run_in_thread

from shopdata.exceptions import LedgerError
from shopdata.ledger import CellKey, ClaimResult, Claims
from shopdata.ledger.holding import BEATS, beat

logger = logging.getLogger(__name__)

#: How often somebody who waits for other runs looks at what they hold.
_LOOK_EVERY_SECONDS = 1.0


class RunLeases:
    """A run's claims, for the event loop.

    Args:
        wait_seconds: how long other runs are waited for.
    """

    def __init__(self, claims: Claims, wait_seconds: float) -> None:
        self._claims = claims
        self._wait_seconds = wait_seconds
        self._beating: asyncio.Task[None] | None = None
        self._look: asyncio.Task[set[CellKey] | None] | None = None
        #: What the ledger could not be told, by what it is; and who is at it.
        self._unreleased: dict[str, Callable[[], None]] = {}
        self._releasing = asyncio.Lock()

    def begin(self) -> None:
        """Shows signs of life from now on."""
        self._beating = asyncio.create_task(self._beat())

    async def end(self) -> None:
        """Gives all back that is still held."""
        for task in (self._beating, self._look):
            if task is not None:
                task.cancel()
        await self._release(self._claims.release_all, "what this run held")

    async def acquire(self, tries: Mapping[CellKey, int], *, is_asking: bool = False) -> ClaimResult:
        """Takes one shop's cells: see `Claims.acquire`."""
        await self._keep(map(str, tries))
        return await run_in_thread(partial(self._claims.acquire, tries, is_asking=is_asking))

    async def release(self, key: CellKey) -> None:
        """Lets go of a cell."""
        await self._release(partial(self._claims.release, key), str(key))

    async def wait_for_others(self, keys: Collection[CellKey]) -> bool:
        """Waits until no other run holds any of these cells; False if that took too long."""
        deadline = time.monotonic() + self._wait_seconds
        while time.monotonic() < deadline:
            if self._look is None or self._look.done():
                self._look = asyncio.create_task(self._look_soon())
            # One look for all shops that wait. Whoever stops waiting must not stop it for the others.
            held = await asyncio.shield(self._look)
            if held is not None and held.isdisjoint(keys):
                return True
        logger.error("%s: another run did not end with it in %g s", _names(keys), self._wait_seconds)
        return False

    @asynccontextmanager
    async def partition(self, dataset: str, dt: str) -> AsyncIterator[bool]:
        """Holds a partition for the length of the block; False if another run did not let go of it.

        After an error, or Ctrl-C, `end` gives it back.
        """
        deadline = time.monotonic() + self._wait_seconds
        is_first = True
        while not (is_ours := await self._acquire_partition(dataset, dt, is_first=is_first)):
            if time.monotonic() > deadline:
                logger.error("%s %s: another run did not end its merge in %g s", dataset, dt, self._wait_seconds)
                break
            is_first = False
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
        yield is_ours
        if is_ours:
            await self._release(partial(self._claims.release_partition, dataset, dt), f"{dataset} {dt}")

    async def _acquire_partition(self, dataset: str, dt: str, *, is_first: bool) -> bool:
        await self._keep([f"{dataset} {dt}"])
        try:
            return await run_in_thread(self._claims.acquire_partition, dataset, dt)
        except LedgerError as error:
            if is_first:
                raise
            # Another run has it, and may be long: it will be asked again.
            logger.warning("%s %s: lease not read; retrying: %s", dataset, dt, error)
            return False

    async def _release(self, let_go: Callable[[], None], what: str) -> None:
        try:
            await run_in_thread(let_go)
        except LedgerError as error:
            # Our own signs of life would keep it for as long as the run goes on.
            self._unreleased[what] = let_go
            logger.error("%s: lease not released; retrying: %s", what, error)

    async def _look_soon(self) -> set[CellKey] | None:
        """What others hold; None if it can't be seen."""
        await asyncio.sleep(_LOOK_EVERY_SECONDS)
        try:
            return await run_in_thread(self._claims.held_by_others)
        except LedgerError as error:
            logger.warning("leases not read; retrying: %s", error)
            return None

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._claims.seconds / BEATS)
            await run_in_thread(beat, self._claims)
            async with self._releasing:
                unreleased, self._unreleased = self._unreleased, {}
                for what, let_go in unreleased.items():
                    await self._release(let_go, what)

    async def _keep(self, names: Iterable[str]) -> None:
        """What is taken once more is not let go of any more."""
        async with self._releasing:
            for name in names:
                self._unreleased.pop(name, None)


def _names(keys: Collection[CellKey]) -> str:
    return ", ".join(str(key) for key in sorted(keys))
