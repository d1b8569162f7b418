"""What the pipelines behind the first have in common: each works on one kind of item, and passes all others on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Generic, Self, TypeVar

from scrapy.crawler import Crawler

from shopdata.items import Partition, ReportFile
from shopdata.workspace import Workspace

Item = TypeVar("Item", ReportFile, Partition)


class Step(ABC, Generic[Item]):
    """A pipeline of one kind of item; it changes the item, or drops it."""

    #: The kind.
    takes: type[Item]

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._workspace = Workspace.of(crawler)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_item(self, item: Any) -> Any:
        if isinstance(item, self.takes):
            await self.work_on(item)
        return item

    @abstractmethod
    async def work_on(self, item: Item) -> None:
        """Fills in what the step finds out. Raises DropItem where the item must not go on."""
