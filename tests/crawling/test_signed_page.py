"""What a page's own client makes of an answer is not always what came: a real page, and a portal faked at the wire."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import psutil
import pytest
from as_in_a_run import shared_chromium
from playwright.async_api import Browser, Page, Route
from playwright.async_api import Error as PlaywrightError
from scrapy import Request
from scrapy.core.downloader.middleware import DownloaderMiddlewareManager
from scrapy.http import HtmlResponse, JsonRequest, Response
from scrapy.signalmanager import SignalManager

from shopdata import signals
from shopdata.browser.alive import BrowserDiedError
from shopdata.browser.starting import OwnChromium
from shopdata.config import Shop
from shopdata.crawling.portal_client import PortalClient
from shopdata.exceptions import (
    ChallengeError,
    OddAnswerError,
    PortalError,
    RiskBlockedError,
    SessionRefusedError,
    ShopdataError,
)
from shopdata.middlewares import RetryMiddleware, SessionMiddleware, SignedPageMiddleware
from shopdata.platforms.pdd.portal import PddPortal
from shopdata.sessions.session import Session

pytestmark = pytest.mark.browser

ORIGIN, PATH = "https://mms.example.com", "/latitude/search/message/getMessages"
PORTAL = PddPortal(
    login_url=f"{ORIGIN}/login/",
    origin=ORIGIN,
    download_hosts=(".example.com",),
    max_answer_bytes=1 << 20,
    max_tries=1,
    cooldown_tries=0,
)
SHOPS = [Shop(id=name, name=name, platform="pdd", username="u", password="p") for name in ("one", "two")]
SHOP = SHOPS[0]
Post = Callable[..., dict[str, Any]]
Result = TypeVar("Result")
#: What a client does with an answer that is no success; what the real one does was not recorded (docs/portals.md 2).
RETURNS, THROWS_IT, THROWS_AN_ERROR = (
    "return answer",
    "if (!answer.success) throw answer; return answer",
    "if (!answer.success) throw new Error(answer.error_msg); return answer",
)
PAGE = """<script>
const post = async (url, body) => {
    const sent = await fetch(url, { method: "POST", body: JSON.stringify(body) });
    const answer = await sent.json(); CLIENT;
};
window.__mms = { fetch: { post } };
</script>"""


def no(code: int, text: str) -> str:
    return json.dumps({"success": False, "error_code": code, "error_msg": text})


class Portal:
    """What stands between a spider and the pages of a portal: the middlewares, without the pace.

    Args:
        opened: gives a page in a new context, for one that is asked for.
    """

    def __init__(self, opened: Callable[[Request], Awaitable[Page]], folder: Path, *, page_status: int = 200) -> None:
        self._opened = opened
        self._page_status = page_status
        self.pages: list[Page] = []
        self.signals = SignalManager()
        workspace: Any = SimpleNamespace(
            config=SimpleNamespace(shops=SHOPS, portal=lambda _: PORTAL),
            shops_at_once=1,
            logins_at_once=1,
            # Whoever signs in, does it somewhere else.
            sessions=SimpleNamespace(
                load=lambda _: Session((), datetime.now(UTC)),
                drop=lambda *_: None,
                lives=SimpleNamespace(is_good_due=lambda _: False),
            ),
            devices=SimpleNamespace(load=lambda _: None),
            check_identity=lambda *_: None,
            restraint=None,
            left_alone=SimpleNamespace(refuse=lambda _: None, keep=lambda *_: None),
        )
        crawler: Any = SimpleNamespace(
            settings={"USER_AGENT": "x"},
            stats=None,
            spider=None,
            signals=self.signals,
            engine=SimpleNamespace(download_async=self.download),
            get_downloader_middleware=lambda _: middlewares[0],
        )
        middlewares: Any = (
            RetryMiddleware(crawler, workspace, {}),
            SessionMiddleware(crawler, workspace),
            SignedPageMiddleware(crawler, workspace),
        )
        self.signals.connect(middlewares[-1]._on_shop_done, signals.shop_signed_in)
        self._middlewares = DownloaderMiddlewareManager(*middlewares, crawler=crawler)
        self._folder = folder

    async def post(self, shop: Shop = SHOP) -> dict[str, Any]:
        """What one call gives."""
        client = PortalClient(self.download, asyncio.sleep, shop, PORTAL, self._folder)
        request = JsonRequest(f"{ORIGIN}{PATH}", data={"uid": 1})
        request.meta["shopdata_signed_page"] = "/mms-chat/search?token=1"
        return await client.ask_json(request, as_it_came=True)

    async def download(self, request: Request) -> Response:
        """As Scrapy's engine does it."""
        while True:
            result = await self._middlewares.download_async(self._deliver, request)
            if isinstance(result, Response):
                return result
            request = result

    async def _deliver(self, request: Request) -> Response:
        if "shopdata_page" in request.meta:
            return await request.meta["shopdata_page"].send(request)
        page = await self._opened(request)
        self.pages.append(page)
        if "playwright_page_init_callback" in request.meta:
            await request.meta["playwright_page_init_callback"](page, request)
        await page.goto(request.url)
        request.meta["playwright_page"] = page
        return HtmlResponse(request.url, status=self._page_status, request=request)


