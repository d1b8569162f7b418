"""JD 京东: supply-chain inventory (商智 > 供应链 > 商品明细 > 下载)."""

from __future__ import annotations

from typing import Any

from shopdata.config import Shop
from shopdata.items import ReportFile
from shopdata.periods import Period
from shopdata.platforms.jd.spider import JdSpider

CREATE_PATH = "/inventoryajax/reportCenter/recommendReport/downloadERPSupplyChainProData.ajax"
REPORT_TYPE = "supplyChainPro"


class JdStoreSpider(JdSpider):
    """One workbook of 112 columns per shop and day."""

    name = "jd_store"

    async def collect(self, shop: Shop, period: Period) -> ReportFile:
        job = await self.create_report(shop, period, CREATE_PATH, create_body(period), REPORT_TYPE)
        report = await self.wait_for_report(shop, period, job)
        return await self.download(shop, period, job, report)


def create_body(period: Period) -> dict[str, Any]:
    """What the page's download button sends for one past day (docs/portals.md 4.3; `offline` is the form for T-1)."""
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
        "dataType": "offline",
        "id": 1,
        "excludeEmpty": "0",
    }
