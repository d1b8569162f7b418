"""From the board to a saved session: what the portal asks for, a person does in pictures of its page."""

from __future__ import annotations

import pytest
from conftest import NewWatcher
from running import Running

from sandbox import Fault

pytestmark = [pytest.mark.browser, pytest.mark.services]

DAY = "2026-03-01"


def test_a_slider_is_dragged_and_the_shop_goes_on(started: Running, new_watcher: NewWatcher) -> None:
    shop, place = "pdd-01", started.place
    place.sandbox.set_fault(shop, Fault.CAPTCHA)
    assert place.scrapy("crawl", "pdd_badscore", "-a", f"date={DAY}", "-a", f"shops={shop}").code == 1
    assert place.states(DAY)[shop] == "needs_login"
    place.sandbox.clear_faults(shop)
    place.sandbox.set_fault(shop, Fault.CAPTCHA, times=1)

    watcher = new_watcher()
    watcher.begin(started.url, shop)
    watcher.wait_for("滑块")
    watcher.solve_slider()
    watcher.wait_for("登录成功")

    # What it was missing is collected at once, and nobody has to say so.
    started.wait_until(lambda: place.states(DAY)[shop] == "published", "it was not collected")
    assert place.sandbox.counters().logins == {shop: 1}
