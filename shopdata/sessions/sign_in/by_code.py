"""An SMS code that a person reads off a telephone and types on the terminal; a wrong one may be typed again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page, Response

from shopdata.config import Portal, Shop
from shopdata.exceptions import ChallengeError
from shopdata.sessions.sign_in.looking import first_visible
from shopdata.sessions.sign_in.steps import SignInDeadline, has_landed
from shopdata.sessions.sign_in.trust import frames_of_page
from shopdata.sessions.sign_in.voice import GRACE_SECONDS, Voice, lines_of
from shopdata.texts import one_line

#: So often may a code be typed; portals lock accounts after some more.
TRIES = 3
#: An Enter alone asks for a new code, as often at most.
_MOST_EMPTY = 5
#: A page that let somebody in goes on soon after its answer; one that says nothing had its time.
_AFTER_ANSWER_SECONDS = 10.0
_IN_SILENCE_SECONDS = 12.0


async def has_code_form(page: Page, portal: Portal) -> bool:
    """True if the page asks for an SMS code in a place where one can be typed."""
    return await first_visible(page.frames, portal.sms_form.code) is not None


async def enter_codes(
    page: Page, shop: Shop, portal: Portal, ask_code: Callable[..., str], tell: Callable[..., None]
) -> None:
    """Asks for the code and gives it to the page until it has landed.

    Args:
        ask_code: key of a text and what fills its holes -> what was typed; blocks, and raises EOFError where nobody
            is there.

    Raises:
        ChallengeError: three codes were not taken.
        EOFError: no code was given at all.
        PortalError: the page does not go on.
    """
    form = CodeForm(page, shop, portal)
    # Some forms send the code only when they are told to.
    await form.send()
    for number in range(1, TRIES + 1):
        try:
            code = await _typed(form, number, ask_code, tell)
        except EOFError:
            if number == 1:
                raise
            raise form.not_taken() from None
        if await has_landed(page, portal) or await form.takes(code):
            return
        if form.said:
            tell("login.code_refused_said", said=one_line(form.said, 80))
        else:
            tell("login.code_refused")
    raise form.not_taken()


async def _typed(form: CodeForm, number: int, ask_code: Callable[..., str], tell: Callable[..., None]) -> str:
    key = "login.code" if number == 1 else "login.code_again"
    values = {"shop": form.shop.name} if number == 1 else {"shop": form.shop.name, "number": number, "tries": TRIES}
    for _ in range(_MOST_EMPTY):
        try:
            code = await asyncio.to_thread(ask_code, key, **values)
        except asyncio.CancelledError:
            # Nothing but the person can end the reading of a line.
            tell("login.browser_ended")
            raise
        if code.strip():
            return code.strip()
        tell("login.new_code" if await form.send() else "login.no_button")
    raise EOFError


class CodeForm:
    """The place on the page where a code is typed in."""

    def __init__(self, page: Page, shop: Shop, portal: Portal) -> None:
        self.shop = shop
        #: What the page said of the last code.
        self.said = ""
        self._page = page
        self._portal = portal
        self._voice = Voice(page, shop, portal)
        self._answered_at: float | None = None
        page.on("response", self._on_response)

    def not_taken(self) -> ChallengeError:
        """The error for a portal that does not let this person in."""
        return ChallengeError(
            "the portal did not take the SMS code",
            code="sms_code_refused",
            params={"said": self.said} if self.said else {},
            where=f"shop {self.shop.id!r}",
            found=f"「{one_line(self.said, 80)}」" if self.said else "its form for the code, as before",
            todo=f"Run `scrapy login {self.shop.id}` again for a new code, or with `--headed` to see what it says.",
        )

    async def send(self) -> bool:
        """Presses what sends a code; False if there is nothing to press now."""
        button = await first_visible(self._page.frames, self._portal.sms_form.send)
        try:
            if button is None or not await button.is_enabled(timeout=1_000):
                return False
            await button.click()
        except PlaywrightError:
            return False
        return True

    async def takes(self, code: str) -> bool:
        """Types a code and confirms it; True once the page has landed, False if it still wants one."""
        field = await first_visible(self._page.frames, self._portal.sms_form.code)
        if field is not None:
            await field.fill(code)
        deadline = SignInDeadline(self._portal.login_timeout_seconds)
        while (confirm := await first_visible(self._page.frames, self._portal.sms_form.confirm)) is None:
            await deadline.look_again(self.shop, "a button to confirm the SMS code")
        await self._voice.forget()
        self._answered_at, before, self.said = None, self.said, ""
        await confirm.click()
        is_taken = await self._wait()
        if before and not self.said:
            # The same once more is nothing new on the page.
            lines = [line for frame in frames_of_page(self._page, self._portal) for line in await lines_of(frame)]
            self.said = before if before in lines else ""
        return is_taken

    async def _wait(self) -> bool:
        began, deadline = time.monotonic(), SignInDeadline(self._portal.login_timeout_seconds)
        while not await has_landed(self._page, self._portal):
            if deadline.is_close_look_due():
                await self._voice.listen()
                word = self._voice.last_word()
                self.said = word.text if word is not None else ""
                is_heard = word is not None and time.monotonic() - word.heard_at > GRACE_SECONDS
                if (is_heard or self._had_its_time(began)) and await has_code_form(self._page, self._portal):
                    return False
            if not await deadline.lasts():
                return False
        return True

    def _had_its_time(self, began: float) -> bool:
        if self._answered_at is not None and time.monotonic() - self._answered_at > _AFTER_ANSWER_SECONDS:
            return True
        return time.monotonic() - began > _IN_SILENCE_SECONDS

    def _on_response(self, response: Response) -> None:
        if response.request.method == "POST":
            self._answered_at = time.monotonic()
