"""Signing in to Pinduoduo (docs/portals.md 1) and reading its answers (docs/portals.md 1.3, 3.5).

The page itself sends its sign-in request; this only types, clicks and watches what the answer says.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page, Response

from shopdata.config import Portal, Shop
from shopdata.platforms.pdd.answers import error_code, error_text, is_no
from shopdata.platforms.pdd.portal import PddPortal
from shopdata.sessions.sign_in.entering import Entrance
from shopdata.sessions.sign_in.form_login import FormLogin
from shopdata.sessions.sign_in.steps import CodeState, Identity, PortalAnswer, Risk
from shopdata.sessions.sign_in.verdict import OUTCOMES, SMS_CODE, challenge, error_for
from shopdata.sessions.sign_in.voice import Voice
from shopdata.sessions.sign_in.words import Says, what_it_says
from shopdata.texts import read_json

AUTH_PATH = "/janus/api/auth"
#: Where the page asks what became of its QR code (docs/portals.md 8.19); only listened to, never asked by us.
CODE_PATH = "/janus/api/scan/login/query"

#: "The session has ended", on every interface of the back office (docs/portals.md 1.3).
SESSION_ENDED = 43001
#: Codes of a sign-in that ask for a second factor (docs/portals.md 1.2).
_PHONE_CODES = {2000020, 2000021, 2000015, 2000018}
#: Codes of a sign-in, or later, that only a person in the page can answer (docs/portals.md 1.2, 3.5).
_PERSON_CODES = {
    2000014: ("a new password", "challenge"),
    2000016: ("a new password", "challenge"),
    8000037: ("a proof of identity", "challenge"),
    8000040: ("patience: it is checking the identity", "challenge"),
    70031: ("a captcha", "captcha_wanted"),
    10019: ("a captcha", "captcha_wanted"),
    52101: ("a risk check", "challenge"),
    9501: ("a look at the account: it is restricted", "challenge"),
}
#: "Too often" and "solve a captcha" share one code; a cool-down tells which it was (docs/portals.md 3.5).
TOO_OFTEN = 54001
#: What a page asks for that is clicked in it.
_ANSWERED_BY_CLICKS = (Says.AGREEMENT, Says.CHOICE)
_CODE_STATES = {"1": CodeState.WAITING, "2": CodeState.SCANNED, "3": CodeState.CONFIRMED}
_RISK_TEXTS = ("验证码", "风控", "限制")


def _speaks_of_risk(text: str) -> bool:
    return any(word in text for word in _RISK_TEXTS)


class PddLogin(FormLogin):
    """Pinduoduo's form, what it answers to the page that sends it, and its other answers."""

    name = "Pinduoduo"

    async def sign_in(self, page: Page, shop: Shop, portal: Portal) -> None:
        """Switches from the QR code to the account form, fills it, then waits for the landing page."""
        assert isinstance(portal, PddPortal)
        entrance = Entrance(page, shop, portal, self.name)
        answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        page.on("response", lambda response: asyncio.ensure_future(_note_auth(response, answers)))
        await entrance.enter_credentials()

        async def look() -> None:
            while not answers.empty():
                raise_if_refused(shop, answer := answers.get_nowait(), portal.login_page.refused_words)
                _hear(entrance.voice, answer)
            await self.look(page, shop, portal)

        await entrance.wait_until_landed(look)

    async def identity(self, cookies: Mapping[str, str], page: Page | None, portal: Portal) -> Identity:
        """The mall's number: PASS_ID ends in `_<mallId>_<userId>`, of one or more users (docs/portals.md 1.3)."""
        ending = re.search(r"_(\d+)_\d+$", cookies.get("PASS_ID", ""))
        return {"mall id": ending[1]} if ending else {}

    def check_call(self, portal: Portal) -> tuple[str, dict[str, str]]:
        assert isinstance(portal, PddPortal)
        return urljoin(portal.origin, portal.check_path), {}

    def is_session_dead(self, answer: PortalAnswer, portal: Portal) -> bool:
        """Code 43001 in either spelling, `login: false`, a redirect to the login page, or a page instead of data."""
        if super().is_session_dead(answer, portal):
            return True
        data = answer.json() if not answer.is_html else None
        if error_code(data) == SESSION_ENDED:
            return True
        result = data.get("result") if isinstance(data, dict) else None
        return isinstance(result, dict) and result.get("login") is False

    def is_session_alive(self, answer: PortalAnswer) -> bool:
        """Only `login: true`: one sample had `success: false` beside it (docs/portals.md 1.3)."""
        data = answer.json()
        result = data.get("result") if isinstance(data, dict) else None
        return isinstance(result, dict) and result.get("login") is True

    def risk_in(self, answer: PortalAnswer, portal: Portal) -> Risk | None:
        """54001 and 429 may pass by themselves; a captcha does not."""
        if (risk := super().risk_in(answer, portal)) is not None:
            return risk
        data = answer.json() if not answer.is_html else None
        code, text = error_code(data), error_text(data)
        if code == TOO_OFTEN:
            return Risk(f"{code} {text}"[:80], needs_person=True, may_pass=True)
        if code in _PERSON_CODES or (is_no(data) and _speaks_of_risk(text)):
            return Risk(f"{code or ''} {text}".strip()[:80], needs_person=True, may_pass=False)
        return None

    def is_about_code(self, url: str) -> bool:
        return urlsplit(url).path == CODE_PATH

    def code_state(self, answer: str) -> CodeState | None:
        """`result.status`; a refusal is how a code ends that nobody has confirmed."""
        try:
            data = read_json(answer.encode())
        except ValueError:
            return None
        result = data.get("result") if isinstance(data, dict) else None
        state = _CODE_STATES.get(str(result.get("status"))) if isinstance(result, dict) else None
        return state or (CodeState.EXPIRED if is_no(data) else None)


