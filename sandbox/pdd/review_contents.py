"""The reviews that a shop gets on a day (docs/portals.md 3.3). They follow from seed, shop and day alone."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from random import Random
from typing import Any

from sandbox.world import SHANGHAI

BAD_STARS, GOOD_STARS = (1, 2, 3), (4, 5)
# Days of which the reviews are kept at one time.
_KEPT_DAYS = 256

_GOODS = ("经典款帆布鞋", "纯棉短袖T恤 男女同款", "每日坚果礼盒", "抽纸 3层<加厚>*20包", '"护齿"牙膏')
_NAMES = ("小***美", "=cmd|'/c calc'!A1", "匿名用户", "张**", "🌸花开***", "+8613***", "Tom\tLee")
_COMMENTS = (
    "质量一般，有线头",
    "发货太慢了😡等了一个星期",
    "尺码偏小\n客服说可以换，但运费自理",
    "=SUM(1,1) 这是什么？",
    "颜色与图片不符，要求退款，电话13800000000",
    "",
    '"包装"破损, 少了一双',
    "-1分都不想给",
)


@lru_cache(_KEPT_DAYS)
def reviews(seed: int, shop_id: str, day: dt.date, bad_count: int) -> tuple[dict[str, Any], ...]:
    """All of a day, the newest first: `bad_count` with 1 to 3 stars, and half as many with more. Not to be changed."""
    random = Random(f"{seed}/{shop_id}/{day}/reviews")
    midnight = int(dt.datetime.combine(day, dt.time(), SHANGHAI).timestamp())
    stars = [random.choice(BAD_STARS) for _ in range(bad_count)]
    stars += [random.choice(GOOD_STARS) for _ in range(bad_count // 2)]
    random.shuffle(stars)
    # That the newest come first was not recorded. [A]
    seconds = sorted((midnight + random.randrange(24 * 3600) for _ in stars), reverse=True)
    first_id = random.randrange(10**17, 9 * 10**17)
    return tuple(
        _review(random, str(first_id - 7 * place), star, second)
        for place, (star, second) in enumerate(zip(stars, seconds, strict=True))
    )


def _review(random: Random, review_id: str, star: int, second: int) -> dict[str, Any]:
    goods = random.randrange(len(_GOODS))
    # docs/portals.md 5.4: an order number is text, YYMMDD and 15 digits [C 2]; goods_id has about 12 digits [A].
    ordered = dt.datetime.fromtimestamp(second, SHANGHAI) - dt.timedelta(days=random.randrange(3, 20))
    pictures = [
        {"url": f"https://img.example.invalid/review/{review_id}/{number}.jpeg", "width": 720, "height": 960}
        for number in range(random.choice([0, 0, 0, 1, 2, 6]))
    ]
    is_reported = random.randrange(9) == 0
    return {
        "reviewId": review_id,
        "goodsId": 612_300_000_000 + goods * 77_777,
        "goodsName": _GOODS[goods],
        "comment": random.choice(_COMMENTS),
        "descScore": star,
        "orderSn": f"{ordered:%y%m%d}-{random.randrange(10**14, 10**15)}",
        "createTime": second,
        # How colour and size are written was not recorded. [A]
        "specs": random.choice(["白色 42码", "黑色,XL", "【2箱】实惠装"]),
        "pictures": pictures,
        "thumbUrl": f"https://img.example.invalid/goods/{goods}.jpeg",
        "goodsInfoUrl": f"https://mobile.example.invalid/goods.html?goods_id={goods}",
        "name": random.choice(_NAMES),
        "anonymousReview": random.choice([True, False]),
        "reportResult": {"status": 1, "desc": "举报处理中"} if is_reported else {"status": 0, "desc": None},
    }


FIELDS = (
    "reviewId",
    "goodsId",
    "goodsName",
    "comment",
    "descScore",
    "orderSn",
    "createTime",
    "specs",
    "pictures",
    "thumbUrl",
    "goodsInfoUrl",
    "name",
    "anonymousReview",
    "reportResult",
)
