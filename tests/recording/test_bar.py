"""The bar in a window: over the page, in every popup, and nothing that the page can see or call."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import date

import pytest
from as_in_a_run import shared_chromium
from playwright.async_api import Browser, CDPSession, Page, Route
from playwright.async_api import Error as PlaywrightError

from shopdata.recording.bar import Bar
from shopdata.recording.showing import End, Take, Took
from shopdata.wording import Texts

pytestmark = pytest.mark.browser

DAY = date(2026, 11, 21)
#: What a page's own script finds of it.
SEEN = """() => {
  const bar = document.querySelector("shopdata-bar");
  return {
    names: Object.keys(globalThis).filter((name) => name.startsWith("shopdata")),
    root: bar.shadowRoot, text: bar.textContent, body: document.body.contains(bar),
    on_top: bar.matches(":popover-open"), box: bar.getBoundingClientRect().toJSON(),
  };
}"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[tuple[asyncio.Runner, Browser]]:
    with shared_chromium() as shared:
        yield shared


async def answer(route: Route) -> None:
    """A page that lets in no script and no style of others, and lies on top of all."""
    policy = "default-src 'none'; script-src 'none'; style-src 'none'"
    page = "<body><dialog open>x</dialog><main>订单</main></body>"
    await route.fulfill(body=page, content_type="text/html", headers={"Content-Security-Policy": policy})


async def _box(session: CDPSession, label: str) -> list[float] | None:
    tree = await session.send("Accessibility.getFullAXTree")
    buttons = [node for node in tree["nodes"] if node.get("role", {}).get("value") == "button"]
    for node in buttons:
        if node.get("name", {}).get("value") == label:
            with suppress(PlaywrightError):
                found = await session.send("DOM.getBoxModel", {"backendNodeId": node["backendDOMNodeId"]})
                return found["model"]["content"]
    return None


async def press(page: Page, label: str) -> None:
    """A button of it, as a hand does: its root is closed to everybody else."""
    session = await page.context.new_cdp_session(page)
    # It is made anew with each page that has loaded, so what was found may be gone.
    deadline = time.monotonic() + 120
    while (box := await _box(session, label)) is None:
        assert time.monotonic() < deadline, label
        await page.wait_for_timeout(100)
    await page.mouse.click((box[0] + box[4]) / 2, (box[1] + box[5]) / 2)


async def shown(browser: Browser, code: str) -> None:
    texts, wishes = Texts(code), asyncio.Queue[End]()
    context = await browser.new_context()
    await context.route("**/*", answer)
    page = await context.new_page()
    bar = Bar(context, texts, wishes.put_nowait)
    await bar.begin()
    await bar.show_take(Take(1, 2, DAY))
    await page.goto("http://portal.test/page")
    await page.wait_for_selector("shopdata-bar", state="attached")
    seen = await page.evaluate(SEEN)
    assert (seen["names"], seen["root"], seen["text"], seen["body"], seen["on_top"]) == ([], None, "", False, True)
    assert 300 < seen["box"]["width"] <= 1280
    # A script's click is none, and a page that clears its document has it again.
    await press(page, texts("record.bar.rows"))
    assert await wishes.get() is End.ROWS
    await page.evaluate("document.querySelector('shopdata-bar').remove()")
    await page.wait_for_selector("shopdata-bar", state="attached")
    # A popup has it too, and what came is said in each.
    async with context.expect_page() as opening:
        await page.evaluate("open('/page?popup')")
    popup = await opening.value
    await popup.wait_for_selector("shopdata-bar", state="attached")
    files = ({"kind": "csv", "rows": 3, "columns": ["订单号", "金额"]},)
    await bar.show_took(Took(Take(1, 2, DAY), files, 4))
    await press(popup, texts("record.bar.next"))
    assert await wishes.get() is End.NEXT
    await context.close()


@pytest.mark.parametrize("code", ["zh", "en"])
def test_the_bar_is_over_every_page_and_part_of_none(chromium: tuple[asyncio.Runner, Browser], code: str) -> None:
    runner, browser = chromium
    runner.run(shown(browser, code))
