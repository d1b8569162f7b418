"""PDD 拼多多: product quality (营销 > 商品质量体验), a snapshot of today."""

from __future__ import annotations

from shopdata.config import Shop
from shopdata.crawling import Page
from shopdata.items import ReportFile
from shopdata.periods import Period
from shopdata.platforms.pdd.spider import PddSpider

LIST_PATH = "/api/price/mariana/quality_experience/goods_list"
PAGE_SIZE = 40


class PddQualitySpider(PddSpider):
    """Every product of a shop, page by page (docs/portals.md 3.4)."""

    name = "pdd_quality"

    async def collect(self, shop: Shop, period: Period) -> ReportFile:
        async def ask(number: int) -> Page:
            body = {"sort_field": 1, "sort_type": "ASC", "page_size": PAGE_SIZE, "page_no": number}
            result = await self.post(shop, LIST_PATH, body)
            return Page.from_result(result, "goods_list", "total", f"shop {shop.id!r}, {LIST_PATH}")

        return await self.collect_pages(shop, period, "goods_id", PAGE_SIZE, ask)
