"""Signing in to JD (docs/portals.md 4.1) and reading its answers (docs/portals.md 4.2)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from urllib.parse import unquote, urljoin, urlsplit

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page

from shopdata.config import Portal
from shopdata.platforms.jd.advertising import is_signed_out
from shopdata.platforms.jd.portal import AJAX_HEADERS, JdPortal
from shopdata.sessions.sign_in.form_login import FormLogin
from shopdata.sessions.sign_in.looking import any_of, first_visible
from shopdata.sessions.sign_in.steps import CodeState, Identity, PortalAnswer, Risk
from shopdata.texts import one_line

#: Codes of JD's merchant gateways that mean risk control, and what they say (docs/portals.md 4.2, 8.2, 8.11).
#: 601 has two texts: of this one a person must know, the other one passes.
_UNAUTHORISED = "未经京东授权"
_RISK_CODES = {"601": f"{_UNAUTHORISED}的软件操作", "-407": "不安全", "-402": "签名不对"}
#: What the login page is told of its QR code (docs/portals.md 8.20).
_CODE_STATES = {"200": CodeState.CONFIRMED, "201": CodeState.WAITING, "202": CodeState.SCANNED}
_CODE_NUMBER = re.compile(r"[\"']?code[\"']?\s*:\s*[\"']?(\d{3})\b")
_TOO_OFTEN = ("操作频繁", "操作过于频繁", "操作太频繁", "操作太过频繁")

#: The header is filled in a moment after the landing; where JD has moved it, no sign-in should wait long for it.
_NAME_TIMEOUT_MS = 6_000
#: As much of a page as is searched for words of risk control, in bytes.
_LONGEST_PAGE = 1 << 20
_NOT_SHOWN = re.compile(
    r"<(script|style|template)\b.*?(?:</\1\s*>|$)|<!--.*?(?:-->|$)|<[^<>]{0,500}>", re.DOTALL | re.IGNORECASE
)


class JdLogin(FormLogin):
    """JD's two forms, whichever the page shows, and its answers."""

    name = "JD"

    async def wants_code(self, page: Page, portal: Portal) -> bool:
        """A page of its own, or words that name the second factor."""
        assert isinstance(portal, JdPortal)
        place = urlsplit(page.url)
        is_its_page = place.hostname in portal.second_factor_hosts or place.path.startswith(portal.second_factor_path)
        return is_its_page or await first_visible(page.frames, portal.login_page.second_factor) is not None

    async def identity(self, cookies: Mapping[str, str], page: Page | None, portal: Portal) -> Identity:
        """The shop's name in the header of the back office, and the account's name in the cookie `pin`."""
        assert isinstance(portal, JdPortal)
        found: dict[str, str] = {}
        if page is not None and (name := await _shop_name(page, portal)):
            found["shop name"] = name
        if cookies.get("pin"):
            found["account"] = unquote(cookies["pin"])
        return found

    def check_call(self, portal: Portal) -> tuple[str, dict[str, str]]:
        assert isinstance(portal, JdPortal)
        return f"{urljoin(portal.report_origin, portal.check_path)}?uuid={uuid.uuid4()}", AJAX_HEADERS

    def is_session_dead(self, answer: PortalAnswer, portal: Portal) -> bool:
        """A redirect, something else than data, 401, or neither a status nor "success": nowhere is recorded how
        zhgateway and the report list say it, so each of these means "sign in once more" (docs/portals.md 4.2 [A])."""
        if answer.status == 200 and answer.is_broken_data:
            return False
        if super().is_session_dead(answer, portal):
            return True
        if answer.status != 200:
            return False
        data = answer.json()
        if data is None:
            return True
        assert isinstance(portal, JdPortal)
        if urlsplit(answer.url).netloc == urlsplit(portal.ads_origin).netloc:
            return is_signed_out(data)
        if not isinstance(data, dict):
            return False
        # An order's answer has a status: with that, a message says why it was refused.
        says_nothing = "status" not in data and data.get("message") != "success"
        return says_nothing or "401" in (str(data.get("code")), str(data.get("status")))

    def is_session_alive(self, answer: PortalAnswer) -> bool:
        """The list of reports is there: `message` says so (docs/portals.md 4.3)."""
        data = answer.json()
        return isinstance(data, dict) and data.get("message") == "success"

    def risk_in(self, answer: PortalAnswer, portal: Portal) -> Risk | None:
        if (risk := super().risk_in(answer, portal)) is not None:
            return risk
        assert isinstance(portal, JdPortal)
        data = answer.json()
        if isinstance(data, dict):
            code = next((str(data[key]) for key in ("code", "status") if str(data.get(key)) in _RISK_CODES), "")
            text = next((str(data[key]) for key in ("message", "msg", "errorMsg") if data.get(key)), "")
        else:
            # The same may come as a page (docs/portals.md 8.11); what its scripts might say does not count.
            code, text = "", _NOT_SHOWN.sub(" ", answer.body[:_LONGEST_PAGE].decode("utf-8", "replace"))
        said = next((word for word in _TOO_OFTEN if word in text), "频繁" if code and "频繁" in text else "")
        if said and code in ("", "601"):
            rest = portal.export_rest_seconds
            return Risk(f"{code} {said}".strip(), needs_person=False, may_pass=True, rest_seconds=rest)
        if not code and _UNAUTHORISED in text:
            code = "601"
        return Risk(f"{code} {_RISK_CODES[code]}", needs_person=True, may_pass=False) if code else None

    def is_about_code(self, url: str) -> bool:
        """`qr.m.jd.com/check`, whichever host it is."""
        place = urlsplit(url)
        return place.path.endswith("/check") and "appid=" in place.query

    def code_state(self, answer: str) -> CodeState | None:
        """A number in a call of the page's own function; all but these say that this code is of no use any more."""
        found = _CODE_NUMBER.search(answer)
        return None if found is None else _CODE_STATES.get(found[1], CodeState.EXPIRED)


async def _shop_name(page: Page, portal: JdPortal) -> str:
    """What the header calls the shop; "" if it does not say it in time."""
    header = any_of(page.main_frame, portal.shop_name).filter(has_text=re.compile(r"\S")).first
    try:
        return " ".join(one_line(await header.inner_text(timeout=_NAME_TIMEOUT_MS)).split())
    except PlaywrightError:
        return ""
