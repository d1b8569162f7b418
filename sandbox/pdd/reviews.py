"""The list of reviews (docs/portals.md 3.3). Whether it must be signed is disputed; here it need not be."""

from __future__ import annotations

import datetime as dt
from typing import Any

from aiohttp import web

from sandbox.options import of_shop
from sandbox.pdd.answers import SPAN_TOO_LONG, WRONG_ARGUMENTS
from sandbox.pdd.gate import DIALECTS, Gate, json_body
from sandbox.pdd.paging import Page, Readings, Window, last_day
from sandbox.pdd.review_contents import FIELDS, bad_reviews, reviews
from sandbox.portal import Stage
from sandbox.truth import Truth
from sandbox.world import Shop

LIST_PATH = "/saturn/reviews/list"
# A limit was not recorded; this one keeps the sandbox from making years of reviews. [A]
MAX_DAYS = 92


class PddReviews:
    """The handler of the list."""

    def __init__(self, stage: Stage, gate: Gate, readings: Readings) -> None:
        self._stage = stage
        self._gate = gate
        self._readings = readings

    def add_routes(self, app: web.Application) -> None:
        """Adds the path to the application of the back office."""
        app.router.add_post(LIST_PATH, self._list)

    def truth(self, shop: Shop, day: dt.date) -> Truth:
        """The reviews with 1 to 3 stars of a day."""
        return Truth.of_records(list(FIELDS), bad_reviews(self._stage.options.seed, shop.id, day, self._count(shop)))

    def _count(self, shop: Shop) -> int:
        return of_shop(self._stage.options.reviews, shop.number)

    async def _list(self, request: web.Request) -> web.Response:
        body = await json_body(request)
        window, page = Window.of(body), Page.of(body, "pageNo", "pageSize", first=1)
        shop = await self._gate.enter(request, "reviews", last_day(window))
        if isinstance(shop, web.Response):
            return shop
        stars = _stars(body)
        if window is None or page is None or stars is None:
            return self._gate.refuse(shop, "reviews", WRONG_ARGUMENTS)
        if len(window.days()) > MAX_DAYS:
            return self._gate.refuse(shop, "reviews", SPAN_TOO_LONG)
        found = self._found(shop, window, stars, body)
        turned = self._readings.turn(shop, "reviews", found, page, day=last_day(window))
        # What tells totalNum from totalRows was not recorded; here they are the same. [A]
        result: dict[str, Any] = {"totalRows": turned.total, "totalNum": turned.total}
        if turned.has_list:
            result["data"] = turned.rows
        return DIALECTS["reviews"].success(result)

    def _found(self, shop: Shop, window: Window, stars: set[int], body: dict[str, Any]) -> list[dict[str, Any]]:
        """What fits the filters. What mainReviewContentStatus and replyStatus mean is unknown: they filter nothing."""
        order, goods = body.get("orderSn") or None, body.get("goodsId")
        return [
            review
            for day in window.days()
            for review in reviews(self._stage.options.seed, shop.id, day, self._count(shop))
            if window.holds(review["createTime"])
            and review["descScore"] in stars
            and order in (None, review["orderSn"])
            and goods in (None, review["goodsId"])
        ]


def _stars(body: dict[str, Any]) -> set[int] | None:
    """The stars asked for: texts (docs/portals.md 3.3 [C 5]); all if nothing is said. None if malformed."""
    asked = body.get("descScore")
    if asked is None:
        return {1, 2, 3, 4, 5}
    if not isinstance(asked, list) or any(star not in ("1", "2", "3", "4", "5") for star in asked):
        return None
    return {int(star) for star in asked}
