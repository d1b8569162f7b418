"""The person's hand on the page: what it did is done again in the same order and at the same pace."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import Sequence
from typing import Any

from playwright.async_api import CDPSession, Page
from playwright.async_api import Error as PlaywrightError

#: What the network does to the gaps between points is evened out by this, while a button is held.
_EVEN_MS = 50
#: However late a point says it is, nobody waits longer for it.
_LATEST_MS = 1_000
#: Two presses within that time, and that near, are a double click.
_DOUBLE_MS, _DOUBLE_PIXELS = 500, 5
_ANSWER_SECONDS = 2

#: The keys that may be pressed; all others are typed as text.
KEYS = frozenset(
    {
        *("Enter", "Tab", "Backspace", "Delete", "Escape", "Home", "End"),
        *("ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "PageUp", "PageDown"),
    }
)

#: `[t, kind, …]`: `t` in milliseconds by the person's clock; x and y in pixels of the page.
Point = Sequence[Any]


class Hand:
    """On one page at a time."""

    def __init__(self) -> None:
        self._points: asyncio.Queue[tuple[float, Point]] = asyncio.Queue()
        self._page: Page | None = None
        self._mouse: CDPSession | None = None
        self._sent: set[asyncio.Future[Any]] = set()
        #: From the person's clock to ours: the least that any point took to come here.
        self._shift = math.inf
        self._is_held = False
        self._is_held_later = False
        self._place = (0.0, 0.0)
        self._last_press = (-math.inf, 0.0, 0.0, 0)

    async def hold(self, page: Page | None) -> None:
        """From now on this page; None for none: what is done then is lost."""
        if page is not self._page:
            self._page, mouse, self._mouse = page, self._mouse, None
            if mouse is not None:
                with contextlib.suppress(PlaywrightError):
                    await mouse.detach()
            if page is not None:
                with contextlib.suppress(PlaywrightError):
                    self._mouse = await page.context.new_cdp_session(page)

    def take(self, points: Sequence[Point], *, is_new_clock: bool = False) -> None:
        """What the person did.

        Args:
            is_new_clock: their page was loaded anew, and counts from another moment.
        """
        now = time.monotonic() * 1000
        if is_new_clock:
            self._shift = math.inf
            self.let_go()
        self._shift = min([self._shift, *(now - point[0] for point in points)])
        for point in points:
            due = 0.0
            if point[1] == "down" or self._is_held_later:
                due = min(point[0] + self._shift + _EVEN_MS, now + _LATEST_MS)
            self._is_held_later = point[1] == "down" or (self._is_held_later and point[1] != "up")
            self._points.put_nowait((due, point))

    def let_go(self) -> None:
        """Whoever held a button is gone."""
        if self._is_held_later:
            self._is_held_later = False
            self._points.put_nowait((0.0, (0.0, "up", None, None)))

    async def play(self) -> None:
        """Does what comes, without an end."""
        while True:
            due, point = await self._points.get()
            await asyncio.sleep(max(0.0, due / 1000 - time.monotonic()))
            if self._page is not None and self._mouse is not None:
                with contextlib.suppress(PlaywrightError):  # the page is gone or busy; what comes next tells
                    await self._do(self._page, self._mouse, point)

    async def _do(self, page: Page, mouse: CDPSession, point: Point) -> None:
        kind, values = point[1], point[2:]
        if kind in ("text", "key"):
            # Where they go depends on what was pressed before.
            await self._settled()
            task = page.keyboard.insert_text(values[0]) if kind == "text" else page.keyboard.press(values[0])
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(task, _ANSWER_SECONDS)
            return
        x, y = self._place if values[0] is None else (float(values[0]), float(values[1]))
        self._place = (x, y)
        event: dict[str, Any] = {"x": x, "y": y, "pointerType": "mouse"}
        if kind == "down":
            self._is_held = True
            event |= {"type": "mousePressed", "button": "left", "buttons": 1, "clickCount": self._count_press(x, y)}
        elif kind == "up":
            self._is_held = False
            event |= {"type": "mouseReleased", "button": "left", "buttons": 0, "clickCount": self._last_press[3]}
        elif kind == "wheel":
            event |= {"type": "mouseWheel", "deltaX": float(values[2]), "deltaY": float(values[3])}
        else:
            held: dict[str, Any] = {"button": "left", "buttons": 1} if self._is_held else {"button": "none"}
            event |= {"type": "mouseMoved", **held}
        # Chromium keeps the order; to wait for each answer would make a drag three times as long.
        sent = asyncio.ensure_future(mouse.send("Input.dispatchMouseEvent", event))
        self._sent.add(sent)
        sent.add_done_callback(self._forget)

    def _count_press(self, x: float, y: float) -> int:
        now, (before, last_x, last_y, count) = time.monotonic() * 1000, self._last_press
        is_again = now - before < _DOUBLE_MS and math.dist((x, y), (last_x, last_y)) < _DOUBLE_PIXELS
        self._last_press = (now, x, y, count + 1 if is_again else 1)
        return self._last_press[3]

    async def _settled(self) -> None:
        if self._sent:
            await asyncio.wait(self._sent, timeout=_ANSWER_SECONDS)

    def _forget(self, sent: asyncio.Future[Any]) -> None:
        self._sent.discard(sent)
        if not sent.cancelled():
            sent.exception()