class Chromium:
    """One for all tests; its loop runs only while a test asks for something."""

    def __init__(self, runner: asyncio.Runner, browser: Browser) -> None:
        self._runner = runner
        self._browser = browser

    def run(self, act: Callable[[Browser], Coroutine[Any, Any, Result]]) -> Result:
        """Does something with it, and closes the contexts that were opened."""

        async def go() -> Result:
            try:
                return await act(self._browser)
            finally:
                for context in self._browser.contexts:
                    await context.close()

        return self._runner.run(go())


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    with shared_chromium() as (runner, browser):
        yield Chromium(runner, browser)


@pytest.fixture
def post(chromium: Chromium, tmp_path: Path) -> Post:
    """What one call gives where the portal answers all calls with this text."""

    def post(answer: str, *, client: str = RETURNS, page_status: int = 200, is_down: bool = False) -> dict[str, Any]:
        async def run(browser: Browser) -> dict[str, Any]:
            async def opened(request: Request) -> Page:
                if is_down:
                    raise PlaywrightError(f"Page.goto: net::ERR_CONNECTION_REFUSED at {request.url}\nCall log: …")
                return await page_of(browser, answer, client)

            return await Portal(opened, tmp_path, page_status=page_status).post()

        return chromium.run(run)

    return post


async def page_of(browser: Browser, answer: str, client: str = RETURNS) -> Page:
    """A page in a context of its own, and the portal behind it."""

    async def serve(route: Route) -> None:
        if route.request.method == "POST":
            await route.fulfill(body=answer, content_type="application/json")
        else:
            await route.fulfill(body=PAGE.replace("CLIENT", client), content_type="text/html")

    context = await browser.new_context()
    await context.route("**", serve)
    return await context.new_page()


@pytest.mark.parametrize("number", [9007199254740993, 690123456789012345])
def test_a_number_keeps_its_last_digits(post: Post, number: int) -> None:
    # A page holds numbers as floats: asked of it, these would be others.
    assert post(json.dumps({"success": True, "result": {"contentList": [{"msg_id": number}], "total": 1}})) == {
        "success": True,
        "result": {"contentList": [{"msg_id": number}], "total": 1},
    }


@pytest.mark.parametrize("client", [RETURNS, THROWS_IT, THROWS_AN_ERROR], ids=["returns", "throws it", "an error"])
@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        pytest.param(no(43001, "会话已过期"), SessionRefusedError, "has just signed in", id="dead session"),
        pytest.param(no(54001, "操作太过频繁"), ChallengeError, "did not let go.*54001", id="risk control"),
    ],
)
def test_what_the_portal_said_counts_not_how_its_page_takes_it(
    post: Post, client: str, answer: str, kind: type[ShopdataError], words: str
) -> None:
    with pytest.raises(kind, match=words):
        post(answer, client=client)


