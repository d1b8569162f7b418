"""Product quality: a snapshot of today, in pages (docs/portals.md 3.4)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import lru_cache
from random import Random
from typing import Any

from sandbox.faults import Fault
from sandbox.options import of_shop
from sandbox.pdd.answers import Call
from sandbox.pdd.paged import READING_FAULTS, PagedReport
from sandbox.world import SandboxShop

_NOUNS = ("帆布鞋", "短袖T恤", "坚果礼盒🎁", "抽纸<加厚>", "中性笔0.5mm", "=特价*肉粽", '牙膏 "薄荷"')
_KEPT_LISTS = 64


class PddQuality(PagedReport):
    """The goods of a shop, best rank first."""

    dataset = "pdd_quality"
    cron = "0 8 * * *"
    call = Call("quality", is_camel=False, success_code=0)
    path = "/api/price/mariana/quality_experience/goods_list"
    page_key, size_key = "page_no", "page_size"
    rows_key = "goods_list"
    id_key, text_key = "goods_id", "goods_name"
    reading_faults = READING_FAULTS | {Fault.QUALITY_EMPTY}
    fields = (
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

    def rows(self, shop: SandboxShop, day: dt.date) -> Sequence[dict[str, Any]]:
        """The goods as they are on a day."""
        options = self.stage.options
        return _goods_list(options.seed, shop.id, day, of_shop(options.goods, shop.number))

    def select(self, rows: Sequence[dict[str, Any]], body: Mapping[str, Any]) -> Sequence[dict[str, Any]] | None:
        """Of the sorts only the one that callers use is known."""
        if body.get("sort_field") != 1 or body.get("sort_type") not in ("ASC", "DESC"):
            return None
        return rows[::-1] if body["sort_type"] == "DESC" else rows


@lru_cache(_KEPT_LISTS)
def _goods_list(seed: int, shop_id: str, day: dt.date, count: int) -> tuple[dict[str, Any], ...]:
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
