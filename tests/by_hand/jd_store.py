"""JD 京东: supply-chain inventory (商智 > 供应链 > 商品明细 > 下载)."""

from __future__ import annotations

from typing import Any

from shopdata.periods import Period
from shopdata.platforms.jd.report_spider import JdReportSpider


class JdStoreSpider(JdReportSpider):
    """One workbook of 112 columns per shop and day (docs/portals.md 4.3)."""

    name = "jd_store"
    create_path = "/inventoryajax/reportCenter/recommendReport/downloadERPSupplyChainProData.ajax"
    report_type = "supplyChainPro"

    def body(self, period: Period) -> dict[str, Any]:
        day = period.start.isoformat()
        return {
            "isRdc": "0",
            "brandId": "all",
            "firstCategoryId": "",
            "secondCategoryId": "",
            "thirdCategoryId": "all",
            "date": day,
            "startDate": day,
            "endDate": day,
            "skuId": "",
            "skuStatusCd": "",
            "dataType": "offline",  # the form for days before today
            "id": 1,
            "excludeEmpty": "0",
        }
