"""One sign-in per account at a time: by a file of this machine, or by a lease of the ledger that several share."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from pathlib import Path
from typing import Self

from filelock import AsyncFileLock, Timeout

from shopdata.exceptions import LedgerError
from shopdata.ledger import Owner
from shopdata.ledger.leases import Leases

logger = logging.getLogger(__name__)

#: A machine that is gone keeps others from signing in for so long.
_LEASE_SECONDS = 60.0
_BEATS = 4
_LOOK_EVERY_SECONDS = 0.5


def lock_of(folder: Path, file_stem: str, leases: Leases | None) -> AsyncFileLock | LeasedLock:
    """The lock of an account; a file where no `leases` are shared."""
    if leases is not None:
        return LeasedLock(leases, f"sign-in {file_stem}")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return AsyncFileLock(folder / f"{file_stem}.lock", mode=0o600)


class LeasedLock:
    """A named lease that shows signs of life while it is held."""

    def __init__(self, leases: Leases, name: str, seconds: float = _LEASE_SECONDS) -> None:
        self._leases, self._name, self._seconds = leases, name, seconds
        # Two of one process are two.
        self._owner = Owner.here(f"sign-in-{secrets.token_hex(3)}")
        self._beating: asyncio.Task[None] | None = None

    async def acquire(self, timeout: float | None = None) -> Self:  # noqa: ASYNC109 - as filelock has it
        """Raises filelock's Timeout if another has it for so many seconds; None waits for ever."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while not await asyncio.to_thread(self._leases.acquire, self._name, self._owner, self._seconds):
            if deadline is not None and time.monotonic() >= deadline:
                raise Timeout(self._name)
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
        self._beating = asyncio.create_task(self._beat())
        return self

    async def release(self) -> None:
        """Lets the next one in."""
        if self._beating is not None:
            self._beating.cancel()
        try:
            await asyncio.to_thread(self._leases.release, self._name, self._owner)
        except LedgerError as error:
            logger.warning("%s: lease not released, it ends by itself: %s", self._name, error)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._seconds / _BEATS)
            try:
                await asyncio.to_thread(self._leases.renew, self._name, self._owner, self._seconds)
            except LedgerError as error:
                logger.warning("%s: heartbeat not written (%s); retrying", self._name, error)

    async def __aenter__(self) -> Self:
        return await self.acquire()

    async def __aexit__(self, *exception: object) -> None:
        await self.release()
