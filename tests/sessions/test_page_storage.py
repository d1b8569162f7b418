"""What pages have stored is brought to their first document and read at the end, without a tab of its own for it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page
from two_hosts import Host, serving

from shopdata.browser.starting import OwnChromium
from shopdata.config import Shop
from shopdata.platforms.jd.portal import JdPortal
from shopdata.sessions.devices import DeviceStore, keep_device, open_context

pytestmark = [pytest.mark.browser, pytest.mark.services]

#: A page whose own script has looked before anything else, and may store more.
PAGE = """<!DOCTYPE html><link rel="icon" href="data:,"><script>
const found = { text: localStorage.getItem("text"), number: null };
function open_box(then) {
  const opening = indexedDB.open("device", 3);
  opening.onupgradeneeded = () => {
    const box = opening.result.createObjectStore("ids", { keyPath: "name" });
    box.createIndex("by_day", "day", { unique: false });
    opening.result.createObjectStore("log", { autoIncrement: true });
  };
  opening.onsuccess = () => then(opening.result);
}
open_box((database) => {
  const asked = database.transaction("ids").objectStore("ids").index("by_day").get(7);
  asked.onsuccess = () => { found.number = asked.result?.id ?? null; database.close(); document.title = "looked"; };
});
function store(id) {
  localStorage.setItem("text", `"text' of ${id} 京东`);
  return new Promise((resolve) => open_box((database) => {
    const writing = database.transaction(["ids", "log"], "readwrite");
    writing.objectStore("ids").put({ name: "number", day: 7, id });
    writing.objectStore("log").add(["seen", null, { deep: [1.5, true] }]);
    writing.oncomplete = () => { database.close(); resolve(); };
  }));
}
</script>"""


@pytest.fixture
def hosts() -> Iterator[tuple[Host, Host]]:
    with serving(Host(pages={"/": PAGE})) as one, serving(Host(pages={"/": PAGE})) as other:
        yield one, other


@pytest.fixture
def portal(hosts: tuple[Host, Host]) -> JdPortal:
    origin = hosts[0].origin
    return JdPortal(login_url=origin, report_origin=origin, gateway_origin=origin, download_hosts=("127.0.0.1",))


def in_browser(work: Callable[[Browser], Awaitable[None]]) -> None:
    """Runs `work` with a browser of its own."""

    async def run() -> None:
        own = OwnChromium({"executable_path": os.environ.get("SHOPDATA_BROWSER_PATH")})
        try:
            await work(await own.start())
        finally:
            await own.close()

    asyncio.run(run())


async def tabs(browser: Browser) -> list[str]:
    """A list that grows with each tab that the browser opens from now on."""
    opened: list[str] = []
    session = await browser.new_browser_cdp_session()
    session.on("Target.targetCreated", lambda event: opened.append(event["targetInfo"]["type"]))
    await session.send("Target.setDiscoverTargets", {"discover": True})
    return opened


async def look(page: Page, host: Host) -> dict[str, Any]:
    """What the page of a host found when it was opened."""
    await page.goto(f"{host.origin}/")
    await page.wait_for_function("document.title === 'looked'")
    found: dict[str, Any] = await page.evaluate("found")
    return found


def test_what_two_hosts_stored_comes_back(
    hosts: tuple[Host, Host], portal: JdPortal, shop: Shop, device_store: DeviceStore
) -> None:
    one, other = hosts

    async def visit(browser: Browser) -> None:
        opened = await tabs(browser)
        context = await open_context(browser)
        page = await context.new_page()
        for number, host in enumerate(hosts):
            assert await look(page, host) == {"text": None, "number": None}
            await page.evaluate("store", f"id-{number}")
        await keep_device(device_store, context, shop, portal)
        await context.close()
        assert [one.asked, other.asked] == [["/"], ["/"]]

        again = await open_context(browser, storage_state=device_store.load(shop))
        page = await again.new_page()
        for number, host in enumerate(hosts):
            assert await look(page, host) == {"text": f"\"text' of id-{number} 京东", "number": f"id-{number}"}
        # What the page has changed since stays as the page has it.
        await page.evaluate("localStorage.setItem('text', 'newer')")
        assert (await look(page, other))["text"] == "newer"
        await again.close()
        assert opened.count("page") == 2

    in_browser(visit)


def test_of_a_host_that_was_not_visited_nothing_is_lost(
    hosts: tuple[Host, Host], portal: JdPortal, shop: Shop, device_store: DeviceStore
) -> None:

    async def visit(browser: Browser) -> None:
        for wanted in (hosts, hosts[:1], hosts[:1]):
            context = await open_context(browser, storage_state=device_store.load(shop))
            page = await context.new_page()
            for host in wanted:
                await look(page, host)
                await page.evaluate("store", "first" if len(wanted) == 2 else "second")
            await keep_device(device_store, context, shop, portal)
            await context.close()
        context = await open_context(browser, storage_state=device_store.load(shop))
        page = await context.new_page()
        assert [(await look(page, host))["number"] for host in hosts] == ["second", "first"]

    in_browser(visit)


@pytest.mark.parametrize("value", ["new Date(0)", "new Uint8Array([1, 2])", "new Map([[1, 2]])", "NaN"])
def test_what_is_no_json_comes_back_too(
    hosts: tuple[Host, Host],
    portal: JdPortal,
    shop: Shop,
    device_store: DeviceStore,
    value: str,
) -> None:

    async def visit(browser: Browser) -> None:
        context = await open_context(browser)
        page = await context.new_page()
        await look(page, hosts[0])
        await page.evaluate(f"store({value})")
        await keep_device(device_store, context, shop, portal)
        await context.close()
        page = await (await open_context(browser, storage_state=device_store.load(shop))).new_page()
        await look(page, hosts[0])
        kind = "(value) => Object.prototype.toString.call(value) + [...(value?.entries?.() ?? [String(+value)])].join()"
        assert await page.evaluate(f"({kind})(found.number) === ({kind})({value})")

    in_browser(visit)
