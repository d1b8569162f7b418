"""A page that is pressed: what it sends is set or held against what was to be asked, and what is wrong is told."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from as_in_a_run import shared_chromium
from playwright.async_api import Browser, Page
from scrapy import FormRequest
from scrapy.http import JsonRequest

from shopdata.crawling import page_requests
from shopdata.crawling.page_requests import Answered, OwnRequests, PageRequestError, press_and_catch
from shopdata.crawling.page_signs import Pressed

pytestmark = pytest.mark.browser

PAGE = """<input id=day value=2026-03-02><button id=down>下载数据</button><button>重名</button><button>重名</button>
<iframe srcdoc="<button onclick='parent.order()'>确定</button>"></iframe>
<script>
document.cookie = "a=1";
function order() {
    const day = document.getElementById("day").value;
    const body = { date: day, startDate: day, search: JSON.stringify({ day }), n: 1 };
    const headers = { "content-type": "application/json" };
    for (const _ of [1, 2]) fetch("/api/order?uuid=u-1", { method: "POST", headers, body: JSON.stringify(body) });
}
document.getElementById("down").onclick = () => fetch("/api/form?uuid=u-1", {
    method: "POST", body: new URLSearchParams({ day: document.getElementById("day").value, kind: "sku" }),
});
fetch("/api/list?uuid=u-7", { headers: { "User-Mnp": "m-1" } });
</script>"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[tuple[asyncio.Runner, Browser]]:
    with shared_chromium() as found:
        yield found


class Far(ThreadingHTTPServer):
    """The portal's side: what has arrived."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.origin = f"http://127.0.0.1:{self.server_port}"
        self.arrived: list[tuple[str, str]] = []


class _Answers(BaseHTTPRequestHandler):
    server: Far

    def do_GET(self) -> None:
        self._send(PAGE if self.path == "/board" else "{}", "text/html; charset=utf-8")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.arrived.append((self.path, body))
        self._send('{"ok": 900719925474099301}', "application/json")

    def _send(self, text: str, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@pytest.fixture
def in_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for what does not come."""
    monkeypatch.setattr(page_requests, "PATIENCE_SECONDS", 0.3)


Run = Callable[[Callable[[Page], Any]], Any]


@pytest.fixture
def far() -> Iterator[Far]:
    with Far() as far:
        Thread(target=far.serve_forever, args=(0.05,)).start()
        yield far
        far.shutdown()


@pytest.fixture
def on_page(chromium: tuple[asyncio.Runner, Browser], far: Far) -> Run:
    runner, browser = chromium

    def run(act: Callable[[Page], Any]) -> Any:
        async def go() -> Any:
            context = await browser.new_context()
            try:
                page = await context.new_page()
                own = OwnRequests()
                own.watch(page)
                await page.goto(f"{far.origin}/board")
                return await (act(page) if act.__code__.co_argcount == 1 else act(page, own))  # type: ignore[call-arg]
            finally:
                await context.close()

        return runner.run(go())

    return run


DAY = "2026-03-01"
WHOLE = {"date": DAY, "startDate": DAY, "search": json.dumps({"day": DAY})}


def pressed(*press: str, is_rewritten: bool = True, **fill: str) -> Pressed:
    return Pressed({f"#{name}": text for name, text in fill.items()}, press, is_rewritten, 60)


def test_what_is_set_is_set_and_the_rest_stays(on_page: Run, far: Far) -> None:
    asked = JsonRequest(f"{far.origin}/api/order", data=WHOLE, method="POST")
    answer: Answered = on_page(lambda page: press_and_catch(page, asked, pressed("确定")))
    assert json.loads(answer.body) == {"ok": 900719925474099301}
    ((path, body),) = far.arrived
    assert (path, json.loads(body)) == ("/api/order?uuid=u-1", {**WHOLE, "n": 1})


def test_a_form_is_set_too(on_page: Run, far: Far) -> None:
    asked = FormRequest(f"{far.origin}/api/form?uuid=u-2", formdata={"day": DAY})
    on_page(lambda page: press_and_catch(page, asked, pressed("下载数据")))
    assert far.arrived == [("/api/form?uuid=u-2", f"day={DAY}&kind=sku")]


