"""Fixtures for the sandbox's own tests: sandboxes that answer at once, and visitors of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from as_in_a_run import chromium_options
from pdd_client import PddClient
from playwright.sync_api import Browser, Page, expect, sync_playwright
from sandbox_client import Client

from sandbox import Sandbox, SandboxOptions

MakeSandbox = Callable[..., Sandbox]

#: Playwright would wait for five seconds.
expect.set_options(timeout=180_000)


@pytest.fixture
def make_sandbox() -> Iterator[MakeSandbox]:
    """Starts sandboxes whose reports are ready at once, and stops them."""
    started: list[Sandbox] = []

    def make(**options: Any) -> Sandbox:
        quick = {"rows": 20, "report_seconds": 0, "empty_link_seconds": 0, "login_delay_seconds": 0}
        sandbox = Sandbox(SandboxOptions(**(quick | options)))
        started.append(sandbox)
        return sandbox.start()

    yield make
    for sandbox in started:
        sandbox.stop()


@pytest.fixture
def sandbox(make_sandbox: MakeSandbox) -> Sandbox:
    """Three shops, 20 rows, everything ready at once."""
    return make_sandbox()


@pytest.fixture
def visitor(sandbox: Sandbox) -> Client:
    """Somebody who is not signed in."""
    return Client(sandbox)


@pytest.fixture
def client(visitor: Client) -> Client:
    """Somebody who has signed in to the first shop."""
    assert "go_to" in visitor.sign_in()
    return visitor


@pytest.fixture
def pdd_visitor(sandbox: Sandbox) -> PddClient:
    """Somebody who is not signed in to Pinduoduo."""
    return PddClient(sandbox)


@pytest.fixture
def pdd_client(pdd_visitor: PddClient) -> PddClient:
    """Somebody with a session of the first Pinduoduo shop."""
    return pdd_visitor.use_session()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for this module. Playwright's loop runs in this thread, so it must end with the module."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(**chromium_options(playwright.chromium.executable_path))
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page in a context of its own; an error in a page's script fails the test."""
    context = browser.new_context()
    errors: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []
