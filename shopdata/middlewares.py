"""Downloader middlewares: a request simply waits for its shop's session and for its turn."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter, defaultdict
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page
from playwright.async_api import TimeoutError as PlaywrightTimeoutError
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.utils.asyncio import run_in_thread

from shopdata import failpoints, signals
from shopdata.config import Portal, Shop
from shopdata.exceptions import ChallengeError, NeedsPersonError, PortalError, SessionRefusedError
from shopdata.failpoints import FailPoint
from shopdata.login import Answer, login_for
from shopdata.login.risk import risk_error
from shopdata.login.sessions import Session
from shopdata.workspace import Workspace

logger = logging.getLogger(__name__)


class SessionMiddleware:
    """Gives every request with `meta["shopdata_session"]` the live session of `meta["shopdata_shop"]`.

    A shop signs in once, in a browser context of its own, while its other requests wait. A session that turns out
    dead is renewed once and the same request repeated. After the last sign-in the browser is closed.
    """

    def __init__(self, crawler: Crawler, workspace: Workspace) -> None:
        self._crawler = crawler
        self._workspace = workspace
        self._shops = {shop.id: shop for shop in workspace.config.shops}
        self._sessions: dict[str, Session] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._logins = asyncio.Semaphore(workspace.logins_at_once)
        self._logins_open = 0
        #: Renewals since a shop's last good answer.
        self._renewals: Counter[str] = Counter()
        self._unsettled: set[str] = set()
        self._page: Page | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> SessionMiddleware:
        middleware = cls(crawler, Workspace.of(crawler))
        crawler.signals.connect(middleware._on_planned, signals.run_planned)
        crawler.signals.connect(middleware._on_signed_in, signals.shop_signed_in)
        return middleware

    # -- a request --------------------------------------------------------------------------------------------------

    async def process_request(self, request: Request) -> None:
        if not request.meta.get("shopdata_session"):
            return
        shop = self._shops[request.meta["shopdata_shop"]]
        async with self._locks[shop.id]:
            if request.meta.pop("shopdata_has_died", False):
                await self._forget(shop, self._sessions.get(shop.id))
            session = self._sessions.get(shop.id)
            if session is None:
                session = self._sessions[shop.id] = await self._saved_or_new(shop)
        request.meta["shopdata_session"] = session
        if request.meta.get("playwright"):
            state = {"cookies": session.cookies(), "origins": []}
            request.meta["playwright_context_kwargs"] = {**self._context_options(), "storage_state": state}
            return
        request.headers.pop("Cookie", None)
        cookies = session.cookie_header(request.url)
        if cookies:
            request.headers["Cookie"] = cookies

    async def process_response(self, request: Request, response: Response) -> Response | Request:
        session = request.meta.get("shopdata_session")
        if not isinstance(session, Session):
            return response
        shop = self._shops[request.meta["shopdata_shop"]]
        portal = self._workspace.config.portal(shop.platform)
        if not await self._is_dead(request, response, shop, portal):
            session.take_cookies(response.url, [v.decode("latin-1") for v in response.headers.getlist("Set-Cookie")])
            if session.is_changed:
                session.is_changed = False
                await run_in_thread(self._workspace.sessions.save, shop, session.cookies())
            del self._renewals[shop.id]
            self._on_signed_in(shop.id)
            return response
        if self._renewals[shop.id]:
            raise SessionRefusedError(
                "the portal sends us to its login page although the shop has just signed in",
                where=f"shop {shop.id!r}",
                todo=f"Sign in by hand with `scrapy login {shop.id}` and look what the page wants.",
            )
        async with self._locks[shop.id]:
            # Another request of the shop may have renewed it while this one was under way.
            await self._forget(shop, session)
        self._renewals[shop.id] += 1
        repeated: Request = request.replace(dont_filter=True)
        repeated.meta.update(shopdata_session=True)
        return repeated

    async def _is_dead(self, request: Request, response: Response, shop: Shop, portal: Portal) -> bool:
        if request.meta.get("playwright"):
            # A page is HTML also when all is well; what tells is where it ended up.
            is_dead = urlsplit(response.url).path.startswith(urlsplit(portal.login_url).path)
            if is_dead:
                await response.meta["playwright_page"].context.close()
            return is_dead
        answer, login = _answer(response), login_for(shop.platform)
        risk = login.risk_in(answer, portal)
        if risk is not None:
            raise risk_error(shop, risk)
        return login.is_session_dead(answer, portal)

    async def _forget(self, shop: Shop, session: Session | None) -> None:
        """Drops a dead session, unless another request has renewed it meanwhile; the caller holds the shop's lock."""
        if session is not None and self._sessions.get(shop.id) is session:
            logger.info("%s: the session has ended, signing in again", shop.id)
            del self._sessions[shop.id]
            await run_in_thread(self._workspace.sessions.drop, shop, session)

    def _context_options(self) -> dict[str, Any]:
        """One user agent for the browser and for plain requests: a session must look like one client."""
        return {"user_agent": self._crawler.settings["USER_AGENT"], "locale": "zh-CN"}

    # -- signing in -------------------------------------------------------------------------------------------------

    async def _saved_or_new(self, shop: Shop) -> Session:
        saved = await run_in_thread(self._workspace.sessions.load, shop)
        if saved is not None:
            return saved
        async with self._workspace.sessions.lock(shop):
            # Another crawl may have signed in while this one waited for the lock.
            saved = await run_in_thread(self._workspace.sessions.load, shop)
            return saved if saved is not None else await self._sign_in(shop)

    async def _sign_in(self, shop: Shop) -> Session:
        """Signs a shop in and saves its session; the caller holds the shop's lock."""
        self._logins_open += 1
        try:
            async with self._logins:
                logger.info("%s: signing in", shop.id)
                self._stat("count")
                cookies = await self._cookies_of_new_session(shop, self._workspace.config.portal(shop.platform))
        except NeedsPersonError:
            self._stat("refused")
            raise
        finally:
            self._logins_open -= 1
            self._on_signed_in(shop.id)
        failpoints.reach(FailPoint.SESSION_BEFORE)
        session = await run_in_thread(self._workspace.sessions.save, shop, cookies)
        failpoints.reach(FailPoint.SESSION_AFTER)
        return session

    async def _cookies_of_new_session(self, shop: Shop, portal: Portal) -> list[dict[str, Any]]:
        page: Page | None = None
        try:
            async with asyncio.timeout(portal.login_timeout_seconds * 1.5):
                page = await self._open_login_page(shop, portal)
                await login_for(shop.platform).sign_in(page, shop, portal)
                return [dict(cookie) for cookie in await page.context.cookies()]
        except ChallengeError:
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
            # The first line only: a call log may repeat what was typed.
            raise PortalError(
                "the browser could not sign in",
                where=f"shop {shop.id!r}",
                found=error.message.splitlines()[0][:120].partition("?")[0],
                todo="Look whether login_url in portals.yaml opens in a browser on this machine.",
            ) from None
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
                "playwright_context_kwargs": self._context_options(),
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

    # -- the end of the last sign-in --------------------------------------------------------------------------------

    def _on_planned(self, todo: list[tuple[str, str]]) -> None:
        self._unsettled = {shop for _, shop in todo}

    def _on_signed_in(self, shop: str) -> None:
        self._unsettled.discard(shop)
        if self._unsettled or self._logins_open or self._page is None:
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


class PaceMiddleware:
    """Keeps the starts of one shop's requests apart by the pace of portals.yaml."""

    def __init__(self, workspace: Workspace) -> None:
        config = workspace.config
        self._interval = {shop.id: 1 / config.portal(shop.platform).requests_per_second for shop in config.shops}
        self._next_start: defaultdict[str, float] = defaultdict(float)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> PaceMiddleware:
        return cls(Workspace.of(crawler))

    async def process_request(self, request: Request) -> None:
        shop = request.meta.get("shopdata_shop")
        if shop is None:
            return
        await asyncio.sleep(max(self._next_start[shop] - time.monotonic(), 0))
        # From when it really starts: a late one must not bring the next one closer.
        self._next_start[shop] = time.monotonic() + self._interval[shop]


def _header(response: Response, name: str) -> str:
    return (response.headers.get(name) or b"").decode("latin-1")


def _answer(response: Response) -> Answer:
    return Answer(
        status=response.status,
        url=response.url,
        content_type=_header(response, "Content-Type").lower(),
        location=_header(response, "Location"),
        body=response.body,
    )
