"""What a browser loads, it holds: a page one of whose answers has no end is closed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page

from shopdata.exceptions import BrowserError, OddAnswerError


class PageLimit:
    """For one page.

    Args:
        most_bytes: of one answer, unpacked; `max_answer_bytes` of the portal.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._sizes: Counter[str] = Counter()
        self._closing: asyncio.Task[None] | None = None

    @property
    def is_exceeded(self) -> bool:
        """True if the page was closed for that."""
        return self._closing is not None

    def error(self, where: str) -> OddAnswerError:
        """What to tell of a page that was closed."""
        look = "The page was closed: open it by hand and look"
        return OddAnswerError.too_large(where, self._most_bytes, "max_answer_bytes", look)

    @contextmanager
    def explained(self, where: str) -> Iterator[None]:
        """What fails in the block because the page was closed, leaves it as `error`."""
        try:
            yield
        except (PlaywrightError, BrowserError, TimeoutError):
            if self.is_exceeded:
                raise self.error(where) from None
            raise

    async def watch(self, page: Page, _request: object = None) -> None:
        """From now on. A `playwright_page_init_callback`."""
        session = await page.context.new_cdp_session(page)
        await session.send("Network.enable")

        def note(event: Any) -> None:
            # Unpacked bytes, as they come.
            self._sizes[event["requestId"]] += event["dataLength"]
            if self._sizes[event["requestId"]] > self._most_bytes and self._closing is None:
                # With all that was opened along with it.
                self._closing = asyncio.ensure_future(page.context.close())

        def forget(event: Any) -> None:
            self._sizes.pop(event["requestId"], None)

        session.on("Network.dataReceived", note)
        session.on("Network.loadingFinished", forget)
        session.on("Network.loadingFailed", forget)