@pytest.mark.parametrize("client", [RETURNS, THROWS_IT], ids=["returns", "throws it"])
def test_a_plain_no_is_the_answer(post: Post, client: str) -> None:
    assert post(no(3000001, "系统异常"), client=client)["error_code"] == 3000001


@pytest.mark.parametrize(
    ("options", "found"),
    [
        pytest.param({"is_down": True}, "ERR_CONNECTION_REFUSED", id="nothing listens"),
        pytest.param({"page_status": 502}, "HTTP 502", id="the page is down"),
    ],
)
def test_a_page_that_does_not_come_is_asked_for_again_by_the_next_try(
    post: Post, options: dict[str, Any], found: str
) -> None:
    with pytest.raises(PortalError, match=f"/mms-chat/search: .*Found .*{found}") as caught:
        post("{}", **options)
    assert "token" not in str(caught.value)


def test_a_page_that_says_too_often_lets_the_shop_cool_down(post: Post) -> None:
    with pytest.raises(RiskBlockedError, match="HTTP 429"):
        post("{}", page_status=429)


@pytest.mark.parametrize(("deaths", "is_answered"), [(1, True), (99, False)], ids=["once", "each time"])
def test_a_browser_that_ends_in_a_call(tmp_path: Path, deaths: int, *, is_answered: bool) -> None:
    """The next try has a new one; after a few of them it is the machine's trouble."""
    browsers: list[OwnChromium] = []
    others = {process.pid for process in psutil.Process().children(recursive=True)}

    async def serve(route: Route) -> None:
        if route.request.method != "POST":
            await route.fulfill(body=PAGE.replace("CLIENT", RETURNS), content_type="text/html")
        elif len(browsers) <= deaths:
            for process in psutil.Process().children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess):
                    if process.pid not in others and "--remote-debugging-pipe" in process.cmdline():
                        process.kill()
        else:
            await route.fulfill(body='{"success": true, "result": 1}', content_type="application/json")

    async def opened(_request: Request) -> Page:
        browsers.append(OwnChromium({"executable_path": os.environ.get("SHOPDATA_BROWSER_PATH")}))
        context = await (await browsers[-1].start()).new_context()
        await context.route("**", serve)
        return await context.new_page()

    async def run() -> dict[str, Any]:
        try:
            return await Portal(opened, tmp_path).post()
        finally:
            for browser in browsers:
                await browser.close()

    if is_answered:
        assert asyncio.run(run()) == {"success": True, "result": 1}
    else:
        with pytest.raises(BrowserDiedError, match="shop 'one': the browser ended while the shop was in it"):
            asyncio.run(run())
        assert len(browsers) == 3


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        pytest.param(json.dumps("x" * (2 << 20)), OddAnswerError, "larger than is allowed", id="too large"),
        pytest.param('{"result":' * 3000 + "1" + "}" * 3000, PortalError, "did not answer as it does", id="deep"),
        pytest.param("[1, 2]", PortalError, "did not answer as it does", id="a list"),
    ],
)
def test_an_odd_answer_is_told(post: Post, answer: str, kind: type[ShopdataError], words: str) -> None:
    with pytest.raises(kind, match=words):
        post(answer)


def test_odd_values_come_as_they_are(post: Post) -> None:
    found = post('{"result": {"contentList": [{"content": "好的\\ud83d", "time": 1e999}], "total": 1}}')
    (row,) = found["result"]["contentList"]
    assert row["content"] in ("好的\ud83d", "好的\ufffd")
    assert row["time"] == float("inf")


def test_a_shop_keeps_its_page_until_it_is_done_or_others_need_the_room(chromium: Chromium, tmp_path: Path) -> None:
    async def run(browser: Browser) -> None:
        portal = Portal(lambda _: page_of(browser, "{}"), tmp_path)
        await portal.post()
        await portal.post()
        (first,) = portal.pages
        # One shop is worked on at once here.
        await portal.post(SHOPS[1])
        assert [page.is_closed() for page in portal.pages] == [True, False]
        assert first.context not in browser.contexts
        async with portal.pages[1].context.expect_event("close"):
            portal.signals.send_catch_log(signals.shop_signed_in, shop=SHOPS[1].id)

    chromium.run(run)
