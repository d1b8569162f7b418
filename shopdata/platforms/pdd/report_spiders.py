"""Reports of Pinduoduo that need only be declared: a list that comes in pages, a link to a file."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

from shopdata.config import Shop
from shopdata.crawling.declared import Declared
from shopdata.crawling.paged_list import PagedList
from shopdata.items import ReportFile
from shopdata.periods import Period
from shopdata.platforms.pdd.spider import PddSpider


class PddPagedSpider(Declared, PddSpider):
    """A dataset that is one list."""

    must_declare = ("pages",)
    pages: ClassVar[PagedList]

    @abstractmethod
    def body(self, period: Period) -> Mapping[str, Any]:
        """What is asked on every page, besides its number and size."""

    async def collect(self, shop: Shop, period: Period) -> ReportFile:
        return await self.collect_list(shop, period, self.pages, partial(self.post, shop), self.body(period))


class PddFileSpider(Declared, PddSpider):
    """A dataset that is one file, to which a GET of `path` answers the link."""

    must_declare = ("path",)
    path: ClassVar[str]

    @abstractmethod
    def query(self, period: Period) -> Mapping[str, object]:
        """What stands behind the path."""

    async def collect(self, shop: Shop, period: Period) -> ReportFile:
        return await self.download(shop, period, partial(self.get, shop, self.path, **self.query(period)))
