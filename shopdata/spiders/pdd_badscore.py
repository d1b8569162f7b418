"""PDD 拼多多: reviews of one to three stars (商品 > 评价管理)."""

from __future__ import annotations

from shopdata.config import Shop
from shopdata.crawling import Page
from shopdata.items import ReportFile
from shopdata.periods import Period
from shopdata.platforms.pdd.spider import PddSpider

LIST_PATH = "/saturn/reviews/list"
PAGE_SIZE = 40


class PddBadscoreSpider(PddSpider):
    """Every review of a day, page by page; a day without one is a good day (docs/portals.md 3.3)."""

    name = "pdd_badscore"

    async def collect(self, shop: Shop, period: Period) -> ReportFile:
        async def ask(number: int) -> Page:
            body = {
                "startTime": int(period.start_time.timestamp()),
                "endTime": int(period.end_time.timestamp()),
                "pageNo": number,
                "pageSize": PAGE_SIZE,
                "descScore": ["1", "2", "3"],
                "mainReviewContentStatus": "1",
                "orderSn": "",
            }
            result = await self.post(shop, LIST_PATH, body)
            return Page.from_result(result, "data", "totalRows", f"shop {shop.id!r}, {LIST_PATH}")

        return await self.collect_pages(shop, period, "reviewId", PAGE_SIZE, ask)
