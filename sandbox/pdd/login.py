"""Pinduoduo's login page, what its script talks to, and the pages behind it (docs/portals.md 1.1, 1.2).

How the slider is drawn and answered, and where a code is asked for, are inventions; a client must let the page do it.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from sandbox.bombs import bomb
from sandbox.codes import CodeState
from sandbox.common_faults import delay_login_page
from sandbox.entrances import CODE_PATH, DIALOG_TEXT, ENTER_PATH, SandboxEntrance
from sandbox.faults import Fault
from sandbox.html_pages import maintenance
from sandbox.pdd.answers import SESSION_EXPIRED, Call, Refusal, too_frequent
from sandbox.pdd.mall import mall_of
from sandbox.pdd.pages import back_office_page, login_page
from sandbox.pdd.session import COOKIE, HOME_PATH, LOGIN_PATH, OTHER_COOKIES, PddSessions, login_path
from sandbox.pdd.signing import PageKeys
from sandbox.portal import Stage, json_body, note_shop
from sandbox.sliders import gap_of, is_solved, next_slider, wanted_slider
from sandbox.tickets import Tickets
from sandbox.world import SandboxShop

AUTH_PATH = "/janus/api/auth"
SEND_CODE_PATH = "/janus/api/user/getLoginVerificationCode"
MAKE_APP_CODE_PATH, ASK_APP_CODE_PATH = "/janus/api/scan/login/qrcode", "/janus/api/scan/login/query"
# docs/portals.md 3: pages that callers name as referer.
REVIEWS_PATH = "/goods/evaluation/index"
PAGE_PATHS = (
    HOME_PATH,
    "/mms-chat/search",
    "/mms-chat/overview/merchant",
    REVIEWS_PATH,
    "/mms-marketing-mixin/quality-experience",
)

# docs/portals.md 1.3: a cookie of the device; that localStorage holds it too is an invention.
DEVICE_NAME = "_nano_fp"

_FIRST_GAP = 90

MASKED_MOBILE = "138****0000"

_AUTH = Call("sign_in", is_camel=True, success_code=1000000)
# docs/portals.md 1.2 [A]: no code was found for a wrong password; the page just shows the text.
REFUSED = Refusal(None, "账号或密码错误，请重新输入")
STALE = Refusal(None, "页面已过期，请刷新后重试")
# No public source says what it means; people see it when the portal is busy. [A]
BUSY_CODE = 50001
NEEDS_CODE = Refusal(2000020, "需要手机验证", MASKED_MOBILE)
WRONG_CODE = Refusal(2000017, "手机验证码错误")
CODE_EXPIRED = Refusal(None, "二维码已过期，请刷新")
CODE_CANCELLED = Refusal(None, "已在手机上取消登录")
#: docs/portals.md 8.19: what the page is told of a code; 3 comes with whom it has let in.
CODE_STATUS = {CodeState.WAITING: 1, CodeState.SCANNED: 2}
# docs/portals.md 1.2: after these the page asks for a code.
SMS_CODES = (2000020, 2000021, 2000015)


class PddLoginPages(SandboxEntrance):
    """The handlers of the login page, of `/janus/api/auth`, and of the pages that need a sign-in."""

    platform = "pdd"
    first_code = 135_000

    def __init__(self, stage: Stage, sessions: PddSessions, page_keys: PageKeys) -> None:
        super().__init__(stage)
        self._sessions = sessions
        self._page_keys = page_keys
        # A token stands for the gap of the slider that was shown with it.
        self._sliders = Tickets()
        # User names whose telephone has been sent a code that was not used yet.
        self._codes_sent: set[str] = set()

    def add_routes(self, app: web.Application) -> None:
        """Adds the paths to the application of the one host."""
        for path in (LOGIN_PATH, LOGIN_PATH.rstrip("/")):
            app.router.add_get(path, self._login_page)
        for path in PAGE_PATHS:
            app.router.add_get(path, self._back_office_page)
        app.router.add_get("/", self._root)
        app.router.add_post(AUTH_PATH, self._authenticate)
        app.router.add_post(SEND_CODE_PATH, self._send_code)
        app.router.add_post(MAKE_APP_CODE_PATH, self._make_app_code)
        app.router.add_post(ASK_APP_CODE_PATH, self._ask_app_code)
        app.router.add_get(ENTER_PATH, self._enter)
        super().add_routes(app)

    # --- pages

    async def _login_page(self, request: web.Request) -> web.Response:
        await delay_login_page(self.stage)
        return_path = _own_path(request.query.get("redirectUrl", ""))
        if self._sessions.live_shop(request) is not None:
            # docs/portals.md does not say what the login page shows to somebody who is signed in. [A]
            return web.Response(status=302, headers={"Location": return_path})
        looks = request.query.get("look", "")
        if looks == "maintenance":
            return maintenance()
        boot: dict[str, Any] = {
            "looks": looks.split(","),
            "key": self._page_keys.issue(""),
            "auth_path": AUTH_PATH,
            "send_code_path": SEND_CODE_PATH,
            "make_app_code_path": MAKE_APP_CODE_PATH,
            "ask_app_code_path": ASK_APP_CODE_PATH,
            "picture_path": CODE_PATH,
            "ask_milliseconds": round(self.stage.options.code_ask_seconds * 1000),
            "dialog": DIALOG_TEXT,
            "return_path": return_path,
            "sms_codes": SMS_CODES,
            "device_name": DEVICE_NAME,
            "delay_milliseconds": self.delay(),
        }
        response = login_page(self.form(request.query.get("form", "")), boot)
        response.set_cookie("api_uid", OTHER_COOKIES["api_uid"])
        return response

    def _notices(self, shop: SandboxShop) -> list[str]:
        return ["notice"] if self.stage.faults.take(shop.id, Fault.LANDING_NOTICE) else []

    async def _back_office_page(self, request: web.Request) -> web.Response:
        shop = self._sessions.live_shop(request)
        if shop is None:
            return self._sent_away(request)
        mall = mall_of(self.stage.options.seed, shop, is_other=self._sessions.is_of_other_shop(request, shop))
        boot: dict[str, Any] = {
            "key": self._page_keys.issue(shop.id),
            "mall_name": mall.name,
            "looks": [*request.query.get("look", "").split(","), *self._notices(shop)],
            "login_path": login_path(request.path_qs),
            "expired_codes": [SESSION_EXPIRED.code],
            "delay_milliseconds": self.delay(),
        }
        is_of_reviews = request.path == REVIEWS_PATH
        return back_office_page(boot, "reviews.html" if is_of_reviews else "back_office.html")

    def _sent_away(self, request: web.Request) -> web.Response:
        """docs/portals.md 1.1 [C 6]: an unauthenticated page redirects; by the server or by its script is open. [A]"""
        path = login_path(request.path_qs)
        match self.stage.options.dead_session_answer:
            case "html":
                return back_office_page(
                    {"key": None, "mall_name": "", "login_path": path, "delay_milliseconds": self.delay()}
                )
            case "redirect":
                # Both spellings of the login page are in use.
                path = path.replace(LOGIN_PATH, LOGIN_PATH.rstrip("/"), 1)
        return web.Response(status=302, headers={"Location": path})

    async def _root(self, request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": HOME_PATH})

    # --- what the page's script talks to

    async def _authenticate(self, request: web.Request) -> web.Response:
        body = await self._signed_body(request)
        if body is None:
            return _AUTH.refusal(STALE)
        shop = self.stage.world.account(str(body.get("username")))
        if shop is None:
            return _AUTH.refusal(REFUSED)
        note_shop(request, shop)
        if (slider := self._slider(shop, body)) is not None:
            return slider
        if (down := self.down(shop)) is not None:
            return down
        if self.stage.faults.take(shop.id, Fault.ANSWER_BOMB, at="sign_in"):
            return bomb()
        if (text := self.text(shop)) is not None:
            return _AUTH.refusal(Refusal(BUSY_CODE if "繁忙" in text else None, text))
        if not self.is_let_in(shop, str(body.get("password"))):
            return _AUTH.refusal(REFUSED)
        is_new = self.stage.world.see_device(shop.id, str(body.get("device") or ""))
        if "verificationCode" in body:
            return self._check_code(shop, str(body["verificationCode"]))
        if "isAnswered" not in body and self.wants_answer(shop):
            return _AUTH.success({"asks": True})
        if (detour := self.detour(shop, HOME_PATH)) is not None:
            return _AUTH.success({"goTo": detour})
        if self.wants_code(shop, is_new_device=is_new):
            return _AUTH.refusal(NEEDS_CODE)
        if self.stage.faults.take(shop.id, Fault.SMS_BEHIND_SUCCESS):
            # docs/portals.md 1.2 [S]: success without passId or PASS_ID; the text of `mobile` is an invention.
            return _AUTH.success({"forceMobileVerify": True, "loginLimitStatus": 1, "mobile": MASKED_MOBILE})
        return self._let_in(shop)

    async def _signed_body(self, request: web.Request) -> dict[str, Any] | None:
        """The body, if a login page's script has made it."""
        body = await json_body(request)
        token, username = str(body.get("crawlerInfo")), str(body.get("username"))
        is_good = self._page_keys.accept(token, shop_id="", method="POST", path=request.path, body=username)
        return body if is_good else None

    def _slider(self, shop: SandboxShop, body: dict[str, Any]) -> web.Response | None:
        """The puzzle, unless it is solved or not wanted. It comes before the password is looked at."""
        if "isAnswered" in body:
            return None
        if "verifyAuthToken" in body:
            puzzle = self._sliders.redeem(str(body["verifyAuthToken"]))
            if puzzle is not None and is_solved(puzzle, body.get("place"), body.get("path"), self.stage.options.hand):
                return None
            following: str | None = next_slider(puzzle or "", _FIRST_GAP)
        elif "verificationCode" in body:
            return None
        else:
            following = wanted_slider(self.stage.faults, shop.id, _FIRST_GAP)
        if following is None:
            return None
        refusal = too_frequent(self._sliders.issue(following))
        return _AUTH.refusal(Refusal(refusal.code, refusal.text, refusal.result | {"gap": gap_of(following)}))

    def _check_code(self, shop: SandboxShop, code: str) -> web.Response:
        if shop.username not in self._codes_sent or code != self.sms_code(shop):
            return _AUTH.refusal(WRONG_CODE)
        self._codes_sent.discard(shop.username)
        return self._let_in(shop)

    def _let_in(self, shop: SandboxShop, **more: object) -> web.Response:
        self.stage.world.know_device(shop.id)
        cookies = self._sessions.new_cookies(shop)
        pass_id = next(value for name, value, _ in cookies if name == COOKIE)
        _, mall_id, user_id = pass_id.split("_")
        info = {"id": int(user_id), "username": shop.username, "mall_id": int(mall_id)}
        # docs/portals.md 1.2 [C 2]: passId, which the page keeps in localStorage; here it is the cookie's value. [A]
        response = _AUTH.success({"passId": pass_id, "userInfoVO": info, **more})
        self._sessions.give(response, shop, cookies)
        return response

    async def _make_app_code(self, request: web.Request) -> web.Response:
        token = self.stage.codes.make(self.platform)
        return _AUTH.success({"uri": f"{self.stage.origins['mms']}/scan?data={token}"})

    async def _ask_app_code(self, request: web.Request) -> web.Response:
        body = await json_body(request)
        state, shop_id = self.stage.codes.look(str(body.get("data")))
        if state is CodeState.CONFIRMED:
            shop = self.stage.world.shop(shop_id)
            note_shop(request, shop)
            self.stage.world.see_device(shop.id, str(body.get("fingerprint") or ""))
            return self._let_in(shop, status=3)
        if state in CODE_STATUS:
            return _AUTH.success({"status": CODE_STATUS[state]})
        return _AUTH.refusal(CODE_EXPIRED if state is CodeState.EXPIRED else CODE_CANCELLED)

    async def _enter(self, request: web.Request) -> web.Response:
        entered = self.entered(request)
        if entered is None:
            return web.json_response({"goTo": LOGIN_PATH})
        shop, return_path = entered
        response = web.json_response({"go_to": return_path})
        self._sessions.give(response, shop, self._sessions.new_cookies(shop))
        return response

    async def _send_code(self, request: web.Request) -> web.Response:
        body = await self._signed_body(request)
        shop = None if body is None else self.stage.world.account(str(body.get("username")))
        if shop is None:
            return _AUTH.refusal(STALE)
        note_shop(request, shop)
        self._codes_sent.add(shop.username)
        return _AUTH.success(MASKED_MOBILE)


def _own_path(asked: str) -> str:
    """The page to go to after the sign-in: one of this portal's own."""
    is_own = asked.startswith("/") and not asked.startswith(("//", "/\\"))
    return asked if is_own else HOME_PATH
