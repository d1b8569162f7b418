"""Bills, on the cashier's host, where a hop with a ticket leads (docs/portals.md 8.6, 8.9).

The two calls of the hop, the paths and the bodies are from one source [S]; fields of the list, names in the zip, its
encoding and what stands around the rows were not recorded. [A]
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import secrets
import zipfile
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from aiohttp import web

from sandbox.pdd.answers import WRONG_ARGUMENTS, Call, Refusal
from sandbox.pdd.exports import SandboxExport, SandboxTask
from sandbox.pdd.paged import Window
from sandbox.portal import json_body
from sandbox.truth import Value
from sandbox.world import SandboxShop

HOP_PATH = "/uranus/api/ticket/getJumpUrl/mallFinanceSiteBalanceBill"
LANDING_PATH = "/main/bills"
TICKET_PATH = "/sherlock/api/auth/checkTicketV2"
# How it is called was not recorded. [A]
COOKIE = "cashier_session"
# docs/portals.md 8.6 [C 2]: the text; its code was not recorded.
NOT_ENTERED = Refusal(4100, "登录异常")
TOO_OLD = Refusal(4101, "仅支持查询近12个月的账单")


class PddBills(SandboxExport):
    """Postings of the shop's account, as a zip with a CSV; 31 days at most, 12 months back."""

    dataset, name = "pdd_bills", "bills"
    create_path = "/templar/api/bill/createBillDownloadTask"
    list_path = "/templar/api/bill/queryBillDownloadTaskList"
    host = "cashier"
    max_days = 31
    content_type = "application/zip"
    columns = ("商户订单号", "发生时间", "收入金额（+元）", "支出金额（-元）", "账务类型", "备注", "业务描述")
    _hop = Call("bills_hop", is_camel=True, success_code=1000000)

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.calls = {**self.calls, HOP_PATH: self._hop.name, TICKET_PATH: "bills_enter"}
        #: Tickets that nobody has used, and who is in.
        self._tickets: dict[str, SandboxShop] = {}
        self._entered: dict[str, SandboxShop] = {}

    def add_hop(self, app: web.Application) -> None:
        """Adds the way there to the back office."""
        app.router.add_post(HOP_PATH, self._on_hop)

    def add_routes(self, app: web.Application) -> None:
        """The cashier's host."""
        super().add_routes(app)
        app.router.add_get(LANDING_PATH, self._on_landing)
        app.router.add_post(TICKET_PATH, self._on_ticket)

    async def _on_hop(self, request: web.Request) -> web.Response:
        shop = await self.guard.enter(request, self._hop, None)
        if isinstance(shop, web.Response):
            return shop
        if (await json_body(request)).get("clientSource") != 1:
            return self.guard.refuse(shop, self._hop, WRONG_ARGUMENTS)
        self._tickets[ticket := secrets.token_hex(16)] = shop
        return self._hop.success(f"{self.stage.origins[self.host]}{LANDING_PATH}?tab=4001&ticket={ticket}")

    async def _on_landing(self, _: web.Request) -> web.Response:
        return web.Response(text="<!DOCTYPE html><title>收银台</title>", content_type="text/html")

    async def _on_ticket(self, request: web.Request) -> web.Response:
        shop = self._tickets.pop(str((await json_body(request)).get("ticket")), None)
        if shop is None:
            return self._hop.refusal(NOT_ENTERED)
        self._entered[token := secrets.token_hex(16)] = shop
        response = self._hop.success(True)
        response.set_cookie(COOKIE, token, httponly=True)
        return response

    def refusal(self, request: web.Request, shop: SandboxShop, window: Window | None) -> Refusal | None:
        """Nobody gets in without the hop, whatever else their session opens."""
        if self._entered.get(request.cookies.get(COOKIE, "")) != shop:
            return NOT_ENTERED
        oldest = self.stage.world.now().date() - dt.timedelta(days=366)
        return TOO_OLD if window is not None and min(window.days()) < oldest else None

    def window(self, body: Mapping[str, Any]) -> Window | None:
        if body.get("groupType") != 0 or body.get("classList") != []:
            return None
        return Window.of({"startTime": body.get("beginTime"), "endTime": body.get("endTime")})

    def listed(self, entries: Sequence[SandboxTask]) -> dict[str, Any]:
        """Without a name; the links stand in it."""
        return {
            "total": len(entries),
            "list": [
                {
                    "taskId": str(task.number),
                    "status": 2 if task.is_done else 1,
                    "createTime": int(task.created_at.timestamp() * 1000),
                    "downloadUrl": self.link_of(task) if task.is_done else None,
                }
                for task in entries
            ],
        }

    def row(self, random: Random, day: dt.date, number: int) -> tuple[Value, ...]:
        moment = dt.datetime.combine(day, dt.time(random.randrange(24), random.randrange(60), random.randrange(60)))
        is_income, amount = random.random() < 0.6, f"{random.randrange(1, 10**6) / 100:.2f}"
        return (
            f"{day:%y%m%d}-{random.randrange(10**14, 10**15)}",
            f"{moment:%Y-%m-%d %H:%M:%S}",
            f"+{amount}" if is_income else "0.00",
            "0.00" if is_income else f"-{amount}",
            "交易收入" if is_income else random.choice(("技术服务费", "退款", "优惠券结算")),
            random.choice(("", f"退款单{number}", "㐀店，自营")),
            random.choice(("0010002|交易收入-订单收入", "0030002|技术服务费-基础技术服务费")),
        )

    def content(self, rows: Sequence[Sequence[Value]]) -> bytes:
        """What portals put around such rows: remarks, a sum, and a file that tells how to read the other."""
        header, *values = rows
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(["#账务明细列表开始"])
        writer.writerow(header)
        writer.writerows(values)
        incomes = (float(str(row[2])) for row in values)
        writer.writerow(["合计", "", f"{sum(incomes):+.2f}", "", "", "", ""])
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(zipfile.ZipInfo("拼多多账单/账单说明.txt"), "金额单位：元".encode("gb18030"))
            archive.writestr(zipfile.ZipInfo("拼多多账单/账务明细.csv"), text.getvalue().encode("gb18030"))
        return packed.getvalue()
