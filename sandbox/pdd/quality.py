"""Product quality: a snapshot of today, in pages (docs/portals.md 3.4)."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from random import Random
from typing import Any

from aiohttp import web

from sandbox.options import of_shop
from sandbox.pdd.answers import WRONG_ARGUMENTS
from sandbox.pdd.gate import DIALECTS, Gate, json_body
from sandbox.pdd.paging import Page, Readings
from sandbox.portal import Stage
from sandbox.truth import Truth
from sandbox.world import Shop

LIST_PATH = "/api/price/mariana/quality_experience/goods_list"
FIELDS = (
    "goods_id",
    "goods_name",
    "img_url",
    "rank_percent",
    "abnormal_order_num",
    "abnormal_order_ratio",
    "right_status",
    "quality_level",
    "quality_help_rate_last30_days",
    "goods_rating_rank",
    "repeat_purchase_ratio",
)
_NOUNS = ("帆布鞋", "短袖T恤", "坚果礼盒🎁", "抽纸<加厚>", "中性笔0.5mm", "=特价*肉粽", '牙膏 "薄荷"')
_KEPT_LISTS = 64


class PddQuality:
    """The handler of the list."""

    def __init__(self, stage: Stage, gate: Gate, readings: Readings) -> None:
        self._stage = stage
        self._gate = gate
        self._readings = readings

    def add_routes(self, app: web.Application) -> None:
        """Adds the path to the application of the back office."""
        app.router.add_post(LIST_PATH, self._list)

    def truth(self, shop: Shop, day: dt.date, *, is_empty: bool) -> Truth:
        """The list as it is on a day, best rank first."""
        return Truth.of_records(list(FIELDS), [] if is_empty else list(self._goods(shop, day)))

    def _goods(self, shop: Shop, day: dt.date) -> tuple[dict[str, Any], ...]:
        return goods_list(self._stage.options.seed, shop.id, day, of_shop(self._stage.options.goods, shop.number))

    async def _list(self, request: web.Request) -> web.Response:
        body = await json_body(request)
        today = self._stage.world.now().date()
        shop = await self._gate.enter(request, "quality", today)
        if isinstance(shop, web.Response):
            return shop
        page = Page.of(body, "page_no", "page_size", first=1)
        # Of the sorts only the one that callers use is known.
        if page is None or body.get("sort_field") != 1 or body.get("sort_type") not in ("ASC", "DESC"):
            return self._gate.refuse(shop, "quality", WRONG_ARGUMENTS)
        goods = self._goods(shop, today)
        if body["sort_type"] == "DESC":
            goods = goods[::-1]
        turned = self._readings.turn(shop, "quality", goods, page, day=today)
        result: dict[str, Any] = {"total": turned.total}
        if turned.has_list:
            result["goods_list"] = turned.rows
        return DIALECTS["quality"].success(result)


@lru_cache(_KEPT_LISTS)
def goods_list(seed: int, shop_id: str, day: dt.date, count: int) -> tuple[dict[str, Any], ...]:
    """The goods of a shop with their numbers of a day, best rank first. Not to be changed."""
    of_shop_only, of_day = Random(f"{seed}/{shop_id}/goods"), Random(f"{seed}/{shop_id}/{day}/goods")
    first_id = of_shop_only.randrange(10**11, 8 * 10**11)
    goods = [_row(of_day, first_id + 131 * number, number) for number in range(count)]
    # Goods that are too new to be ranked stand at the end. [A]
    return tuple(sorted(goods, key=lambda row: (row["rank_percent"] is None, row["rank_percent"] or 0)))


def _row(random: Random, goods_id: int, number: int) -> dict[str, Any]:
    """One of the goods. docs/portals.md 3.4 has the names [S]; how the values are written was not recorded. [A]"""
    is_new = random.randrange(12) == 0
    orders = random.randrange(40)
    return {
        "goods_id": goods_id,
        "goods_name": f"{_NOUNS[number % len(_NOUNS)]} 第{number + 1}款",
        "img_url": f"https://img.example.invalid/goods/{goods_id}.jpeg",
        "rank_percent": None if is_new else random.randrange(10_001) / 10_000,
        "abnormal_order_num": orders,
        "abnormal_order_ratio": f"{orders / 4:.2f}%",
        "right_status": random.choice([0, 1, 2]),
        "quality_level": None if is_new else random.choice(["优秀", "良好", "一般", "较差"]),
        "quality_help_rate_last30_days": random.choice(["0.00%", f"{random.randrange(500) / 100:.2f}%"]),
        "goods_rating_rank": None if is_new else f"前{random.randrange(1, 101)}%",
        "repeat_purchase_ratio": random.choice([None, f"{random.randrange(4000) / 100:.2f}%"]),
    }
