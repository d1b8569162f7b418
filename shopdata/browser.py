"""The browser that scrapy-playwright signs shops in with: started at the first sign-in, gone after the last."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, cast

from playwright.async_api import Browser, BrowserContext, Playwright
from scrapy_playwright.provider import PlaywrightBrowserProvider

from shopdata.login.chromium import find_chromium, needs_no_sandbox, user_agent_of

if TYPE_CHECKING:
    from scrapy_playwright.handler import Config

logger = logging.getLogger(__name__)

#: What Playwright switches off itself. It has to be repeated: Chromium takes the last `--disable-features` only.
PLAYWRIGHTS_OWN = (
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "TcpPortRandomizationWin",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    "PreconnectToSearch",
    "msForceBrowserSignIn",
    "msEdgeUpdateLaunchServicesPreferredVersion",
)
#: Every window, also one that nobody sees, loads the drop-down of its address bar as web pages, and keeps a spare
#: process at hand: together more than half of what a sign-in costs the processor (Chromium 156).
_UNUSED = ("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "SpareRendererForSitePerProcess")

#: Chromium's own calls home are of no use to a sign-in either, and noisy where there is no internet.
_QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    f"--disable-features={','.join((*PLAYWRIGHTS_OWN, *_UNUSED))}",
)


class LazyBrowserProvider(PlaywrightBrowserProvider):  # type: ignore[misc]
    """Starts Playwright's driver with the browser, not with the crawl, and stops it when the browser is closed.

    The stock provider starts a node process per URL scheme in every run, also where no shop has to sign in.
    """

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self._stopping: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Nothing: no shop has asked for a browser yet."""

    async def launch_browser(self) -> Browser:
        """Starts driver and browser.

        Raises:
            BrowserMissingError: no Chromium was found.
        """
        if self._stopping is not None:
            await self._stopping
        await super().start()
        assert self.browser_type is not None
        try:
            options = self.config.launch_options
            options["executable_path"] = str(
                find_chromium(options.get("executable_path"), self.browser_type.executable_path)
            )
            arguments = list(_QUIET)
            if needs_no_sandbox():
                logger.warning("Chromium runs without its own sandbox because we are root: better run as another user")
                arguments.append("--no-sandbox")
            options["args"] = [*options.get("args", []), *(a for a in arguments if a not in options.get("args", []))]
            browser: Browser = await super().launch_browser()
        except BaseException:
            await self._stop_driver()
            raise
        browser.on("disconnected", self._on_disconnected)
        return cast(Browser, _Discreet(browser))

    def _on_disconnected(self, _: Browser) -> None:
        self._stopping = asyncio.ensure_future(self._stop_driver())

    async def close(self) -> None:
        """Awaits the end of the driver, whoever asked for it."""
        if self._stopping is not None:
            await self._stopping
        await self._stop_driver()

    async def _stop_driver(self) -> None:
        running: Playwright | None = getattr(self, "playwright", None)
        self.playwright = self.playwright_context_manager = None
        if running is not None:
            await running.stop()


class _Discreet:
    """A browser whose contexts do not say that they have no window, unless they are told what to say."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser

    def __getattr__(self, name: str) -> Any:
        return getattr(self._browser, name)

    async def new_context(self, **options: Any) -> BrowserContext:
        return await self._browser.new_context(**{"user_agent": user_agent_of(self._browser.version), **options})
