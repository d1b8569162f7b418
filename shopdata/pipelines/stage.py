"""Makes a raw file durable: on disk, then under `raw/` in the store."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from itemadapter import ItemAdapter
from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem
from scrapy.utils.asyncio import run_in_thread

from shopdata import failpoints
from shopdata.crawling.crawl_run import CrawlRun
from shopdata.exceptions import DiskError, LedgerError
from shopdata.failpoints import FailPoint
from shopdata.files import move
from shopdata.items import ReportFile
from shopdata.ledger import CellKey, RawFile
from shopdata.reasons import Reason
from shopdata.states import CellState
from shopdata.workspace import Workspace

logger = logging.getLogger(__name__)


class StagePipeline:
    """A file that the store does not take stays in the outbox, and is sent first thing by the next run."""

    def __init__(self, crawler: Crawler) -> None:
        self._workspace = Workspace.of(crawler)
        self._states = CrawlRun.of(crawler).states
        self._outbox = self._workspace.outbox

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> StagePipeline:
        return cls(crawler)

    async def open_spider(self) -> None:
        """Sends what earlier runs had to leave in the outbox."""
        await run_in_thread(self._workspace.staging.drop_old_tables, self._workspace.keep_tables_days)
        try:
            await run_in_thread(self._outbox.offer_all)
        except (DiskError, LedgerError) as error:
            logger.error("what lies in the outbox was not sent: %s", error)

    async def close_spider(self) -> None:
        """Ends what killed runs have left half-way in the store."""
        await run_in_thread(self._outbox.abort_uploads)

    async def process_item(self, item: Any) -> Any:
        if not isinstance(item, ReportFile):
            return item
        adapter = ItemAdapter(item)
        key = CellKey(adapter["dataset"], adapter["dt"], adapter["shop_id"])
        raw = RawFile(
            key=adapter["raw_key"],
            sha256=adapter["sha256"],
            bytes=adapter["size_bytes"],
            ext=adapter["ext"],
            rows=adapter["rows"],
            fetched_at=adapter["fetched_at"],
            shop_name=adapter["shop_name"],
            account=adapter["account"],
        )
        try:
            await run_in_thread(self._move, Path(adapter["path"]), key, raw)
        except LedgerError as error:
            raise DropItem(f"not staged: {error}", log_level="ERROR") from None
        except DiskError as error:
            await self._states.settle(key, CellState.FAILED, Reason.of(error))
            raise DropItem(f"not staged: {error}", log_level="ERROR") from None
        failpoints.reach(FailPoint.CELL_BEFORE)
        if not await self._states.settle(key, raw.state, raw=raw):
            raise DropItem("not staged", log_level="DEBUG")
        failpoints.reach(FailPoint.CELL_AFTER)
        logger.info("%s %s %s: %s, %d rows", key.dataset, key.shop, key.dt, raw.state, raw.rows)
        await run_in_thread(self._outbox.offer, key, raw)
        return item

    def _move(self, path: Path, key: CellKey, raw: RawFile) -> None:
        if (claims := self._workspace.ledger.claims) is not None:
            # Whoever has taken the cell over may have staged another file in the same place.
            claims.renew(key)
        failpoints.reach(FailPoint.OUTBOX_BEFORE)
        move(path, self._workspace.staging.raw(raw.key))
        failpoints.reach(FailPoint.OUTBOX_AFTER)
