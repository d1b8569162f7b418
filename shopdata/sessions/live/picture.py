"""What the page looks like, as pictures, at the pace at which somebody can take them."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from playwright.async_api import CDPSession, Page
from playwright.async_api import Error as PlaywrightError

#: Of a JPEG. Small letters can still be read, and a QR code be scanned.
QUALITY, LOW_QUALITY = 60, 40
#: A picture is drawn when something changes; a page that never rests is shown so often in a second.
_MOST_PER_SECOND = 15
#: While two pictures wait to be acknowledged Chromium drops what is drawn, the last as well, and does not send it
#: afterwards: so, when nothing came for a moment, the page is asked once how it is.
_SETTLED_SECONDS = 0.4


class Picture:
    """Pictures of one page at a time. While nobody looks, and while it is covered, nothing is drawn.

    Args:
        show: takes `{"n", "w", "h"}` and a JPEG, and comes back when there is room for the next.
    """

    def __init__(self, show: Callable[[Mapping[str, int], bytes], Awaitable[None]]) -> None:
        self._show = show
        self._page: Page | None = None
        self._cast: CDPSession | None = None
        self._per_second = 0
        self._quality = QUALITY
        self._number = 0
        self._last = ""
        self._changing = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    async def follow(self, page: Page | None) -> None:
        """From now on this page; None covers it."""
        async with self._changing:
            if page is not self._page:
                await self._stop()
                self._page = page
                await self._start()

    async def set_pace(self, per_second: int, *, is_low: bool = False) -> None:
        """So many pictures a second at most; 0 while nobody looks."""
        async with self._changing:
            quality = LOW_QUALITY if is_low else QUALITY
            is_new = quality != self._quality or not per_second
            self._per_second, self._quality = min(per_second, _MOST_PER_SECOND), quality
            if is_new:
                await self._stop()
            await self._start()

    async def refresh(self) -> None:
        """Asks for the page as it is now: of one that has gone elsewhere, the last picture is not always sent."""
        async with self._changing:
            if self._cast is not None:
                with contextlib.suppress(PlaywrightError):
                    await self._cast.send("Page.stopScreencast")
                    await self._cast.send("Page.startScreencast", {"format": "jpeg", "quality": self._quality})

    async def _start(self) -> None:
        if self._page is None or not self._per_second or self._cast is not None:
            return
        with contextlib.suppress(PlaywrightError):  # the page is gone; whoever watches it tells
            cast = await self._page.context.new_cdp_session(self._page)
            # Before the start: the first picture may be there before its answer.
            cast.on("Page.screencastFrame", lambda event: self._take(cast, event))
            self._cast = cast
            await cast.send("Page.startScreencast", {"format": "jpeg", "quality": self._quality})

    async def _stop(self) -> None:
        cast, self._cast, self._last = self._cast, None, ""
        if cast is not None:
            with contextlib.suppress(PlaywrightError):
                await cast.send("Page.stopScreencast")
                await cast.detach()

    def _take(self, cast: CDPSession, event: Any) -> None:
        task = asyncio.ensure_future(self._hand_on(cast, event))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _hand_on(self, cast: CDPSession, event: Any) -> None:
        began, is_new = time.monotonic(), False
        try:
            if cast is self._cast and event["data"] != self._last:
                self._last, is_new = event["data"], True
                self._number += 1
                about = event["metadata"]
                size = {"w": round(about["deviceWidth"]), "h": round(about["deviceHeight"])}
                await self._show({"n": self._number, **size}, base64.b64decode(event["data"]))
                # What is acknowledged late is followed by an old picture; so all are at the same pace.
                await asyncio.sleep(max(0.0, began + 1 / max(self._per_second, 1) - time.monotonic()))
        finally:
            with contextlib.suppress(PlaywrightError):
                await cast.send("Page.screencastFrameAck", {"sessionId": event["sessionId"]})
        if is_new:
            await self._settle(cast, self._number)

    async def _settle(self, cast: CDPSession, number: int) -> None:
        """Asks for the page as it is now, if this picture is the last one for a moment."""
        await asyncio.sleep(_SETTLED_SECONDS)
        async with self._changing:
            if cast is self._cast and number == self._number:
                with contextlib.suppress(PlaywrightError):
                    await cast.send("Page.stopScreencast")
                    await cast.send("Page.startScreencast", {"format": "jpeg", "quality": self._quality})
