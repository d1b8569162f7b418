"""The list of reviews (docs/portals.md 3.3). Whether it must be signed is disputed; here it need not be."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.options import of_shop
from sandbox.pdd.answers import Call
from sandbox.pdd.paged import PagedReport
from sandbox.pdd.review_contents import BAD_STARS, FIELDS, reviews
from sandbox.world import SandboxShop


class PddReviews(PagedReport):
    """The reviews of a shop, newest first; those with 1 to 3 stars are the dataset."""

    dataset = "pdd_badscore"
    cron = "0 9 * * *"
    call = Call("reviews", is_camel=True, success_code=1000000)
    path = "/saturn/reviews/list"
    page_key = "pageNo"
    rows_key = "data"
    # What tells totalNum from totalRows was not recorded; here they are the same. [A]
    total_keys = ("totalRows", "totalNum")
    # A limit was not recorded; this one keeps the sandbox from making years of reviews. [A]
    max_days = 92
    id_key, text_key, time_key = "reviewId", "comment", "createTime"
    fields = FIELDS

    def rows(self, shop: SandboxShop, day: dt.date) -> Sequence[dict[str, Any]]:
        """The reviews of a day."""
        return reviews(self.stage.options.seed, shop.id, day, of_shop(self.stage.options.reviews, shop.number))

    def is_reported(self, row: dict[str, Any]) -> bool:
        """Says whether it is a bad one."""
        return row["descScore"] in BAD_STARS

    def select(self, rows: Sequence[dict[str, Any]], body: Mapping[str, Any]) -> Sequence[dict[str, Any]] | None:
        """What fits the filters. What mainReviewContentStatus and replyStatus mean is unknown: they filter nothing."""
        stars = _stars(body)
        if stars is None:
            return None
        order, goods = body.get("orderSn") or None, body.get("goodsId")
        return [
            row
            for row in rows
            if row["descScore"] in stars and order in (None, row["orderSn"]) and goods in (None, row["goodsId"])
        ]


def _stars(body: Mapping[str, Any]) -> set[int] | None:
    """The stars that are asked for: texts (docs/portals.md 3.3 [C 5]); all if nothing is said. None if malformed."""
    asked = body.get("descScore")
    if asked is None:
        return {1, 2, 3, 4, 5}
    if not isinstance(asked, list) or any(star not in ("1", "2", "3", "4", "5") for star in asked):
        return None
    return {int(star) for star in asked}
