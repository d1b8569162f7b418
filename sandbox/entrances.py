"""What a portal may answer to a sign-in instead of yes or no, and the pages behind it, on every platform.

All of it is invented: nobody has recorded these texts, pages and paths.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from typing import Any, ClassVar, Literal
from urllib.parse import quote

from aiohttp import web

from sandbox.codes import picture_of
from sandbox.faults import Fault
from sandbox.html_pages import Pages
from sandbox.portal import PortalPart, Stage
from sandbox.tickets import Tickets
from sandbox.world import SandboxShop

SAID = {
    Fault.LOGIN_BUSY: "系统繁忙，请稍后再试",
    Fault.LOGIN_MAINTENANCE: "系统升级维护中，预计 06:00 恢复",
    Fault.LOGIN_UNKNOWN: "登录失败，请联系客服（E1007）",
    Fault.LOGIN_LOCKED: "账号已被锁定，请 2 小时后再试",
    Fault.LOGIN_RISK: "账号存在安全风险，请先核实身份",
}
ENTRANCE_FAULTS = frozenset(
    {
        *SAID,
        Fault.CAPTCHA,
        Fault.CAPTCHA_PATH,
        Fault.LOGIN_DOWN,
        Fault.LOGIN_DIALOG,
        Fault.NEW_PASSWORD,
        Fault.CHOOSE_SHOP,
        Fault.CHOOSE_SHOP_IN_LIST,
        Fault.LANDING_NOTICE,
    }
)
"""The faults that an `SandboxEntrance` knows."""

CHOOSE_PATH = "/entrance/choose"
ENTER_PATH = "/entrance/enter"
NEW_PASSWORD_PATH = "/entrance/password"
CODE_PATH = "/entrance/code.png"

DIALOG_TEXT = "该账号正在另一台设备上使用，继续登录会让它下线，是否继续？"

_PAGES = Pages("sandbox")


class SandboxEntrance(PortalPart):
    """Where one signs in: what all login pages have, and the pages between a right password and the back office."""

    platform: ClassVar[str]
    first_code: ClassVar[int]
    """The codes that telephones get are counted from here."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._loads = count()
        self._shops = {shop.id: shop for shop in stage.world.shops if shop.platform == self.platform}
        self._choosing = Tickets()

    def add_routes(self, app: web.Application) -> None:
        """Adds the pages to the application of the host where one signs in; `entered` is what lets somebody in."""
        app.router.add_get(CHOOSE_PATH, self._choose_page)
        app.router.add_get(NEW_PASSWORD_PATH, self._password_page)
        app.router.add_get(CODE_PATH, self._code_picture)

    def sms_code(self, shop: SandboxShop) -> str:
        """The code that the shop's telephone gets: always the same, so that a person can know it."""
        return f"{self.first_code + shop.number:06d}"

    def form(self, asked: str) -> Literal["old", "new"]:
        """Which login form this load of the page shows."""
        chosen = asked if asked in ("old", "new") else self.stage.options.form
        if chosen == "mixed":
            return "new" if next(self._loads) % 2 else "old"
        return "new" if chosen == "new" else "old"

    def delay(self) -> int:
        """The page's own timer before it jumps, in milliseconds."""
        return round(self.stage.options.login_delay_seconds * 1000)

    def is_let_in(self, shop: SandboxShop, password: str) -> bool:
        """Says whether the password opens the shop now; counts those that do not."""
        is_wrong = self.stage.faults.take(shop.id, Fault.WRONG_PASSWORD)
        if is_wrong or not self.stage.world.is_password(shop.id, password):
            self.stage.records.count("refused_logins", shop.id)
            return False
        return True

    def wants_code(self, shop: SandboxShop, *, is_new_device: bool) -> bool:
        """Says whether a code sent by SMS is asked for."""
        take = self.stage.faults.take
        return take(shop.id, Fault.SMS) or (is_new_device and take(shop.id, Fault.SMS_ON_NEW_DEVICE))

    def wants_answer(self, shop: SandboxShop) -> bool:
        """Says whether the page asks by a dialog whether to go on."""
        return self.stage.faults.take(shop.id, Fault.LOGIN_DIALOG)

    def down(self, shop: SandboxShop) -> web.Response | None:
        """The answer of a portal that is down; None if it is not."""
        is_down = self.stage.faults.take(shop.id, Fault.LOGIN_DOWN)
        return web.Response(status=502, text="Bad Gateway") if is_down else None

    def text(self, shop: SandboxShop) -> str | None:
        """What the portal says instead of yes or no; None if nothing."""
        faults = self.stage.faults
        return next((text for fault, text in SAID.items() if faults.take(shop.id, fault)), None)

    def detour(self, shop: SandboxShop, return_url: str) -> str | None:
        """The page that comes before the back office; None if none does."""
        if self.stage.faults.take(shop.id, Fault.NEW_PASSWORD):
            return NEW_PASSWORD_PATH
        for fault, look in ((Fault.CHOOSE_SHOP, "entries"), (Fault.CHOOSE_SHOP_IN_LIST, "list")):
            if self.stage.faults.take(shop.id, fault):
                return self._choice(look, self._shops.values(), return_url)
        mine = self.stage.world.shops_of(shop.username)
        return self._choice("entries", mine, return_url) if len(mine) > 1 else None

    def _choice(self, look: str, shops: Iterable[SandboxShop], return_url: str) -> str:
        """The page that asks which of these is meant."""
        ticket = self._choosing.issue(" ".join((",".join(shop.id for shop in shops), return_url)))
        return f"{CHOOSE_PATH}?look={look}&ticket={quote(ticket)}"

    def entered(self, request: web.Request) -> tuple[SandboxShop, str] | None:
        """The shop that was chosen and where to go then; None for a ticket that is none."""
        meaning = self._choosing.redeem(request.query.get("ticket", ""))
        offered, _, return_url = (meaning or "").partition(" ")
        chosen = request.query.get("shop", "")
        return (self._shops[chosen], return_url) if chosen and chosen in offered.split(",") else None

    async def _choose_page(self, request: web.Request) -> web.Response:
        offered = (self._choosing.look(request.query.get("ticket", "")) or "").partition(" ")[0].split(",")
        boot: dict[str, Any] = {
            "enter_path": ENTER_PATH,
            "ticket": request.query.get("ticket", ""),
            "look": request.query.get("look", ""),
            "shops": [
                {"id": shop.id, "name": shop.name, "number": 100_000 + shop.number}
                for shop in self._shops.values()
                if shop.id in offered
            ],
        }
        return _PAGES.page("choose_shop.html", boot=boot)

    async def _password_page(self, request: web.Request) -> web.Response:
        return _PAGES.page("new_password.html")

    async def _code_picture(self, request: web.Request) -> web.Response:
        try:
            picture = picture_of(request.query.get("data", ""))
        except ValueError:
            raise web.HTTPNotFound from None
        return web.Response(body=picture, content_type="image/png", headers={"Cache-Control": "no-store"})
