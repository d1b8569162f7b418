"""What a platform's login must answer, and the steps that all login pages share."""

from __future__ import annotations

import asyncio
import functools
import time
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit
from weakref import WeakSet

from shopdata.browser.chromium import user_agent_of
from shopdata.config import Portal, Shop
from shopdata.exceptions import PortalError
from shopdata.texts import read_json

if TYPE_CHECKING:
    from playwright.async_api import Error as PlaywrightError
    from playwright.async_api import Page

#: How often a login page is looked at while it makes up its mind.
LOOK_EVERY_SECONDS = 0.05
#: And how often all of it is searched for refusals, sliders and SMS forms.
CLOSE_LOOK_EVERY_SECONDS = 0.6


@dataclass(frozen=True)
class PortalAnswer:
    """A portal's answer, as much of it as tells whether the session lives."""

    status: int
    url: str
    content_type: str
    location: str
    body: bytes

    def json(self) -> Any:
        """The body as JSON; None if it is something else."""
        return self._json

    @functools.cached_property
    def _json(self) -> Any:
        try:
            return read_json(self.body)
        except ValueError:
            return None

    @property
    def is_broken_data(self) -> bool:
        """True for what begins as data do and can't be read: an odd answer, and nothing about the session."""
        start = self.body.lstrip(b"\xef\xbb\xbf\xfe\xff\0 \t\r\n")[:1]
        return start in (b"{", b"[") and self.json() is None

    @property
    def is_html(self) -> bool:
        """True for a page where data was asked for, whatever its headers say."""
        return "html" in self.content_type or self.body.lstrip()[:1] == b"<"


@dataclass(frozen=True)
class Risk:
    """What risk control says: `may_pass` by itself after a cool-down; `needs_person` if it does not.

    With `rest_seconds` the cool-down is that long, and asking meanwhile starts it anew.
    """

    text: str
    needs_person: bool
    may_pass: bool
    rest_seconds: float = 0


#: What tells one shop from every other, the surest fact first: `{"mall id": …}`, or `{"shop name": …, "account": …}`.
Identity = Mapping[str, str]


class CodeState(StrEnum):
    """What became of a QR code, as the login page is told."""

    WAITING = "waiting"
    SCANNED = "scanned"
    CONFIRMED = "confirmed"
    EXPIRED = "expired"


class PlatformLogin(Protocol):
    """What a platform answers: how to start, whose session it is, is it dead, is it a risk block.

    Which cookies make a session, and where a sign-in lands, stands in portals.yaml.
    """

    @abstractmethod
    async def sign_in(self, page: Page, shop: Shop, portal: Portal) -> None:
        """How to start: from the open login page to the landing page.

        Raises:
            CredentialsRefusedError: user name or password is wrong; do not try again.
            ChallengeError: a captcha, slider or SMS code is asked for.
            PortalError: the page is not one that we know, or took too long.
        """

    @abstractmethod
    async def identity(self, cookies: Mapping[str, str], page: Page | None, portal: Portal) -> Identity:
        """Whose session it is, by its cookies (name -> value), and by the landing page where there is one."""

    @abstractmethod
    def check_call(self, portal: Portal) -> tuple[str, dict[str, str]]:
        """The cheapest GET that needs a session: its URL and headers."""

    @abstractmethod
    def is_session_dead(self, answer: PortalAnswer, portal: Portal) -> bool:
        """True if this answer says that the session has ended."""

    @abstractmethod
    def is_session_alive(self, answer: PortalAnswer) -> bool:
        """True if this answer to `check_call` says that the session lives."""

    @abstractmethod
    def risk_in(self, answer: PortalAnswer, portal: Portal) -> Risk | None:
        """What risk control says in this answer; None if nothing."""

    def is_about_code(self, url: str) -> bool:
        """True for the address at which the login page asks what became of its QR code."""
        return False

    def code_state(self, answer: str) -> CodeState | None:
        """What it is answered there; None for what is not known."""
        return None


@dataclass(frozen=True)
class HowSignedIn:
    """What it took: what let the shop in (`password`, `sms`, `qr`, `person`), and what the portal had asked besides."""

    by: str = "password"
    #: `slider`, `sms`, `qr`, or the code of another reason.
    asked: tuple[str, ...] = ()
    #: When the first of the session's cookies ends by its own date; None if none has one.
    cookie_expires_at: datetime | None = None
    #: Since when the portal knows the browser; None where nobody knows it.
    device_made_at: datetime | None = None


#: Codes of what a portal asks, by a shorter word.
ASKED = {"captcha_wanted": "slider", "sms_code_wanted": "sms"}


