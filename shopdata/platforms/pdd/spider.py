"""Pinduoduo's ways to a report: one call for a link to a file, or page after page of JSON (docs/portals.md 3)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar
from urllib.parse import urlencode, urljoin

from scrapy import Request
from scrapy.http import JsonRequest

from shopdata.config import Shop
from shopdata.crawling.paged_list import PagedSpider
from shopdata.exceptions import OddAnswerError, PortalError
from shopdata.items import ReportFile
from shopdata.periods import Period
from shopdata.platforms.pdd.answers import error_code, error_text, is_no
from shopdata.platforms.pdd.portal import PddPortal


class PddSpider(PagedSpider):
    """For datasets of Pinduoduo's back office. Failures come as HTTP 200 with `success: false` in two spellings."""

    platform: ClassVar[str] = "pdd"
    portal: PddPortal

    async def get(self, shop: Shop, path: str, **query: object) -> Any:
        """The `result` of a GET."""
        url = urljoin(self.portal.origin, path)
        return await self._result(shop, Request(f"{url}?{urlencode(query)}", dont_filter=True))

    async def post(self, shop: Shop, path: str, body: dict[str, Any], *, signed_by: str | None = None) -> Any:
        """The `result` of a POST with a JSON body.

        Args:
            signed_by: the path of a page of the back office that signs the call with its own code.
        """
        request = JsonRequest(urljoin(self.portal.origin, path), data=body, dont_filter=True)
        if signed_by is not None:
            request.meta["shopdata_signed_page"] = signed_by
        return await self._result(shop, request)

    async def _result(self, shop: Shop, request: Request) -> Any:
        answer = await self.client(shop).ask_json(request, as_it_came=True)
        return result_of(answer, f"shop {shop.id!r}, {request.url.partition('?')[0]}")

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
