"""Tells Dremio that a partition has changed."""

from __future__ import annotations

import logging

from scrapy.utils.asyncio import run_in_thread

from shopdata.exceptions import LedgerError, StoreError
from shopdata.items import Partition
from shopdata.lake.refresh import refresh_partition
from shopdata.pipelines.step import Step

logger = logging.getLogger(__name__)


class RefreshPipeline(Step[Partition]):
    """Data stays published when Dremio fails; the receipt says so, and the next run refreshes."""

    takes = Partition

    async def work_on(self, item: Partition) -> None:
        workspace = self._workspace
        if workspace.dremio is None:
            return
        try:
            item.receipt = await run_in_thread(
                refresh_partition,
                item.receipt,
                workspace.dremio,
                workspace.config.lake.object_store.bucket,
                ledger=workspace.ledger,
                store=workspace.store,
            )
        except (LedgerError, StoreError) as error:
            logger.error("%s %s: published, and the next run refreshes it: %s", item.dataset, item.dt, error)