def test_what_is_typed_leaves_as_the_page_made_it(on_page: Run, far: Far) -> None:
    asked = JsonRequest(f"{far.origin}/api/order", data={"date": DAY, "startDate": DAY}, method="POST")
    on_page(lambda page: press_and_catch(page, asked, pressed("确定", is_rewritten=False, day=DAY)))
    assert [json.loads(body)["search"] for _, body in far.arrived] == [json.dumps({"day": DAY}, separators=(",", ":"))]


@pytest.mark.parametrize(
    ("press", "data", "is_rewritten", "found", "todo"),
    [
        (["确定"], {"date": DAY, "startDate": DAY}, True, "would still say '2026-03-02' elsewhere", "each place"),
        (["确定"], {"dates": DAY}, True, "has no dates under json, but date, startDate, search, n", "under json only"),
        (["确定"], {"date": DAY}, False, "says '2026-03-02', and '2026-03-01' was to be asked", "by `fill`"),
    ],
    ids=["a day forgotten", "another request", "another day"],
)
def test_what_might_be_wrong_does_not_leave(
    on_page: Run, far: Far, press: list[str], data: dict[str, Any], is_rewritten: bool, found: str, todo: str
) -> None:
    asked = JsonRequest(f"{far.origin}/api/order", data=data, method="POST")
    with pytest.raises(PageRequestError) as told:
        on_page(lambda page: press_and_catch(page, asked, pressed(*press, is_rewritten=is_rewritten)))
    assert found in str(told.value)
    assert todo in told.value.todo
    assert far.arrived == []


@pytest.mark.usefixtures("in_haste")
@pytest.mark.parametrize(
    ("word", "found", "todo"),
    [
        ("确认", "no '确认' on the page in 0.3 seconds", "look what it says now"),
        ("重名", "2 places that say '重名'", "Write css:"),
    ],
    ids=["none", "two"],
)
def test_what_is_not_there_once_is_not_pressed(on_page: Run, far: Far, word: str, found: str, todo: str) -> None:
    asked = JsonRequest(f"{far.origin}/api/order", data=WHOLE, method="POST")
    with pytest.raises(PageRequestError, match=found) as told:
        on_page(lambda page: press_and_catch(page, asked, pressed(word)))
    assert todo in told.value.todo
    assert far.arrived == []


def test_a_page_that_sends_nothing_is_given_up(on_page: Run, far: Far) -> None:
    asked = JsonRequest(f"{far.origin}/api/other", data=WHOLE, method="POST")
    sign = Pressed({}, ("下载数据",), is_rewritten=True, seconds=0.2)
    with pytest.raises(
        PageRequestError, match=r"no POST to /api/other was answered within 0.2 seconds after '下载数据'"
    ):
        on_page(lambda page: press_and_catch(page, asked, sign))


def test_what_the_pages_own_request_carries_is_lent(on_page: Run, far: Far) -> None:
    async def lend(_: Page, own: OwnRequests) -> Any:
        return await own.lend(f"{far.origin}/api/list?x=1", ("user-mnp", "uuid"))

    assert on_page(lend) == ({"user-mnp": "m-1"}, {"uuid": "u-7"})


@pytest.mark.usefixtures("in_haste")
@pytest.mark.parametrize(
    ("path", "names", "found", "todo"),
    [
        ("/api/list", ("h5st",), "has no h5st", "Borrow what it has: .*user-mnp"),
        ("/api/lists", ("user-mnp",), "no request of the page's own to /api/lists in 0.3 seconds", "rewrite or click"),
    ],
)
def test_what_it_does_not_carry_is_told(
    on_page: Run, far: Far, path: str, names: tuple[str, ...], found: str, todo: str
) -> None:
    async def lend(_: Page, own: OwnRequests) -> Any:
        return await own.lend(far.origin + path, names)

    with pytest.raises(PageRequestError, match=found) as told:
        on_page(lend)
    assert re.search(todo, told.value.todo)
