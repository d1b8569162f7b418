"""What a portal may answer to a sign-in instead of yes or no, and the pages behind it, on every platform.

All of it is invented: nobody has recorded these texts, pages and paths.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from aiohttp import web

from sandbox.faults import Fault
from sandbox.html_pages import Pages
from sandbox.portal import Stage
from sandbox.tickets import Tickets
from sandbox.world import Shop

SAID = {
    Fault.LOGIN_BUSY: "系统繁忙，请稍后再试",
    Fault.LOGIN_MAINTENANCE: "系统升级维护中，预计 06:00 恢复",
    Fault.LOGIN_UNKNOWN: "登录失败，请联系客服（E1007）",
    Fault.LOGIN_LOCKED: "账号已被锁定，请 2 小时后再试",
    Fault.LOGIN_RISK: "账号存在安全风险，请先核实身份",
}
ENTRANCE_FAULTS = frozenset({*SAID, Fault.LOGIN_DOWN, Fault.NEW_PASSWORD, Fault.CHOOSE_SHOP, Fault.LANDING_NOTICE})
"""The faults that `Entrances` and what calls it know."""

CHOOSE_PATH = "/entrance/choose"
ENTER_PATH = "/entrance/enter"
NEW_PASSWORD_PATH = "/entrance/password"

_PAGES = Pages("sandbox")


class Entrances:
    """The pages between a right password and the back office."""

    def __init__(self, stage: Stage, platform: str) -> None:
        self._stage = stage
        self._shops = {shop.id: shop for shop in stage.world.shops if shop.platform == platform}
        self._choosing = Tickets()

    def add_routes(self, app: web.Application) -> None:
        """Adds the pages to the application of the host where one signs in; `entered` is what lets somebody in."""
        app.router.add_get(CHOOSE_PATH, self._choose_page)
        app.router.add_get(NEW_PASSWORD_PATH, self._password_page)

    def text(self, shop: Shop) -> str | None:
        """What the portal says instead of yes or no; None if nothing."""
        faults = self._stage.faults
        return next((text for fault, text in SAID.items() if faults.take(shop.id, fault)), None)

    def detour(self, shop: Shop, return_url: str) -> str | None:
        """The page that comes before the back office; None if none does."""
        if self._stage.faults.take(shop.id, Fault.NEW_PASSWORD):
            return NEW_PASSWORD_PATH
        if self._stage.faults.take(shop.id, Fault.CHOOSE_SHOP):
            ticket = self._choosing.issue(return_url)
            return f"{CHOOSE_PATH}?ticket={quote(ticket)}"
        return None

    def entered(self, request: web.Request) -> tuple[Shop, str] | None:
        """The shop that was chosen and where to go then; None for a ticket that is none."""
        return_url = self._choosing.redeem(request.query.get("ticket", ""))
        shop = self._shops.get(request.query.get("shop", ""))
        return None if return_url is None or shop is None else (shop, return_url)

    async def _choose_page(self, request: web.Request) -> web.Response:
        boot: dict[str, Any] = {
            "enter_path": ENTER_PATH,
            "ticket": request.query.get("ticket", ""),
            "shops": [
                {"id": shop.id, "name": shop.name, "number": 100_000 + shop.number} for shop in self._shops.values()
            ],
        }
        return _PAGES.page("choose_shop.html", boot=boot)

    async def _password_page(self, request: web.Request) -> web.Response:
        return _PAGES.page("new_password.html")
