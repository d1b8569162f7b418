"""One page of a browser at a time in the hands of somebody elsewhere: its picture, their hand, windows and dialogs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Mapping
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, Dialog, Page
from playwright.async_api import Error as PlaywrightError

from shopdata.sessions.live.hand import Hand
from shopdata.sessions.live.line import Line
from shopdata.sessions.live.picture import Picture

#: A page in a person's hands is looked at so often, while anything happens: a picture that is new, an answer of the
#: portal, a hand. Then for a moment more, and from then on now and again.
LOOK_EVERY_SECONDS = 0.3
_STIRRED_SECONDS = 1.0
_REST_SECONDS = 3.0
_MOST_SAID = 200


class Glass:
    """What is shown and touched of a context; the last window that was opened comes first.

    Args:
        line: to whoever sits elsewhere.
    """

    def __init__(self, context: BrowserContext, line: Line) -> None:
        self._context = context
        self._line = line
        self._picture = Picture(self._show_picture)
        self._hand = Hand()
        self._dialog: Dialog | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        #: When something happened last, and when the page was looked at; by the loop's clock.
        self._stirred_at = self._looked_at = self._drawn_at = 0.0

    def hear(self, command: Mapping[str, Any]) -> bool:
        """What the person's hand does, and how their picture comes: it waits for nothing else. False for all else."""
        self.stir()
        match command.get("do"):
            case "input":
                self._hand.take(command["points"], is_new_clock=bool(command.get("is_new_clock")))
            case "let_go":
                self._hand.let_go()
            case "pace":
                self.work_on(self._picture.set_pace(int(command["per_second"]), is_low=bool(command.get("is_low"))))
            case "dialog":
                # Not in the line of the others: whoever looks at the page just now waits for this answer.
                self.work_on(self.answer_dialog(is_yes=bool(command["yes"]), text=str(command.get("text", ""))))
            case _:
                return False
        return True

    @contextlib.asynccontextmanager
    async def in_hand(self) -> Any:
        """While it lasts, what the person does is done."""
        playing = asyncio.ensure_future(self._hand.play())
        try:
            yield
        finally:
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)

    # -- looking ----------------------------------------------------------------------------------------------------

    def stir(self) -> None:
        """Something has happened."""
        self._stirred_at = asyncio.get_running_loop().time()

    def is_time_to_look(self) -> bool:
        """True where the page may have changed since the last look; then this is one. A page that waits for an answer
        answers nothing."""
        now = asyncio.get_running_loop().time()
        if self._dialog is not None or (
            now - self._stirred_at >= _STIRRED_SECONDS and now - self._looked_at <= _REST_SECONDS
        ):
            return False
        self._looked_at = now
        return True

    async def show(self, page: Page) -> None:
        """From now on this page."""
        self.stir()
        await self._picture.follow(page)
        await self._hand.hold(page)

    async def cover(self) -> None:
        """From now on none."""
        await self._picture.follow(None)
        await self._hand.hold(None)

    async def refresh(self) -> None:
        """A picture anew, where none has come for a moment."""
        now = asyncio.get_running_loop().time()
        if now - self._drawn_at > _STIRRED_SECONDS:
            self._drawn_at = now
            await self._picture.refresh()

    async def _show_picture(self, about: Mapping[str, int], jpeg: bytes) -> None:
        self.stir()
        self._drawn_at = asyncio.get_running_loop().time()
        await self._line.show(about, jpeg)

    # -- dialogs ----------------------------------------------------------------------------------------------------

    def heed_dialogs(self) -> None:
        """The browser's own dialogs are the person's to answer."""
        self._context.on("dialog", self._on_dialog)

    async def leave_dialogs(self) -> None:
        """They are not any more; one that is open is refused."""
        with contextlib.suppress(PlaywrightError):
            await self.answer_dialog(is_yes=False)
        self._context.remove_listener("dialog", self._on_dialog)

    def _on_dialog(self, dialog: Dialog) -> None:
        self._dialog = dialog
        self._line.tell(dialog={"kind": dialog.type, "text": dialog.message[:_MOST_SAID]})

    async def answer_dialog(self, *, is_yes: bool, text: str = "") -> None:
        """Answers the one that is open, if there is one."""
        dialog, self._dialog = self._dialog, None
        if dialog is not None:
            self._line.tell(dialog=None)
            await (dialog.accept(text) if is_yes else dialog.dismiss())

    def work_on(self, work: Coroutine[Any, Any, None]) -> None:
        """Beside all else; a page that is gone meanwhile is no trouble."""

        async def quietly() -> None:
            with contextlib.suppress(PlaywrightError):
                await work

        task = asyncio.ensure_future(quietly())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def host_of(page: Page) -> str:
    """What stands above the picture."""
    return urlsplit(page.url).netloc
