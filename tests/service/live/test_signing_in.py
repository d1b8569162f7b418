"""From the board to a saved session: what the portal asks for, a person does in pictures of its page."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from running import Running
from watching import BLUE, GREEN, VIOLET, NewWatcher, login_page_with

from sandbox import Fault
from shopdata.ledger import Ledger

pytestmark = [pytest.mark.browser, pytest.mark.services]

DAY = "2026-03-01"


def test_a_slider_is_dragged_a_shop_chosen_in_a_list_and_what_was_missing_is_collected(
    started: Running, new_watcher: NewWatcher
) -> None:
    shop, place = "pdd-01", started.place
    place.sandbox.set_fault(shop, Fault.CAPTCHA)
    assert place.scrapy("crawl", "pdd_badscore", "-a", f"date={DAY}", "-a", f"shops={shop}").code == 1
    assert place.states(DAY)[shop] == "needs_login"
    place.sandbox.clear_faults(shop)
    place.sandbox.set_fault(shop, Fault.CAPTCHA_PATH, times=1)
    place.sandbox.set_fault(shop, Fault.CHOOSE_SHOP_IN_LIST)

    watcher = new_watcher()
    # Where the board tells that it waits, there is the button; what is typed at a machine with a screen is not named.
    watcher.page.goto(f"{started.url}/board/cell/pdd_badscore/{DAY}/{shop}")
    assert "--headed" not in watcher.page.locator(".card.do").inner_text()
    watcher.press("登录")
    watcher.wait_for("滑块")
    watcher.solve_slider()
    # The browser's own list is in no picture: the board shows one of its own.
    watcher.click_on(BLUE)
    name = next(one.name for one in place.sandbox.shops if one.id == shop)
    watcher.page.get_by_label("画面里打开的下拉框").select_option(label=name)
    watcher.press("选这个")
    watcher.wait_for("登录成功")

    # What it was missing is collected at once, and nobody has to say so.
    started.wait_until(lambda: place.states(DAY)[shop] == "published", "it was not collected")
    assert place.sandbox.counters().logins[shop] == 1
    with Ledger.at(place.state_dir) as ledger:
        lives = [life for life in ledger.session_lives.since(datetime(2000, 1, 1, tzinfo=UTC)) if life.shop == shop]
    assert [(life.signed_in_by, life.asked) for life in lives] == [("person", ("slider",))]


def test_a_notice_a_box_a_dialog_and_a_window_with_a_code_stand_in_the_way(
    started: Running, new_watcher: NewWatcher
) -> None:
    shop, sandbox = "sandbox-01", started.place.sandbox
    sandbox.set_fault(shop, Fault.LOGIN_DIALOG)
    sandbox.set_fault(shop, Fault.SMS_IN_WINDOW)
    watcher = new_watcher()
    with login_page_with(started.place, "jd", "form=new&look=notice-question,agreement-drawn"):
        watcher.begin(started.url, shop)
        watcher.wait_for("平台要人来做一步")
        watcher.click_on(GREEN)  # answers the notice
        watcher.click_on(BLUE)  # signs in, with what the program has typed
        watcher.wait_for_words("请先阅读并同意协议")
        watcher.click_on(VIOLET)
        watcher.click_on(BLUE)
        watcher.page.get_by_role("alertdialog").get_by_text("是否继续").wait_for()
        watcher.press("确定")
        watcher.click_on(GREEN)  # opens the window
        watcher.enter_code("000000")
        watcher.wait_for_words("平台不认这个验证码")
        watcher.enter_code(sandbox.sms_code(shop))
        watcher.wait_for("登录成功")
    assert sandbox.counters().logins[shop] == 1
