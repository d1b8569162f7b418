"""Calls that a back office's own page must sign, as requests like all others."""

from __future__ import annotations

import asyncio
import logging

from scrapy import Request
from scrapy import signals as scrapy_signals
from scrapy.crawler import Crawler
from scrapy.http import Response

from shopdata import signals
from shopdata.browser.alive import BrowserDiedError
from shopdata.config import platform_named
from shopdata.crawling.concurrency import shops_at_once
from shopdata.crawling.page_signs import Borrowed
from shopdata.crawling.signed_page import SignedPage
from shopdata.middlewares.retry import is_repeatable, repeated
from shopdata.workspace import Workspace

logger = logging.getLogger(__name__)

#: How many browsers may end under one request, before it is the machine's trouble.
_MOST_BROWSERS = 3


class SignedPageMiddleware:
    """Has a request with `meta["shopdata_signed_page"]`, the path of a page of the back office, sent by that page.

    Its body is JSON, and so is the answer. With `meta["shopdata_sign"]` the page is made to send its own request, or
    only lends what that carries. A shop has one page, until the shop is done or the crawl ends; where more
    shops have one than are worked on at once, the page that was used longest ago is closed. DownloadHandler makes the
    call; session, pace, tries and counts are those of every request.
    """

    def __init__(self, crawler: Crawler, workspace: Workspace) -> None:
        self._crawler = crawler
        self._config = workspace.config
        self._most_pages = shops_at_once(workspace.shops_at_once, in_browser=True)
        self._shops = {shop.id: shop for shop in workspace.config.shops}
        #: By shop and path; what was used last comes last.
        self._pages: dict[tuple[str, str], SignedPage] = {}
        self._closing: set[asyncio.Task[None]] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> SignedPageMiddleware:
        middleware = cls(crawler, Workspace.of(crawler))
        crawler.signals.connect(middleware._on_shop_done, signals.shop_signed_in)
        crawler.signals.connect(middleware._on_closed, scrapy_signals.spider_closed)
        return middleware

    async def process_request(self, request: Request) -> Response | None:
        """Opens the page, if it is not open."""
        request.meta.pop("shopdata_page", None)
        path = request.meta.get("shopdata_signed_page")
        if path is None:
            return None
        key = request.meta["shopdata_shop"], path
        self._pages[key] = page = self._pages.pop(key, None) or self._page_of(*key)
        await self._make_room(key)
        sign = request.meta.get("shopdata_sign")
        if isinstance(sign, Borrowed):
            return await page.lend(request, sign)
        request.meta["shopdata_page"] = page
        return await page.prepare(request)

    async def process_exception(self, request: Request, exception: Exception) -> Request | None:
        """The request once more, in a new browser, where this one has ended."""
        browsers = request.meta.get("shopdata_browsers", 1)
        if not isinstance(exception, BrowserDiedError) or "shopdata_page" not in request.meta:
            return None
        await request.meta["shopdata_page"].close()
        if browsers == _MOST_BROWSERS or not is_repeatable(request):
            return None
        logger.warning("%s The page is opened in a new one", exception)
        return repeated(request, shopdata_browsers=browsers + 1)

    def _page_of(self, shop_id: str, path: str) -> SignedPage:
        shop, engine = self._shops[shop_id], self._crawler.engine
        assert engine is not None
        platform, portal = platform_named(shop.platform), self._config.portal(shop.platform)
        client = platform.load_page_client() if platform.page_client is not None else None
        if client is not None and (name := getattr(portal, "page_client", "")) and name != client.name:
            client = client.called(name)
        return SignedPage(engine.download_async, shop, portal, client, path)

    async def _make_room(self, own: tuple[str, str]) -> None:
        """So that no more are open than there are shops at once, but for what is in use."""
        idle = [key for key, page in self._pages.items() if page.is_idle and key != own]
        for key in idle[: max(len(self._pages) - self._most_pages, 0)]:
            await self._pages.pop(key).close()

    # -- the end ----------------------------------------------------------------------------------------------------

    def _on_shop_done(self, shop: str) -> None:
        pages = [self._pages.pop(key) for key in list(self._pages) if key[0] == shop]
        if pages:
            task = asyncio.ensure_future(self._close(shop, pages))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    async def _close(self, shop: str, pages: list[SignedPage]) -> None:
        for page in pages:
            await page.close()
        # Now the browser may go, if nobody else needs it.
        self._crawler.signals.send_catch_log(signals.shop_signed_in, shop=shop)

    async def _on_closed(self) -> None:
        for page in self._pages.values():
            await page.close()
        await asyncio.gather(*self._closing)
