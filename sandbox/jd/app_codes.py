"""JD's code for the app, and what its page asks about it: `qr.m.jd.com`, here below `/qr` of the passport host.

The paths, the cookie and the numbers 200, 201 and 202 are those of the consumer's login page; what expired and
cancelled codes are called is an invention (docs/portals.md 8.20).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from aiohttp import web

from sandbox.codes import CodeState, picture_of
from sandbox.portal import Stage
from sandbox.tickets import Tickets
from sandbox.world import SandboxShop

SHOW_PATH, CHECK_PATH = "/qr/show", "/qr/check"
VALIDATION_PATH = "/uc/qrCodeTicketValidation"
#: The token of the code that was shown last.
COOKIE = "wlfstk_smdl"

_ANSWERS = {
    CodeState.WAITING: (201, "二维码未扫描，请扫描二维码"),
    CodeState.SCANNED: (202, "请手机客户端确认登录"),
    CodeState.EXPIRED: (203, "二维码过期，请重新扫描"),
    CodeState.CANCELLED: (205, "二维码已取消授权"),
}


class JdAppCodes:
    """The handlers, and the tickets that a confirmed code is worth."""

    def __init__(self, stage: Stage) -> None:
        self._codes = stage.codes
        self._tickets = Tickets()

    async def show(self, request: web.Request) -> web.Response:
        """A picture, and a cookie that says whose."""
        token = self._codes.make("jd")
        response = web.Response(body=picture_of(token), content_type="image/png", headers={"Cache-Control": "no-store"})
        response.set_cookie(COOKIE, token)
        return response

    async def check(self, request: web.Request) -> web.Response:
        """What became of it, as a call of the page's function."""
        state, shop_id = self._codes.look(request.query.get("token", ""))
        if state is CodeState.CONFIRMED:
            answer: dict[str, object] = {"code": 200, "ticket": self._tickets.issue(shop_id)}
        else:
            code, text = _ANSWERS[state]
            answer = {"code": code, "msg": text}
        callback = re.sub(r"\W", "", request.query.get("callback", "")) or "callback"
        text = f"{callback}({json.dumps(answer, ensure_ascii=False)})"
        return web.Response(text=text, content_type="application/javascript", charset="utf-8")

    def confirmed(self, request: web.Request, shops: Mapping[str, SandboxShop]) -> SandboxShop | None:
        """The shop whose app has confirmed the code that this ticket was given for."""
        return shops.get(self._tickets.redeem(request.query.get("t", "")) or "")
