"""JD's session cookies, and what its endpoints say when they are missing, unknown, expired or ended."""

from __future__ import annotations

from typing import Literal
from urllib.parse import quote, urlencode

from aiohttp import web

from sandbox.jd.pages import page
from sandbox.sessions import Sessions
from sandbox.world import SandboxShop

COOKIE = "thor"
PIN_COOKIE = "pin"
LOGIN_PATH = "/login/index.action"
HOME_PATH = "/jdm/home"

Answer = Literal["redirect", "html", "message"]


class JdSessions(Sessions):
    """JD's session cookies. All hosts share them, as all of `.jd.com` does."""

    # docs/portals.md 4.2 [S]: a cookie's own date proves nothing, so it is far longer than the server's patience.
    cookie_seconds = 30 * 24 * 3600

    def token(self, request: web.Request) -> str:
        """The value of `thor`."""
        return request.cookies.get(COOKIE, "")

    def new_cookies(self, shop: SandboxShop) -> list[tuple[str, str, bool]]:
        """`thor` and `pin` of a new session."""
        token = self.open(shop)
        return [(COOKIE, token, True), (PIN_COOKIE, quote(shop.username), False)]

    def login_url(self, return_url: str = "") -> str:
        """The address of the login page, which leads back to `return_url` (the home page if blank)."""
        query = urlencode({"ReturnUrl": return_url or self.home_url()})
        return f"{self._stage.origins['passport']}{LOGIN_PATH}?{query}"

    def home_url(self) -> str:
        """Where a sign-in lands."""
        return self._stage.origins["shop"] + HOME_PATH

    def dead(self, *, usual: Answer, request: web.Request) -> web.Response:
        """The answer to a dead session: `usual` of this endpoint, unless the options ask for one everywhere."""
        # docs/portals.md 4.2 [A]: what zhgateway and getReportList really answer to a dead session was found nowhere.
        chosen = self._stage.options.dead_session_answer
        answer = usual if chosen == "mixed" else chosen
        if answer == "redirect":
            return web.Response(status=302, headers={"Location": self.login_url(str(request.url.origin()))})
        if answer == "html":
            return page("login_old.html", frame_url=self._stage.origins["passport"] + "/login/frame")
        # docs/portals.md 4.2 [C 2]: another message than success.
        return web.json_response({"message": "请登录", "content": None})
