"""Signs shops in while a crawl runs, each in a browser context of its own; the last one closes the browser."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page
from playwright.async_api import TimeoutError as PlaywrightTimeoutError
from scrapy import Request
from scrapy.crawler import Crawler

from shopdata.config import Portal, Shop
from shopdata.exceptions import ChallengeError, NeedsPersonError, PortalError, UnclearSignInError
from shopdata.login import SignedIn, login_for, read_session
from shopdata.login.steps import browser_failed
from shopdata.workspace import Workspace

logger = logging.getLogger(__name__)


class SignIns:
    """So many at once; the browser lives from the first to the last of a run."""

    def __init__(self, crawler: Crawler, workspace: Workspace) -> None:
        self._crawler = crawler
        self._workspace = workspace
        self._at_once = asyncio.Semaphore(workspace.logins_at_once)
        self._open = 0
        self._unsettled: set[str] = set()
        #: Of shops whose password was sent in vain: it is not sent twice in a run.
        self._unclear: dict[str, UnclearSignInError] = {}
        self._page: Page | None = None

    async def sign_in(self, shop: Shop) -> SignedIn:
        """Signs a shop in; the caller holds the account's lock.

        Raises:
            NeedsPersonError, PortalError: as `PlatformLogin.sign_in`.
        """
        if shop.id in self._unclear:
            raise self._unclear[shop.id]
        self._open += 1
        try:
            async with self._at_once:
                logger.info("%s: signing in", shop.id)
                self._stat("count")
                return await self._sign_in(shop, self._workspace.config.portal(shop.platform))
        except NeedsPersonError:
            self._stat("refused")
            raise
        except UnclearSignInError as error:
            self._unclear[shop.id] = error
            raise
        finally:
            self._open -= 1
            self.settle(shop.id)

    async def _sign_in(self, shop: Shop, portal: Portal) -> SignedIn:
        page: Page | None = None
        try:
            async with asyncio.timeout(portal.login_timeout_seconds):
                page = await self._open_login_page(shop, portal)
            # The steps of a sign-in have their own deadline, and say then what they waited for.
            async with asyncio.timeout(portal.login_timeout_seconds * 1.5):
                await login_for(shop.platform).sign_in(page, shop, portal)
                return await read_session(page, login_for(shop.platform), portal)
        except (ChallengeError, UnclearSignInError):
            if page is not None:
                await page.screenshot(path=self._workspace.staging.screenshot(shop.platform, shop.id))
            raise
        except (PlaywrightTimeoutError, TimeoutError):
            raise PortalError(
                "the sign-in took too long",
                where=f"shop {shop.id!r}",
                expected=f"{portal.login_timeout_seconds:g} seconds",
                todo="The next run tries again. `login_timeout_seconds` in portals.yaml can be raised.",
            ) from None
        except PlaywrightError as error:
            raise browser_failed(shop, error) from None
        finally:
            if page is not None:
                await page.context.close()

    async def _open_login_page(self, shop: Shop, portal: Portal) -> Page:
        request = Request(
            portal.login_url,
            dont_filter=True,
            meta={
                "playwright": True,
                "playwright_include_page": True,
                "playwright_context": f"login-{shop.id}",
                "playwright_context_kwargs": {"locale": "zh-CN"},
                "handle_httpstatus_all": True,
            },
        )
        assert self._crawler.engine is not None
        response = await self._crawler.engine.download_async(request)
        page: Page = response.meta["playwright_page"]
        self._page = page
        # scrapy-playwright looks at every request of a page; from here on nobody needs to.
        await page.unroute("**")
        return page

    # -- the end of the last one ------------------------------------------------------------------------------------

    def expect(self, shops: Iterable[str]) -> None:
        """These shops may still need a browser."""
        self._unsettled = set(shops)

    def settle(self, shop: str) -> None:
        """This one needs none any more; closes the browser if no other does."""
        self._unsettled.discard(shop)
        if self._unsettled or self._open or self._page is None:
            return
        browser = self._page.context.browser
        if browser is None or browser.contexts:
            return  # a page is still in use: whoever closes it comes here again
        self._page = None
        if browser.is_connected():
            logger.info("The last sign-in is done, closing the browser")
            self._closing = asyncio.ensure_future(browser.close())

    def _stat(self, name: str) -> None:
        if self._crawler.stats is not None:
            self._crawler.stats.inc_value(f"shopdata/login/{name}")
