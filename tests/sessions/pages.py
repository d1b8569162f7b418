"""Signing in on one page of a browser that stays open, without a crawl around it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from as_in_a_run import shared_chromium
from playwright.async_api import Browser, Page
from pydantic import SecretStr

from sandbox import Sandbox
from shopdata.config import Portal, Shop
from shopdata.exceptions import ShopdataError
from shopdata.platforms.jd.portal import JdPortal
from shopdata.platforms.pdd.portal import PddPortal
from shopdata.sessions.sign_in import login_for

Result = TypeVar("Result")

PLATFORMS: tuple[str, ...] = ("jd", "pdd")
#: Nothing here is waited for so long, however busy the machine is.
SECONDS = 300.0


#: So many pages at once: most of a sign-in is waiting.
AT_ONCE = 6


@dataclass
class Visit:
    """A sign-in on one page."""

    shop: Shop
    portal: Portal
    #: The page that is opened; "" is the portal's login page.
    url: str = ""
    #: What is asked of the page at the end.
    then: Callable[[Page], Awaitable[Any]] | None = None
    #: "landed", or the error.
    end: str = ""
    found: Any = None


class Chromium:
    """One Chromium; its loop runs only while a test asks for something."""

    def __init__(self, runner: asyncio.Runner, browser: Browser) -> None:
        self._runner = runner
        self._browser = browser

    def visit(self, url: str, act: Callable[[Page], Coroutine[Any, Any, Result]]) -> Result:
        """Opens an address in a context of its own and does something with its page."""

        async def go() -> Result:
            context = await self._browser.new_context(locale="zh-CN")
            try:
                page = await context.new_page()
                await page.goto(url)
                return await act(page)
            finally:
                await context.close()

        return self._runner.run(go())

    def sign_in(self, *visits: Visit) -> list[Visit]:
        """Signs in on all of them, some at once; each knows then how it ended."""

        async def go() -> None:
            turns = asyncio.Semaphore(AT_ONCE)
            await asyncio.gather(*(self._sign_in(visit, turns) for visit in visits))

        self._runner.run(go())
        return list(visits)

    @contextmanager
    def overheard(self, heard: list[str]) -> Iterator[None]:
        """What the driver is asked for in this block is added to `heard`."""
        connection: Any = self._browser._impl_obj._connection
        send = connection.onmessage

        def listen(message: dict[str, Any]) -> None:
            heard.append(str(message["method"]))
            send(message)

        connection.onmessage = listen
        try:
            yield
        finally:
            connection.onmessage = send

    async def _sign_in(self, visit: Visit, turns: asyncio.Semaphore) -> None:
        async with turns:
            context = await self._browser.new_context(locale="zh-CN")
            try:
                page = await context.new_page()
                await page.goto(visit.url or visit.portal.login_url)
                try:
                    await login_for(visit.shop.platform).sign_in(page, visit.shop, visit.portal)
                except ShopdataError as error:
                    visit.end = f"{type(error).__name__}: {error}"
                else:
                    visit.end = "landed"
                visit.found = await visit.then(page) if visit.then else None
            finally:
                await context.close()


@contextmanager
def chromium() -> Iterator[Chromium]:
    """Starts Chromium, and ends it."""
    with shared_chromium() as (runner, browser):
        yield Chromium(runner, browser)


def portal_at(sandbox: Sandbox, platform: str, **changes: Any) -> Portal:
    """The configuration of a sandbox's portal."""
    origins = sandbox.origins
    common: dict[str, Any] = {"download_hosts": ("127.0.0.1",), "login_timeout_seconds": SECONDS} | changes
    if platform == "jd":
        return JdPortal(
            login_url=f"{origins['passport']}/login/index.action",
            report_origin=origins["report"],
            gateway_origin=origins["gateway"],
            **common,
        )
    return PddPortal(login_url=f"{origins['mms']}/login/", origin=origins["mms"], **common)


def account(sandbox: Sandbox, platform: str, number: int = 1, **changes: Any) -> Shop:
    """A shop of the sandbox as shops.yaml has it."""
    shop = [shop for shop in sandbox.shops if shop.platform == platform][number - 1]
    facts = {"id": shop.id, "name": shop.name, "platform": platform, "username": shop.username}
    return Shop(**(facts | {"password": SecretStr(shop.first_password)} | changes))
