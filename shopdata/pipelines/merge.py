"""Merges all staged shops of a period into one workbook and one Parquet file."""

from __future__ import annotations

from typing import Any

from itemadapter import ItemAdapter
from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem
from scrapy.utils.asyncio import run_in_thread

from shopdata.exceptions import ShopdataError
from shopdata.items import Partition
from shopdata.lake.partition import build_partition
from shopdata.workspace import Workspace


class MergePipeline:
    """Builds a partition's files, and what its receipt will say; a partition without any staged shop ends here."""

    def __init__(self, crawler: Crawler) -> None:
        self._workspace = Workspace.of(crawler)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> MergePipeline:
        return cls(crawler)

    async def process_item(self, item: Any) -> Any:
        if not isinstance(item, Partition):
            return item
        adapter, workspace = ItemAdapter(item), self._workspace
        try:
            built = await run_in_thread(
                build_partition,
                adapter["dataset"],
                adapter["dt"],
                adapter["run_id"],
                workspace.lake,
                workers=workspace.workers,
            )
        except ShopdataError as error:
            raise DropItem(f"not merged: {error}", log_level="ERROR") from None
        if built is None:
            raise DropItem("no shop has a file yet, nothing to publish")
        adapter["built"] = built
        return item
