"""The browser that scrapy-playwright signs shops in with: started at the first sign-in, gone after the last."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from playwright._impl._errors import TargetClosedError
from playwright.async_api import Browser, BrowserContext
from scrapy_playwright.provider import PlaywrightBrowserProvider

from shopdata.browser.chromium import CHROMIUM, cannot_start, path_for
from shopdata.browser.starting import OwnChromium, last_words
from shopdata.exceptions import BrowserError, BrowserMissingError
from shopdata.sessions.devices import open_context

if TYPE_CHECKING:
    from scrapy_playwright.handler import Config


class LazyBrowserProvider(PlaywrightBrowserProvider):  # type: ignore[misc]
    """Starts Playwright's driver with the browser, not with the crawl, and stops it when the browser is closed.

    The stock provider starts a node process per URL scheme in every run, also where no shop has to sign in.
    """

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        # Who asks for a page knows best whether it may be asked for again.
        config.target_closed_max_retries = 0
        self._shared = _Browsers(config.launch_options)

    async def start(self) -> None:
        """Nothing: no shop has asked for a browser yet."""

    async def launch_browser(self) -> Browser:
        """What scrapy-playwright takes for a browser, for all of the run; the first context starts one."""
        return cast(Browser, self._shared)

    async def close(self) -> None:
        """Awaits the end of browser and driver, whoever asked for it."""
        await self._shared.close()


class _Browsers:
    """One for each kind that platforms ask for; mostly that is one."""

    def __init__(self, launch_options: Mapping[str, Any]) -> None:
        self._launch_options = launch_options
        self._of_kind: dict[str, _SharedBrowser] = {}

    def on(self, event: str, handler: Callable[..., object]) -> None:
        """Nothing: scrapy-playwright wants to know when it has to start another one, which is done here."""

    async def new_context(self, *, kind: str = CHROMIUM, **own: Any) -> BrowserContext:
        """As that of `_SharedBrowser`; `kind` is `browser` in portals.yaml."""
        if kind not in self._of_kind:
            path = path_for(kind, self._launch_options.get("executable_path"))
            given = {**self._launch_options, "executable_path": path}
            self._of_kind[kind] = _SharedBrowser(OwnChromium(given))
        return await self._of_kind[kind].new_context(**own)

    async def close(self) -> None:
        """Ends all of them for good."""
        for shared in self._of_kind.values():
            await shared.close()


class _SharedBrowser:
    """Makes contexts, in a browser that is started for the first of them, and anew for the next when it has ended."""

    def __init__(self, own: OwnChromium) -> None:
        self._own = own
        self._browser: Browser | None = None
        #: Starting and ending: one at a time.
        self._alone = asyncio.Lock()
        #: Why it can't be started: in this run nobody waits for that again.
        self._trouble: BrowserError | BrowserMissingError | None = None
        self._ending: asyncio.Task[None] | None = None

    async def new_context(self, *, on_browser: Callable[[], object] = lambda: None, **own: Any) -> BrowserContext:
        """A new context.

        Args:
            on_browser: is called when the browser runs: what takes time from here on is not this machine's fault.
            own: what the context has for itself, for `context_options`.

        Raises:
            BrowserMissingError, BrowserError: there can be none in this run.
        """
        browser = await self._running()
        try:
            return await _context(browser, on_browser, own)
        except TargetClosedError:
            # Who killed the driver has told nobody: it looks alive until it is asked for something.
            await self._end(browser)
        browser = await self._running()
        try:
            return await _context(browser, on_browser, own)
        except TargetClosedError as error:
            self._trouble = cannot_start(last_words(error))
            raise self._trouble from None

    async def _running(self) -> Browser:
        async with self._alone:
            if self._trouble is not None:
                raise self._trouble
            if self._browser is not None and self._browser.is_connected():
                return self._browser
            await self._own.stop()
            try:
                self._browser = browser = await self._own.start()
            except (BrowserError, BrowserMissingError) as error:
                self._trouble = error
                raise
        browser.on("disconnected", self._on_disconnected)
        return browser

    def _on_disconnected(self, browser: Browser) -> None:
        self._ending = asyncio.ensure_future(self._end(browser))

    async def _end(self, browser: Browser) -> None:
        async with self._alone:
            if self._browser is browser:
                self._browser = None
                await self._own.stop()

    async def close(self) -> None:
        """Ends browser and driver for good."""
        async with self._alone:
            self._browser = None
            await self._own.close()


async def _context(browser: Browser, on_browser: Callable[[], object], own: dict[str, Any]) -> BrowserContext:
    on_browser()
    return await open_context(browser, **own)
