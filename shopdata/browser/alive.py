"""What is done in a page ends when its browser ends, instead of waiting for a page that will never answer."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from playwright._impl._errors import TargetClosedError
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page

from shopdata.browser.starting import own_words
from shopdata.config import Shop
from shopdata.exceptions import BrowserError

T = TypeVar("T")

#: A driver that is killed says nothing: it is asked for something small so often.
_PULSE_SECONDS = 1


class BrowserDiedError(BrowserError):
    """Raised when the browser, its driver or the page's process ended while something was done in the page. The same
    may be tried with a new one."""


def is_end(error: BaseException) -> bool:
    """True for what Playwright says when browser, driver or page are gone."""
    if isinstance(error, TargetClosedError):
        return True
    return isinstance(error, PlaywrightError) and "crashed" in error.message.partition("\n")[0].lower()


def died(shop: Shop, error: BaseException | None) -> BrowserDiedError:
    """The error for a browser that has ended; `error` is what Playwright said of it."""
    words = own_words(error) if isinstance(error, PlaywrightError) else ""
    return BrowserDiedError(
        "the browser ended while the shop was in it",
        code="browser_died",
        where=f"shop {shop.id!r}",
        found=words or "no word of why: closed, killed, or the system had no memory left",
        expected="a browser that stays until it is closed",
        todo="Look into the system's log for who ended it; the next run tries again.",
    )


async def while_alive(page: Page, shop: Shop, work: Coroutine[Any, Any, T]) -> T:
    """What `work` with this page gives.

    Raises:
        BrowserDiedError: the page, its browser or the driver went away meanwhile.
    """
    gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def note(_: Page) -> None:
        if not gone.done():
            gone.set_result(None)

    page.on("crash", note)
    page.on("close", note)
    task, pulse = asyncio.ensure_future(work), asyncio.ensure_future(_pulse(page))
    try:
        ends: set[asyncio.Future[Any]] = {task, pulse, gone}
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        error = task.exception() if task.done() else None
        if error is None and task.done():
            return task.result()
        if error is not None and not isinstance(error, PlaywrightError):
            raise error
        if gone.done() or pulse.done() or error is None or is_end(error):
            raise died(shop, error)
        raise error
    finally:
        page.remove_listener("crash", note)
        page.remove_listener("close", note)
        for unfinished in (task, pulse):
            unfinished.cancel()
        await asyncio.gather(task, pulse, return_exceptions=True)


async def _pulse(page: Page) -> None:
    """Ends when the driver no longer answers."""
    while True:
        await asyncio.sleep(_PULSE_SECONDS)
        try:
            await page.context.cookies("https://localhost/")
        except PlaywrightError:
            return
