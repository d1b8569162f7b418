"""The browser lives on an event loop of its own in another thread, as it always does on Windows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from scrapy.settings import Settings
from scrapy_playwright.handler import Config
from workplace import Workplace

pytestmark = [pytest.mark.browser, pytest.mark.services]

SWITCH = "_PLAYWRIGHT_THREADED_LOOP"


def test_signing_in_and_asking_a_page_from_another_loop(make_workplace: Callable[..., Workplace]) -> None:
    place = make_workplace(shops=0, pdd_shops=1)
    assert Config.from_settings(Settings({SWITCH: "1"})).use_threaded_loop
    run = place.start("crawl", "pdd_chat", "-a", "date=2026-03-01", f"--set={SWITCH}=1").wait()
    assert run.code == 0, run.err
    assert {cell["state"] for cell in place.status()["cells"]} == {"published"}
    assert run.survivors() == []
