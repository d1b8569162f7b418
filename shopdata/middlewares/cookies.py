"""Scrapy's cookies, for requests that are no shop's."""

from __future__ import annotations

from scrapy import Request, Spider
from scrapy.downloadermiddlewares import cookies
from scrapy.http import Response

# Its own would download the public suffix list at the first cookie; the copy that it brings along does.
cookies._split_domain = type(cookies._split_domain)(suffix_list_urls=(), include_psl_private_domains=True)


class CookiesMiddleware(cookies.CookiesMiddleware):
    """The cookies of a shop belong to its session, which `SessionMiddleware` sends and keeps."""

    def process_request(self, request: Request, spider: Spider | None = None) -> Request | Response | None:
        return None if _is_shops(request) else super().process_request(request)

    def process_response(
        self, request: Request, response: Response, spider: Spider | None = None
    ) -> Request | Response:
        return response if _is_shops(request) else super().process_response(request, response)


def _is_shops(request: Request) -> bool:
    return "shopdata_shop" in request.meta or "playwright" in request.meta
