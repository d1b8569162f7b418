"""A login page that refuses in words or marks that are new to us: accounts get locked, so it is sent once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from workplace import Workplace

from shopdata.config.portals import JdLoginPage

pytestmark = [pytest.mark.browser, pytest.mark.services]

SHOP = "sandbox-01"
#: Of the shipped selectors those that go by what the page says.
BY_ITS_WORDS = [selector for selector in JdLoginPage().refused if selector.startswith("text=")]


def place_with(make_workplace: Callable[..., Workplace], refused: list[str]) -> Workplace:
    def change(portals: dict[str, Any]) -> None:
        portals["jd"].update(login_page={"refused": refused}, login_timeout_seconds=8, retry_after_seconds=0.1)

    place = make_workplace(shops=1, pdd_shops=0)
    place.edit("portals.yaml", change)
    return place


def test_a_refusal_that_only_its_words_tell(make_workplace: Callable[..., Workplace]) -> None:
    place = place_with(make_workplace, BY_ITS_WORDS)
    run = place.crawl("date=2026-03-01", SANDBOX_01_PASSWORD="a-wrong-one")
    assert run.code == 1
    (cell,) = place.status()["cells"]
    assert cell["state"] == "needs_login"
    assert "credentials refused" in cell["reason"]


def test_a_refusal_that_nothing_tells_is_met_once_in_a_run(make_workplace: Callable[..., Workplace]) -> None:
    place = place_with(make_workplace, ["#nowhere"])
    run = place.crawl("start=2026-03-01", "end=2026-03-02", SANDBOX_01_PASSWORD="a-wrong-one")
    assert run.code == 1
    assert place.sandbox.counters().refused_logins == {SHOP: 1}
    for cell in place.status()["cells"]:
        assert cell["state"] == "failed"
        assert "neither the back office nor a refusal" in cell["reason"]
