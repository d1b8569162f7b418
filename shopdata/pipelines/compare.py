"""Did figures that are published already change since? If not, all stays as it is."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from itemadapter import ItemAdapter
from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem
from scrapy.utils.asyncio import run_in_thread

from shopdata import signals
from shopdata.exceptions import ShopdataError
from shopdata.files import discard
from shopdata.items import ReportFile
from shopdata.lake.partition import is_revised
from shopdata.ledger import CellKey
from shopdata.states import CellState
from shopdata.workspace import Workspace

logger = logging.getLogger(__name__)


class ComparePipeline:
    """Lets a file that was asked for again through only if its rows are others than the published ones."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._workspace = Workspace.of(crawler)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ComparePipeline:
        return cls(crawler)

    async def process_item(self, item: Any) -> Any:
        if not isinstance(item, ReportFile):
            return item
        adapter = ItemAdapter(item)
        if not adapter["is_asked_again"]:
            return item
        key = CellKey(adapter["dataset"], adapter["dt"], adapter["shop_id"])
        reason = await run_in_thread(self._reason_to_stay, key, adapter["sha256"], Path(adapter["path"]))
        if reason is None:
            logger.info("%s %s %s: the figures were revised", key.dataset, key.shop, key.dt)
            return item
        raise DropItem(f"{key}: {reason}", log_level="INFO")

    def _reason_to_stay(self, key: CellKey, sha256: str, path: Path) -> str | None:
        """Why the published file stays; None if the new one replaces it."""
        workspace = self._workspace
        cell = workspace.ledger.cell(key)
        if cell is None or cell.raw is None:
            return None
        dataset = workspace.config.dataset(key.dataset)
        try:
            if is_revised(key, cell.raw, sha256, dataset, workspace.staging, workspace.store):
                return None
            reason = ""
        except ShopdataError as error:
            # Without the old file nobody can say what changed; the next run asks again.
            reason = f"asked for again, and not compared: {error}"
        discard(path)
        state = CellState.PUBLISHED if cell.raw.rows else CellState.EMPTY
        workspace.ledger.mark(key, state, reason)
        self._crawler.signals.send_catch_log(
            signals.cell_settled,
            dataset=key.dataset,
            dt=key.dt,
            shop=key.shop,
            state=state,
            reason=reason,
            rows=cell.raw.rows,
        )
        return reason or "nothing was revised"
