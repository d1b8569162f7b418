"""What a person who signs in from elsewhere may see and where they may go, in a real page."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from pages import Chromium, chromium
from playwright.async_api import BrowserContext, Page
from pydantic import SecretStr
from two_hosts import Host, serving

from shopdata.config import Shop
from shopdata.platforms.jd.portal import JdPortal
from shopdata.sessions.live import around
from shopdata.sessions.live.fence import Fence

pytestmark = pytest.mark.browser

USERNAME, PASSWORD = "account-of-one", "right-horse-one"
SHOP = Shop(id="one", name="店", platform="jd", username=USERNAME, password=SecretStr(PASSWORD))

LOOK = "field => getComputedStyle(field).webkitTextSecurity"
FORM = '<input id="name"><input id="secret" type="password"><input id="search"><textarea id="note"></textarea>'
#: What may lead away, each by another way.
WAYS = {
    "a link": '<a id="go" href="FOREIGN/x">go</a>',
    "a window": '<a id="go" href="FOREIGN/x" target="_blank">go</a>',
    "a script": "<button id=go onclick=\"location.href='FOREIGN/x'\">go</button>",
    "a script's window": "<button id=go onclick=\"window.open('FOREIGN/x')\">go</button>",
    "a form": '<form action="FOREIGN/x" method="post"><button id="go">go</button></form>',
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    with chromium() as started:
        yield started


def portal_of(origin: str) -> JdPortal:
    return JdPortal(
        login_url=f"{origin}/login", report_origin=origin, gateway_origin=origin, download_hosts=("files.example",)
    )


def test_a_password_stays_veiled_whatever_is_done_to_its_field(browser: Chromium) -> None:
    with serving(Host(pages={"/login": FORM})) as host:
        portal = portal_of(host.origin)

        async def act(page: Page) -> None:
            await page.fill("#name", USERNAME)
            await page.fill("#secret", PASSWORD)
            await around.veil(page, portal, (USERNAME, PASSWORD))
            secret = page.locator("#secret")
            await secret.evaluate("field => { field.type = 'text'; field.style.webkitTextSecurity = 'none'; }")
            assert await secret.evaluate(LOOK) == "disc"
            # Something more in it, or less, makes it no other password.
            await secret.press("End")
            await secret.press("x")
            assert await secret.evaluate(LOOK) == "disc"
            for _ in range(6):
                await secret.press("Backspace")
            assert await secret.evaluate(LOOK) == "disc"
            # Nor does another field, or one that was not there.
            await page.locator("#note").fill(f"so: {PASSWORD}.")
            assert await page.locator("#note").evaluate(LOOK) == "disc"
            await page.evaluate(
                "value => document.body.insertAdjacentHTML('beforeend', `<input id=new value=${value}>`)", PASSWORD
            )
            assert await page.locator("#new").evaluate(LOOK) == "disc"
            # What a person types themselves is shown, in that field as well once it was emptied.
            await secret.fill("")
            await secret.type("their own")
            await page.locator("#search").type("right")
            for field in ("#secret", "#search"):
                assert await page.locator(field).evaluate(LOOK) == "none"

        browser.visit(f"{host.origin}/login", act)


def test_nobody_is_let_go_elsewhere(browser: Chromium) -> None:
    with serving(Host()) as foreign, serving(Host()) as own:
        own.pages |= {f"/{number}": way.replace("FOREIGN", foreign.origin) for number, way in enumerate(WAYS.values())}
        foreign.pages["/x"] = "<h1>elsewhere</h1>"
        portal, told = portal_of(own.origin), []

        async def act(page: Page) -> None:
            context: BrowserContext = page.context
            fence = Fence(portal, told.append)
            await fence.enclose(context)
            for number in range(len(WAYS)):
                await page.goto(f"{own.origin}/{number}")
                before = len(told)
                await page.click("#go")
                async with asyncio.timeout(30):
                    while len(told) == before or len(context.pages) > 1:
                        await page.wait_for_timeout(20)
                assert page.url == f"{own.origin}/{number}"
                assert await page.locator("#go").is_visible()
            assert fence.hosts == {own.origin.removeprefix("http://")}

        browser.visit(f"{own.origin}/0", act)
        assert set(told) == {foreign.origin.removeprefix("http://")}
        assert foreign.asked == []
