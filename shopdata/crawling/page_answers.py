"""What came over the line for calls that a page has made: its own code does not tell all of it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page
from playwright.async_api import Response as BrowserResponse
from scrapy import Request
from scrapy.http import HtmlResponse, JsonResponse, Response

from shopdata.browser.its_loop import on_its_loop
from shopdata.texts import read_json

_BODY_TIMEOUT_SECONDS = 5
#: Whole numbers above it lose their last digits in a page.
_LARGEST_EXACT = 2**53 - 1


class PageAnswers:
    """The last answer of each path since `clear`."""

    def __init__(self) -> None:
        self._seen: dict[str, BrowserResponse] = {}

    async def watch(self, page: Page) -> None:
        """From now on; a coroutine, since it belongs to the page's loop."""
        page.on("response", self._note)

    def _note(self, response: BrowserResponse) -> None:
        self._seen[urlsplit(response.url).path] = response

    def clear(self) -> None:
        """Forgets what earlier calls were answered with."""
        self._seen.clear()

    def status_of(self, request: Request) -> int:
        """200 where nobody has seen the answer: a page that reads one says that it went well."""
        seen = self._seen.get(urlsplit(request.url).path)
        return 200 if seen is None else seen.status

    async def answer_to(self, request: Request, page: Page | None) -> Response | None:
        """What came, byte for byte, without a body if the page is gone; None where nothing did."""
        seen = self._seen.get(urlsplit(request.url).path)
        if seen is None:
            return None
        content_type, body = "", b""
        with suppress(PlaywrightError, TimeoutError):
            if page is not None:
                async with asyncio.timeout(_BODY_TIMEOUT_SECONDS):
                    body = await on_its_loop(page, seen.body())
                    content_type = seen.headers.get("content-type", "")
        return answer(request, seen.status, content_type, body)


def answer(request: Request, status: int, content_type: str, body: bytes) -> Response:
    """An answer of the kind that it says it is, or looks like."""
    is_page = "html" in content_type.lower() or body.lstrip()[:1] == b"<"
    kind = HtmlResponse if is_page else JsonResponse
    return kind(request.url, status=status, body=body, headers={"Content-Type": content_type}, request=request)


def is_object(body: bytes) -> bool:
    """True for JSON that a page's code can read as data."""
    try:
        return isinstance(read_json(body), dict)
    except ValueError:
        return False


def is_beyond_a_page(value: Any) -> bool:
    """True if a number in it is larger than a page can hold to the last digit."""
    if isinstance(value, dict | list):
        return any(map(is_beyond_a_page, value.values() if isinstance(value, dict) else value))
    return isinstance(value, int | float) and abs(value) > _LARGEST_EXACT


def is_same_to_a_page(one: bytes, other: bytes) -> bool:
    """True for the same JSON but for the digits that a page loses. Raises ValueError if one is none."""
    return bool(_as_floats(read_json(one)) == _as_floats(read_json(other)))


def _as_floats(value: Any) -> Any:
    """The same with numbers as a page has them."""
    if isinstance(value, dict):
        return {name: _as_floats(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_as_floats(part) for part in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
