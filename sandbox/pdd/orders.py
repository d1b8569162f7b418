"""The export of orders (docs/portals.md 8.7). Its columns were not recorded. [A]"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from aiohttp import web

from sandbox.faults import Fault
from sandbox.pdd.answers import Refusal
from sandbox.pdd.exports import SandboxExport, SandboxTask
from sandbox.pdd.paged import Window
from sandbox.truth import Value
from sandbox.world import SandboxShop

# docs/portals.md 8.7 [C 3-4]: at least so long between two.
GAP_SECONDS = 300
SMS_WANTED = Refusal(4003, "请输入短信验证码完成验证")


class PddOrders(SandboxExport):
    """Orders of a time, as CSV; ordering must be signed by the page, and five minutes lie between two."""

    dataset, name = "pdd_orders", "orders"
    prepare_path = "/mars/shop/orders/export/task/prepare"
    create_path = "/mars/shop/recentOrders/export/task/add"
    list_path = "/mars/shop/orders/export/task/list"
    link_path, link_key = "/mars/shop/orders/export/task/getUrl", "jobId"
    is_signed, gap_seconds = True, GAP_SECONDS
    max_days = 92
    content_type = "text/csv"
    columns = (
        "订单号", "订单状态", "商品id", "商品", "商品规格", "商品数量(件)", "商家实收金额(元)",
        "收货人", "手机", "收货地址", "买家留言", "订单成交时间", "快递单号",
    )  # fmt: skip

    def add_routes(self, app: web.Application) -> None:
        """The call that says which columns there are, too."""
        super().add_routes(app)
        app.router.add_get(self.prepare_path, self._on_prepare)

    async def _on_prepare(self, request: web.Request) -> web.Response:
        shop = await self.guard.enter(request, self._list, None)
        if isinstance(shop, web.Response):
            return shop
        titles = [{"id": number, "name": name} for number, name in enumerate(self.columns, start=11)]
        return self._list.success({"allTitles": titles, "defaultTemplate": {"name": "默认报表"}})

    def window(self, body: Mapping[str, Any]) -> Window | None:
        wanted = {"orderType": 0, "afterSaleType": 0, "rememberTemplate": False}
        is_whole = body.get("titles") == list(range(11, 11 + len(self.columns)))
        if not is_whole or any(body.get(name) != value for name, value in wanted.items()):
            return None
        return Window.of({"startTime": body.get("groupStartTime"), "endTime": body.get("groupEndTime")})

    def listed(self, entries: Sequence[SandboxTask]) -> dict[str, Any]:
        """Without a name: only what is new, and the time, tell whose is whose."""
        return {
            "total": len(entries),
            "pageItems": [
                {
                    "id": task.number,
                    "status": int(task.is_done),
                    "statusStr": "已完成" if task.is_done else "生成中",
                    "progressRate": 100 if task.is_done else 40,
                    "createdTime": int(task.created_at.timestamp() * 1000),
                    "excelUrl": None,
                }
                for task in entries
            ],
        }

    def refusal(self, request: web.Request, shop: SandboxShop, window: Window | None) -> Refusal | None:
        """docs/portals.md 8.7 [S]: an SMS may be asked for; what the answer says then was not recorded. [A]"""
        is_order = request.path == self.create_path
        return SMS_WANTED if is_order and self.stage.faults.take(shop.id, Fault.SMS, at="orders_create") else None

    def row(self, random: Random, day: dt.date, number: int) -> tuple[Value, ...]:
        moment = dt.datetime.combine(day, dt.time(random.randrange(24), random.randrange(60), random.randrange(60)))
        return (
            f"{day:%y%m%d}-{random.randrange(10**14, 10**15)}",
            random.choice(("待发货", "已发货，待收货", "已收货")),
            str(random.randrange(10**11, 10**12)),
            f"商品{number}，{random.choice(('大', '小'))}号",
            random.choice(("红色", "白色;XL", "")),
            str(random.randrange(1, 9)),
            f"{random.randrange(100, 99999) / 100:.2f}",
            random.choice(("张三", "李四", "王小五")),
            f"138000{random.randrange(10**4, 10**5)}",
            f"上海市浦东新区世纪大道{random.randrange(1, 999)}号",
            random.choice(("", "", "请打13800138000", "尽快发货")),
            f"{moment:%Y-%m-%d %H:%M:%S}",
            f"YT{random.randrange(10**12, 10**13)}",
        )

    def content(self, rows: Sequence[Sequence[Value]]) -> bytes:
        text = io.StringIO()
        csv.writer(text).writerows(rows)
        return text.getvalue().encode("utf-8-sig")
