"""Puts workbook, Parquet and receipt into the store."""

from __future__ import annotations

import logging

from scrapy.exceptions import DropItem
from scrapy.utils.asyncio import run_in_thread

from shopdata import signals
from shopdata.exceptions import ShopdataError
from shopdata.items import Partition
from shopdata.lake.contracts import keep_contract
from shopdata.lake.publishing import publish_partition
from shopdata.pipelines.step import Step

logger = logging.getLogger(__name__)


class PublishPipeline(Step[Partition]):
    """The receipt is written last; until then the old partition stays whole."""

    takes = Partition

    async def work_on(self, item: Partition) -> None:
        workspace = self._workspace
        try:
            await run_in_thread(workspace.outbox.send_partition, item.dataset, item.dt)
            receipt = await run_in_thread(
                publish_partition,
                item.built,
                has_dremio=workspace.dremio is not None,
                ledger=workspace.ledger,
                store=workspace.store,
            )
            await run_in_thread(keep_contract, item.dataset, workspace.config, workspace.store)
        except ShopdataError as error:
            raise DropItem(f"not published: {error}", log_level="ERROR") from None
        item.receipt = receipt
        logger.info(
            "%s %s: published %d rows of %d shops, %d missing",
            receipt.dataset,
            receipt.dt,
            receipt.rows,
            len(receipt.shops),
            len(receipt.missing),
        )
        self._crawler.signals.send_catch_log(signals.partition_published, partition=item)
