"""What a platform's login must answer, and the steps that all login pages share."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Frame, Locator, Page

from shopdata.config import Portal, Shop
from shopdata.exceptions import ChallengeError, PortalError

#: The one challenge that needs no window.
SMS_CODE = "an SMS code"

#: How often a login page is looked at while it makes up its mind.
LOOK_EVERY_SECONDS = 0.1
#: And how often all of it is searched for refusals, sliders and SMS forms.
CLOSE_LOOK_EVERY_SECONDS = 0.6


@dataclass(frozen=True)
class Answer:
    """A portal's answer, as much of it as tells whether the session lives."""

    status: int
    url: str
    content_type: str
    location: str
    body: bytes

    def json(self) -> Any:
        """The body as JSON; None if it is something else."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def is_html(self) -> bool:
        """True for a page where data was asked for, whatever its headers say."""
        return "html" in self.content_type or self.body.lstrip()[:1] == b"<"


@dataclass(frozen=True)
class Risk:
    """What risk control says: `may_pass` by itself after a cool-down; `needs_person` if it does not."""

    text: str
    needs_person: bool
    may_pass: bool


class PlatformLogin(Protocol):
    """Four questions that a platform answers: how to start, which cookies, is it dead, is it a risk block."""

    async def sign_in(self, page: Page, shop: Shop, portal: Portal) -> None:
        """How to start: from the open login page to the landing page.

        Raises:
            CredentialsRefusedError: user name or password is wrong; do not try again.
            ChallengeError: a captcha, slider or SMS code is asked for.
            PortalError: the page is not one that we know, or took too long.
        """

    async def has_landed(self, page: Page, portal: Portal) -> bool:
        """True once the page is the back office of a signed-in shop, whoever did the last step."""

    def check_call(self, portal: Portal) -> tuple[str, dict[str, str]]:
        """The cheapest GET that needs a session: its URL and headers."""

    def session_cookies(self, portal: Portal) -> Sequence[str]:
        """Which cookies: the names without which nobody is signed in."""

    def is_session_dead(self, answer: Answer, portal: Portal) -> bool:
        """True if this answer says that the session has ended."""

    def risk_in(self, answer: Answer, portal: Portal) -> Risk | None:
        """What risk control says in this answer; None if nothing."""


async def first_visible(page: Page, selectors: Sequence[str]) -> Locator | None:
    """The first element, in any frame, that a person could see now."""
    for selector in selectors:
        for frame in page.frames:
            found = await _visible_in(frame, selector)
            if found is not None:
                return found
    return None


async def _visible_in(frame: Frame, selector: str) -> Locator | None:
    try:
        locator = frame.locator(selector)
        for number in range(min(await locator.count(), 5)):
            if await locator.nth(number).is_visible():
                return locator.nth(number)
    except PlaywrightError:
        # The frame went away while the page was moving on; the next look sees what came after.
        return None
    return None


def challenge(shop: Shop, platform: str, what: str) -> ChallengeError:
    """The error for a page that asks for a person; an SMS code can also be given on the terminal."""
    command = f"`scrapy login {shop.id}`" if what == SMS_CODE else f"`scrapy login {shop.id} --headed`"
    also = " and type the code" if what == SMS_CODE else ""
    return ChallengeError(
        f"{platform} asks for {what}", where=f"shop {shop.id!r}", todo=f"Sign in by hand with {command}{also}."
    )


class Patience:
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

    async def look_again(self, shop: Shop, what: str) -> None:
        """Waits a moment.

        Raises:
            PortalError: the deadline has passed; `what` says what was waited for.
        """
        if time.monotonic() > self._end:
            raise PortalError(
                f"the login page did not show {what} within {self.seconds:g} seconds",
                where=f"shop {shop.id!r}",
                todo="Look at the page by hand; if the portal changed it, mend `login_page` in portals.yaml.",
            )
        await asyncio.sleep(LOOK_EVERY_SECONDS)
