"""A sign-in from the login page to the back office, on any platform: fill in, press, and see what the page says."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Frame, JSHandle, Locator, Page

from shopdata.config import Portal, Shop
from shopdata.exceptions import PortalError
from shopdata.sessions.sign_in.choosing import choose_shop
from shopdata.sessions.sign_in.glance import forget_seen, glance_at, seen, seen_of
from shopdata.sessions.sign_in.looking import any_of, first_visible, first_visible_at
from shopdata.sessions.sign_in.obstacles import CLICK_TIMEOUT_MS, Obstacles
from shopdata.sessions.sign_in.steps import SignInDeadline, has_landed, note_sent
from shopdata.sessions.sign_in.trust import (
    Field,
    foreign_host,
    frames_of_page,
    refuse_foreign,
    trusted_frames,
    type_into,
)
from shopdata.sessions.sign_in.verdict import challenge, error_for, unclear
from shopdata.sessions.sign_in.voice import Voice, lines_of
from shopdata.sessions.sign_in.words import Says, what_it_says
from shopdata.texts import one_line

#: So long may a page show a foreign form only, or a few words only, before that is all there is.
_SETTLED_SECONDS = 5.0
#: A page with no more signs than that and no form has been put in the place of the login page.
_SHORT_PAGE = 300
#: So often are things clicked out of the way before the form is tried as it is.
_MOST_CLEARINGS = 6
#: A button that nothing covers takes a click at once, if the machine is not very busy.
_PRESS_TIMEOUT_MS = 10_000
#: Of the time for a sign-in, the part that notices on the landing page may take.
_LANDING_SHARE = 6
#: So long may something lie over the form's button.
_COVERED_SECONDS = 20.0
#: So long may the page with the shops take to show its list, and to take a click.
_CHOOSING_SECONDS = 10.0
#: And so long may the page with the shops stay after one was chosen.
_ENTERING_SECONDS = 10.0
#: Whether a button takes a click where it is: nothing lies over it, and it is not switched off. And, from then on,
#: whether one has reached it.
_WATCHED = """(button) => {
  const { left, top, width, height } = button.getBoundingClientRect();
  const there = document.elementFromPoint(left + width / 2, top + height / 2);
  const watch = { isPressed: false };
  watch.isFree = Boolean(there) && (there === button || button.contains(there)) &&
    !button.matches(":disabled, [disabled], [aria-disabled=true], [aria-disabled=true] *");
  button.addEventListener("click", () => { watch.isPressed = true; }, { capture: true, once: true });
  return watch;
}"""
#: What is looked for when nothing else explains why the button can't be pressed.
_WORDS_OVER = """(button) => {
  const { left, top, width, height } = button.getBoundingClientRect();
  const over = document.elementFromPoint(left + width / 2, top + height / 2);
  if (!over || over === button || button.contains(over) || over.contains(button)) return "";
  let place = over;
  while (place.parentElement && place.parentElement !== document.body && !place.parentElement.contains(button)) {
    place = place.parentElement;
  }
  return (place.innerText ?? "").trim().slice(0, 200) || "something without words";
}"""


class Entrance:
    """One shop's sign-in on one page. `voice` may be told what else the page's requests were answered."""

    def __init__(self, page: Page, shop: Shop, portal: Portal, platform: str) -> None:
        self.deadline = SignInDeadline(portal.login_timeout_seconds)
        self.voice = Voice(page, shop, portal)
        self._page = page
        self._shop = shop
        self._portal = portal
        self._platform = platform
        self._form = portal.login_page
        self._obstacles = Obstacles(page, portal)
        self._asked_to_choose_at: float | None = None
        self._chosen_at: float | None = None
        self._has_pressed_again = False

    # -- the form ---------------------------------------------------------------------------------------------------

    async def enter_credentials(self) -> None:
        """Finds the form, behind its tab or in a frame if need be, clears its way, fills it and presses its button.

        Raises:
            ForbiddenHostError: the form is on a host that must not know the password; nothing was typed.
            ChallengeError: something only a person can do lies before it.
            PortalError: there is no form.
        """
        while True:
            username, password = await self._find_form()
            try:
                await type_into(username, self._shop.username, self._shop, self._portal)
                await type_into(password, self._shop.password.get_secret_value(), self._shop, self._portal)
                break
            except PlaywrightError:
                # The page was redrawn meanwhile, or another came.
                await self.deadline.look_again(self._shop, "a form for user name and password that stays")
        await self._press(password)

    async def _find_form(self) -> tuple[Field, Field]:
        shown_since, clearings = time.monotonic(), 0
        while True:
            with seen(await glance_at(frames_of_page(self._page, self._portal), self._portal)):
                frames = trusted_frames(self._page, self._portal)
                found = await first_visible_at(frames, self._form.password)
                other = await first_visible_at(frames, self._form.username) if found is not None else None
                if found is not None and other is not None:
                    # What covers the form, and boxes beside it, may redraw it; some buttons do nothing.
                    clearings += 1
                    if clearings > _MOST_CLEARINGS or not await self._obstacles.clear():
                        try:
                            return await _field(*other), await _field(*found)
                        except PlaywrightError:
                            pass  # it was redrawn under our hands
                else:
                    if self.deadline.is_close_look_due():
                        if self._page.main_frame in frames:
                            await self._obstacles.clear()
                        await self._look_before_form(time.monotonic() - shown_since)
                    await self._open_tab()
            await self.deadline.look_again(self._shop, "a form for user name and password")

    async def _open_tab(self) -> None:
        # Pages open on the QR code; the account form is one tab further.
        tab = await first_visible(trusted_frames(self._page, self._portal), self._form.account_tab)
        if tab is not None:
            forget_seen()
            try:
                await tab.click(timeout=CLICK_TIMEOUT_MS)
            except PlaywrightError:
                return  # something covers it: the next look clears the way

    async def _look_before_form(self, seconds: float) -> None:
        """What a page without our form shows instead, once it has had time enough to become the login page."""
        if seconds < _SETTLED_SECONDS:
            return
        if await first_visible(self._page.frames, self._form.slider) is not None:
            raise error_for(Says.CAPTCHA, self._shop, self._platform, "")
        ours = trusted_frames(self._page, self._portal)
        foreign = [frame for frame in self._page.frames if frame not in ours]
        for frame in foreign:
            if frame.url.startswith("chrome-error:"):
                continue
            if await any_of(frame, self._form.password).count() or frame == self._page.main_frame:
                raise foreign_host(self._shop, frame.url, self._portal)
        lines = [line for frame in ours for line in await lines_of(frame)]
        text = " ".join(lines)
        says = what_it_says(text) if len(text) <= _SHORT_PAGE else Says.UNKNOWN
        if says in (Says.BUSY, Says.MAINTENANCE):
            raise PortalError(
                f"the login page did not show a form, but that it is {'busy' if says is Says.BUSY else 'under repair'}",
                code="login_page_failed",
                params={"said": one_line(text, 80)},
                where=f"shop {self._shop.id!r}",
                found=f"「{one_line(text, 80)}」",
                todo="The password was not sent. The next run tries again.",
            )

    async def _press(self, password: Field) -> None:
        """Presses the form's button; what is on the page up to then was said before."""
        shop, covered_since = self._shop, time.monotonic()
        while True:
            with seen(await glance_at(frames_of_page(self._page, self._portal), self._portal, is_heard=True)):
                submit = await first_visible_at(trusted_frames(self._page, self._portal), self._form.submit)
                if submit is not None:
                    # Since the fields were filled the page may have sent its form somewhere else.
                    await refuse_foreign(password, shop, self._portal)
                    await self.voice.forget()
                    note_sent(self._page)
                    forget_seen()
                    if await self._pressed(*submit):
                        return
                    if time.monotonic() - covered_since > _COVERED_SECONDS:
                        await self._explain_unpressed()
                await self._obstacles.clear()
            if submit is not None and self.deadline.is_over:
                await self._explain_unpressed()
            await self.deadline.look_again(shop, "a sign-in button that can be pressed")

    async def _pressed(self, frame: Frame, button: Locator) -> bool:
        """Presses it; False if nothing has reached it."""
        watch: JSHandle | None = None
        try:
            watch = await button.evaluate_handle(_WATCHED, timeout=CLICK_TIMEOUT_MS)
            # In a frame, or out of sight, it takes more than one look.
            if frame is not self._page.main_frame or not await watch.evaluate("(watch) => watch.isFree"):
                await button.click(trial=True, timeout=CLICK_TIMEOUT_MS)
            await button.click(timeout=_PRESS_TIMEOUT_MS)
        except PlaywrightError:
            # A busy machine may press and not hear of it: the password is not sent twice.
            return self.voice.has_sent or (watch is not None and await _was_pressed(watch))
        return True

    async def _explain_unpressed(self) -> None:
        """Why the button can't be pressed, if the page shows it; a busy machine is no reason.

        Raises:
            ChallengeError: something lies over it, or it wants something else first.
        """
        words, is_disabled = "", False
        for frame in trusted_frames(self._page, self._portal):
            try:
                button = any_of(frame, self._form.submit).first
                if await button.count():
                    is_disabled = is_disabled or await button.is_disabled(timeout=1_000)
                    words = words or str(await button.evaluate(_WORDS_OVER, timeout=1_000))
                if frame.parent_frame is not None:
                    words = words or str(await (await frame.frame_element()).evaluate(_WORDS_OVER))
            except PlaywrightError:
                continue
        if words:
            raise error_for(Says.NOTICE, self._shop, self._platform, words)
        if not is_disabled:
            return
        lines = [line for frame in trusted_frames(self._page, self._portal) for line in await lines_of(frame)]
        rule = next((line for line in lines if what_it_says(line) is Says.AGREEMENT), "")
        if rule:
            raise error_for(Says.AGREEMENT, self._shop, self._platform, rule)
        what = "a form to be filled in"
        raise challenge(self._shop, self._platform, what, found="a sign-in button that can't be pressed")

    # -- behind the form --------------------------------------------------------------------------------------------

    async def wait_until_landed(self, look: Callable[[], Awaitable[None]]) -> None:
        """Waits for the back office; `look` looks now and then for what only this platform shows, and raises.

        Raises:
            CredentialsRefusedError, ChallengeError, UnclearSignInError: as the page says (`verdict.py`).
        """
        while not await has_landed(self._page, self._portal):
            if self.deadline.is_close_look_due():
                # One look at the page for all of these.
                with seen(await glance_at(self._page.frames, self._portal, is_heard=True)):
                    await look()
                    await self._look_closely()
            if not await self.deadline.lasts():
                last = self.voice.last_word()
                if last is None:
                    raise unclear(self._shop, self._platform, "")
                raise error_for(last.says, self._shop, self._platform, last.text)
        await self._obstacles.close_landing_notices(self.deadline.seconds / _LANDING_SHARE)

    async def _look_closely(self) -> None:
        await self.voice.listen()
        await self._hear_of_forms()
        verdict = self.voice.verdict()
        if verdict is not None and verdict.says is Says.CHOICE:
            if self._chosen_at is None:
                await self._choose(verdict.text)
                return
            if time.monotonic() < self._chosen_at + _ENTERING_SECONDS:
                return
        if verdict is not None and not await has_landed(self._page, self._portal):
            raise error_for(verdict.says, self._shop, self._platform, verdict.text)
        if self.voice.asks(Says.AGREEMENT) and not self._has_pressed_again and await self._obstacles.tick():
            await self._press_again()
        else:
            await self._obstacles.clear()

    async def _choose(self, says: str) -> None:
        now = time.monotonic()
        self._asked_to_choose_at = self._asked_to_choose_at or now
        forget_seen()
        is_last = now > self._asked_to_choose_at + _CHOOSING_SECONDS
        if await choose_shop(self._page, self._shop, self._portal, self._platform, says, is_last=is_last):
            self._chosen_at = now
            self.voice.start_anew()
        else:
            await self._obstacles.clear()

    async def _hear_of_forms(self) -> None:
        """Two places for a password are a new one and its repetition, whatever the page calls it."""
        for frame in frames_of_page(self._page, self._portal):
            known = seen_of(frame)
            if known is not None and known.passwords < 2 and not known.has_shadow:
                continue
            try:
                if await any_of(frame, ["input[type=password]"]).count() > 1:
                    self.voice.hear(" ".join(await lines_of(frame))[:80] or "a new password", says=Says.FORM)
            except PlaywrightError:
                continue  # the page is moving on

    async def _press_again(self) -> None:
        """Once, where the page wanted a box first: it did not send the form then."""
        self._has_pressed_again = True
        forget_seen()
        submit = await first_visible(trusted_frames(self._page, self._portal), self._form.submit)
        password = await first_visible_at(trusted_frames(self._page, self._portal), self._form.password)
        if submit is None or password is None:
            return
        try:
            await refuse_foreign(await _field(*password), self._shop, self._portal)
            await self.voice.forget()
            await submit.click(timeout=_PRESS_TIMEOUT_MS)
        except PlaywrightError:
            return  # the page has moved on by itself


async def _was_pressed(watch: JSHandle) -> bool:
    try:
        return bool(await watch.evaluate("(watch) => watch.isPressed"))
    except PlaywrightError:
        return False  # its page has gone, which the voice has heard if it was by a click


async def _field(frame: Frame, found: Locator) -> Field:
    return Field(frame, await found.element_handle(timeout=1_000))
