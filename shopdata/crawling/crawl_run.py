"""What the parts of one crawl share about its cells: who holds them, what they are, which items are in work."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from weakref import WeakKeyDictionary, proxy

from scrapy.crawler import Crawler
from scrapy.utils.asyncio import run_in_thread

from shopdata.crawling.barrier import ItemBarrier
from shopdata.crawling.cell_states import CellStates
from shopdata.crawling.events import CellEvents
from shopdata.crawling.run_leases import RunLeases
from shopdata.lake.doubts import Doubts
from shopdata.lake.standing import UNSEEN_STAT, Standing
from shopdata.ledger import Cell, Owner
from shopdata.plan import Plan
from shopdata.reasons import Reason
from shopdata.run_ids import new_run_id
from shopdata.states import CellState
from shopdata.workspace import Workspace

logger = logging.getLogger(__name__)

#: Not more than the ledger opens connections for.
_THREADS = 12

_OF_CRAWLERS: WeakKeyDictionary[Crawler, CrawlRun] = WeakKeyDictionary()


class CrawlRun:
    """One run of a spider. Making it opens nothing; `begin` does."""

    #: From `begin` on.
    leases: RunLeases

    def __init__(self, crawler: Crawler, run_id: str) -> None:
        self.run_id = run_id
        self.workspace = Workspace.of(crawler)
        self.events = CellEvents(crawler.signals)
        self.states = CellStates(self.workspace, self.events)
        self.barrier = ItemBarrier(crawler.settings.getint("CONCURRENT_ITEMS"))
        self.is_begun = False
        #: Shops whose last request failed, by their ids: what their cells become where an ordinary spider has no file.
        self.failures: dict[str, tuple[CellState, Reason]] = {}
        # Its stats are there once it is opened. Not held: it is the key by which the run is found.
        self._crawler = proxy(crawler)

    @classmethod
    def of(cls, crawler: Crawler, run_id: str | None = None) -> CrawlRun:
        """The run of a crawler: the same one for all of its components.

        Args:
            run_id: for who makes it; by default what scrapyd calls the job, or a new one.
        """
        found = _OF_CRAWLERS.get(crawler)
        if found is None:
            job = getattr(crawler.spider, "_job", None)
            found = _OF_CRAWLERS[crawler] = cls(crawler, run_id or job or new_run_id())
        return found

    async def begin(self, spider: str, arguments: Mapping[str, str]) -> None:
        """Enters the run into the ledger. What is written from now on, is written as its holder, who shows life.

        Raises:
            LedgerError: it can't be.
        """
        # Python's own are cores + 4; these wait for the disk, the store, and each other's commit.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_THREADS, "shopdata"))
        workspace = self.workspace
        ledger = await run_in_thread(lambda: workspace.ledger)
        node = await run_in_thread(lambda: workspace.staging.node)
        claims = ledger.hold_for(Owner.here(self.run_id), workspace.lease_seconds, node)
        await run_in_thread(ledger.nodes.beat, node)
        self.leases = RunLeases(claims, workspace.lease_wait_seconds)
        self.leases.begin()
        self.is_begun = True
        for key in await run_in_thread(claims.reap):
            logger.info("%s %s %s: lease of a dead run released", key.dataset, key.shop, key.dt)
        await run_in_thread(workspace.ledger.start_run, self.run_id, spider, dict(arguments))

    async def end(self) -> None:
        """Gives back all that is still held."""
        if self.is_begun:
            await self.leases.end()

    @cached_property
    def doubts(self) -> Doubts:
        """What checks find doubtful. Opens the ledger."""
        workspace = self.workspace
        return Doubts(workspace.config, workspace.ledger, workspace.staging)

    def enter(self, plan: Plan) -> list[Cell]:
        """Enters a plan's cells into the ledger; returns all of its periods, as they are now. Blocking.

        What the bucket lost is not called published any more; what only the bucket knows is not asked for again.

        Raises:
            LedgerError, DiskError: it can't be.
        """
        workspace = self.workspace
        workspace.ledger.add_cells(workspace.config.dataset(plan.dataset).platform, plan.keys)
        if workspace.asks_store:
            standing = Standing(plan.dataset, workspace.lake)
            for period in plan.periods:
                standing.look(period.dt)
            stats = self._crawler.stats
            stats.set_value(UNSEEN_STAT, bool(standing.unseen) or stats.get_value(UNSEEN_STAT, False))
        return [cell for period in plan.periods for cell in workspace.ledger.cells(plan.dataset, period.dt)]
