"""A back-office page whose own code signs requests: what no plain client can send (docs/portals.md 2)."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page
from playwright.async_api import Response as BrowserResponse
from scrapy import Request
from scrapy.http import Response

from shopdata.browser.alive import BrowserDiedError, died, is_end
from shopdata.browser.its_loop import on_its_loop
from shopdata.browser.page_limit import PageLimit
from shopdata.browser.starting import quietly
from shopdata.config import Portal, Shop
from shopdata.exceptions import PortalError
from shopdata.sessions.sign_in import Answer, PlatformLogin, is_login_page
from shopdata.sessions.sign_in.risk import refused_although_new, risk_error
from shopdata.texts import read_json

logger = logging.getLogger(__name__)

#: The page's own signing client; it exists once the back office has loaded.
_READY = "Boolean(window.__mms && window.__mms.fetch && window.__mms.fetch.post)"
#: `{data}`, or `{}` where a page came in place of data. What the page's client throws is read off the line.
_POST = """async ([path, body]) => {
    try {
        const answer = await window.__mms.fetch.post(path, body);
        return { data: answer && typeof answer.json === "function" ? await answer.json() : answer };
    } catch (error) {
        if (error instanceof SyntaxError) return {};
        throw error;
    }
}"""
_READY_TIMEOUT_MS = 30_000
#: How many browsers may end in the middle of a call, before it is the machine's trouble.
_MOST_BROWSERS = 3
_NUMBERS = itertools.count(1)
_LOOK_EVERY_SECONDS = 0.05
#: Browser and driver keep something of every call until the page is closed: after so many it is opened anew.
CALLS_PER_PAGE = 300
_CALL_TIMEOUT_SECONDS = 60
_BODY_TIMEOUT_SECONDS = 5
#: Whole numbers above it lose their last digits in a page.
_LARGEST_EXACT = 2**53 - 1


class SignedPage:
    """One shop's page. Its calls are paced like all others; a dead session opens the page anew, once per call."""

    def __init__(
        self,
        download: Callable[[Request], Awaitable[Response]],
        url: str,
        shop: Shop,
        portal: Portal,
        login: PlatformLogin,
        turn: Callable[[], Awaitable[None]],
    ) -> None:
        self._download = download
        self._url = url
        self._shop = shop
        self._portal = portal
        self._login = login
        #: Waits until the shop may be asked again.
        self._turn = turn
        self._page: Page | None = None
        self._calls = 0
        self._limit = PageLimit(portal.max_answer_bytes)
        #: The bytes of the last answer.
        self.last = b""
        #: What the call under way was answered with, by path.
        self._responses: dict[str, BrowserResponse] = {}

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[SignedPage]:
        """For calls of `post`, the first of which opens the page; closes its context at the end, whatever happens."""
        try:
            yield self
        finally:
            await self._close()

    async def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """The JSON object that the portal answers to a call signed by the page, in a new browser if this one ends.

        Raises:
            PortalError, RiskBlockedError, ChallengeError, SessionRefusedError: as for every other request.
            BrowserError: there is no browser, or none that stays alive.
        """
        for _ in range(_MOST_BROWSERS - 1):
            try:
                return await self._post(path, body)
            except BrowserDiedError as error:
                logger.warning("%s The page is opened in a new one", error)
                await self._close()
        return await self._post(path, body)

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        if self._page is None or self._calls >= CALLS_PER_PAGE:
            await self._close()
            await self._open(has_died=False)
        for is_repeated in (False, True):
            answer = await self._call(path, body)
            risk = self._login.risk_in(answer, self._portal)
            if risk is not None:
                raise risk_error(self._shop, risk)
            if not self._login.is_session_dead(answer, self._portal):
                break
            if is_repeated:
                raise refused_although_new(self._shop)
            await self._close()
            await self._open(has_died=True)
        self.last = answer.body
        if len(self.last) > self._portal.max_answer_bytes:
            raise self._limit.error(self._where(path))
        data = answer.json()
        if not isinstance(data, dict):
            found = type(data).__name__ if answer.status == 200 else f"HTTP {answer.status}"
            raise self._failed(path, found)
        return data

    async def _call(self, path: str, body: dict[str, Any]) -> Answer:
        assert self._page is not None
        self._calls += 1
        await self._turn()
        self._responses.clear()
        try:
            async with asyncio.timeout(_CALL_TIMEOUT_SECONDS):
                found = await on_its_loop(self._page, self._page.evaluate(_POST, [path, body]))
        except (PlaywrightError, TimeoutError, RecursionError) as error:
            if self._limit.is_exceeded:
                await self._close()
                raise self._limit.error(self._where(path)) from None
            if is_end(error):
                raise died(self._shop, error) from None
            if await self._was_sent_to_login(self._page):
                return Answer(302, path, "", self._portal.login_url, b"")
            return await self._thrown(path, error)
        if not isinstance(found, dict):
            # What lies too deep in one another does not come out of a page.
            return await self._thrown(path, ValueError("an answer that no page can hand over"))
        # The page's code does not tell it; where nobody has seen it, it went well.
        status = self._responses[path].status if path in self._responses else 200
        if "data" not in found:
            return Answer(status, path, "text/html", "", b"")
        data = json.dumps(found["data"]).encode()
        if _is_beyond_a_page(found["data"]):
            data = await self._exact(path, data)
        return Answer(status, path, "application/json", "", data)

    async def _thrown(self, path: str, error: Exception) -> Answer:
        """The answer that the page's client made an error of: some throw whatever is no success."""
        sent = await self._sent(path)
        if sent is None or (sent.status == 200 and not sent.is_html and not isinstance(sent.json(), dict)):
            raise self._failed(path, _first_line(error)) from None
        return sent

    async def _exact(self, path: str, data: bytes) -> bytes:
        """The same answer with all its digits, as it came over the line."""
        sent = await self._sent(path)
        with suppress(ValueError):
            if sent is not None and _as_floats(read_json(sent.body)) == _as_floats(read_json(data)):
                return sent.body
        raise self._failed(path, "numbers that lose their last digits in a page")

    async def _sent(self, path: str) -> Answer | None:
        """What came over the line for the call under way; None where nothing did."""
        response = self._responses.get(path)
        with suppress(PlaywrightError, TimeoutError):
            if response is not None and self._page is not None:
                async with asyncio.timeout(_BODY_TIMEOUT_SECONDS):
                    content_type = response.headers.get("content-type", "").lower()
                    body = await on_its_loop(self._page, response.body())
                    return Answer(response.status, path, content_type, "", body)
        return None if response is None else Answer(response.status, path, "", "", b"")

    async def _note_responses(self, page: Page) -> None:
        page.on("response", self._note_response)

    def _note_response(self, response: BrowserResponse) -> None:
        self._responses[urlsplit(response.url).path] = response

    async def _was_sent_to_login(self, page: Page) -> bool:
        """True if the page itself has noticed that its session is over, and left."""
        with suppress(PlaywrightError):
            await on_its_loop(page, page.wait_for_load_state("domcontentloaded", timeout=_READY_TIMEOUT_MS))
        return is_login_page(page.url, self._portal)

    async def _open(self, *, has_died: bool) -> None:
        """Opens the page. If its own code leaves for the login page, the session is renewed once."""
        while True:
            try:
                if await self._has_loaded(has_died=has_died):
                    return
            except BaseException:
                # The next try must not take it for an open one.
                await self._close()
                raise
            await self._close()
            if has_died:
                raise refused_although_new(self._shop)
            has_died = True

    async def _has_loaded(self, *, has_died: bool) -> bool:
        """False if the page has ended up where one signs in."""
        self._limit = PageLimit(self._portal.max_answer_bytes)
        meta = {
            "shopdata_shop": self._shop.id,
            "shopdata_session": True,
            "shopdata_has_died": has_died,
            "playwright": True,
            "playwright_include_page": True,
            # A new name each time: what is left of a browser that was killed is not taken for a context.
            "playwright_context": f"page-{self._shop.id}-{next(_NUMBERS)}",
            "playwright_page_init_callback": self._limit.watch,
        }
        try:
            response = await self._download(Request(self._url, meta=meta, dont_filter=True))
        except PlaywrightError as error:
            if self._limit.is_exceeded:
                raise self._limit.error(self._where("")) from None
            raise died(self._shop, error) if is_end(error) else self._failed("", _first_line(error)) from None
        self._page, self._calls = response.meta["playwright_page"], 0
        await on_its_loop(self._page, self._note_responses(self._page))
        risk = self._login.risk_in(Answer(response.status, self._url, "text/html", "", b""), self._portal)
        if risk is not None:
            raise risk_error(self._shop, risk)
        if response.status != 200:
            raise self._failed("", f"HTTP {response.status}")
        deadline = time.monotonic() + _READY_TIMEOUT_MS / 1000
        while time.monotonic() < deadline:
            if is_login_page(self._page.url, self._portal):
                return False
            try:
                if await on_its_loop(self._page, self._page.evaluate(_READY)):
                    return True
            except PlaywrightError as error:
                if is_end(error):
                    raise died(self._shop, error) from None
                # While the page moves on there is nothing to ask.
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
        raise self._failed("", "a page without `window.__mms.fetch`")

    async def _close(self) -> None:
        page, self._page = self._page, None
        if page is not None:
            await quietly(on_its_loop(page, page.context.close()))

    def _where(self, path: str) -> str:
        return f"shop {self._shop.id!r}, {path or 'its chat page'}"

    def _failed(self, path: str, found: str) -> PortalError:
        return PortalError(
            "the back office's page did not answer as it does when it is well",
            where=self._where(path),
            found=found or "nothing in time",
            todo="The next run asks again; if it stays, open the chat page by hand and look.",
        )


def _first_line(error: Exception) -> str:
    # Never the query: it holds tokens and signatures.
    return next(iter(str(error).splitlines()), "")[:120].partition("?")[0]


def _as_floats(value: Any) -> Any:
    """The same with numbers as a page has them."""
    if isinstance(value, dict):
        return {name: _as_floats(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_as_floats(part) for part in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _is_beyond_a_page(value: Any) -> bool:
    """True if a number in it is larger than a page can hold to the last digit."""
    if isinstance(value, dict | list):
        return any(map(_is_beyond_a_page, value.values() if isinstance(value, dict) else value))
    return isinstance(value, int | float) and abs(value) > _LARGEST_EXACT