@dataclass(frozen=True)
class SignedIn:
    """What a sign-in has brought: cookies in Playwright's form, what the browser called itself, whose session it is."""

    cookies: list[dict[str, Any]] = field(repr=False)
    user_agent: str
    identity: Identity
    how: HowSignedIn = HowSignedIn()


async def read_session(
    page: Page, login: PlatformLogin, portal: Portal, *, by: str = "password", asked: tuple[str, ...] = ()
) -> SignedIn:
    """Reads the session of a page that has landed.

    Args:
        by, asked: as `HowSignedIn` has them; `asked` may have the codes of reasons.
    """
    cookies = [dict(cookie) for cookie in await page.context.cookies()]
    values = {str(cookie["name"]): str(cookie["value"]) for cookie in cookies}
    browser = page.context.browser
    assert browser is not None
    told = tuple(dict.fromkeys(ASKED.get(code, code) for code in asked))
    how = HowSignedIn(by, told, first_expiry(cookies, portal))
    return SignedIn(cookies, user_agent_of(browser.version), await login.identity(values, page, portal), how)


def first_expiry(cookies: Iterable[Mapping[str, Any]], portal: Portal) -> datetime | None:
    """When the first of a session's own cookies ends by its date; None if none has one."""
    dates = [float(cookie.get("expires") or -1) for cookie in cookies if cookie["name"] in portal.session_cookies]
    return min((datetime.fromtimestamp(date, UTC) for date in dates if date > 0), default=None)


# -- where a page is ---------------------------------------------------------------------------------------------------


async def has_landed(page: Page, portal: Portal) -> bool:
    """True once the page is the back office of a signed-in shop, whoever did the last step."""
    # The address alone is no proof: an anonymous visit keeps it for a moment before it jumps (docs/portals.md 4.2).
    if not urlsplit(page.url).path.startswith(portal.home_path):
        return False
    names = {cookie.get("name") for cookie in await page.context.cookies()}
    return names.issuperset(portal.session_cookies)


def is_login_page(url: str, portal: Portal) -> bool:
    """True for the address of the login page, with or without a stroke at its end (docs/portals.md 1.1)."""
    login, path = (urlsplit(address).path.rstrip("/") for address in (portal.login_url, url))
    return path == login or (bool(login) and path.startswith(f"{login}/"))


# -- waiting -----------------------------------------------------------------------------------------------------------


#: From the moment on that their button is pressed, nobody can know whether the portal has got the password.
_SENT: WeakSet[Page] = WeakSet()


def note_sent(page: Page) -> None:
    """From now on user name and password may have left this page."""
    _SENT.add(page)


def was_sent(page: Page) -> bool:
    """True if user name and password may have left this page."""
    return page in _SENT


def browser_failed(shop: Shop, error: PlaywrightError) -> PortalError:
    """What Playwright says as a sentence: its first line only, for a call log may repeat what was typed."""
    return PortalError(
        "the browser could not sign in",
        code="login_page_failed",
        where=f"shop {shop.id!r}",
        found=error.message.splitlines()[0][:120].partition("?")[0],
        todo="Look whether login_url in portals.yaml opens in a browser on this machine.",
    )


class SignInDeadline:
    """Looks at a page again and again until a deadline."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds
        self._next_close_look = 0.0

    def is_close_look_due(self) -> bool:
        """True now and then: looking for every trouble a page may show costs a core, and most sign-ins have none."""
        now = time.monotonic()
        if not self._next_close_look:
            self._next_close_look = now + CLOSE_LOOK_EVERY_SECONDS
        if now < self._next_close_look:
            return False
        self._next_close_look = now + CLOSE_LOOK_EVERY_SECONDS
        return True

    @property
    def is_over(self) -> bool:
        """True when the deadline has passed."""
        return time.monotonic() > self._end

    async def look_again(self, shop: Shop, what: str) -> None:
        """Waits a moment.

        Raises:
            PortalError: the deadline has passed; `what` says what was waited for.
        """
        if not await self.lasts():
            raise PortalError(
                f"the login page did not show {what} within {self.seconds:g} seconds",
                code="login_page_failed",
                where=f"shop {shop.id!r}",
                todo="Look at the page by hand; if the portal changed it, fix `login_page` in portals.yaml.",
            )

    async def lasts(self) -> bool:
        """Waits a moment; False, at once, when the deadline has passed."""
        if self.is_over:
            return False
        await asyncio.sleep(LOOK_EVERY_SECONDS)
        return True
