"""How tests start a Chromium of their own."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.async_api import Browser, async_playwright

from shopdata.browser.chromium import launch_options, needs_no_sandbox


def chromium_options(playwrights_own: str) -> dict[str, Any]:
    """As a run does: without what a window that nobody sees loads by default, half of a page costs the processor.

    Args:
        playwrights_own: `playwright.chromium.executable_path`.
    """
    given = {"executable_path": os.environ.get("SHOPDATA_BROWSER_PATH")}
    return launch_options(playwrights_own, given, has_sandbox=not needs_no_sandbox())


@contextmanager
def shared_chromium() -> Iterator[tuple[asyncio.Runner, Browser]]:
    """One for many tests: a start costs two seconds of a core. Its loop runs only while somebody asks for something."""
    with asyncio.Runner() as runner:
        playwright = runner.run(async_playwright().start())
        browser = runner.run(playwright.chromium.launch(**chromium_options(playwright.chromium.executable_path)))
        try:
            yield runner, browser
        finally:
            runner.run(browser.close())
            runner.run(playwright.stop())
