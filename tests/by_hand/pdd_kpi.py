"""PDD 拼多多: customer-service KPI (多多客服 > 客服数据 > 客服绩效 > 下载表单)."""

from __future__ import annotations

from shopdata.periods import Period
from shopdata.platforms.pdd.report_spiders import PddFileSpider


class PddKpiSpider(PddFileSpider):
    """One .xls per shop and period; one row per service account, with 总计 and 平均 (docs/portals.md 3.1, 5.2)."""

    name = "pdd_kpi"
    datasets = {"day": "pdd_kpi_days", "week": "pdd_kpi_weekly", "month": "pdd_kpi_monthly"}  # noqa: RUF012
    path = "/chats/csReportDetail/download"

    def query(self, period: Period) -> dict[str, object]:
        return {
            "starttime": int(period.start_time.timestamp()),
            "endtime": int(period.end_time.timestamp()),
            "csRemoveRefundSalesAmountGray": "true",
        }
