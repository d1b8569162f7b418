"""Pinduoduo's ways to a report: one call for a link to a file, or page after page of JSON (docs/portals.md 3)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, ClassVar
from urllib.parse import urlencode, urljoin

from scrapy import Request
from scrapy.http import JsonRequest

from shopdata.config import Shop
from shopdata.crawling.downloads import Wire
from shopdata.crawling.paged_list import Ask, PagedSpider
from shopdata.crawling.persistence import Persistence
from shopdata.crawling.signed_page import SignedPage
from shopdata.exceptions import OddAnswerError, PortalError
from shopdata.items import ReportFile
from shopdata.periods import Period
from shopdata.platforms.pdd.answers import error_code, error_text, is_no
from shopdata.platforms.pdd.portal import PddPortal
from shopdata.sessions.sign_in import login_for


class PddSpider(PagedSpider):
    """For datasets of Pinduoduo's back office. Failures come as HTTP 200 with `success: false` in two spellings."""

    platform: ClassVar[str] = "pdd"
    portal: PddPortal

    async def get(self, shop: Shop, path: str, **query: object) -> Any:
        """The `result` of a GET."""
        url = urljoin(self.portal.origin, path)
        return await self._result(shop, Request(f"{url}?{urlencode(query)}", dont_filter=True))

    async def post(self, shop: Shop, path: str, body: dict[str, Any]) -> Any:
        """The `result` of a POST with a JSON body."""
        url = urljoin(self.portal.origin, path)
        return await self._result(shop, JsonRequest(url, data=body, dont_filter=True))

    async def _result(self, shop: Shop, request: Request) -> Any:
        answer = await self.client(shop).ask_json(request, as_it_came=True)
        return result_of(answer, f"shop {shop.id!r}, {request.url.partition('?')[0]}")

    @asynccontextmanager
    async def signed_page(self, shop: Shop, path: str) -> AsyncIterator[Ask]:
        """A page of the shop's back office; what it gives is `post(path, body)`, signed by the page's own code."""
        assert self.crawler.engine is not None
        client = self.client(shop)
        persistence = Persistence(self.wait, shop, self.portal)
        page = SignedPage(
            self.crawler.engine.download_async,
            urljoin(self.portal.origin, path),
            shop,
            self.portal,
            login_for(self.platform),
            partial(self.workspace.pace.turn, shop),
        )

        async def post(path: str, body: dict[str, Any]) -> Any:
            client.took(None)
            answer = await persistence.insist(lambda: page.post(path, body))
            client.took(Wire.holding(page.last, self.workspace.staging.half_way()))
            return result_of(answer, f"shop {shop.id!r}, {path}")

        async with page.opened():
            yield post

    async def download(self, shop: Shop, period: Period, ask_for_link: Callable[[], Awaitable[Any]]) -> ReportFile:
        """Fetches the file that a link leads to; links are signed, and need no session.

        Args:
            ask_for_link: asks for a link; once more where the first one is dead.
        """

        async def link() -> str:
            found = await ask_for_link()
            if not isinstance(found, str) or not found:
                raise OddAnswerError(
                    "the portal gave no link to the file",
                    where=f"shop {shop.id!r}, {period.dt}",
                    found=type(found).__name__,
                    expected="the address of a file",
                    todo="The next run asks again.",
                )
            return found

        self.step(shop, period, "ask")
        first = await link()
        self.step(shop, period, "download")
        item = self.report_file(shop, period)
        await self.client(shop).fetch_file(first, self.portal.origin, item.path, link)
        return item


def times_of(period: Period) -> dict[str, int]:
    """First and last second of a period, as most questions name them."""
    return {"startTime": int(period.start_time.timestamp()), "endTime": int(period.end_time.timestamp())}


def result_of(answer: dict[str, Any], where: str) -> Any:
    """The `result` of a good answer.

    Raises:
        PortalError: the portal said no, whatever the HTTP status was.
    """
    if is_no(answer):
        raise PortalError(
            "the portal said no",
            params={"said": error_text(answer), "code": str(error_code(answer))},
            where=where,
            found=f"code {error_code(answer)}, message {error_text(answer)[:80]!r}",
            todo="The next run asks again; if it stays, look at the same page in the back office.",
        )
    return answer.get("result", answer)
