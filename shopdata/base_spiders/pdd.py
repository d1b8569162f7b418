"""Pinduoduo's ways to a report: one call for a link to a file, or page after page of JSON (PORTALS 3)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar
from urllib.parse import urlencode, urljoin

from scrapy import Request
from scrapy.http import JsonRequest

from shopdata.base_spiders.paged_rows import Page, PagedRows
from shopdata.base_spiders.report_spider import ReportSpider
from shopdata.config import PddPortal, Platform, Shop
from shopdata.exceptions import IncompleteError, PortalError
from shopdata.items import ReportFile
from shopdata.login.pdd import error_code, error_text
from shopdata.periods import Period


class PddSpider(ReportSpider):
    """For datasets of Pinduoduo's back office. Failures come as HTTP 200 with `success: false` in two spellings."""

    platform: ClassVar[Platform] = "pdd"
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
        return result_of(
            await self.client(shop).ask_json(request), f"shop {shop.id!r}, {request.url.partition('?')[0]}"
        )

    async def download(self, shop: Shop, period: Period, link: Any) -> ReportFile:
        """Fetches the file that a link leads to; links are signed and need no session."""
        self.step(shop, period, "download")
        if not isinstance(link, str) or not link:
            raise PortalError(
                "the portal gave no link to the file",
                where=f"shop {shop.id!r}, {period.dt}",
                found=type(link).__name__,
                expected="the address of a file",
                todo="The next run asks again.",
            )
        item = self.report_file(shop, period)
        await self.client(shop).fetch_file(link, self.portal.origin, item.path)
        return item

    async def collect_pages(
        self, shop: Shop, period: Period, id_key: str, page_size: int, ask: Callable[[int], Awaitable[Page]]
    ) -> ReportFile:
        """Reads page after page until all rows are there, and proves it by the portal's own total.

        Args:
            id_key: the field that tells one row from another: pages shift while one reads, and rows come twice.
            ask: asks for one page, counted from 1.

        Raises:
            IncompleteError: also the second time, fewer rows came than the portal says there are.
        """
        item = self.report_file(shop, period)
        for is_last_try in (False, True):
            rows = PagedRows(id_key)
            number = 1
            while True:
                self.step(shop, period, f"page {number}")
                page = await ask(number)
                rows.add(page)
                if len(page.rows) < page_size or rows.is_complete:
                    break
                number += 1
            if rows.is_complete or is_last_try:
                break
        if not rows.is_complete:
            raise IncompleteError(
                "the portal's pages do not add up to its own total, also when asked a second time",
                where=f"shop {shop.id!r}, {period.dt}",
                found=f"{len(rows)} different rows on {number} pages ({rows.doubles} came twice)",
                expected=f"{rows.total}",
                todo="The next run asks again; if it stays, count them in the back office.",
            )
        await rows.write(item.path, {"dataset": item.dataset, "dt": item.dt, "total": rows.total})
        return item


def result_of(answer: dict[str, Any], where: str) -> Any:
    """The `result` of a good answer.

    Raises:
        PortalError: the portal said no, whatever the HTTP status was.
    """
    code = error_code(answer)
    if answer.get("success") is False or code:
        raise PortalError(
            "the portal said no",
            where=where,
            found=f"code {code}, message {error_text(answer)[:80]!r}",
            todo="The next run asks again; if it stays, look at the same page in the back office.",
        )
    return answer.get("result", answer)
