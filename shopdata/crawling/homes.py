"""A shop's home: the machine that has signed it in, so that the portal sees the account at one address.

Where machines share a ledger, the others leave a shop to its home while that has a part in the same run; by `roam` of
portals.yaml for half an hour, always, or not at all.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from scrapy.utils.asyncio import run_in_thread

from shopdata.config import Shop
from shopdata.exceptions import LedgerError
from shopdata.ledger import CellKey
from shopdata.periods import SHANGHAI
from shopdata.workspace import Workspace, is_shared

logger = logging.getLogger(__name__)

#: After its slot was due, or its run has begun, a shop is no longer waited for.
LATE = timedelta(minutes=30)
_LOOK_EVERY_SECONDS = 5.0


class ShopHomes:
    """What one run leaves to other machines.

    Args:
        job: what the run is called in the queue.
    """

    def __init__(self, workspace: Workspace, job: str) -> None:
        self._workspace = workspace
        self._job = job
        self._is_used = is_shared(workspace.database_url)
        self._homes: Mapping[str, str] = {}
        self._at_work: frozenset[str] = frozenset()
        self._tries: Mapping[CellKey, int | None] = {}
        self._late_at = datetime.now(SHANGHAI) + LATE
        self._looked_at = -_LOOK_EVERY_SECONDS
        self._door = asyncio.Lock()
        self._told: set[str] = set()

    def begin(self, keys: Sequence[CellKey]) -> None:
        """Blocking, in a thread: once, before the first shop. Raises LedgerError, DiskError."""
        if not self._is_used:
            return
        self._keys = keys
        self._node = self._workspace.staging.node
        decided_at = self._workspace.ledger.homes.decided_at(self._job)
        self._late_at = decided_at + LATE if decided_at else self._late_at
        self._look()

    def in_order(self, shops: Sequence[Shop]) -> list[Shop]:
        """Those that are at home here first; then the others, the last first: who begins elsewhere, meets nobody."""
        if not self._is_used:
            return list(shops)
        own = [shop for shop in shops if self._homes.get(shop.file_stem) == self._node]
        others = [shop for shop in shops if self._homes.get(shop.file_stem) != self._node]
        return [*own, *reversed(others)]

    async def turn(self, shop: Shop, tries: Mapping[CellKey, int]) -> bool:
        """Waits until the shop may be asked from here, or its home is through with it; False if it never may.

        Args:
            tries: its cells, with their `ended_tries` when the run was planned.
        """
        while home := self._left_to(shop):
            if all((ended := self._tries.get(key)) is not None and ended > tries[key] for key in tries):
                return True
            if home not in self._told:
                self._told.add(home)
                logger.info("shops that %s has signed in are left to it, for now", home)
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
            await self._look_soon()
        if self._roam(shop) == "never" and self._is_elsewhere(shop):
            home = self._homes[shop.file_stem]
            logger.warning("%s: not asked: %s has signed it in, and `roam: never` leaves it to that", shop.id, home)
            return False
        return True

    def _left_to(self, shop: Shop) -> str:
        """The machine that the shop is left to at this moment; "" if none."""
        if not self._is_used or not self._is_elsewhere(shop):
            return ""
        home, roam = self._homes[shop.file_stem], self._roam(shop)
        is_waited_for = roam == "never" or (roam == "late" and datetime.now(SHANGHAI) < self._late_at)
        return home if is_waited_for and home in self._at_work else ""

    def _is_elsewhere(self, shop: Shop) -> bool:
        return self._is_used and self._homes.get(shop.file_stem, self._node) != self._node

    def _roam(self, shop: Shop) -> str:
        return self._workspace.config.portal(shop.platform).roam

    async def _look_soon(self) -> None:
        """One look for all shops that wait."""
        async with self._door:
            if time.monotonic() - self._looked_at >= _LOOK_EVERY_SECONDS:
                try:
                    await run_in_thread(self._look)
                except LedgerError as error:
                    logger.warning("homes of shops not read; retrying: %s", error)

    def _look(self) -> None:
        homes = self._workspace.ledger.homes
        self._looked_at = time.monotonic()
        self._homes, self._at_work = homes.of_shops(), homes.at_work(self._job)
        dts: dict[str, set[str]] = {}
        for key in self._keys:
            dts.setdefault(key.dataset, set()).add(key.dt)
        found: dict[CellKey, int | None] = {}
        for dataset, labels in dts.items():
            found |= homes.tries(dataset, labels)
        self._tries = found
