"""Did figures that are published already change since? If not, all stays as it is."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

from itemadapter import ItemAdapter
from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem
from scrapy.utils.asyncio import run_in_thread

from shopdata.crawling.cell_states import CellStates
from shopdata.crawling.crawl_run import CrawlRun
from shopdata.exceptions import ShopdataError
from shopdata.files import discard
from shopdata.items import ReportFile
from shopdata.lake.partition import is_revised
from shopdata.ledger import CellKey, RawFile
from shopdata.reasons import NO_REASON, Reason
from shopdata.states import CellState
from shopdata.workspace import Workspace

logger = logging.getLogger(__name__)


class ComparePipeline:
    """Lets a file that was asked for again through only if its rows are others than the published ones."""

    def __init__(self, workspace: Workspace, states: CellStates) -> None:
        self._workspace = workspace
        self._states = states

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ComparePipeline:
        return cls(Workspace.of(crawler), CrawlRun.of(crawler).states)

    async def process_item(self, item: Any) -> Any:
        if not isinstance(item, ReportFile):
            return item
        adapter = ItemAdapter(item)
        if not adapter["is_recheck"]:
            return item
        key, path = CellKey(adapter["dataset"], adapter["dt"], adapter["shop_id"]), Path(adapter["path"])
        published = await run_in_thread(self._published, key)
        if published is None:
            return item
        try:
            if await run_in_thread(self._is_revised, key, published, adapter["sha256"]):
                logger.info("%s %s %s: the figures were revised", key.dataset, key.shop, key.dt)
                return item
            reason = NO_REASON
        except ShopdataError as error:
            # Without the old file nobody can say what changed; the next run asks again.
            reason = replace(Reason.of(error), text=f"asked for again, and not compared: {error}")
        await run_in_thread(discard, path)
        await self._states.settle(key, CellState.PUBLISHED if published.rows else CellState.EMPTY, reason)
        raise DropItem(f"{key}: {reason.text or 'nothing was revised'}", log_level="INFO")

    def _published(self, key: CellKey) -> RawFile | None:
        cell = self._workspace.ledger.cell(key)
        return cell.raw if cell is not None else None

    def _is_revised(self, key: CellKey, published: RawFile, sha256: str) -> bool:
        return is_revised(key, published, sha256, self._workspace.lake)
