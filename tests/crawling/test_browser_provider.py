"""The browser that signs shops in: what it is started with."""

from __future__ import annotations

from contextlib import suppress

import psutil
import pytest
from playwright.sync_api import sync_playwright

from shopdata.browser.chromium import PLAYWRIGHTS_OWN, find_chromium, needs_no_sandbox

SWITCH = "--disable-features="


@pytest.mark.browser
def test_playwrights_own_list_of_features_is_repeated() -> None:
    """Ours replaces it, so what a new Playwright adds must be added here too."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(find_chromium(None, playwright.chromium.executable_path)),
            args=["--no-sandbox"] if needs_no_sandbox() else [],
        )
        started: list[str] = []
        for process in psutil.Process().children(recursive=True):
            with suppress(psutil.Error):  # one that ends as it is looked at
                line = process.cmdline()
                if not any("--type=" in part for part in line):
                    started += [argument for argument in line if argument.startswith(SWITCH)]
        browser.close()
    assert started
    assert set(started[0].removeprefix(SWITCH).split(",")) == set(PLAYWRIGHTS_OWN)
