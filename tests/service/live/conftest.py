"""A real service at a workplace whose shops wait for a person, and browsers of people who look at its board."""

from __future__ import annotations

import secrets
import sys
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from folder_chromium import FolderChromium
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, expect

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2] / "recording"))

from running import Running
from watching import NewWatcher, Watcher
from workplace import Workplace

from sandbox import Sandbox, SandboxOptions
from sandbox.sliders import Hand
from sandbox.store import SeaweedStore

#: Playwright would wait for five seconds, or thirty, which a busy machine may need.
TIMEOUT_MS = 180_000
expect.set_options(timeout=TIMEOUT_MS)

CHROMIUM = FolderChromium(Path(__file__).parent)


@pytest.fixture(scope="session")
def started(
    object_store_server: SeaweedStore, tmp_path_factory: pytest.TempPathFactory, project_egg: Path
) -> Iterator[Running]:
    """One for all of these tests; each has shops of its own."""
    options = SandboxOptions(
        shops=5,
        pdd_shops=16,
        rows=5,
        # So that a person who shows them sees a page turned, and a report in work.
        reviews=(41, 5),
        report_seconds=0.8,
        requests_per_second=50.0,
        # On a busy machine a browser makes one move of many, and takes its time. A way that is not carried over is not
        # taken all the same: it has no moves between its ends, or nobody's.
        hand=Hand(fewest_moves=5, longest_ms=300_000, longest_step_pixels=150),
    )
    with Sandbox(options) as sandbox:
        store = object_store_server.settings(bucket=f"test-{secrets.token_hex(6)}")
        place = Workplace(tmp_path_factory.mktemp("live"), sandbox, store)
        place.edit("schedule.yaml", lambda file: file.update(jobs=[]))
        place.edit("portals.yaml", lambda file: [portal.update(login_timeout_seconds=300) for portal in file.values()])
        service = Running(place)
        service.lay(project_egg)
        try:
            run = service.command("start")
            assert run.code == 0, run.text + service.log
            yield service
        finally:
            service.end()
            place.close()


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
def new_watcher(browser: Browser, started: Running) -> Iterator[NewWatcher]:
    """People who are signed in at the board. A script's error or what the policy refuses fails the test."""
    contexts: list[BrowserContext] = []
    troubles: list[str] = []

    def note(line: ConsoleMessage) -> None:
        # Of an answer that is no success, and of our own looking at the picture, Chromium tells by itself.
        if line.type in ("error", "warning") and not line.text.startswith(("Failed to load", "Canvas2D")):
            troubles.append(line.text)

    def make(**options: Any) -> Watcher:
        user, password = started.auth
        known: dict[str, Any] = {"locale": "zh-CN", "viewport": {"width": 1380, "height": 1000}}
        signed_in = {"Authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()}
        context = browser.new_context(**known | options, extra_http_headers=signed_in)
        context.set_default_timeout(TIMEOUT_MS)
        contexts.append(context)
        context.on("weberror", lambda error: troubles.append(str(error.error)))
        context.on("console", note)
        return Watcher(context.new_page())

    yield make
    for context in contexts:
        # Of a test that has failed: two of these would leave no place for any other.
        for page in context.pages:
            if (ending := page.get_by_role("button", name="结束", exact=True)).count():
                ending.click()
        context.close()
    assert troubles == []
