"""Where user name and password are enough: a login that a platform inherits, and changes where its portal differs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from playwright.async_api import Page

from shopdata.config import Portal, Shop
from shopdata.sessions.sign_in.entering import Entrance
from shopdata.sessions.sign_in.looking import first_visible
from shopdata.sessions.sign_in.signs import holds_any
from shopdata.sessions.sign_in.steps import Identity, PlatformLogin, PortalAnswer, Risk
from shopdata.sessions.sign_in.verdict import SMS_CODE, challenge


class FormLogin(PlatformLogin):
    """All but `check_call` and `is_session_alive`."""

    #: How messages call the platform.
    name: ClassVar[str]

    async def sign_in(self, page: Page, shop: Shop, portal: Portal) -> None:
        """Fills the form and presses its button, then waits for the landing page."""
        entrance = Entrance(page, shop, portal, self.name)
        await entrance.enter_credentials()
        await entrance.wait_until_landed(lambda: self.look(page, shop, portal))

    async def look(self, page: Page, shop: Shop, portal: Portal) -> None:
        """Looks now and then what the page wants from a person.

        Raises:
            ChallengeError: it shows a slider, or asks for an SMS code.
        """
        if await first_visible(page.frames, portal.login_page.slider) is not None:
            raise challenge(shop, self.name, "a slider", "captcha_wanted")
        if await self.wants_code(page, portal):
            raise challenge(shop, self.name, SMS_CODE, "sms_code_wanted")

    async def wants_code(self, page: Page, portal: Portal) -> bool:
        """True if the page asks for an SMS code."""
        return await first_visible(page.frames, portal.sms_form.code) is not None

    async def identity(self, cookies: Mapping[str, str], page: Page | None, portal: Portal) -> Identity:
        """Nothing that tells one shop from the other."""
        return {}

    def is_session_dead(self, answer: PortalAnswer, portal: Portal) -> bool:
        """A redirect, 401, a page where data was asked for, or what portals.yaml says."""
        if answer.status in (301, 302, 303, 307, 308, 401) or (answer.is_html and answer.status == 200):
            return True
        return holds_any(answer, portal.dead_session)

    def risk_in(self, answer: PortalAnswer, portal: Portal) -> Risk | None:
        """HTTP 429 passes by itself."""
        return Risk("HTTP 429", needs_person=False, may_pass=True) if answer.status == 429 else None
