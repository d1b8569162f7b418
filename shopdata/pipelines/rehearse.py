"""Puts a rehearsal's file where `scrapy rehearse` looks for it; nothing goes on from here."""

from __future__ import annotations

import shutil

from scrapy.exceptions import DropItem
from scrapy.utils.asyncio import run_in_thread

from shopdata.items import ReportFile
from shopdata.pipelines.step import Step


class RehearsalPipeline(Step[ReportFile]):
    """In place of all that stages, merges and publishes."""

    takes = ReportFile

    async def work_on(self, item: ReportFile) -> None:
        await run_in_thread(shutil.copyfile, item.path, self._workspace.state_dir.parent / "rehearsed")
        raise DropItem("a rehearsal publishes nothing", log_level="DEBUG")
