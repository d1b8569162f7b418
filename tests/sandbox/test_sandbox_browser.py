"""Signing in to the JD sandbox with a real browser: both forms, their scripts and challenges."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Frame, Page, expect

from sandbox import Fault, Sandbox
from sandbox.jd.app_codes import COOKIE as CODE_COOKIE

pytestmark = pytest.mark.browser

SHOP_NAME = ".shop-menu-accountV1__right-account-top-name"


def open_form(page: Page, sandbox: Sandbox, form: str) -> Page | Frame:
    """Opens a login form; returns where its fields are."""
    page.goto(f"{sandbox.origins['passport']}/login/index.action?form={form}")
    if form == "new":
        return page
    expect(page.frame_locator("#loginFrame").locator("#loginname")).to_be_hidden()
    page.click("#account-login")
    frame = page.frame("loginFrame")
    assert frame is not None
    return frame


def submit(form: Page | Frame, username: str, password: str) -> None:
    form.fill("#loginname", username)
    form.fill("#nloginpwd, input[type=password][placeholder=请输入登录密码]", password)
    form.click("#paipaiLoginSubmit, button.password__submit")


@pytest.mark.parametrize("form", ["old", "new"])
def test_sign_in_lands_on_the_shops_home(page: Page, sandbox: Sandbox, form: str) -> None:
    submit(open_form(page, sandbox, form), "sandbox-jd-02", "sandbox-password-02")
    expect(page.locator(SHOP_NAME)).to_have_text("南极人京东自营店")
    assert page.url == f"{sandbox.origins['shop']}/jdm/home"
    cookies = {cookie["name"]: cookie["httpOnly"] for cookie in page.context.cookies()}
    # Of a code for the app, which comes where nobody has gone on to the other form by then.
    cookies.pop(CODE_COOKIE, None)
    # Of the session, and of the device.
    assert cookies == {"thor": True, "pin": False, "3AB9D23F7A4B3C9B": False}
    assert "pin=sandbox-jd-02" in page.evaluate("document.cookie").split("; ")


@pytest.mark.parametrize("form", ["old", "new"])
def test_a_wrong_password_leaves_a_text_and_a_second_try_works(page: Page, sandbox: Sandbox, form: str) -> None:
    fields = open_form(page, sandbox, form)
    submit(fields, "sandbox-jd-01", "not it")
    expect(fields.locator(".msg-error, .password__error")).to_have_text("账户名与密码不匹配，请重新输入")
    assert urlsplit(page.url).path == "/login/index.action"
    submit(fields, "sandbox-jd-01", "sandbox-password-01")
    expect(page.locator(SHOP_NAME)).to_have_text("回力京东旗舰店")


def test_a_password_beyond_ascii_works(page: Page, sandbox: Sandbox) -> None:
    sandbox.change_password("sandbox-01", "密码 🔑 & =")
    submit(open_form(page, sandbox, "new"), "sandbox-jd-01", "密码 🔑 & =")
    expect(page.locator(SHOP_NAME)).to_have_text("回力京东旗舰店")


def test_an_anonymous_visit_to_the_home_page_jumps_to_the_login(page: Page, sandbox: Sandbox) -> None:
    answer = page.goto(f"{sandbox.origins['shop']}/jdm/home")
    assert answer is not None
    assert answer.status == 200
    page.wait_for_url(f"{sandbox.origins['passport']}/login/index.action?**")


def test_sign_in_leads_back_to_the_page_that_was_asked_for(page: Page, sandbox: Sandbox) -> None:
    report_page = f"{sandbox.origins['report']}/scbrandweb/brand/view/supplyReport/supplyChainPro.html"
    page.goto(report_page)
    page.goto(page.url + "&form=new")
    submit(page, "sandbox-jd-01", "sandbox-password-01")
    page.wait_for_url(report_page)


@pytest.mark.parametrize("form", ["old", "new"])
def test_a_person_solves_the_slider(page: Page, sandbox: Sandbox, form: str) -> None:
    sandbox.set_fault("sandbox-01", Fault.CAPTCHA, times=1)
    fields = open_form(page, sandbox, form)
    submit(fields, "sandbox-jd-01", "sandbox-password-01")
    expect(fields.locator(".JDJRV-bigimg")).to_be_visible()
    button, gap = fields.locator(".JDJRV-slide-btn").bounding_box(), fields.locator(".JDJRV-gap").bounding_box()
    assert button is not None
    assert gap is not None
    assert sandbox.counters().logins == {}
    x, y = button["x"] + 5, button["y"] + 5
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + gap["x"] - button["x"], y, steps=5)
    page.mouse.up()
    expect(page.locator(SHOP_NAME)).to_have_text("回力京东旗舰店")


def test_a_slider_let_go_at_the_wrong_place_gives_another_puzzle(page: Page, sandbox: Sandbox) -> None:
    sandbox.set_fault("sandbox-01", Fault.CAPTCHA)
    submit(open_form(page, sandbox, "new"), "sandbox-jd-01", "sandbox-password-01")
    button = page.locator(".JDJRV-slide-btn").bounding_box()
    assert button is not None
    page.mouse.move(button["x"] + 5, button["y"] + 5)
    page.mouse.down()
    page.mouse.move(button["x"] + 25, button["y"] + 5)
    with page.expect_response("**/uc/loginService") as answer:
        page.mouse.up()
    assert "slider" in answer.value.json()
    assert sandbox.counters().logins == {}


def test_a_person_types_the_sms_code(page: Page, sandbox: Sandbox) -> None:
    sandbox.set_fault("sandbox-01", Fault.SMS)
    submit(open_form(page, sandbox, "old"), "sandbox-jd-01", "sandbox-password-01")
    expect(page.get_by_text("手机短信验证码")).to_be_visible()
    assert urlsplit(page.url).path == "/certified"
    page.fill("#code", sandbox.sms_code("sandbox-01"))
    page.click("#submitBtn")
    expect(page.locator(SHOP_NAME)).to_have_text("回力京东旗舰店")


def test_a_wrong_sms_code_is_refused(page: Page, sandbox: Sandbox) -> None:
    sandbox.set_fault("sandbox-01", Fault.SMS)
    submit(open_form(page, sandbox, "new"), "sandbox-jd-01", "sandbox-password-01")
    page.fill("#code", "000000")
    page.click("#submitBtn")
    expect(page.locator(".msg-error")).to_have_text("验证码错误，请重新输入")
    assert sandbox.counters().logins == {}