def raise_if_refused(shop: Shop, answer: dict[str, Any], refused_words: tuple[str, ...] = ()) -> None:
    """Reads what the portal answers to the page's own sign-in request (docs/portals.md 1.2).

    Raises:
        ChallengeError: it asks for something that only a person has.
        CredentialsRefusedError: it says that user name or password is wrong: no code of its own is known for that, so
            the words tell it. Every other "no" is left to the page, which may show more.
    """
    code = error_code(answer)
    result = answer.get("result")
    says = what_it_says(error_text(answer), refused_words)
    # One code for both: without what a captcha is answered with, "too often" is what it says (docs/portals.md 0.3).
    is_pace = says is Says.BUSY and not (isinstance(result, dict) and result.get("verifyAuthToken"))
    if code == TOO_OFTEN and not is_pace:
        raise challenge(shop, "Pinduoduo", "a captcha", "captcha_wanted")
    if code in _PERSON_CODES:
        raise challenge(shop, "Pinduoduo", *_PERSON_CODES[code])
    if code in _PHONE_CODES or _wants_second_factor(result):
        raise challenge(shop, "Pinduoduo", SMS_CODE, "sms_code_wanted")
    if is_no(answer) and OUTCOMES[says] != "again" and says not in _ANSWERED_BY_CLICKS:
        raise error_for(says, shop, "Pinduoduo", error_text(answer))


def _hear(voice: Voice, answer: dict[str, Any]) -> None:
    """Another "no": it is quoted if the page shows nothing that says more."""
    if is_no(answer):
        voice.hear(error_text(answer) or (f"code {code}" if (code := error_code(answer)) else "success: false"))


def _wants_second_factor(result: Any) -> bool:
    """`success` alone is no proof: without a pass, one of these says what is still wanted (docs/portals.md 1.2)."""
    if not isinstance(result, dict) or result.get("passId") or result.get("pass_id"):
        return False
    return any(result.get(sign) for sign in ("forceMobileVerify", "identityVerifyURL", "loginLimitStatus"))


async def _note_auth(response: Response, verdict: asyncio.Queue[dict[str, Any]]) -> None:
    if urlsplit(response.url).path != AUTH_PATH:
        return
    try:
        answer = await response.json()
    except (PlaywrightError, ValueError):
        # No data: what stands in its place is told by its status.
        answer = {"success": False, "errorMsg": f"HTTP {response.status}"} if response.status >= 400 else None
    if isinstance(answer, dict):
        verdict.put_nowait(answer)
