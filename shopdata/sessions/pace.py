"""One pace for each shop, whichever runs of this machine ask for it: two datasets at once are one visitor."""

from __future__ import annotations

import asyncio
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from filelock import FileLock

from shopdata.config import Config, Shop

logger = logging.getLogger(__name__)

#: A note is read and written in less than a thousandth of this.
_LOCK_WAIT_SECONDS = 10


class Pace:
    """Keeps the starts of a shop's requests apart, by `requests_per_second` of portals.yaml.

    When the last one started is noted in a file for each shop, in seconds since the epoch.
    """

    def __init__(self, folder: Path, config: Config) -> None:
        self._folder = folder
        # Of its own: those of the loop may all be busy with a slow store.
        self._threads = ThreadPoolExecutor(4, "pace")
        self._interval = {shop.id: 1 / config.portal(shop.platform).requests_per_second for shop in config.shops}

    async def turn(self, shop: Shop) -> None:
        """Waits until the shop's next request may start, and notes that it starts now."""
        interval = self._interval[shop.id]
        take = partial(asyncio.get_running_loop().run_in_executor, self._threads, self._take, shop, interval)
        try:
            while (seconds := await take()) > 0:  # noqa: ASYNC110 - other processes have no event to set
                await asyncio.sleep(seconds)
        except OSError as error:
            # A disk that is full is no reason to stop, nor to hurry.
            logger.warning("%s: other runs do not see its pace: %s", shop.id, error.strerror or error)
            await asyncio.sleep(interval)

    def _take(self, shop: Shop, interval: float) -> float:
        """Takes the turn; returns 0, or for how many seconds there is none."""
        self._folder.mkdir(parents=True, exist_ok=True)
        note = self._folder / f"{shop.platform}_{shop.id}"
        with FileLock(f"{note}.lock", timeout=_LOCK_WAIT_SECONDS):
            now, last = time.time(), _read(note)
            # What is still to come was noted before the clock was set back.
            if last <= now < last + interval:
                return last + interval - now
            note.write_text(repr(now), "utf-8")
            return 0


def _read(note: Path) -> float:
    try:
        return float(note.read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return 0
