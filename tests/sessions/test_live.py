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
from shopdata.sessions.devices import open_context
from shopdata.sessions.live import around
from shopdata.sessions.live.fence import Fence
from shopdata.sessions.live.hand import Hand
from shopdata.sessions.live.sitting import CONTEXT_OPTIONS

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
#: What a page may try with a person's click: to give a file, to take one, to read what somebody has copied elsewhere.
GRASPING = """<body style="margin:0">
<style>button, input { display: block; width: 200px; height: 40px; margin: 0 }</style>
<button id="give">give</button><input id="take" type="file"><button id="read">read</button>
<script>
  const says = (word) => { document.title = word; };
  document.querySelector("#give").onclick = () => {
    const link = document.createElement("a");
    [link.href, link.download] = [URL.createObjectURL(new Blob(["kept by nobody"])), "report.csv"];
    link.click();
  };
  document.querySelector("#take").onchange = (event) => says(`took ${event.target.files.length}`);
  document.querySelector("#read").onclick = () => navigator.clipboard.readText().then(
    (text) => says(`read ${text}`), (error) => says(`read nothing: ${error.name}`));
</script>"""
#: What a page must ask for; nobody is there to be asked.
ASKED_FOR = ("clipboard-read", "geolocation", "camera", "microphone", "notifications")


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


def test_a_page_gives_no_file_takes_none_and_reads_no_clipboard(browser: Chromium) -> None:
    with serving(Host(pages={"/login": GRASPING})) as host:

        async def act(other: Page) -> None:
            assert other.context.browser is not None
            context = await open_context(other.context.browser, **CONTEXT_OPTIONS)
            page, hand = await context.new_page(), Hand()
            await page.goto(f"{host.origin}/login")
            await hand.hold(page)
            playing = asyncio.ensure_future(hand.play())

            def click(line: int) -> None:
                at = (20, 40 * line + 20)
                hand.take([[line, "move", *at], [line + 0.1, "down", *at], [line + 0.2, "up", *at]])

            try:
                async with page.expect_download() as started:
                    click(0)
                assert "accept_downloads" in (await (await started.value).failure() or "")
                async with page.expect_file_chooser():
                    # Playwright begins to listen without waiting; what is asked after that is answered after it.
                    await page.title()
                    click(1)
                hand.take([[1.5, "text", "/etc/hostname"], [1.6, "key", "Enter"]])
                click(2)
                await page.wait_for_function("() => document.title")
                assert await page.title() == "read nothing: NotAllowedError"
                assert await page.locator("#take").evaluate("field => field.files.length") == 0
                ask = "async (name) => (await navigator.permissions.query({ name })).state"
                states = [await page.evaluate(ask, name) for name in ASKED_FOR]
                assert "granted" not in states
            finally:
                playing.cancel()
                await context.close()

        browser.visit(f"{host.origin}/login", act)
