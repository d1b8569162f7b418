"""Keeps to the pace of portals.yaml."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable

from scrapy import Request
from scrapy import signals as scrapy_signals
from scrapy.crawler import Crawler

from shopdata.sessions.pace import intervals
from shopdata.workspace import Workspace


class PaceMiddleware:
    """Lets one request of a shop be under way at a time, and keeps their starts apart.

    `meta["shopdata_may_leave"]` is called when its turn has come: what was true before all waiting may be so no more.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._pace = workspace.pace
        self._shops = {shop.id: shop for shop in workspace.config.shops}
        self._intervals = intervals(workspace.config)
        #: When the last request of a shop went to the network: in a busy run long after its turn, by which others go.
        self._left_at: dict[str, float] = {}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> PaceMiddleware:
        middleware = cls(Workspace.of(crawler))
        crawler.signals.connect(middleware._on_reached, scrapy_signals.request_reached_downloader)
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
            wait = _wait_of(request)
            if (left_at := self._left_at.get(shop)) is not None:
                too_early = left_at + self._intervals[shop] - time.monotonic()
                if too_early > 0:
                    await (wait or asyncio.sleep)(too_early)
            await self._pace.turn(self._shops[shop], wait)
            if (may_leave := request.meta.get("shopdata_may_leave")) is not None:
                await may_leave()
        except BaseException:
            self._turns[shop].release()
            raise

    def _on_reached(self, request: Request) -> None:
        if "shopdata_shop" in request.meta:
            self._left_at[request.meta["shopdata_shop"]] = time.monotonic()

    def _on_left(self, request: Request) -> None:
        if "shopdata_shop" in request.meta and not _is_page(request):
            self._turns[request.meta["shopdata_shop"]].release()


def _wait_of(request: Request) -> Callable[[float], Awaitable[None]] | None:
    # Who keeps a page of the browser open, keeps the slot: it is what pages are counted by.
    return None if "shopdata_page" in request.meta else request.meta.get("shopdata_wait")


def _is_page(request: Request) -> bool:
    # It may be opened for a call that is under way.
    return bool(request.meta.get("playwright"))
