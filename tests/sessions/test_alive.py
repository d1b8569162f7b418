"""What waits in a page ends when its browser does, whoever was killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable

import psutil
import pytest
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page

from shopdata.browser.alive import BrowserDiedError, while_alive
from shopdata.browser.starting import OwnChromium, quietly
from shopdata.config import Shop

pytestmark = pytest.mark.browser


async def wait_as_a_sign_in_does(page: Page) -> None:
    """A page that moves on is not asked, and so no error is one."""
    while True:
        with contextlib.suppress(PlaywrightError):
            await page.locator("#back-office").count()
        await asyncio.sleep(0.05)


async def wait_for_the_page(page: Page) -> None:
    await page.wait_for_selector("#back-office")


def kill(is_it: Callable[[list[str]], bool]) -> None:
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if is_it(process.cmdline()):
                process.kill()


WHO: dict[str, Callable[[list[str]], bool]] = {
    "the browser": lambda line: "--remote-debugging-pipe" in line and not any("--type=" in part for part in line),
    "its driver": lambda line: "run-driver" in line,
    "the page's process": lambda line: "--type=renderer" in line,
}


@pytest.mark.parametrize("work", [wait_as_a_sign_in_does, wait_for_the_page])
@pytest.mark.parametrize("who", WHO)
def test_it_ends_at_once(who: str, work: Callable[[Page], object], shop: Shop) -> None:
    async def run() -> None:
        own = OwnChromium({"executable_path": os.environ.get("SHOPDATA_BROWSER_PATH")})
        try:
            page = await (await own.start()).new_page()
            working = asyncio.ensure_future(while_alive(page, shop, work(page)))  # type: ignore[arg-type]
            await page.goto("data:text/html,<p>sign in")
            kill(WHO[who])
            # Less than the longest that any step of Playwright's waits by itself.
            async with asyncio.timeout(25):
                await working
        finally:
            await quietly(own.close())

    with pytest.raises(BrowserDiedError, match=f"shop {shop.id!r}: the browser ended while the shop was in it"):
        asyncio.run(run())


def test_what_comes_of_the_work_is_what_comes_of_it(shop: Shop) -> None:
    async def run() -> tuple[str, str]:
        own = OwnChromium({"executable_path": os.environ.get("SHOPDATA_BROWSER_PATH")})
        try:
            page = await (await own.start()).new_page()
            said = await while_alive(page, shop, page.evaluate("'hello'"))
            with pytest.raises(PlaywrightError) as error:
                await while_alive(page, shop, page.evaluate("nobody.there"))
            return said, error.value.message
        finally:
            await own.close()

    said, error = asyncio.run(run())
    assert said == "hello"
    assert "nobody is not defined" in error
