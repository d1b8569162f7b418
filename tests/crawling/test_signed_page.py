"""What a page's own client makes of an answer is not always what came: a real page, and a portal faked at the wire."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from typing import Any

import psutil
import pytest
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Route, async_playwright
from scrapy import Request
from scrapy.http import HtmlResponse, Response

from shopdata.browser.alive import BrowserDiedError
from shopdata.browser.chromium import find_chromium, needs_no_sandbox
from shopdata.browser.starting import OwnChromium
from shopdata.config import Shop
from shopdata.crawling.signed_page import SignedPage
from shopdata.exceptions import OddAnswerError, PortalError, RiskBlockedError, SessionRefusedError, ShopdataError
from shopdata.platforms.pdd.portal import PddPortal
from shopdata.sessions.sign_in import login_for

pytestmark = pytest.mark.browser

ORIGIN, PATH = "https://mms.example.com", "/latitude/search/message/getMessages"
PORTAL = PddPortal(
    login_url=f"{ORIGIN}/login/", origin=ORIGIN, download_hosts=(".example.com",), max_answer_bytes=1 << 20
)
SHOP = Shop(id="one", name="第一家店", platform="pdd", username="u", password="p")
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


def post(answer: str, *, client: str = RETURNS, page_status: int = 200, is_down: bool = False) -> dict[str, Any]:
    """What one call gives where the portal answers all calls with this text."""
    return asyncio.run(_post(answer, client, page_status, is_down=is_down))


async def _post(answer: str, client: str, page_status: int, *, is_down: bool) -> dict[str, Any]:
    async def serve(route: Route) -> None:
        if route.request.method == "POST":
            await route.fulfill(body=answer, content_type="application/json")
        else:
            await route.fulfill(body=PAGE.replace("CLIENT", client), content_type="text/html")

    async def at_once() -> None:
        """Here nothing is paced."""

    async with async_playwright() as playwright:
        own = playwright.chromium.executable_path
        browser = await playwright.chromium.launch(
            executable_path=str(find_chromium(os.environ.get("SHOPDATA_BROWSER_PATH"), own)),
            args=["--no-sandbox"] if needs_no_sandbox() else [],
        )

        async def download(request: Request) -> Response:
            if is_down:
                raise PlaywrightError(f"Page.goto: net::ERR_CONNECTION_REFUSED at {request.url}\nCall log: …")
            context = await browser.new_context()
            await context.route("**", serve)
            page = await context.new_page()
            await request.meta["playwright_page_init_callback"](page, request)
            await page.goto(request.url)
            request.meta["playwright_page"] = page
            return HtmlResponse(request.url, status=page_status, request=request)

        signed = SignedPage(download, f"{ORIGIN}/mms-chat/search?token=1", SHOP, PORTAL, login_for("pdd"), at_once)
        async with signed.opened():
            return await signed.post(PATH, {"uid": 1})


@pytest.mark.parametrize("number", [9007199254740993, 690123456789012345])
def test_a_number_keeps_its_last_digits(number: int) -> None:
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
        pytest.param(no(54001, "操作太过频繁"), RiskBlockedError, "54001", id="risk control"),
    ],
)
def test_what_the_portal_said_counts_not_how_its_page_takes_it(
    client: str, answer: str, kind: type[ShopdataError], words: str
) -> None:
    with pytest.raises(kind, match=words):
        post(answer, client=client)


@pytest.mark.parametrize("client", [RETURNS, THROWS_IT], ids=["returns", "throws it"])
def test_a_plain_no_is_the_answer(client: str) -> None:
    assert post(no(3000001, "系统异常"), client=client)["error_code"] == 3000001


@pytest.mark.parametrize(
    ("options", "found"),
    [
        pytest.param({"is_down": True}, "ERR_CONNECTION_REFUSED", id="nothing listens"),
        pytest.param({"page_status": 502}, "HTTP 502", id="the page is down"),
    ],
)
def test_a_page_that_does_not_come_is_asked_for_again_by_the_next_try(options: dict[str, Any], found: str) -> None:
    with pytest.raises(PortalError, match=f"its chat page: .*Found .*{found}") as caught:
        post("{}", **options)
    assert "token" not in str(caught.value)


def test_a_page_that_says_too_often_lets_the_shop_cool_down() -> None:
    with pytest.raises(RiskBlockedError, match="HTTP 429"):
        post("{}", page_status=429)


@pytest.mark.parametrize(("deaths", "is_answered"), [(1, True), (99, False)], ids=["once", "each time"])
def test_a_browser_that_ends_in_a_call(deaths: int, *, is_answered: bool) -> None:
    """The next try has a new one; after a few of them it is the machine's trouble."""
    browsers: list[OwnChromium] = []

    async def serve(route: Route) -> None:
        if route.request.method != "POST":
            await route.fulfill(body=PAGE.replace("CLIENT", RETURNS), content_type="text/html")
        elif len(browsers) <= deaths:
            for process in psutil.Process().children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess):
                    if "--remote-debugging-pipe" in process.cmdline():
                        process.kill()
        else:
            await route.fulfill(body='{"success": true, "result": 1}', content_type="application/json")

    async def download(request: Request) -> Response:
        browsers.append(OwnChromium({"executable_path": os.environ.get("SHOPDATA_BROWSER_PATH")}))
        context = await (await browsers[-1].start()).new_context()
        await context.route("**", serve)
        request.meta["playwright_page"] = page = await context.new_page()
        await page.goto(request.url)
        return HtmlResponse(request.url, request=request)

    async def at_once() -> None:
        """Here nothing is paced."""

    async def run() -> dict[str, Any]:
        try:
            async with SignedPage(download, ORIGIN, SHOP, PORTAL, login_for("pdd"), at_once).opened() as signed:
                return await signed.post(PATH, {"uid": 1})
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
def test_an_odd_answer_is_told(answer: str, kind: type[ShopdataError], words: str) -> None:
    with pytest.raises(kind, match=words):
        post(answer)


def test_odd_values_come_as_they_are() -> None:
    found = post('{"result": {"contentList": [{"content": "好的\\ud83d", "time": 1e999}], "total": 1}}')
    (row,) = found["result"]["contentList"]
    assert row["content"] in ("好的\ud83d", "好的\ufffd")
    assert row["time"] == float("inf")
