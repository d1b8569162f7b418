"""A back-office page whose own code signs requests: what no plain client can send (docs/portals.md 2)."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page
from scrapy import Request
from scrapy.http import HtmlResponse, JsonResponse, Response

from shopdata.browser.alive import died, is_end
from shopdata.browser.its_loop import on_its_loop
from shopdata.browser.page_limit import PageLimit
from shopdata.browser.starting import quietly
from shopdata.config import Portal, Shop
from shopdata.crawling.page_answers import PageAnswers, answer, is_beyond_a_page, is_object, is_same_to_a_page
from shopdata.crawling.page_client import PageClient
from shopdata.crawling.page_requests import OwnRequests, PageRequestError, press_and_catch
from shopdata.crawling.page_signs import Borrowed, Pressed
from shopdata.exceptions import PortalError
from shopdata.sessions.sign_in import is_login_page

_READY_TIMEOUT_MS = 60_000
_NUMBERS = itertools.count(1)
_LOOK_EVERY_SECONDS = 0.05
#: Browser and driver keep something of every call until the page is closed: after so many it is opened anew.
CALLS_PER_PAGE = 300
_CALL_TIMEOUT_SECONDS = 60
_IS_LOADED = "document.readyState === 'complete'"


class SignedPage:
    """One shop's page; opened when it is needed, and anew for another session or after `CALLS_PER_PAGE` calls."""

    def __init__(
        self,
        download: Callable[[Request], Awaitable[Response]],
        shop: Shop,
        portal: Portal,
        client: PageClient | None,
        path: str,
    ) -> None:
        """`download` opens it as any other page, by our session; `path` is where it lies, beside what is called.
        `client` is None where the pages of a platform have none that signs what others ask."""
        self._download = download
        self._shop = shop
        self._portal = portal
        self._client = client
        self._path = path
        self._page: Page | None = None
        #: Whose cookies the page has.
        self._session: object = None
        self._calls = 0
        self._limit = PageLimit(portal.max_answer_bytes)
        self._own = OwnRequests()
        self._one_at_a_time = asyncio.Lock()
        #: What the call under way was answered with.
        self._answers = PageAnswers()

    @property
    def is_idle(self) -> bool:
        """False while it is opened or used."""
        return not self._one_at_a_time.locked()

    async def prepare(self, request: Request) -> Response | None:
        """Opens the page if the request can't be sent by one that is open; the request gets the page's session.

        Returns:
            what came in place of the page: the shop was sent to its login page, or the portal refused.

        Raises:
            PortalError, BrowserError: it can't be opened.
        """
        async with self._one_at_a_time:
            return await self._prepare(request)

    async def send(self, request: Request) -> Response:
        """The answer to a POST of JSON that the page's own code has signed and sent. Raises as `prepare`."""
        sign = request.meta.get("shopdata_sign")
        async with self._one_at_a_time:
            response = await self._prepare(request)
            if response is None:
                response = await (self._press(request, sign) if isinstance(sign, Pressed) else self._call(request))
        if len(response.body) > self._portal.max_answer_bytes:
            raise self._limit.error(self._where(request.url))
        if response.status != 200 and is_object(response.body):
            # What the page's own code can read is an answer, whatever its status: a refusal says more than that.
            request.meta["handle_httpstatus_list"] = [response.status]
        return response

    async def lend(self, request: Request, sign: Borrowed) -> Response | None:
        """Gives a request, which leaves without the page then, what the page's own request to the same place carries.

        Returns and raises as `prepare`.
        """
        async with self._one_at_a_time:
            if self._page is not None and (sign.is_afresh or self._own.is_old(request.url, sign.seconds)):
                await self.close()
            response = await self._prepare(request)
            if response is not None:
                return response
            assert self._page is not None
            try:
                headers, query = await on_its_loop(self._page, self._own.lend(request.url, sign.names))
            except PlaywrightError as error:
                raise self._trouble(error, request) from None
            except PageRequestError as error:
                if await self._was_sent_to_login(self._page):
                    return _signed_out(request, self._portal)
                raise self._failed(self._where(request.url), str(error), error.todo) from None
        request.headers.update(headers)
        if query:
            parts = urlsplit(request.url)
            merged = {**dict(parse_qsl(parts.query, keep_blank_values=True)), **query}
            request._set_url(parts._replace(query=urlencode(merged)).geturl())
        return None

    async def close(self) -> None:
        """Closes its context, whatever happens."""
        page, self._page = self._page, None
        if page is not None:
            await quietly(on_its_loop(page, page.context.close()))

    # -- a call -----------------------------------------------------------------------------------------------------

    async def _call(self, request: Request) -> Response:
        assert self._page is not None
        self._calls += 1
        self._answers.clear()
        path = urlsplit(request.url)._replace(scheme="", netloc="").geturl()
        arguments = [path, json.loads(request.body)]
        assert self._client is not None
        try:
            async with asyncio.timeout(request.meta.get("download_timeout", _CALL_TIMEOUT_SECONDS)):
                found = await on_its_loop(self._page, self._page.evaluate(self._client.call, arguments))
        except (PlaywrightError, TimeoutError, RecursionError) as error:
            if self._limit.is_exceeded:
                await self.close()
                raise self._limit.error(self._where(request.url)) from None
            if is_end(error):
                raise died(self._shop, error) from None
            if await self._was_sent_to_login(self._page):
                return _signed_out(request, self._portal)
            return await self._thrown(request, error)
        if not isinstance(found, dict):
            # What lies too deep in one another does not come out of a page.
            return await self._thrown(request, ValueError("an answer that no page can hand over"))
        status = self._answers.status_of(request)
        if "data" not in found:
            return HtmlResponse(request.url, status=status, headers={"Content-Type": "text/html"}, request=request)
        data = json.dumps(found["data"]).encode()
        if is_beyond_a_page(found["data"]):
            data = await self._exact(request, data)
        elif status == 200 and not isinstance(found["data"], dict) and len(data) <= self._portal.max_answer_bytes:
            raise self._failed(self._where(request.url), type(found["data"]).__name__)
        headers = {"Content-Type": "application/json"}
        return JsonResponse(request.url, status=status, body=data, headers=headers, request=request)

    async def _press(self, request: Request, sign: Pressed) -> Response:
        """The answer to the request that the page sends when it is pressed."""
        assert self._page is not None
        # What a page shows after that is not what the next one begins with.
        self._calls = CALLS_PER_PAGE
        try:
            caught = await on_its_loop(self._page, press_and_catch(self._page, request, sign))
        except (PlaywrightError, PageRequestError) as error:
            if not isinstance(error, PageRequestError) and (self._limit.is_exceeded or is_end(error)):
                raise self._trouble(error, request) from None
            if await self._was_sent_to_login(self._page):
                return _signed_out(request, self._portal)
            todo = error.todo if isinstance(error, PageRequestError) else ""
            raise self._failed(self._where(request.url), str(error) if todo else _first_line(error), todo) from None
        return answer(request, caught.status, caught.content_type, caught.body)

    def _trouble(self, error: Exception, request: Request) -> Exception:
        """What to tell of a page that fails for reasons of its own."""
        if self._limit.is_exceeded:
            return self._limit.error(self._where(request.url))
        return died(self._shop, error) if is_end(error) else self._failed(self._where(request.url), _first_line(error))

    async def _thrown(self, request: Request, error: Exception) -> Response:
        """The answer that the page's client made an error of: some throw whatever is no success."""
        sent = await self._answers.answer_to(request, self._page)
        if sent is None or (sent.status == 200 and isinstance(sent, JsonResponse) and not is_object(sent.body)):
            raise self._failed(self._where(request.url), _first_line(error)) from None
        return sent

    async def _exact(self, request: Request, data: bytes) -> bytes:
        """The same answer with all its digits, as it came over the line."""
        sent = await self._answers.answer_to(request, self._page)
        with suppress(ValueError):
            if sent is not None and is_same_to_a_page(sent.body, data):
                return sent.body
        raise self._failed(self._where(request.url), "numbers that lose their last digits in a page")

    async def _was_sent_to_login(self, page: Page) -> bool:
        """True if the page itself has noticed that its session is over, and left."""
        with suppress(PlaywrightError):
            await on_its_loop(page, page.wait_for_load_state("domcontentloaded", timeout=_READY_TIMEOUT_MS))
        return is_login_page(page.url, self._portal)

    # -- the page ---------------------------------------------------------------------------------------------------

    async def _prepare(self, request: Request) -> Response | None:
        is_other = self._session is not request.meta["shopdata_session"]
        if self._page is not None and not is_other and self._calls < CALLS_PER_PAGE:
            return None
        await self.close()
        try:
            instead = await self._open(request)
        except BaseException:
            # The next try must not take it for an open one.
            await self.close()
            raise
        if instead is not None:
            await self.close()
        return instead

    async def _open(self, request: Request) -> Response | None:
        self._limit, self._own = PageLimit(self._portal.max_answer_bytes), OwnRequests()
        url = urljoin(request.url, self._path)
        meta = {
            "shopdata_shop": self._shop.id,
            "shopdata_session": True,
            "playwright": True,
            "playwright_include_page": True,
            # A new name each time: what is left of a browser that was killed is not taken for a context.
            "playwright_context": f"page-{self._shop.id}-{next(_NUMBERS)}",
            "playwright_page_init_callback": self._watch,
        }
        where = self._where(url)
        try:
            response = await self._download(Request(url, meta=meta, dont_filter=True))
        except PlaywrightError as error:
            if self._limit.is_exceeded:
                raise self._limit.error(where) from None
            raise died(self._shop, error) if is_end(error) else self._failed(where, _first_line(error)) from None
        self._page, self._calls = response.meta["playwright_page"], 0
        # It may have been renewed on the way.
        self._session = request.meta["shopdata_session"] = response.meta["shopdata_session"]
        await on_its_loop(self._page, self._answers.watch(self._page))
        if response.status != 200:
            return Response(url, status=response.status, headers=response.headers, request=request)
        client = None if "shopdata_sign" in request.meta else self._client
        is_ready = _IS_LOADED if client is None else client.is_ready
        deadline = time.monotonic() + _READY_TIMEOUT_MS / 1000
        while time.monotonic() < deadline:
            if is_login_page(self._page.url, self._portal):
                return _signed_out(request, self._portal)
            try:
                if await on_its_loop(self._page, self._page.evaluate(is_ready)):
                    return None
            except PlaywrightError as error:
                if is_end(error):
                    raise died(self._shop, error) from None
                # While the page moves on there is nothing to ask.
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
        raise self._failed(where, "a page that is not loaded" if client is None else f"a page without `{client.name}`")

    async def _watch(self, page: Page, _request: object = None) -> None:
        self._own.watch(page)
        await self._limit.watch(page)

    def _where(self, url: str) -> str:
        # Never the query: it holds tokens and signatures.
        return f"shop {self._shop.id!r}, {urlsplit(url).path}"

    def _failed(self, where: str, found: str, todo: str = "") -> PortalError:
        return PortalError(
            "the back office's page did not answer as it does when it is well",
            where=where,
            found=found or "nothing in time",
            todo=todo or f"The next run asks again; if it stays, open {urlsplit(self._path).path} by hand and look.",
        )


def _signed_out(request: Request, portal: Portal) -> Response:
    """For a page that its own code has sent to sign in."""
    return Response(request.url, status=302, headers={"Location": portal.login_url}, request=request)


def _first_line(error: Exception) -> str:
    # Never the query: it holds tokens and signatures.
    return next(iter(str(error).splitlines()), "")[:120].partition("?")[0]
