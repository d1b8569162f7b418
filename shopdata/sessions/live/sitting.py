"""A shop's sign-in in which a person takes part from elsewhere: the program does its part, then the person theirs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page, Response

from shopdata.config import Portal, Shop
from shopdata.exceptions import CredentialsRefusedError, NeedsPersonError, PortalError, ShopdataError
from shopdata.reasons import Reason
from shopdata.sessions.live import around
from shopdata.sessions.live.fence import Fence
from shopdata.sessions.live.glass import LOOK_EVERY_SECONDS, Glass, host_of
from shopdata.sessions.live.line import Line
from shopdata.sessions.sign_in import PlatformLogin, SignedIn, login_for, read_session
from shopdata.sessions.sign_in.by_code import CodeForm
from shopdata.sessions.sign_in.looking import first_visible
from shopdata.sessions.sign_in.steps import CodeState, has_landed
from shopdata.sessions.sign_in.voice import Voice, hand_over, take_back
from shopdata.texts import one_line

#: The whole context is like every other one; but nothing is brought down, and nothing works behind the pages.
CONTEXT_OPTIONS: Mapping[str, Any] = {"accept_downloads": False, "service_workers": "block"}
_MOST_SAID = 200


class Sitting:
    """One shop in one browser.

    Args:
        line: to whoever sits elsewhere.
    """

    def __init__(self, page: Page, shop: Shop, portal: Portal, line: Line) -> None:
        self._shop = shop
        self._portal = portal
        self._line = line
        self._login: PlatformLogin = login_for(shop.platform)
        self._context = page.context
        #: The one that is shown: the last that was opened.
        self._page = page
        self._glass = Glass(page.context, line)
        self._fence = Fence(portal, lambda host: line.tell(said={"key": "elsewhere", "host": host}))
        self._commands: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._voice: Voice | None = None
        self._form: CodeForm | None = None
        self._told = ""
        self._code = b""
        self._code_state = ""
        #: What let the shop in, as far as it is known, and what was asked of its person.
        self._by = "password"
        self._asked: list[str] = []

    def hear(self, command: dict[str, Any]) -> None:
        """Something that the person wants."""
        if self._glass.hear(command):
            return
        match command.get("do"):
            case "again" | "qr" | "reload":
                # A page that asks goes nowhere else.
                self._glass.work_on(self._glass.answer_dialog(is_yes=False))
                self._commands.put_nowait(command)
            case _:
                self._commands.put_nowait(command)

    async def go(self) -> SignedIn:
        """From the login page to the back office.

        Raises:
            PlaywrightError: the browser does not go on.
        """
        await self._fence.enclose(self._context)
        by_program = True
        async with self._glass.in_hand():
            while True:
                landed = await self._by_program(is_entered=by_program)
                if landed is None:
                    wish = await self._by_person()
                    by_program = wish != "qr"
                    landed = await self._landed()
                if landed is not None:
                    self._line.tell(state="landed", hosts=sorted(self._fence.hosts))
                    return await read_session(landed, self._login, self._portal, by=self._by, asked=(*self._asked,))

    # -- the program's part -----------------------------------------------------------------------------------------

    async def _by_program(self, *, is_entered: bool) -> Page | None:
        """Fills in user name and password, where nobody sees it; the page that has landed, if that was all."""
        self._line.tell(state="signing_in", step="opening")
        page = self._page
        take_back(page)
        try:
            await page.goto(self._portal.login_url)
            if is_entered:
                self._line.tell(state="signing_in", step="entering")
                await self._login.sign_in(page, self._shop, self._portal)
                self._by = "password"
                return page
            await self._open_code_tab(page)
            self._by = "qr"
            self._asked.append("qr")
            self._line.tell(state="needs_you", asked="qr")
        except (NeedsPersonError, PortalError) as error:
            await self._explain(page, error)
        hand_over(page)
        return None

    async def _explain(self, page: Page, error: ShopdataError) -> None:
        if isinstance(error, CredentialsRefusedError):
            # The only one that a person types: what is in shops.yaml does not open this shop.
            await around.empty_passwords(page, self._portal)
        self._by = "person"
        self._asked.append(error.code)
        self._line.tell(state="needs_you", asked=error.code, why=Reason.of(error).as_json())

    async def _open_code_tab(self, page: Page) -> None:
        tab = await first_visible(page.frames, self._portal.login_page.qr_tab)
        if tab is not None:
            with contextlib.suppress(PlaywrightError):
                await tab.click(timeout=2_000)

    # -- the person's part ------------------------------------------------------------------------------------------

    async def _by_person(self) -> str:
        """Until a page has landed, or the program is to begin anew: what is wished."""
        self._context.on("page", self._on_window)
        self._glass.heed_dialogs()
        self._context.on("response", self._on_response)
        await self._show(self._page)
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    command = await asyncio.wait_for(self._commands.get(), LOOK_EVERY_SECONDS)
                    if command["do"] in ("again", "qr"):
                        return str(command["do"])
                    await self._obey(command)
                if await self._landed() is not None:
                    return ""
                if self._glass.is_time_to_look():
                    await self._look()
        finally:
            # At once: nobody looks around in the back office by this way.
            await self._cover()
            await self._glass.leave_dialogs()
            self._context.remove_listener("page", self._on_window)
            self._context.remove_listener("response", self._on_response)

    async def _show(self, page: Page) -> None:
        self._glass.stir()
        texts = (self._shop.username, self._shop.password.get_secret_value())
        await around.veil(page, self._portal, texts)
        self._page, self._told = page, ""
        self._voice = Voice(page, self._shop, self._portal)
        self._form = None
        hand_over(page)
        await self._voice.forget()
        await self._glass.show(page)

    async def _cover(self) -> None:
        await self._glass.cover()
        self._code, self._code_state = b"", ""
        self._line.show_code(b"")
        for page in self._context.pages[1:]:
            if not await has_landed(page, self._portal):
                with contextlib.suppress(PlaywrightError):
                    await page.close()
        self._page = self._context.pages[0]

    async def _landed(self) -> Page | None:
        for page in self._context.pages:
            if await has_landed(page, self._portal):
                return page
        return None

    async def _look(self) -> None:
        if self._page.is_closed():
            await self._show(self._context.pages[-1])
        page = self._page
        await around.veil(page, self._portal, (self._shop.username, self._shop.password.get_secret_value()))
        seen = await around.look(page, self._portal)
        if self._voice is not None:
            await self._voice.listen()
            word = self._voice.last_word()
            said = one_line(word.text, _MOST_SAID) if word is not None else ""
        line = f"{around.as_line(seen)} {said}"
        if line != self._told:
            self._told = line
            self._line.tell(page={**seen.as_json(), "said": said, "host": host_of(page)})
        if seen.code != self._code:
            self._code = seen.code
            self._line.show_code(seen.code)
        if not seen.code:
            self._tell_code_state("")

    async def _obey(self, command: dict[str, Any]) -> None:
        with contextlib.suppress(PlaywrightError):
            match command["do"]:
                case "code":
                    self._glass.work_on(self._enter_code(str(command["text"])))
                case "send_code":
                    is_sent = await self._code_form().send()
                    self._line.tell(said={"key": "code_sent" if is_sent else "no_code_button"})
                case "select":
                    await around.choose(self._page, self._portal, int(command["number"]))
                case "reload":
                    await self._page.reload()

    def _code_form(self) -> CodeForm:
        if self._form is None:
            self._form = CodeForm(self._page, self._shop, self._portal)
        return self._form

    async def _enter_code(self, text: str) -> None:
        form = self._code_form()
        self._by = "sms"
        try:
            if not await form.takes(text):
                self._line.tell(said={"key": "code_refused", "said": one_line(form.said, _MOST_SAID)})
        except PortalError:
            self._line.tell(said={"key": "no_code_form"})

    # -- windows ----------------------------------------------------------------------------------------------------

    def _on_window(self, page: Page) -> None:
        self._glass.work_on(self._show(page))

    # -- the QR code ------------------------------------------------------------------------------------------------

    def _on_response(self, response: Response) -> None:
        self._glass.stir()
        if self._login.is_about_code(response.url):
            self._glass.work_on(self._note_code_state(response))

    async def _note_code_state(self, response: Response) -> None:
        state = self._login.code_state((await response.body()).decode("utf-8", "replace"))
        if state is not None:
            self._by = "qr" if state is CodeState.SCANNED else self._by
            self._tell_code_state(state)

    def _tell_code_state(self, state: str) -> None:
        if state != self._code_state:
            self._code_state = state
            self._line.tell(qr=state)
