"""Makes a raw file durable: on disk, then under `raw/` in the store."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from itemadapter import ItemAdapter
from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem
from scrapy.utils.asyncio import run_in_thread

from shopdata import failpoints, signals
from shopdata.exceptions import DiskError, LedgerError, StoreError
from shopdata.failpoints import FailPoint
from shopdata.items import ReportFile
from shopdata.lake.history import keep_raw
from shopdata.lake.ledger import CellKey, RawFile
from shopdata.lake.staging import move, sha256_of
from shopdata.states import CellState
from shopdata.workspace import Workspace

logger = logging.getLogger(__name__)


class StagePipeline:
    """A file that the store does not take stays in the outbox, and is sent first thing by the next run."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._workspace = Workspace.of(crawler)
        self._is_store_down = False

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> StagePipeline:
        return cls(crawler)

    async def open_spider(self) -> None:
        """Sends what earlier runs had to leave in the outbox."""
        await run_in_thread(self._workspace.staging.drop_old_tables, self._workspace.keep_tables_days)
        for cell in await run_in_thread(self._workspace.ledger.unsent_raw):
            # Where several machines share a ledger, each sends what lies with itself.
            if cell.raw is not None and self._workspace.staging.raw(cell.raw.key).is_file():
                await run_in_thread(self._send, cell.key, cell.raw)
        await run_in_thread(self._drop_sent)

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
        )
        try:
            await run_in_thread(self._stage, Path(adapter["path"]), key, raw)
        except (DiskError, LedgerError) as error:
            if isinstance(error, DiskError):
                await run_in_thread(self._workspace.ledger.mark, key, CellState.FAILED, str(error))
            raise DropItem(f"not staged: {error}", log_level="ERROR") from None
        state = CellState.STAGED if raw.rows else CellState.EMPTY
        logger.info("%s %s %s: %s, %d rows", key.dataset, key.shop, key.dt, state, raw.rows)
        self._crawler.signals.send_catch_log(
            signals.cell_settled, dataset=key.dataset, dt=key.dt, shop=key.shop, state=state, reason="", rows=raw.rows
        )
        return item

    def _stage(self, path: Path, key: CellKey, raw: RawFile) -> None:
        failpoints.reach(FailPoint.OUTBOX_BEFORE)
        move(path, self._workspace.staging.raw(raw.key))
        failpoints.reach(FailPoint.OUTBOX_AFTER)
        failpoints.reach(FailPoint.CELL_BEFORE)
        self._workspace.ledger.mark_staged(key, raw)
        failpoints.reach(FailPoint.CELL_AFTER)
        self._send(key, raw)

    def _drop_sent(self) -> None:
        """Removes what a killed run had sent, and did not live to remove."""
        for key, path in self._workspace.staging.outbox():
            cell = self._workspace.ledger.cell(key)
            if cell is not None and cell.raw is not None and cell.raw.in_store and sha256_of(path) == cell.raw.sha256:
                path.unlink(missing_ok=True)

    def _send(self, key: CellKey, raw: RawFile) -> None:
        """To the store, verified; only then is the local copy removed."""
        if self._is_store_down:
            return
        path = self._workspace.staging.raw(raw.key)
        try:
            self._workspace.store.ensure_bucket()
            keep_raw(self._workspace.store, key, raw)
            failpoints.reach(FailPoint.RAW_PUT_BEFORE)
            self._workspace.store.put_file(raw.key, path, sha256=raw.sha256, skip_unchanged=True)
            failpoints.reach(FailPoint.RAW_PUT_AFTER)
        except StoreError as error:
            # Once is enough: with 500 shops nobody wants 500 time-outs, and nothing is lost.
            self._is_store_down = True
            logger.error("%s Raw files stay in the outbox; the next run sends them.", error)
            return
        if self._workspace.ledger.mark_in_store(key, raw.sha256):
            failpoints.reach(FailPoint.RAW_SENT_AFTER)
            path.unlink(missing_ok=True)
