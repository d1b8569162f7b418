"""Partitions on their way to being published, one after the other."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterable

from scrapy.utils.asyncio import run_in_thread

from shopdata.crawling.crawl_run import CrawlRun
from shopdata.crawling.doubtful_cells import DoubtfulCells
from shopdata.exceptions import LedgerError
from shopdata.items import Partition
from shopdata.lake.partition import is_due

logger = logging.getLogger(__name__)


async def due_partitions(run: CrawlRun, dataset: str, dts: Iterable[str]) -> AsyncIterator[Partition]:
    """The periods that are to be published, each held until it is through: a merge keeps all cores busy.

    One that another run has published meanwhile is passed over.
    """
    workspace = run.workspace
    platform = workspace.config.dataset(dataset).platform
    doubtful = DoubtfulCells(workspace, run.states, run.doubts, run.leases)
    for dt in dts:

        def look(dt: str = dt) -> bool:
            return is_due(dataset, dt, config=workspace.config, ledger=workspace.ledger)

        try:
            await doubtful.look_again(dataset, dt)
            if await run_in_thread(look):
                async with run.leases.partition(dataset, dt) as is_ours:
                    if is_ours and await run_in_thread(look):
                        yield run.barrier.expect(
                            Partition(dataset=dataset, platform=platform, dt=dt, run_id=run.run_id)
                        )
                        await run.barrier.empty()
        except LedgerError as error:
            logger.error("%s %s: not merged: %s", dataset, dt, error)
