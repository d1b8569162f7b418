"""What the person at the board is told of a recording, and the page that they see and touch."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any

from playwright.async_api import BrowserContext, Page
from playwright.async_api import Error as PlaywrightError

from shopdata.config import Portal
from shopdata.periods import Period, PeriodKind
from shopdata.recording.showing import End, Take, Took
from shopdata.sessions.live import around
from shopdata.sessions.live.glass import LOOK_EVERY_SECONDS, Glass, host_of
from shopdata.sessions.live.line import Line as Wire


class LiveFace:
    """In one context.

    Args:
        kind: what is shown: days, weeks that end on the day of a take, or months.
    """

    def __init__(self, wire: Wire, glass: Glass, portal: Portal, context: BrowserContext, kind: PeriodKind) -> None:
        self._wire, self._glass, self._portal, self._context, self._kind = wire, glass, portal, context, kind
        self._told = ""
        context.on("page", self._on_window)

    def _on_window(self, page: Page) -> None:
        self._glass.work_on(self._glass.show(page))
        page.on("close", lambda _: self._glass.work_on(self._show_last()))

    async def _show_last(self) -> None:
        if self._context.pages:
            await self._glass.show(self._context.pages[-1])

    async def show_take(self, take: Take) -> None:
        about = self._about(take)
        self._told = ""
        self._wire.tell(state="take", about=about)
        await self._show_last()

    async def show_took(self, took: Took) -> None:
        about = {**self._about(took.take), "files": list(took.files)}
        await self._glass.cover()
        self._wire.tell(state="took", about={**about, "calls": took.calls})

    def _about(self, take: Take) -> dict[str, Any]:
        period = Period.of(self._kind, take.day)
        return {"number": take.number, "of": take.of, "day": period.dt, "period": self._kind}

    async def look(self) -> None:
        """What stands beside the picture, every moment."""
        while True:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            if not self._context.pages or not self._glass.is_time_to_look():
                continue
            page = self._context.pages[-1]
            with contextlib.suppress(PlaywrightError):
                await self._glass.refresh()
                seen = await around.look(page, self._portal)
                told = {"host": host_of(page), "options": list(seen.options), "chosen": seen.chosen}
                if str(told) != self._told:
                    self._told = str(told)
                    self._wire.tell(page=told)


#: What is shown in a browser.
Show = Callable[[BrowserContext, LiveFace], Coroutine[Any, Any, End]]
