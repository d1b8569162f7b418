"""经营状况-商品明细: a form in place of JSON, other words in the list than in the answer, a zip.

docs/portals.md 8.1 and 8.16 [S each]: path, form and names. What an order is answered with, and most columns, were not
recorded. [A]
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from random import Random
from typing import Any, ClassVar

from aiohttp import web

from sandbox.jd.ordered import OrderedReport, ReportKey
from sandbox.truth import Value

_NOUNS = ("帆布鞋", "短袖T恤", "坚果礼盒", "牙膏", "抽纸 3层<加厚>")


class ManagePro(OrderedReport):
    """One row per article and day."""

    dataset = "jd_manage_pro"
    host = "report"
    report_type = "managePro"
    title = other_title = "经营状况-商品明细"
    page_path = "/szweb/view/reports-center/recommend-report-temp.html"
    create_path = "/brand/reportCenter/recommendReport/downloadManageProData.ajax"
    is_zipped = True
    fixed_fields: ClassVar = {
        "brandId": "all",
        "thirdCategoryId": "all",
        "provinceId": "all",
        "cityId": "all",
        "formFlag": "0",
        "projectId": "100146",
        "secondSourceId": "2002",
        "skuId": "",
        "firstBuTypeId": "",
        "secondBuTypeId": "",
        "isRdc": "0",
        "saleChannal": "1",
        "proType": "SKU",
    }
    missing = "SKU"
    renamed = ("成交金额", "成交金额（元）")
    extra = "加购转化率"
    columns = (
        "时间", "SKU", "商品名称", "品牌", "三级类目", "浏览量", "访客数", "加购人数", "成交人数", "成交单量",
        "成交商品件数", "成交金额", "供货总价", "成交转化率",
    )  # fmt: skip

    async def read(self, request: web.Request) -> dict[str, Any]:
        return {name: value for name, value in (await request.post()).items() if isinstance(value, str)}

    def day_of(self, body: Mapping[str, Any]) -> dt.date | None:
        """One day; `date` has 10 before it."""
        return super().day_of({**body, "date": str(body.get("date", "")).removeprefix("10")})

    def is_well_formed(self, body: Mapping[str, Any]) -> bool:
        """The same once more, as JSON text."""
        try:
            search = json.loads(body.get("querySearch", ""))
        except ValueError:
            return False
        return all(
            isinstance(part, dict) and part.get(name) == value
            for part in (body, search)
            for name, value in {**self.fixed_fields, "date": f"10{body.get('endDate')}"}.items()
        )

    def task_name(self, day: dt.date) -> str:
        return f"{self.title}报表-{day}-{day}-全部-全部-汇总展示"

    def list_name(self, name: str, day: dt.date) -> str:
        brand = name.removeprefix(self.task_name(day)).strip("-")
        return f"{self.title}日报-{day}-全部-{brand or '全部'}-汇总-SKU.xlsx"

    def row(self, key: ReportKey, number: int) -> tuple[Value, ...]:
        random = Random(f"{key.seed}/{key.shop_id}/{key.day}/{self.dataset}/{number}")
        visitors = random.randrange(5, 5000)
        buyers = random.randrange(visitors)
        return (
            (key.shown_day or key.day).isoformat(),
            str(10**10 + int(key.seed) % 1000 + number * 13),
            f"{random.choice(_NOUNS)} 第{number + 1}款",
            random.choice(("回力", "五芳斋", None)),
            random.choice(("休闲鞋", "T恤", "抽纸")),
            visitors * 3,
            visitors,
            random.randrange(visitors),
            buyers,
            buyers + 1,
            buyers + random.randrange(9),
            f"{random.randrange(10**7) / 100:.2f}",
            random.choice(("-", f"{random.randrange(10**6) / 100:.2f}")),
            f"{buyers / visitors:.2%}",
        )
