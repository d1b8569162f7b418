"""Tells Dremio that a partition has changed."""

from __future__ import annotations

import logging
from typing import Any

from itemadapter import ItemAdapter
from scrapy.crawler import Crawler
from scrapy.utils.asyncio import run_in_thread

from shopdata import failpoints
from shopdata.exceptions import RefreshError
from shopdata.failpoints import FailPoint
from shopdata.items import Partition
from shopdata.lake.dremio import DremioClient
from shopdata.lake.partition import put_receipt
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
        if isinstance(item, Partition) and self._workspace.dremio is not None:
            adapter = ItemAdapter(item)
            adapter["receipt"] = await run_in_thread(self._refresh, self._workspace.dremio, adapter["receipt"])
        return item

    def _refresh(self, dremio: DremioClient, receipt: dict[str, Any]) -> dict[str, Any]:
        workspace = self._workspace
        bucket = workspace.config.lake.object_store.bucket
        failpoints.reach(FailPoint.REFRESH_BEFORE)
        try:
            result = dremio.refresh(bucket, receipt["platform"], receipt["dataset"])
            state, detail = result.state, result.detail
        except RefreshError as error:
            logger.error("%s %s: published, but not refreshed: %s", receipt["dataset"], receipt["dt"], error)
            state, detail = "FAILED", str(error)
        failpoints.reach(FailPoint.REFRESH_AFTER)
        receipt = {**receipt, "refresh": {"state": state, "detail": detail}}
        put_receipt(receipt, workspace.store)
        workspace.ledger.set_refresh(receipt["dataset"], receipt["dt"], state, detail)
        failpoints.reach(FailPoint.REFRESHED_AFTER)
        return receipt
