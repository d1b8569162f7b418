"""JD's session cookies, and what its endpoints say when they are missing, unknown, expired or ended."""

from __future__ import annotations

from typing import Literal
from urllib.parse import quote, urlencode

from aiohttp import web

from shopdata.sandbox.faults import Fault
from shopdata.sandbox.jd.pages import page
from shopdata.sandbox.portal import Stage
from shopdata.sandbox.world import Shop

COOKIE = "thor"
PIN_COOKIE = "pin"
LOGIN_PATH = "/login/index.action"
HOME_PATH = "/jdm/home"
# PORTALS 4.2 [S]: a cookie's own expiry date proves nothing, so it is far longer than the server's patience.
COOKIE_SECONDS = 30 * 24 * 3600

Answer = Literal["redirect", "html", "message"]


class JdSessions:
    """Who is signed in, by the cookies of a request. All hosts share them, as all of `.jd.com` does."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def shop_of(self, request: web.Request) -> Shop | None:
        """The shop whose session the request carries, alive or not."""
        session = self._stage.world.session(request.cookies.get(COOKIE, ""))
        return None if session is None else self._stage.world.shop(session.shop_id)

    def live_shop(self, request: web.Request) -> Shop | None:
        """The shop that is signed in."""
        world = self._stage.world
        session = world.session(request.cookies.get(COOKIE, ""))
        return world.shop(session.shop_id) if session is not None and session.is_alive() else None

    def live_shop_for_data(self, request: web.Request) -> Shop | None:
        """The same for a call of the data interface, where faults may end or ignore the session."""
        faults = self._stage.faults
        shop = self.shop_of(request)
        if shop is None or faults.take(shop.id, Fault.SESSION_DEAD_ALWAYS):
            return None
        if faults.take(shop.id, Fault.SESSION_DEAD_ONCE):
            self._stage.world.end_sessions(shop.id)
        return self.live_shop(request)

    def new_cookies(self, shop: Shop) -> list[tuple[str, str, bool]]:
        """Opens a session; returns name and value of its cookies, and whether each is HttpOnly."""
        token = self._stage.world.open_session(shop.id)
        return [(COOKIE, token, True), (PIN_COOKIE, quote(shop.username), False)]

    def sign_in(self, response: web.Response, shop: Shop) -> None:
        """Opens a session and puts its cookies into the answer."""
        for name, value, is_http_only in self.new_cookies(shop):
            response.set_cookie(name, value, max_age=COOKIE_SECONDS, httponly=is_http_only)

    def login_url(self, return_url: str = "") -> str:
        """The address of the login page, which leads back to `return_url` (the home page if blank)."""
        query = urlencode({"ReturnUrl": return_url or self.home_url()})
        return f"{self._stage.origins['passport']}{LOGIN_PATH}?{query}"

    def home_url(self) -> str:
        """Where a sign-in lands."""
        return self._stage.origins["shop"] + HOME_PATH

    def dead(self, *, usual: Answer, request: web.Request) -> web.Response:
        """The answer to a dead session: `usual` of this endpoint, unless the options ask for one everywhere."""
        # PORTALS 4.2 [A]: what zhgateway and getReportList really answer to a dead session was found nowhere.
        chosen = self._stage.options.dead_session_answer
        answer = usual if chosen == "mixed" else chosen
        if answer == "redirect":
            return web.Response(status=302, headers={"Location": self.login_url(str(request.url.origin()))})
        if answer == "html":
            return page("login_old.html", frame_url=self._stage.origins["passport"] + "/login/frame")
        return web.json_response({"message": "请登录", "status": 401, "content": None})
