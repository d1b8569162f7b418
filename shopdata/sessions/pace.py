"""One pace for each shop, whichever runs ask for it: two datasets at once, or two machines, are one visitor."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Protocol

from shopdata.config import Config, Shop
from shopdata.exceptions import LedgerError
from shopdata.ledger.paces import Paces

if sys.platform == "win32":
    import msvcrt

    def _lock(file: int, mode: int = msvcrt.LK_NBLCK) -> None:
        # A byte behind every note: what is locked can't be read.
        os.lseek(file, _LONGEST_NOTE, os.SEEK_SET)
        try:
            msvcrt.locking(file, mode, 1)
        except PermissionError as error:
            raise BlockingIOError(error.errno, error.strerror) from None
        os.lseek(file, 0, os.SEEK_SET)

    def _unlock(file: int) -> None:
        _lock(file, msvcrt.LK_UNLCK)
else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)


logger = logging.getLogger(__name__)

#: A note is read and written in less than a thousandth of this.
_LOCK_WAIT_SECONDS = 10
_LOOK_EVERY_SECONDS = 0.01
_LONGEST_NOTE = 64


class Pacer(Protocol):
    """Keeps the starts of a shop's requests apart."""

    async def turn(self, shop: Shop, wait: Callable[[float], Awaitable[None]] | None = None) -> None:
        """Waits until the shop's next request may start, and notes that it starts now.

        Args:
            wait: in place of `asyncio.sleep`.
        """


class SharedPace:
    """The same for all machines that share a ledger.

    Args:
        here: what the runs of this machine keep among themselves while the ledger is away.
    """

    def __init__(self, paces: Paces, config: Config, here: Pacer) -> None:
        self._paces, self._here = paces, here
        self._interval = intervals(config)

    async def turn(self, shop: Shop, wait: Callable[[float], Awaitable[None]] | None = None) -> None:
        interval, wait = self._interval[shop.id], wait or asyncio.sleep
        try:
            while seconds := await asyncio.to_thread(self._paces.take, shop.file_stem, interval):
                await wait(seconds)
        except LedgerError as error:
            # No reason to stop, nor to hurry.
            logger.warning("%s: other machines do not see its pace: %s", shop.id, error)
            # The one before may have been the ledger's: nobody here has noted it.
            await wait(interval)
            await self._here.turn(shop, wait)


class Pace:
    """Keeps the starts of a shop's requests apart, by `requests_per_second` of portals.yaml.

    When the last one started is noted in a file for each shop, in seconds since the epoch. Whoever reads and writes it
    has it locked by the system, which lets go of what a killed process has held.
    """

    def __init__(self, folder: Path, config: Config) -> None:
        self._folder = folder
        self._interval = intervals(config)

    async def turn(self, shop: Shop, wait: Callable[[float], Awaitable[None]] | None = None) -> None:
        """Waits until the shop's next request may start, and notes that it starts now.

        Args:
            wait: in place of `asyncio.sleep`.
        """
        interval, wait = self._interval[shop.id], wait or asyncio.sleep
        locked_since = None
        try:
            while True:
                try:
                    # Some microseconds, where a thread would cost more than the rest of it.
                    seconds = self._take(shop, interval)
                except BlockingIOError:
                    locked_since = locked_since or time.time()
                    if time.time() - locked_since > _LOCK_WAIT_SECONDS:
                        raise
                    await asyncio.sleep(_LOOK_EVERY_SECONDS)
                    continue
                if not seconds:
                    return
                await wait(seconds)
        except OSError as error:
            # A disk that is full is no reason to stop, nor to hurry.
            logger.warning("%s: other runs do not see its pace: %s", shop.id, error.strerror or error)
            await wait(interval)

    def _take(self, shop: Shop, interval: float) -> float:
        """Takes the turn; returns 0, or for how many seconds there is none. Raises OSError."""
        with self._locked(shop.file_stem) as note:
            now, last = time.time(), _moment(os.read(note, _LONGEST_NOTE))
            # What is still to come was noted before the clock was set back.
            if last <= now < last + interval:
                return last + interval - now
            os.lseek(note, 0, os.SEEK_SET)
            # Always as long, so that nothing of an older one is left behind it.
            os.write(note, f"{now!r:<32}".encode())
            return 0

    @contextlib.contextmanager
    def _locked(self, name: str) -> Iterator[int]:
        """The open note. Raises BlockingIOError where another has it at this moment."""
        path, flags = self._folder / name, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0)
        try:
            note = os.open(path, flags, 0o600)
        except FileNotFoundError:
            self._folder.mkdir(parents=True, exist_ok=True)
            note = os.open(path, flags, 0o600)
        try:
            _lock(note)
            try:
                yield note
            finally:
                _unlock(note)
        finally:
            os.close(note)


def intervals(config: Config) -> dict[str, float]:
    """For each shop, how many seconds are to be between the starts of two requests."""
    return {shop.id: 1 / config.portal(shop.platform).requests_per_second for shop in config.shops}


def _moment(note: bytes) -> float:
    try:
        return float(note)
    except ValueError:
        return 0
