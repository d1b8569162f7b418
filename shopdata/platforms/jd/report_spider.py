"""A report of JD that need only be declared."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

from shopdata.config import Shop
from shopdata.crawling.declared import Declared
from shopdata.items import ReportFile
from shopdata.periods import Period
from shopdata.platforms.jd.spider import JdSpider


class JdReportSpider(Declared, JdSpider):
    """A dataset that is one report: ordered, waited for, downloaded."""

    must_declare = ("create_path", "report_type")
    #: The path of `gateway_origin` that orders it.
    create_path: ClassVar[str]
    #: What JD's list calls this kind of report.
    report_type: ClassVar[str]

    @abstractmethod
    def body(self, period: Period) -> dict[str, Any]:
        """What the page's own download button sends."""

    async def collect(self, shop: Shop, period: Period) -> ReportFile:
        job = await self.create_report(shop, period, self.create_path, self.body(period), self.report_type)
        report = await self.wait_for_report(shop, period, job)
        return await self.download(shop, period, job, report)
