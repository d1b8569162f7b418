"""JD's passport and shop hosts: both login forms, slider, SMS code, home page (docs/portals.md 4.1).

The paths behind the pages (`/uc/…`, `/certified/check`, `account.ajax`), their fields and the seal are inventions:
nothing about them is known, and a client must let the page's own script use them.
"""

from __future__ import annotations

import json
import secrets
from collections import Counter
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from aiohttp import web

from sandbox.common_faults import delay_login_page
from sandbox.entrances import DIALOG_TEXT, ENTER_PATH, SandboxEntrance
from sandbox.faults import Fault
from sandbox.html_pages import maintenance
from sandbox.jd.app_codes import CHECK_PATH, SHOW_PATH, VALIDATION_PATH, JdAppCodes
from sandbox.jd.pages import page
from sandbox.jd.session import HOME_PATH, LOGIN_PATH, JdSessions
from sandbox.portal import Stage, note_shop
from sandbox.sliders import gap_of, is_solved, next_slider, wanted_slider
from sandbox.tickets import Tickets
from sandbox.world import SandboxShop

SERVICE_PATH = "/uc/loginService"
CERTIFIED_PATH = "/certified"
CERTIFIED_CHECK_PATH = "/certified/check"
ACCOUNT_PATH = "/jdm/home/account.ajax"
#: On the report host, where reports are ordered.
REPORTS_PATH = "/scbrandweb/brand/view/supplyReport/supplyChainPro.html"

# The cookie, and the key of localStorage, that JD's own script keeps a device's number in.
DEVICE_NAME = "3AB9D23F7A4B3C9B"

REFUSED = "账户名与密码不匹配，请重新输入"
STALE = "页面已过期，请刷新后重试"
WRONG_CODE = "验证码错误，请重新输入"
#: Of one page.
MOST_GUESSES = 3
_FIRST_GAP = 80


