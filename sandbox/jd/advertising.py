"""京准通: the effect report, on a host of its own (docs/portals.md 8.13). Path, codes and the late file are from one
source; the columns were not recorded. [A]"""

from __future__ import annotations

import csv
import datetime as dt
import io
import time
from collections.abc import Collection
from random import Random

from aiohttp import web

from sandbox.common_faults import common_fault_for
from sandbox.faults import Fault
from sandbox.jd.session import JdSessions
from sandbox.links import LinkSigner
from sandbox.portal import Stage, json_body
from sandbox.sending import Sender, access_denied
from sandbox.truth import Truth, Value
from sandbox.world import SandboxShop

DATASET = "jd_ad_effect"
PATH = "/reweb/msa/effect/order/download"
COLUMNS = ("日期", "计划ID", "计划名称", "展现数", "点击数", "总费用(元)", "总订单行", "总订单金额(元)", "投产比")
# docs/portals.md 8.13 [S]: a link lives ten minutes, and may answer 404 for some seconds first.
LINK_SECONDS, LATE_SECONDS = 600, 0.6


class JdAdvertising:
    """The handlers of the advertising host."""

    def __init__(self, stage: Stage, sessions: JdSessions) -> None:
        self._stage, self._sessions = stage, sessions
        self._signer = LinkSigner()
        self._sender = Sender(stage, "text/csv")
        #: Shop, day, and from when on the file is there.
        self._files: dict[str, tuple[SandboxShop, dt.date, float]] = {}

    def application(self) -> web.Application:
        """The host."""
        app = web.Application()
        app.router.add_post(PATH, self._order)
        app.router.add_get("/files/{name}", self._download)
        return app

    def shop_of(self, request: web.Request) -> SandboxShop | None:
        """The shop whose file a link leads to."""
        file = self._files.get(request.path.rpartition("/")[2])
        return file[0] if file else None

    def truth(self, shop: SandboxShop, day: dt.date, _variant: Collection[Fault] = ()) -> Truth:
        """What is in a file."""
        return Truth(list(COLUMNS), [list(row) for row in self._rows(shop, day)])

    async def _order(self, request: web.Request) -> web.Response:
        body = await json_body(request)
        day = _day(body)
        if (
            obstacle := await common_fault_for(self._stage, self._sessions.shop_of(request), "ad_effect", day)
        ) is not None:
            return obstacle
        shop = self._sessions.live_shop_for_data(request, "ad_effect", day)
        if shop is None:
            return web.json_response({"code": 2001, "msg": "用户未登录", "data": None})
        # docs/portals.md 8.13: types are strict.
        if day is None or body.get("platform") != [101] or body.get("isDaily") is not True:
            return web.json_response({"code": 1, "msg": "", "data": {"code": "RC_PARAM", "msg": "参数错误"}})
        if self._stage.faults.take(shop.id, Fault.NO_DATA_YET, day=day, at="ad_effect"):
            return web.json_response({"code": 1, "msg": "", "data": {"code": "RC_FAIL", "msg": "数据未产出"}})
        name = f"{shop.number}-{day}-{len(self._files)}.csv"
        self._files[name] = (shop, day, time.monotonic() + LATE_SECONDS)
        link = self._stage.origins["ads"] + self._signer.sign(f"/files/{name}", LINK_SECONDS)
        return web.json_response({"code": "1", "msg": "", "data": {"code": "RC_SUCCESS", "downloadUrlCsv": link}})

    async def _download(self, request: web.Request) -> web.StreamResponse:
        file = self._files.get(request.match_info["name"])
        if file is None or not self._signer.is_good(request.path, request.query):
            return access_denied()
        shop, day, ready_at = file
        if time.monotonic() < ready_at:
            return web.Response(status=404)

        async def open_file() -> tuple[io.BytesIO, int]:
            text = io.StringIO()
            csv.writer(text).writerows([COLUMNS, *self._rows(shop, day)])
            # The encoding was not recorded; this is the one that readers get wrong. [A]
            content = text.getvalue().encode("gb18030")
            return io.BytesIO(content), len(content)

        return await self._sender.answer(request, shop, day, open_file)

    def _rows(self, shop: SandboxShop, day: dt.date) -> list[tuple[Value, ...]]:
        random = Random(f"{self._stage.options.seed}/{shop.id}/{day}/{DATASET}")
        return [
            (
                str(day),
                str(random.randrange(10**9, 10**10)),
                f"计划{number}-{random.choice(('新品', '爆款'))}",
                str(random.randrange(10**5)),
                str(random.randrange(10**3)),
                f"{random.randrange(10**6) / 100:.2f}",
                str(random.randrange(50)),
                f"{random.randrange(10**7) / 100:.2f}",
                f"{random.randrange(1000) / 100:.2f}",
            )
            for number in range(self._stage.options.rows)
        ]


def _day(body: dict[str, object]) -> dt.date | None:
    """The one day that is asked for; None if the body is malformed."""
    start, end = body.get("startDay"), body.get("endDay")
    if not isinstance(start, str) or start != end:
        return None
    try:
        return dt.date.fromisoformat(start)
    except ValueError:
        return None
