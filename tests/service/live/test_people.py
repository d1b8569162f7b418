"""Several people, telephones, browsers without scripts: who has a sign-in, and what each of them sees."""

from __future__ import annotations

import pytest
from running import Running
from watching import BLUE, NewWatcher, login_page_with

from sandbox import Fault

pytestmark = [pytest.mark.browser, pytest.mark.services]

#: As Playwright's own list has an iPhone 13.
PHONE = {"viewport": {"width": 390, "height": 664}, "device_scale_factor": 3, "is_mobile": True, "has_touch": True}


def test_one_at_a_time_and_another_takes_over_without_scripts(started: Running, new_watcher: NewWatcher) -> None:
    shop, sandbox = "pdd-03", started.place.sandbox
    sandbox.set_fault(shop, Fault.SMS)
    first = new_watcher()
    first.begin(started.url, shop)
    first.wait_for("短信验证码")
    address = first.page.url
    first.page.reload()
    first.wait_for("短信验证码")  # the page can be loaded again
    assert first.page.url == address

    second = new_watcher(java_script_enabled=False)
    second.page.goto(address)
    second.wait_for("正在登录这家店铺")
    # What is in the address of the first is worth nothing here.
    assert second.page.locator("[data-sitting]").count() == 0
    second.press("由我接手")
    first.wait_for("接手了这次登录")
    picture = second.page.locator("img.still")
    second.page.reload()
    assert picture.evaluate("image => image.naturalWidth") == 1280
    second.press("发验证码")
    second.enter_code("000000")
    second.wait_for_reloaded("平台不认这个验证码")
    second.enter_code(sandbox.sms_code(shop))
    second.wait_for_reloaded("登录成功")


def test_on_a_telephone_one_shop_after_the_other(started: Running, new_watcher: NewWatcher) -> None:
    sandbox, shops = started.place.sandbox, ["pdd-04", "pdd-05"]
    for shop in shops:
        sandbox.set_fault(shop, Fault.CAPTCHA, times=1)
    listed = ",".join(shops)
    assert started.place.scrapy("crawl", "pdd_badscore", "-a", "date=2026-03-02", "-a", f"shops={listed}").code == 1
    sandbox.set_fault(shops[0], Fault.CAPTCHA_PATH)
    sandbox.set_fault(shops[1], Fault.SMS)

    phone = new_watcher(**PHONE)
    phone.begin(started.url, shops[0])
    phone.wait_for("滑块")
    phone.press("2×")
    phone.solve_slider(by_touch=True)
    phone.wait_for_words("登录成功")
    # The others wait in a line.
    names = {shop.id: shop.name for shop in sandbox.shops}
    phone.press(f"下一家：{names[shops[1]]}")
    phone.wait_for("短信验证码")
    assert phone.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    code = phone.page.locator("input[name=code]")
    assert code.get_attribute("autocomplete") == "one-time-code"
    phone.enter_code(sandbox.sms_code(shops[1]))  # nobody was sent one yet
    phone.wait_for_words("平台不认这个验证码")
    phone.press("发验证码")
    phone.wait_for_words("已点“获取验证码”")
    phone.enter_code(sandbox.sms_code(shops[1]))
    phone.wait_for("登录成功")
    # Nobody waits any more: then those are offered that were never signed in.
    following = phone.page.get_by_role("button", name="下一家").inner_text().partition("：")[2]
    offered = next(shop_id for shop_id, name in names.items() if name == following)
    assert offered not in shops
    assert not list((started.place.state_dir / "sessions").glob(f"*_{offered}.session"))


def test_what_is_typed_goes_into_the_picture(started: Running, new_watcher: NewWatcher) -> None:
    """Where the password is refused the person types their own: keys, and Chinese as an input method gives it."""
    shop, sandbox = "sandbox-04", started.place.sandbox
    password = "口令-Fake-7"
    sandbox.change_password(shop, password)
    watcher = new_watcher()
    with login_page_with(started.place, "jd", "form=new"):
        watcher.begin(started.url, shop)
        watcher.wait_for("平台不认这个用户名或密码")
        watcher.wait_for_words("页面上写着：账户名与密码不匹配")
        x, y = watcher.see(BLUE)
        watcher.click(x, y - 56)  # the field above the button; it was emptied
        keyboard = watcher.page.keyboard
        keyboard.insert_text("错的x")
        for _ in range(3):
            keyboard.press("Backspace")
        keyboard.insert_text(password[:2])
        keyboard.type(password[2:])
        watcher.click_on(BLUE)
        watcher.wait_for("登录成功")
    assert sandbox.counters().logins[shop] == 1
