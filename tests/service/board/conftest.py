"""One board for all of these tests, behind scrapyd's sign-in, and browsers to look at it with."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlencode

import pytest
from board_scenes import ordinary_morning, publish
from board_world import NOW, PASSWORD, REPO, USER, BoardWorld
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from shopdata.sandbox.store import SeaweedStore


@dataclass
class Answer:
    """What came back. `text` is the body as UTF-8."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def visible(self) -> str:
        """The text without its tags, blanks joined."""
        return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", self.text)).strip()


@dataclass
class Client:
    """A program that asks the board. It keeps cookies as a browser does, unless it is told not to."""

    port: int
    folder: Path
    cookies: dict[str, str] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self, method: str, path: str, form: Mapping[str, str] | None = None, *, user: str = USER, **headers: str
    ) -> Answer:
        """`headers` are written with `_` for `-`; an empty `user` sends no credentials."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if user:
            sent["Authorization"] = "Basic " + b64encode(f"{user}:{PASSWORD}".encode()).decode()
        if self.cookies:
            sent.setdefault("Cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        body = None if form is None else urlencode(form)
        if body is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            for cookie in answer.headers.get_all("Set-Cookie") or ():
                name, _, value = cookie.partition(";")[0].partition("=")
                self.cookies[name] = value
            return Answer(answer.status, dict(answer.headers), answer.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, **headers)

    def press(self, page: str, action: str, **values: str) -> Answer:
        """Sends the form of a page that goes to this action and has these values, as a browser without scripts does."""
        forms = [form for form in forms_of(self.get(page).text) if form.action.endswith(f"/do/{action}")]
        found = [form for form in forms if values.items() <= form.values.items()]
        assert found, f"no button for {action} {values} among {[form.values for form in forms]}"
        return self.ask("POST", found[0].action, found[0].values)

    def calls(self) -> list[dict]:
        """What the service was told to do since the last time that this was asked."""
        path = self.folder / "calls.jsonl"
        if not path.exists():
            return []
        lines = path.read_text("utf-8").splitlines()
        path.unlink()
        return [json.loads(line) for line in lines]


@dataclass
class Form:
    action: str
    values: dict[str, str] = field(default_factory=dict)


def forms_of(html: str) -> list[Form]:
    """The forms of a page that are sent by POST."""
    found: list[Form] = []

    class Parser(HTMLParser):
        is_inside = False

        def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            values = dict(attributes)
            if tag == "form" and values.get("method") == "post":
                self.is_inside = True
                found.append(Form(values["action"] or ""))
            elif tag == "input" and self.is_inside:
                found[-1].values[values["name"] or ""] = values.get("value") or ""

        def handle_endtag(self, tag: str) -> None:
            if tag == "form":
                self.is_inside = False

    Parser().feed(html)
    return found


Serve = Callable[[BoardWorld], Client]


@pytest.fixture(scope="session")
def serve() -> Iterator[Serve]:
    """Starts boards; each ends when its standard input is closed."""
    started: list[subprocess.Popen[str]] = []

    def start(world: BoardWorld) -> Client:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SHOPDATA_")}
        environment = kept | {"PYTHONPATH": str(REPO), "SHOPDATA_CONFIG_DIR": str(world.config_dir)}
        command = [sys.executable, Path(__file__).with_name("board_server.py"), world.folder]
        process = subprocess.Popen(
            [*map(str, command), NOW.isoformat(), USER, PASSWORD],
            cwd=REPO, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        started.append(process)
        assert process.stdout is not None
        return Client(int(process.stdout.readline()), world.folder)

    yield start
    for process in started:
        process.communicate(timeout=20)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory, object_store_server: SeaweedStore) -> BoardWorld:
    """An ordinary morning with hostile names of shops, and a store that holds JD's partition."""
    settings = object_store_server.settings(bucket="board")
    made = ordinary_morning(tmp_path_factory.mktemp("board"), settings, is_hostile=True)
    publish(made, settings)
    kept = made.state_dir / "rejected" / "jd_store" / "2026-11-23" / "jd-03.xlsx"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"<html>not a workbook</html>")
    picture = made.state_dir / "screenshots" / "jd_jd-05.png"
    picture.parent.mkdir()
    shutil.copy(REPO / "docs" / "images" / "merged-workbook.png", picture)
    return made


@pytest.fixture(scope="session")
def served(serve: Serve, world: BoardWorld) -> Client:
    """The board on that morning."""
    return serve(world)


@pytest.fixture
def client(served: Client) -> Client:
    """A visitor of it with no cookies; what was told before is forgotten."""
    visitor = Client(served.port, served.folder)
    visitor.calls()
    return visitor


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for this module. Playwright's loop runs in this thread, so it must end with the module."""
    path = os.environ.get("SHOPDATA_BROWSER_PATH") or shutil.which("chromium")
    is_root = sys.platform.startswith("linux") and os.geteuid() == 0
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"] if is_root else [])
        yield launched
        launched.close()


NewContext = Callable[..., BrowserContext]


@pytest.fixture
def new_context(browser: Browser, served: Client) -> Iterator[NewContext]:
    """Browsers of somebody who is signed in. A script's error, a refused resource or a dialog fails the test."""
    contexts: list[BrowserContext] = []
    troubles: list[str] = []

    def make(**options: object) -> BrowserContext:
        known = {"locale": "zh-CN", "viewport": {"width": 1280, "height": 900}, "base_url": served.origin}
        signed_in = {"http_credentials": {"username": USER, "password": PASSWORD}}
        context = browser.new_context(**(known | signed_in | options))
        contexts.append(context)
        context.on("weberror", lambda error: troubles.append(str(error.error)))
        context.on("console", lambda line: troubles.append(line.text) if line.type in ("error", "warning") else None)
        return context

    yield make
    for context in contexts:
        context.close()
    assert troubles == []
