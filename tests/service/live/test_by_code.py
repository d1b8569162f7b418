"""A QR code that the board shows large, and the portal's app on a telephone that scans it."""

from __future__ import annotations

import pytest
from running import Running
from watching import NewWatcher

from sandbox import Fault

pytestmark = [pytest.mark.browser, pytest.mark.services]


def test_a_code_expires_is_made_anew_scanned_and_confirmed(started: Running, new_watcher: NewWatcher) -> None:
    shop, sandbox = "pdd-02", started.place.sandbox
    sandbox.set_fault(shop, Fault.SMS)  # to a telephone that is not at hand
    watcher = new_watcher()
    watcher.begin(started.url, shop)
    watcher.wait_for("短信验证码")
    watcher.press("改用扫码登录")
    first = watcher.read_code()
    watcher.wait_for_words("等待扫码")
    sandbox.expire_codes()
    watcher.wait_for_words("二维码过期了")
    with pytest.raises(ValueError, match="it is expired"):
        sandbox.app(shop).scan(first)
    watcher.press("换一个二维码")
    watcher.wait_for_words("等待扫码")
    code = watcher.read_code()
    assert code != first
    sandbox.app(shop).scan(code)
    watcher.wait_for_words("已扫码，请在手机上确认")
    sandbox.app(shop).confirm()
    watcher.wait_for("登录成功")
    assert sandbox.counters().logins[shop] == 1


def test_whose_app_it_was_is_looked_at_before_anything_is_saved(started: Running, new_watcher: NewWatcher) -> None:
    shop, other, place = "sandbox-02", "sandbox-03", started.place
    assert place.scrapy("login", shop).code == 0  # so it is known what the shop is
    file = place.state_dir / "sessions" / f"jd_{shop}.session"
    saved = file.read_bytes()
    place.sandbox.expire_sessions(shop)
    place.sandbox.set_fault(shop, Fault.SMS)
    watcher = new_watcher()
    watcher.begin(started.url, shop)
    watcher.press("改用扫码登录")
    place.sandbox.app(other).scan(watcher.read_code())
    watcher.wait_for_words("已扫码")
    place.sandbox.app(other).confirm()
    names = {one.id: one.name for one in place.sandbox.shops}
    watcher.wait_for(f"登录进的是 {names[other]}")
    # The portal's page is gone: nobody looks around in the other shop.
    assert not watcher.page.locator("canvas").is_visible()
    assert file.read_bytes() == saved
    # Only a person who says so twice makes it this shop.
    watcher.page.get_by_text("没错，就是这家").click()
    watcher.press("确定，就是这家")
    watcher.wait_for("登录成功")
    assert file.read_bytes() != saved
