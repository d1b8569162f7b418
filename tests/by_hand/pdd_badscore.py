"""PDD 拼多多: reviews of one to three stars (商品 > 评价管理)."""

from __future__ import annotations

from typing import Any

from shopdata.crawling.paged_list import PagedList
from shopdata.periods import Period
from shopdata.platforms.pdd.report_spiders import PddPagedSpider
from shopdata.platforms.pdd.spider import times_of


class PddBadscoreSpider(PddPagedSpider):
    """Every review of a day, page by page; a day without one is a good day (docs/portals.md 3.3)."""

    name = "pdd_badscore"
    pages = PagedList(
        path="/saturn/reviews/list",
        page_key="pageNo",
        size_key="pageSize",
        rows_key="data",
        total_key="totalRows",
        id_key="reviewId",
    )

    def body(self, period: Period) -> dict[str, Any]:
        return {
            **times_of(period),
            "descScore": ["1", "2", "3"],
            "mainReviewContentStatus": "1",
            "orderSn": "",
        }
