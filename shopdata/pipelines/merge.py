"""Merges all staged shops of a period into one workbook and one Parquet file."""

from __future__ import annotations

from scrapy.exceptions import DropItem
from scrapy.utils.asyncio import run_in_thread

from shopdata.exceptions import ShopdataError
from shopdata.items import Partition
from shopdata.lake.partition import build_partition
from shopdata.pipelines.step import Step


class MergePipeline(Step[Partition]):
    """Builds a partition's files, and what its receipt will say; a partition without any staged shop ends here."""

    takes = Partition

    async def work_on(self, item: Partition) -> None:
        lake, workers = self._workspace.lake, self._workspace.workers
        try:
            built = await run_in_thread(build_partition, item.dataset, item.dt, item.run_id, lake, workers=workers)
        except ShopdataError as error:
            raise DropItem(f"not merged: {error}", log_level="ERROR") from None
        if built is None:
            raise DropItem("no shop has a file yet, nothing to publish")
        item.built = built
