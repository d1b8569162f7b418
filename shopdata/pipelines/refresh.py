"""Tells Dremio that a partition has changed."""

from __future__ import annotations

import logging
from typing import Any

from itemadapter import ItemAdapter
from scrapy.crawler import Crawler
from scrapy.utils.asyncio import run_in_thread

from shopdata.exceptions import LedgerError, StoreError
from shopdata.items import Partition
from shopdata.lake.refresh import refresh_partition
from shopdata.workspace import Workspace

logger = logging.getLogger(__name__)


class RefreshPipeline:
    """Data stays published when Dremio fails; the receipt says so, and the next run refreshes."""

    def __init__(self, crawler: Crawler) -> None:
        self._workspace = Workspace.of(crawler)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RefreshPipeline:
        return cls(crawler)

    async def process_item(self, item: Any) -> Any:
        workspace = self._workspace
        if isinstance(item, Partition) and workspace.dremio is not None:
            adapter = ItemAdapter(item)
            try:
                adapter["receipt"] = await run_in_thread(
                    refresh_partition,
                    adapter["receipt"],
                    workspace.dremio,
                    workspace.config.lake.object_store.bucket,
                    ledger=workspace.ledger,
                    store=workspace.store,
                )
            except (LedgerError, StoreError) as error:
                name, dt = adapter["dataset"], adapter["dt"]
                logger.error("%s %s: published, and the next run refreshes it: %s", name, dt, error)
        return item
