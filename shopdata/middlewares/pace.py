"""Keeps to the pace of portals.yaml."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable

from scrapy import Request
from scrapy import signals as scrapy_signals
from scrapy.crawler import Crawler

from shopdata.workspace import Workspace


class PaceMiddleware:
    """Lets one request of a shop be under way at a time, and keeps their starts apart.

    `meta["shopdata_may_leave"]` is called when its turn has come: what was true before all waiting may be so no more.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._pace = workspace.pace
        self._shops = {shop.id: shop for shop in workspace.config.shops}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> PaceMiddleware:
        middleware = cls(Workspace.of(crawler))
        crawler.signals.connect(middleware._on_left, scrapy_signals.request_left_downloader)
        return middleware

    async def process_request(self, request: Request) -> None:
        shop = request.meta.get("shopdata_shop")
        if shop is None:
            return
        # Scrapy's limit for each host is not for shops, which are limited by their pace, and as shops at once.
        request.meta["download_slot"] = f"shop {shop}"
        if _is_page(request):
            await self._pace.turn(self._shops[shop])
            return
        await self._turns[shop].acquire()
        try:
            await self._pace.turn(self._shops[shop], _wait_of(request))
            if (may_leave := request.meta.get("shopdata_may_leave")) is not None:
                await may_leave()
        except BaseException:
            self._turns[shop].release()
            raise

    def _on_left(self, request: Request) -> None:
        if "shopdata_shop" in request.meta and not _is_page(request):
            self._turns[request.meta["shopdata_shop"]].release()


def _wait_of(request: Request) -> Callable[[float], Awaitable[None]] | None:
    # Who keeps a page of the browser open, keeps the slot: it is what pages are counted by.
    return None if "shopdata_page" in request.meta else request.meta.get("shopdata_wait")


def _is_page(request: Request) -> bool:
    # It may be opened for a call that is under way.
    return bool(request.meta.get("playwright"))
