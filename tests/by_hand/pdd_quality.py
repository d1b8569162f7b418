"""PDD 拼多多: product quality (营销 > 商品质量体验), a snapshot of today."""

from __future__ import annotations

from typing import Any

from shopdata.crawling.paged_list import PagedList
from shopdata.periods import Period
from shopdata.platforms.pdd.report_spiders import PddPagedSpider


class PddQualitySpider(PddPagedSpider):
    """Every product of a shop, page by page (docs/portals.md 3.4)."""

    name = "pdd_quality"
    pages = PagedList(
        path="/api/price/mariana/quality_experience/goods_list",
        page_key="page_no",
        size_key="page_size",
        rows_key="goods_list",
        id_key="goods_id",
    )

    def body(self, period: Period) -> dict[str, Any]:
        return {"sort_field": 1, "sort_type": "ASC"}
