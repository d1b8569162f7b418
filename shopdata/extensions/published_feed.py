"""What `-O FILE` and `FEEDS` export: where the published rows lie, one line for each period that was asked for.

Scrapy would export our items, whose files are gone by then or on their way.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from scrapy import Spider
from scrapy.crawler import Crawler
from scrapy.extensions.feedexport import FeedExporter
from scrapy.utils.asyncio import run_in_thread

from shopdata import private, signals
from shopdata.exceptions import ArgumentError, ShopdataError
from shopdata.plan import Plan
from shopdata.store.keys import parquet_key, workbook_key
from shopdata.workspace import Workspace

logger = logging.getLogger(__name__)

FIELDS = (
    "dataset",
    "dt",
    "rows",
    "shops",
    "missing",
    "workbook",
    "parquet",
    "receipt",
    "on_disk",
    "published_at",
    "run_id",
    "dremio",
)


def check_targets(feeds: Iterable[str]) -> None:
    """Looks at the files that an export is to be written to, before anything is collected.

    Args:
        feeds: addresses; what is no file on this machine is passed over.

    Raises:
        ArgumentError: one of them can't be written.
    """
    for feed in map(str, feeds):
        if feed == "-" or ("://" in feed and not feed.startswith("file://")) or feed.startswith("stdout:"):
            continue
        file = Path(url2pathname(urlsplit(feed).path) if "://" in feed else feed).absolute()
        folder = next((one for one in file.parents if one.exists()), file.parent)
        why = "a folder" if file.is_dir() else f"{folder} is no folder" if not folder.is_dir() else ""
        if not why and not os.access(file if file.exists() else folder, os.W_OK):
            why = f"this user may not write {'it' if file.exists() else f'to {folder}'}"
        if why:
            raise ArgumentError(
                "the export can't be written there", where=f"-O {feed}", found=why, todo="Name another file."
            )


class PublishedFeed(FeedExporter):
    """Also what was published before and was not asked for again; nothing of a period that is not published."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._workspace = Workspace.of(crawler)
        self._plan: Plan | None = None
        for options in self.feeds.values():
            options["fields"] = options["fields"] or list(FIELDS)
        crawler.signals.connect(self._on_planned, signals.run_planned)

    def _on_planned(self, plan: Plan) -> None:
        self._plan = plan

    def item_scraped(self, item: Any, spider: Spider) -> None:
        """Not the items: what became of them is told at the end."""

    async def close_spider(self, spider: Spider) -> None:
        try:
            places = await run_in_thread(lambda: list(self._places()))
        except ShopdataError as error:
            places = []
            logger.error("nothing is exported: %s", error)
        try:
            # Files that a person has asked for by name.
            with private.as_the_user_wants():
                for place in places:
                    super().item_scraped(place, spider)
                await super().close_spider(spider)
        except OSError as error:
            logger.error("nothing is exported to %s. Found %s.", ", ".join(self.feeds), error.strerror or error)

    def _places(self) -> Iterator[dict[str, Any]]:
        plan = self._plan
        if plan is None:
            return
        for period in plan.periods:
            one = self._workspace.ledger.partition(plan.dataset, period.dt)
            if one is not None:
                keys = one.platform, one.dataset, one.dt
                local = self._workspace.staging.merged(one.dataset, one.dt, "xlsx")
                yield {
                    "dataset": one.dataset,
                    "dt": one.dt,
                    "rows": one.rows,
                    "shops": one.published,
                    "missing": len(one.missing),
                    "workbook": self._address(workbook_key(*keys)),
                    "parquet": self._address(parquet_key(*keys)),
                    "receipt": self._address(one.receipt_key),
                    "on_disk": str(local) if local.is_file() else "",
                    "published_at": one.published_at.isoformat(timespec="seconds"),
                    "run_id": one.run_id,
                    "dremio": one.refresh_state,
                }

    def _address(self, key: str) -> str:
        return f"s3://{self._workspace.config.lake.object_store.bucket}/{key}"