class JdLoginHosts(SandboxEntrance):
    """The handlers of the passport host and of the shop host, where a sign-in lands."""

    platform = "jd"
    first_code = 246_000

    def __init__(self, stage: Stage, sessions: JdSessions) -> None:
        super().__init__(stage)
        self._sessions = sessions
        # A nonce stands for the gap of the slider that was shown for it, or for no slider ("").
        self._nonces = Tickets()
        self._certifying = Tickets()
        self._guesses: Counter[str] = Counter()
        self._app_codes = JdAppCodes(stage)

    def passport(self) -> web.Application:
        """passport.shop.jd.com."""
        app = web.Application()
        app.router.add_get(LOGIN_PATH, self._login_page)
        app.router.add_get(LOGIN_PATH + "/{variant}", self._login_page)
        app.router.add_get("/login/frame", self._login_frame)
        app.router.add_post(SERVICE_PATH, self._sign_in)
        app.router.add_get(CERTIFIED_PATH, self._certified_page)
        app.router.add_post(CERTIFIED_CHECK_PATH, self._check_code)
        app.router.add_get(ENTER_PATH, self._enter)
        app.router.add_get(SHOW_PATH, self._app_codes.show)
        app.router.add_get(CHECK_PATH, self._app_codes.check)
        app.router.add_get(VALIDATION_PATH, self._enter_by_app)
        super().add_routes(app)
        return app

    def shop(self) -> web.Application:
        """shop.jd.com."""
        app = web.Application()
        app.router.add_get(HOME_PATH, self._home)
        app.router.add_get(ACCOUNT_PATH, self._account)
        return app

    # --- passport

    async def _login_page(self, request: web.Request) -> web.Response:
        await delay_login_page(self.stage)
        return_url = self._return_url(request.query.get("ReturnUrl", ""))
        if self._sessions.live_shop(request) is not None:
            # docs/portals.md does not say what the login page shows to somebody who is signed in. [A]
            return web.Response(status=302, headers={"Location": return_url})
        looks = request.query.get("look", "")
        if looks == "maintenance":
            return maintenance()
        if self.form(request.query.get("form", "")) == "new":
            boot = self._boot(return_url, looks) | {"password_id": f"p{secrets.token_hex(5)}"}
            return page("login_new.html", boot=boot)
        return page(
            "login_old.html",
            boot=self._boot(return_url, looks),
            frame_url=f"/login/frame?ReturnUrl={quote(return_url, safe='')}&look={quote(looks)}",
        )

    async def _login_frame(self, request: web.Request) -> web.Response:
        boot = self._boot(self._return_url(request.query.get("ReturnUrl", "")), request.query.get("look", ""))
        return page("login_frame.html", boot=boot)

    def _boot(self, return_url: str, looks: str) -> dict[str, object]:
        return {
            "nonce": self._nonces.issue(""),
            "service_path": SERVICE_PATH,
            "return_url": return_url,
            "device_name": DEVICE_NAME,
            "delay_milliseconds": self.delay(),
            "looks": looks.split(","),
            "dialog": DIALOG_TEXT,
            "show_path": SHOW_PATH,
            "check_path": CHECK_PATH,
            "validation_path": VALIDATION_PATH,
            "ask_milliseconds": round(self.stage.options.code_ask_seconds * 1000),
        }

    def _return_url(self, asked: str) -> str:
        """The page to go to after the sign-in: one of this portal's own, as the real one insists too."""
        own = tuple(f"{origin}/" for origin in self.stage.origins.values())
        return asked if asked.startswith(own) else self._sessions.home_url()

    async def _sign_in(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        username, password = form.get("loginname", ""), form.get("nloginpwd", "")
        puzzle = self._nonces.redeem(form.get("nonce", ""))
        if puzzle is None or form.get("seal") != seal(f"{form['nonce']}|{username}|{_utf16_length(password)}"):
            return web.json_response({"error": STALE, "nonce": self._nonces.issue("")})
        shop = self.stage.world.account(username)
        if shop is None:
            return web.json_response({"error": REFUSED, "nonce": self._nonces.issue("")})
        note_shop(request, shop)
        if (slider := self._slider(shop, puzzle, form)) is not None:
            return slider
        if (down := self.down(shop)) is not None:
            return down
        if (text := self.text(shop)) is not None:
            return web.json_response({"error": text, "nonce": self._nonces.issue("")})
        if not self.is_let_in(shop, password):
            return web.json_response({"error": REFUSED, "nonce": self._nonces.issue("")})
        if "is_answered" not in form and self.wants_answer(shop):
            return web.json_response({"asks": True, "nonce": self._nonces.issue("")})
        return_url = self._return_url(form.get("return_url", ""))
        if (detour := self.detour(shop, return_url)) is not None:
            return web.json_response({"go_to": detour})
        is_new = self.stage.world.see_device(shop.id, form.get("device", ""))
        in_window = self.stage.faults.take(shop.id, Fault.SMS_IN_WINDOW)
        if in_window or self.wants_code(shop, is_new_device=is_new):
            ticket = self._certifying.issue(f"{shop.id} {return_url}")
            return web.json_response({"window" if in_window else "go_to": f"{CERTIFIED_PATH}?ticket={ticket}"})
        return self._let_in(shop, return_url)

    def _slider(self, shop: SandboxShop, puzzle: str, form: Mapping[str, str]) -> web.Response | None:
        """The puzzle, unless it is solved or not wanted. It comes before the password is looked at."""
        if puzzle:
            slide, path = form.get("slide", ""), json.loads(form.get("path", "[]"))
            if slide.isdigit() and is_solved(puzzle, int(slide), path, self.stage.options.hand):
                return None
            following: str | None = next_slider(puzzle, _FIRST_GAP)
        else:
            following = wanted_slider(self.stage.faults, shop.id, _FIRST_GAP)
        if following is None:
            return None
        return web.json_response({"slider": {"gap": gap_of(following)}, "nonce": self._nonces.issue(following)})

    async def _enter_by_app(self, request: web.Request) -> web.Response:
        shop = self._app_codes.confirmed(request, self._shops)
        if shop is None:
            return web.json_response({"returnCode": 1, "msg": STALE})
        note_shop(request, shop)
        self.stage.world.see_device(shop.id, request.query.get("device", ""))
        response = web.json_response({"returnCode": 0, "url": self._sessions.home_url()})
        return self._let_in(shop, "", response)

    def _let_in(self, shop: SandboxShop, return_url: str, answer: web.Response | None = None) -> web.Response:
        response = answer or web.json_response({"go_to": return_url})
        self.stage.world.know_device(shop.id)
        self._sessions.give(response, shop, self._sessions.new_cookies(shop))
        return response

    async def _enter(self, request: web.Request) -> web.Response:
        entered = self.entered(request)
        return web.json_response({"error": STALE}) if entered is None else self._let_in(*entered)

    async def _certified_page(self, request: web.Request) -> web.Response:
        boot: dict[str, str | int] = {
            "ticket": request.query.get("ticket", ""),
            "service_path": CERTIFIED_CHECK_PATH,
            "delay_milliseconds": self.delay(),
        }
        return page("certified.html", boot=boot)

    async def _check_code(self, request: web.Request) -> web.Response:
        form = await request.post()
        ticket = str(form.get("ticket", ""))
        meaning = self._certifying.look(ticket)
        if meaning is None:
            return web.json_response({"error": STALE})
        shop_id, return_url = meaning.split(" ", 1)
        shop = self.stage.world.shop(shop_id)
        note_shop(request, shop)
        if form.get("code") != self.sms_code(shop):
            # A few slips, then the person starts again at the login page. How many, nobody says. [A]
            self._guesses[ticket] += 1
            if self._guesses[ticket] >= MOST_GUESSES:
                self._certifying.redeem(ticket)
                del self._guesses[ticket]
            return web.json_response({"error": WRONG_CODE})
        self._certifying.redeem(ticket)
        return self._let_in(shop, return_url)

    # --- shop

    async def _home(self, request: web.Request) -> web.Response:
        boot: dict[str, Any] = {
            "account_path": ACCOUNT_PATH,
            "reports_url": self.stage.origins["report"] + REPORTS_PATH,
            "login_url": self._sessions.login_url(),
            "delay_milliseconds": self.delay(),
            "looks": self._notices(request),
        }
        return page("home.html", boot=boot)

    def _notices(self, request: web.Request) -> list[str]:
        shop = self._sessions.live_shop(request)
        return ["notice"] if shop is not None and self.stage.faults.take(shop.id, Fault.LANDING_NOTICE) else []

    async def _account(self, request: web.Request) -> web.Response:
        shop = self._sessions.live_shop(request)
        if shop is None:
            return web.json_response({"name": ""})
        is_other = self.stage.faults.take(shop.id, Fault.WRONG_SHOP)
        name = other_name(shop) if is_other else shop.name
        return web.json_response({"name": name})


def other_name(shop: SandboxShop) -> str:
    """The name of the shop that fault `wrong_shop` opens instead."""
    return f"另一家{shop.number}号专营店"


def seal(text: str) -> str:
    """The same hash that the login page's script makes (FNV-1a, 32 bits, over the percent-encoded text)."""
    value = 0x811C9DC5
    for byte in quote(text, safe="-_.!~*'()").encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return f"{value:08x}"


def _utf16_length(text: str) -> int:
    """The length of a text as a browser counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
