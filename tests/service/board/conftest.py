"""One board for all of these tests, behind its door, and browsers to look at it with."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from board_client import Client, NewContext, Serve, basic
from board_scenes import ordinary_morning, publish
from board_world import NOW, PASSWORD, REPO, USER, BoardWorld
from folder_chromium import FolderChromium
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, expect

from sandbox.store import SeaweedStore

#: Playwright would wait for five seconds, or thirty, which a busy machine may need.
TIMEOUT_MS = 180_000
expect.set_options(timeout=TIMEOUT_MS)

CHROMIUM = FolderChromium(Path(__file__).parent)


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
        process.communicate(timeout=300)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory, object_store_server: SeaweedStore) -> BoardWorld:
    """An ordinary morning with hostile names of shops, and a store that holds JD's partition."""
    settings = object_store_server.settings(bucket="board")
    made = ordinary_morning(tmp_path_factory.mktemp("board"), settings, is_hostile=True)
    made.stored = publish(made, settings)
    kept = made.state_dir / "rejected" / "jd_store" / "2026-11-23" / "jd-03.xlsx"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"<html>not a workbook</html>")
    picture = made.state_dir / "screenshots" / "jd_jd-05.png"
    picture.parent.mkdir()
    shutil.copy(REPO / "docs" / "images" / "merged-workbook.png", picture)
    return made


@pytest.fixture(scope="session")
def stored(world: BoardWorld) -> dict[str, bytes]:
    """What the store holds, by key."""
    return world.stored


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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> Iterator[None]:
    """The browser of this folder ends with its last test."""
    try:
        yield
    finally:
        CHROMIUM.end_before(nextitem)


@pytest.fixture
def browser() -> Browser:
    """One Chromium for this folder. Each test has contexts of its own."""
    return CHROMIUM.get()


@pytest.fixture
def new_context(browser: Browser, served: Client) -> Iterator[NewContext]:
    """Browsers of somebody who is signed in. A script's error, a refused resource or a dialog fails the test."""
    contexts: list[BrowserContext] = []
    troubles: list[str] = []

    def note(line: ConsoleMessage) -> None:
        # On a page of plain text the browser looks for a picture of the site by itself.
        if line.type in ("error", "warning") and not line.location["url"].endswith("/favicon.ico"):
            troubles.append(line.text)

    def make(**options: object) -> BrowserContext:
        known = {"locale": "zh-CN", "viewport": {"width": 1280, "height": 900}, "base_url": served.origin}
        signed_in = {"extra_http_headers": {"Authorization": basic(USER, PASSWORD)}}
        context = browser.new_context(**(known | signed_in | options))
        context.set_default_timeout(TIMEOUT_MS)
        contexts.append(context)
        context.on("weberror", lambda error: troubles.append(str(error.error)))
        context.on("console", note)
        return context

    yield make
    for context in contexts:
        context.close()
    assert troubles == []


@pytest.fixture(scope="session")
def axe() -> str:
    """axe-core as one script. It is not ours to ship: `.ci/run` fetches it and sets AXE_PATH."""
    path = os.environ.get("AXE_PATH", "")
    if not Path(path).is_file():
        reason = "AXE_PATH names no axe.min.js (npm pack axe-core, see .ci/run)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return Path(path).read_text("utf-8")
