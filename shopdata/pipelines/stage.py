"""Makes a raw file durable: on disk, then under `raw/` in the store."""

from __future__ import annotations

import logging
from pathlib import Path

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
from shopdata.pipelines.step import Step
from shopdata.reasons import Reason
from shopdata.states import CellState
from shopdata.store.staging import Staging

logger = logging.getLogger(__name__)


class StagePipeline(Step[ReportFile]):
    """A file that could not be sent stays in the outbox, until the end of the run, or the begin of the next one."""

    takes = ReportFile

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._states = CrawlRun.of(crawler).states
        self._outbox = self._workspace.outbox

    async def open_spider(self) -> None:
        """Sends what earlier runs had to leave in the outbox."""
        await run_in_thread(self._workspace.staging.drop_old_tables, self._workspace.keep_tables_days)
        await self._offer_all()

    async def close_spider(self) -> None:
        """Sends what was left while the ledger was away; ends what killed runs have left half-way in the store."""
        await self._offer_all()
        await run_in_thread(self._outbox.abort_uploads)

    async def _offer_all(self) -> None:
        try:
            await run_in_thread(self._outbox.offer_all)
        except (DiskError, LedgerError) as error:
            logger.error("what lies in the outbox was not sent: %s", error)

    async def work_on(self, item: ReportFile) -> None:
        key = item.key
        raw = await run_in_thread(raw_file, item, self._workspace.staging)
        try:
            await run_in_thread(self._move, item.path, key, raw)
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

    def _move(self, path: Path, key: CellKey, raw: RawFile) -> None:
        if (claims := self._workspace.ledger.claims) is not None:
            # Whoever has taken the cell over may have staged another file in the same place.
            claims.renew(key)
        failpoints.reach(FailPoint.OUTBOX_BEFORE)
        move(path, self._workspace.staging.raw(raw.key))
        failpoints.reach(FailPoint.OUTBOX_AFTER)


def raw_file(item: ReportFile, staging: Staging) -> RawFile:
    """What the ledger keeps of an item's file. Raises DiskError."""
    return RawFile(
        key=item.raw_key,
        sha256=item.sha256,
        bytes=item.size_bytes,
        ext=item.ext,
        rows=item.rows,
        fetched_at=item.fetched_at,
        shop_name=item.shop_name,
        account=item.account,
        node=staging.node,
    )
