"""Keeps to the pace of portals.yaml."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict

from scrapy import Request
from scrapy.crawler import Crawler

from shopdata.workspace import Workspace


class PaceMiddleware:
    """Keeps the starts of one shop's requests apart."""

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
