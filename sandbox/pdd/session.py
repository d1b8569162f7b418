"""Pinduoduo's session cookie, and where a browser goes without it (docs/portals.md 1.3)."""

from __future__ import annotations

from urllib.parse import quote

from aiohttp import web

from sandbox.faults import Fault
from sandbox.pdd.mall import mall_of
from sandbox.sessions import Sessions
from sandbox.world import SandboxShop

COOKIE = "PASS_ID"
LOGIN_PATH = "/login/"
HOME_PATH = "/home"

# docs/portals.md 1.3 [C 2]: cookies beside PASS_ID; their values are made up but for rckk, ru1k and ru2k.
OTHER_COOKIES = {"api_uid": "sandbox-api-uid", "rckk": "_bee", "ru1k": "_f77", "ru2k": "_a42", "mms_b84d1838": "3414"}


class PddSessions(Sessions):
    """The sessions of Pinduoduo's back office. PASS_ID is a token with the ids of mall and user behind it."""

    # docs/portals.md 1.3 [S]: an old sample said 10 days; the true lifetime is unknown.
    cookie_seconds = 864_000

    def token(self, request: web.Request) -> str:
        """The part of PASS_ID that is not an id."""
        parts = request.cookies.get(COOKIE, "").split("_")
        return parts[0].removeprefix("1-") if len(parts) == 3 else ""

    def new_cookies(self, shop: SandboxShop) -> list[tuple[str, str, bool]]:
        """PASS_ID of a new session, and what stands beside it."""
        is_other = self._stage.faults.take(shop.id, Fault.WRONG_SHOP)
        mall = mall_of(self._stage.options.seed, shop, is_other=is_other)
        token = self.open(shop)
        others = [(name, value, False) for name, value in OTHER_COOKIES.items()]
        return [(COOKIE, f"1-{token}_{mall.mall_id}_{mall.user_id}", True), *others]

    def is_of_other_shop(self, request: web.Request, shop: SandboxShop) -> bool:
        """Says whether the session was opened under fault `wrong_shop`."""
        mall = mall_of(self._stage.options.seed, shop, is_other=True)
        return request.cookies.get(COOKIE, "").endswith(f"_{mall.mall_id}_{mall.user_id}")


def login_path(return_path: str) -> str:
    """The login page that leads back to a page of the back office."""
    return f"{LOGIN_PATH}?redirectUrl={quote(return_path, safe='')}"
