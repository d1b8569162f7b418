"""What a real browser shows a recorder: the stand-in portals, and each way in which a page may hand out a file."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from as_in_a_run import shared_chromium
from asked import asked
from kept_journals import dialects, shipped
from person import LISTS, THIRD, WAYS, Notes, quick_sandbox, record
from playwright.async_api import Browser, Page

from sandbox import Sandbox
from shopdata.recording.inference import infer
from shopdata.recording.journal import Call, Download
from shopdata.recording.recorder import Recorder

pytestmark = pytest.mark.browser

CSV = "订单号,金额\n{by}-100000000001,3\n"
PAGE = """
<input type="hidden" name="csrf" value="a1b2c3d4e5f6a7b8"><a id="link" href="/file?by=link">x</a>
<a id="attribute" href="/file?by=attribute" download="a.csv">x</a>
<form id="form" method="post" action="/file"><input name="by" value="form"></form>
<form id="popup" method="post" action="/file" target="_blank"><input name="by" value="popup"></form>
<iframe id="frame"></iframe>
<script>
async function blob() {
  const answer = await (await fetch("/file?by=blob", {headers: {"x-token": "t"}})).blob();
  const a = document.createElement("a"); a.href = URL.createObjectURL(answer); a.download = "a.csv"; a.click();
}
async function parts(file) {
  const form = new FormData(document.getElementById("form"));
  form.set("by", "parts");
  if (file) form.append("file", new Blob(["x"]), "x.txt");
  form.append('店 "铺"', "茶\\r\\n--x; name=no");
  const answer = await (await fetch("/file", {method: "POST", body: form})).blob();
  const a = document.createElement("a"); a.href = URL.createObjectURL(answer); a.download = "a.csv"; a.click();
}
const ways = {
  link: () => document.getElementById("link").click(), attribute: () => document.getElementById("attribute").click(),
  form: () => document.getElementById("form").submit(), popup: () => document.getElementById("popup").submit(),
  frame: () => { document.getElementById("frame").src = "/file?by=frame"; }, blob, parts, attached: () => parts(true),
};
</script>
"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[tuple[asyncio.Runner, Browser]]:
    with shared_chromium() as shared:
        yield shared


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with quick_sandbox() as running:
        yield running


@pytest.mark.parametrize("dataset", WAYS)
def test_what_a_person_shows_is_what_is_delivered(
    dataset: str, chromium: tuple[asyncio.Runner, Browser], sandbox: Sandbox
) -> None:
    runner, browser = chromium
    journal = runner.run(record(browser, sandbox, dataset))
    assert [len(take.downloads) for take in journal.takes] == [0 if dataset in LISTS else 1] * 2
    recipe = infer(journal, dialects(dataset, sandbox.origins), dataset).recipe
    wanted = shipped(dataset)
    wanted["recipe"]["dataset"] = dataset
    hosts = {name: sandbox.origins[name] for name in ("mms", "report", "gateway", "ads", "cashier")}
    assert asked(recipe, THIRD, hosts) == asked(wanted, THIRD, hosts)


class Desk(BaseHTTPRequestHandler):
    """A back office of one page and one file. Not a route of the browser: that sees no `a[download]`."""

    #: Of a POST.
    asked = ""

    def do_GET(self) -> None:
        # A file of its own for each way: of two that are alike, nobody can say which call it came of.
        by = re.search(r"\bby\W+(\w+)", self.path + self.asked)
        by_page = "by=blob" in self.path
        head = {} if by_page else {"Content-Disposition": "attachment; filename=a.csv"}
        kind, body = (
            ("text/csv", CSV.format(by=by[1] if by else ""))
            if "/file" in self.path
            else ("text/html; charset=utf-8", PAGE)
        )
        self.send_response(200)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body.encode())), **head}.items():
            if name != "Content-Disposition" or "/file" in self.path:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body.encode())

    def do_POST(self) -> None:
        self.asked = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.do_GET()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def desk() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Desk) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


async def _by(browser: Browser, desk: str, ways: list[str], *, is_closed: bool = False) -> list[Call | Download]:
    notes = Notes([])
    recorder = Recorder(notes.begin, notes.note)
    context = await browser.new_context(accept_downloads=True)
    recorder.listen(context)
    recorder.begin(date(2026, 3, 1))
    for way in ways:
        page: Page = await context.new_page()
        await page.goto(f"{desk}/page")
        begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def note(_: object, begun: asyncio.Future[None] = begun) -> None:
            if not begun.done():
                begun.set_result(None)

        page.on("download", note)
        context.on("page", lambda popup, note=note: popup.on("download", note))  # type: ignore[misc]
        await page.evaluate(f"ways.{way}()")
        await begun
        if is_closed:
            await page.close()
    await recorder.end()
    await context.close()
    return notes.takes[0][1]


def test_every_way_of_a_file_is_seen(chromium: tuple[asyncio.Runner, Browser], desk: str) -> None:
    runner, browser = chromium
    ways = ["link", "attribute", "form", "popup", "frame", "blob", "parts"]
    told = runner.run(_by(browser, desk, ways))
    files = [entry for entry in told if isinstance(entry, Download)]
    calls = {entry.number: entry for entry in told if isinstance(entry, Call)}
    assert [(file.file, file.table["rows"], [one["name"] for one in file.table["columns"]]) for file in files] == [
        ("csv", 1, ["订单号", "金额"])
    ] * len(ways)
    asked_by = [
        dict(calls[file.of].query).get("by") or dict((calls[file.of].body or {})["form"])["by"]
        for file in files
        if file.of
    ]
    assert asked_by == ways
    assert calls[files[-1].of or 0].body == {
        "form": [["by", "parts"], ['店 "铺"', "茶\r\n--x; name=no"]],
        "multipart": True,
    }
    pages = [call for call in calls.values() if call.path == ("page",)]
    assert {str((call.answer or {}).get("html")) for call in pages} == {"{'input:csrf': 'a1b2c3d4e5f6a7b8'}"}


def test_a_body_that_the_browser_does_not_show_is_not_taken_for_none(
    chromium: tuple[asyncio.Runner, Browser], desk: str
) -> None:
    runner, browser = chromium
    told = runner.run(_by(browser, desk, ["attached"]))
    bodies = [call.body for call in told if isinstance(call, Call) and call.method == "POST"]
    assert [list(body or ()) for body in bodies] == [["opaque"]]


def test_a_window_that_is_closed_loses_nothing(chromium: tuple[asyncio.Runner, Browser], desk: str) -> None:
    runner, browser = chromium
    told = runner.run(_by(browser, desk, ["link"], is_closed=True))
    assert [type(entry).__name__ for entry in told if entry.at] == ["Call", "Call", "Download"]
