"""Signs shops in while a crawl runs, each in a browser context of its own; the last one closes the browser."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterable

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page
from playwright.async_api import TimeoutError as PlaywrightTimeoutError
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.utils.asyncio import run_in_thread

from shopdata import signals
from shopdata.browser.alive import BrowserDiedError, died, is_end, while_alive
from shopdata.browser.chromium import cannot_start
from shopdata.browser.its_loop import on_its_loop
from shopdata.browser.page_limit import PageLimit
from shopdata.browser.starting import first_line, quietly
from shopdata.config import Portal, Shop
from shopdata.crawling.concurrency import sign_ins_at_once
from shopdata.exceptions import (
    BrowserError,
    BrowserMissingError,
    ChallengeError,
    DiskError,
    ForbiddenHostError,
    LedgerError,
    NeedsPersonError,
    PortalError,
    UnclearSignInError,
    UntrustedError,
)
from shopdata.sessions.devices import keep_device
from shopdata.sessions.sign_in import SignedIn, login_for, read_session
from shopdata.sessions.sign_in.risk import kicked_again
from shopdata.sessions.sign_in.steps import was_sent
from shopdata.sessions.sign_in.verdict import unclear
from shopdata.sessions.sign_in.way_out import silent_proxy, why_not
from shopdata.workspace import Workspace

logger = logging.getLogger(__name__)

#: How often a shop is taken into a new browser when the one it was in ends.
MOST_TRIES = 3
#: So many ends in a row, and no sign-in that went well between them: this machine can't keep one alive.
MOST_DEATHS = 6


class SignIns:
    """So many at once; the browser lives from the first to the last of a run."""

    def __init__(self, crawler: Crawler, workspace: Workspace) -> None:
        self._crawler = crawler
        self._workspace = workspace
        self._at_once = asyncio.Semaphore(sign_ins_at_once(workspace.logins_at_once))
        self._open = 0
        self._unsettled: set[str] = set()
        self._restraint = workspace.restraint
        #: What a shop's last sign-in has failed of. Where the password was sent in vain, or the portal can't be reached
        #: from here as things are, one is enough for a run.
        self._failed: dict[str, PortalError | UntrustedError] = {}
        self._page: Page | None = None
        #: How many login pages were asked for.
        self._pages = 0
        #: Of browsers, since the last sign-in that went well.
        self._deaths = 0
        self._no_browser: BrowserError | BrowserMissingError | None = None

    async def sign_in(self, shop: Shop) -> SignedIn:
        """Signs a shop in; the caller holds the account's lock.

        Raises:
            NeedsPersonError, PortalError: as `PlatformLogin.sign_in`.
            BrowserError: there is no browser, or none that stays alive.
            SessionRefusedError: the password was sent often enough in this run, and its sessions do not last.
        """
        await self._refuse_enough(shop)
        self._open += 1
        self._tell(shop, "waits for the browser")
        try:
            async with self._at_once:
                self._tell(shop, "signing in")
                if self._no_browser is not None:
                    raise self._no_browser
                signed_in = await self._sign_in(shop, self._workspace.config.portal(shop.platform))
                self._failed.pop(shop.id, None)
                return signed_in
        except BrowserMissingError as error:
            self._give_up(error)
            raise
        except NeedsPersonError:
            self._stat("refused")
            raise
        except (PortalError, UntrustedError) as error:
            self._failed[shop.id] = error
            raise
        except BrowserError as error:
            self._give_up(error)
            raise
        finally:
            self._open -= 1
            self._tell(shop, "")
            self.settle(shop.id)

    def _give_up(self, error: BrowserError | BrowserMissingError) -> None:
        """What is known of the machine, no other shop has to find out anew."""
        if not isinstance(error, BrowserDiedError):
            self._no_browser = error
        elif self._deaths >= MOST_DEATHS:
            self._no_browser = cannot_start(f"it ended {self._deaths} times in a row; {error.found}")

    async def _refuse_enough(self, shop: Shop) -> None:
        sent = await run_in_thread(self._restraint.sent, shop)
        failed = self._failed.get(shop.id)
        if isinstance(failed, PortalError) and sent.is_enough:
            failed.is_final = True
        if failed is not None and (isinstance(failed, UntrustedError) or failed.is_final):
            raise failed
        if sent.is_enough:
            raise kicked_again(shop, sent)

    async def _sign_in(self, shop: Shop, portal: Portal) -> SignedIn:
        """In a new browser once more, if it ends before the password was sent."""
        tries = 0
        while True:
            tries += 1
            logger.info("%s: signing in", shop.id)
            self._stat("count")
            try:
                signed_in = await self._in_browser(shop, portal)
            except BrowserDiedError as error:
                self._deaths += 1
                if tries == MOST_TRIES:
                    raise
                logger.warning("%s It is tried in a new one", error)
            else:
                self._deaths = 0
                return signed_in

    async def _in_browser(self, shop: Shop, portal: Portal) -> SignedIn:
        page: Page | None = None
        limit = PageLimit(portal.max_answer_bytes)
        try:
            with limit.explained(f"shop {shop.id!r}, its login page"):
                async with asyncio.timeout(None) as opening:
                    page = await self._open_login_page(shop, portal, opening, limit)
                # The steps of a sign-in have their own deadline, and say then what they waited for.
                async with asyncio.timeout(portal.login_timeout_seconds * 1.5):
                    return await on_its_loop(page, while_alive(page, shop, self._through(page, shop, portal)))
        except (ChallengeError, UnclearSignInError, ForbiddenHostError):
            if page is not None:
                await self._take_picture(page, shop)
            raise
        except BrowserDiedError as error:
            if page is not None and was_sent(page):
                raise _died_late(shop, error) from None
            raise
        except (PlaywrightTimeoutError, TimeoutError):
            if page is not None and was_sent(page):
                raise await self._led_nowhere(page, shop) from None
            blocked = await silent_proxy(shop, portal.login_url)
            if blocked is not None:
                raise blocked from None
            raise PortalError(
                "the sign-in took too long",
                code="login_page_failed",
                params={"seconds": portal.login_timeout_seconds},
                where=f"shop {shop.id!r}",
                expected=f"{portal.login_timeout_seconds:g} seconds",
                todo="The next run tries again. `login_timeout_seconds` in portals.yaml can be raised.",
            ) from None
        except PlaywrightError as error:
            if page is not None and was_sent(page) and not is_end(error):
                raise await self._led_nowhere(page, shop) from None
            # Nothing was typed yet: the page was about to open.
            raise died(shop, error) if is_end(error) else await why_not(shop, error) from None
        finally:
            if page is not None:
                await on_its_loop(page, keep_device(self._workspace.devices, page.context, shop, portal))
                await quietly(on_its_loop(page, page.context.close()))
                if was_sent(page):
                    await self._note_sent(shop)

    async def _note_sent(self, shop: Shop) -> None:
        try:
            await run_in_thread(self._restraint.note_sent, shop)
        except (DiskError, LedgerError) as error:
            logger.error("%s: attempt to sign in not saved: %s", shop.id, error)

    async def _through(self, page: Page, shop: Shop, portal: Portal) -> SignedIn:
        login = login_for(shop.platform)
        await login.sign_in(page, shop, portal)
        return await read_session(page, login, portal)

    async def _led_nowhere(self, page: Page, shop: Shop) -> UnclearSignInError:
        """For whatever else went wrong after the password was sent: it is not sent twice in a run."""
        await self._take_picture(page, shop)
        return unclear(shop, shop.platform, "")

    async def _take_picture(self, page: Page, shop: Shop) -> None:
        try:
            path = self._workspace.staging.screenshot(shop.platform, shop.id)
            await on_its_loop(page, page.screenshot(path=path))
        except (PlaywrightError, OSError, DiskError) as error:
            logger.warning("%s: no picture of the login page: %s", shop.id, first_line(error))

    async def _open_login_page(self, shop: Shop, portal: Portal, opening: asyncio.Timeout, limit: PageLimit) -> Page:
        loop = asyncio.get_running_loop()

        def start_the_clock() -> None:
            # How long a browser takes to start is not the portal's affair.
            end = loop.time() + portal.login_timeout_seconds
            # It is told on the browser's loop.
            loop.call_soon_threadsafe(_let_end_at, opening, end)

        self._pages += 1
        device = await run_in_thread(self._workspace.devices.load, shop)
        request = Request(
            portal.login_url,
            dont_filter=True,
            meta={
                "playwright": True,
                "playwright_include_page": True,
                # A new name each time: what is left of a browser that was killed is not taken for a context.
                "playwright_context": f"login-{shop.id}-{self._pages}",
                "playwright_context_kwargs": {
                    "on_browser": start_the_clock,
                    "kind": portal.browser,
                    "storage_state": device,
                },
                "playwright_page_init_callback": limit.watch,
                "handle_httpstatus_all": True,
            },
        )
        assert self._crawler.engine is not None
        try:
            await self._crawler.engine.download_async(request)
            page: Page = request.meta["playwright_page"]
            # scrapy-playwright looks at every request of a page; once those under way are through, nobody needs to.
            await on_its_loop(page, page.unroute_all(behavior="wait"))
        except BaseException:
            if "playwright_page" in request.meta:
                page = request.meta["playwright_page"]
                await quietly(on_its_loop(page, page.context.close()))
            raise
        self._page = page
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
            self._closing = asyncio.ensure_future(quietly(on_its_loop(browser, browser.close())))

    def _tell(self, shop: Shop, step: str) -> None:
        self._crawler.signals.send_catch_log(signals.shop_stepped, shop=shop.id, step=step)

    def _stat(self, name: str) -> None:
        if self._crawler.stats is not None:
            self._crawler.stats.inc_value(f"shopdata/login/{name}")


def _let_end_at(waiting: asyncio.Timeout, end: float) -> None:
    # Whoever waited may have had enough meanwhile.
    with contextlib.suppress(RuntimeError):
        waiting.reschedule(end)


def _died_late(shop: Shop, error: BrowserDiedError) -> UnclearSignInError:
    return UnclearSignInError(
        "the browser ended after the password was sent, before the login page said anything",
        code="browser_died_after_password",
        where=f"shop {shop.id!r}",
        found=error.found,
        todo="It is not sent again by this run, so that no account is locked; the next run signs in.",
    )
