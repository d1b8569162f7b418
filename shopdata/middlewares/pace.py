"""Keeps to the pace of portals.yaml."""

from __future__ import annotations

from scrapy import Request
from scrapy.crawler import Crawler

from shopdata.workspace import Workspace


class PaceMiddleware:
    """Keeps the starts of one shop's requests apart."""

    def __init__(self, workspace: Workspace) -> None:
        self._pace = workspace.pace
        self._shops = {shop.id: shop for shop in workspace.config.shops}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> PaceMiddleware:
        return cls(Workspace.of(crawler))

    async def process_request(self, request: Request) -> None:
        shop = request.meta.get("shopdata_shop")
        if shop is not None:
            await self._pace.turn(self._shops[shop])
