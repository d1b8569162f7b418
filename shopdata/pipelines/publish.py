"""Puts workbook, Parquet and receipt into the store."""

from __future__ import annotations

import logging
from typing import Any

from itemadapter import ItemAdapter
from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem
from scrapy.utils.asyncio import run_in_thread

from shopdata import signals
from shopdata.exceptions import ShopdataError
from shopdata.items import Partition
from shopdata.lake.publishing import publish_partition
from shopdata.lake.receipts import Receipt
from shopdata.workspace import Workspace

logger = logging.getLogger(__name__)


class PublishPipeline:
    """The receipt is written last; until then the old partition stays whole."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._workspace = Workspace.of(crawler)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> PublishPipeline:
        return cls(crawler)

    async def process_item(self, item: Any) -> Any:
        if not isinstance(item, Partition):
            return item
        adapter, workspace = ItemAdapter(item), self._workspace
        try:
            await run_in_thread(workspace.outbox.send_partition, adapter["dataset"], adapter["dt"])
            adapter["receipt"] = await run_in_thread(
                publish_partition,
                adapter["built"],
                has_dremio=workspace.dremio is not None,
                ledger=workspace.ledger,
                store=workspace.store,
            )
        except ShopdataError as error:
            raise DropItem(f"not published: {error}", log_level="ERROR") from None
        receipt: Receipt = adapter["receipt"]
        logger.info(
            "%s %s: published %d rows of %d shops, %d missing",
            receipt.dataset,
            receipt.dt,
            receipt.rows,
            len(receipt.shops),
            len(receipt.missing),
        )
        self._crawler.signals.send_catch_log(signals.partition_published, partition=item)
        return item
