"""PDD 拼多多: customer-service KPI (多多客服 > 客服数据 > 客服绩效 > 下载表单)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import ClassVar

from shopdata.config import Shop
from shopdata.items import ReportFile
from shopdata.periods import Period, PeriodKind
from shopdata.platforms.pdd.spider import PddSpider

DOWNLOAD_PATH = "/chats/csReportDetail/download"


class PddKpiSpider(PddSpider):
    """One .xls per shop and period; one row per service account, with 总计 and 平均 (docs/portals.md 3.1, 5.2)."""

    name = "pdd_kpi"
    datasets: ClassVar[Mapping[PeriodKind, str]] = {
        "day": "pdd_kpi_days",
        "week": "pdd_kpi_weekly",
        "month": "pdd_kpi_monthly",
    }

    async def collect(self, shop: Shop, period: Period) -> ReportFile:
        ask_for_link = partial(
            self.get,
            shop,
            DOWNLOAD_PATH,
            starttime=int(period.start_time.timestamp()),
            endtime=int(period.end_time.timestamp()),
            csRemoveRefundSalesAmountGray="true",
        )
        return await self.download(shop, period, ask_for_link)
