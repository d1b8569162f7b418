"""Pinduoduo's sandbox with a real browser: both login forms, their challenges, and calls that the page signs."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from pdd_client import OTHER_SHOP, SHOP, window
from playwright.sync_api import Page, expect
from sandbox_client import DAY

from sandbox import Fault, Sandbox
from sandbox.pdd.chat import PddConversations, PddHistory, PddMessages

pytestmark = pytest.mark.browser

MakeSandbox = Callable[..., Sandbox]

USERNAME = "#usernameId, input[type=text][placeholder*=手机号]"
PASSWORD = "#passwordId, input[type=password][placeholder*=密码]"
CODE = "input[placeholder='请输入短信验证码']"
FORMS = pytest.mark.parametrize("form", ["old", "new"])


def open_form(page: Page, sandbox: Sandbox, form: str) -> None:
    """Opens the login page, which shows the QR code first, and chooses the other tab."""
    page.goto(f"{sandbox.origins['mms']}/login/?form={form}")
    expect(page.get_by_text("扫码登录").first).to_be_visible()
    assert not page.locator(PASSWORD).is_visible()
    page.click("text=账号登录")


def submit(page: Page, username: str = "sandbox-pdd-01", password: str = "sandbox-pdd-password-01") -> None:
    page.fill(USERNAME, username)
    page.fill(PASSWORD, password)
    page.get_by_role("button", name="登录", exact=True).click()


def sign_in(page: Page, sandbox: Sandbox, shop_id: str = SHOP) -> None:
    """Signs in without the form, and waits until the back office has loaded."""
    page.context.add_cookies(sandbox.open_session(shop_id))  # type: ignore[arg-type]
    page.goto(f"{sandbox.origins['mms']}/mms-chat/search?msfrom=mms_sidenav")
    page.wait_for_function("window.__mms")


def post(page: Page, path: str, body: dict[str, Any]) -> Any:
    return page.evaluate("([path, body]) => window.__mms.fetch.post(path, body)", [path, body])


@FORMS
def test_sign_in_lands_on_home_with_cookie_and_local_storage(page: Page, sandbox: Sandbox, form: str) -> None:
    open_form(page, sandbox, form)
    assert page.evaluate("window.__mms") is None
    submit(page, "sandbox-pdd-02", "sandbox-pdd-password-02")
    expect(page.get_by_text("南极人官方旗舰店")).to_be_visible()
    assert page.url == f"{sandbox.origins['mms']}/home"
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
    assert cookies["PASS_ID"]["httpOnly"]
    assert "PASS_ID" not in page.evaluate("document.cookie")
    assert page.evaluate("localStorage.PASSID") == cookies["PASS_ID"]["value"]
    mall_id = cookies["PASS_ID"]["value"].split("_")[1]
    assert str(page.evaluate("JSON.parse(localStorage.new_userinfo).mall_id")) == mall_id
    assert sandbox.counters().logins == {OTHER_SHOP: 1}


@FORMS
def test_a_wrong_password_leaves_a_text_and_a_second_try_works(page: Page, sandbox: Sandbox, form: str) -> None:
    open_form(page, sandbox, form)
    submit(page, password="not it")
    expect(page.get_by_text("账号或密码错误")).to_be_visible()
    assert urlsplit(page.url).path == "/login/"
    submit(page)
    page.wait_for_url("**/home")


@FORMS
def test_what_a_script_does_to_the_form_does_not_count(page: Page, sandbox: Sandbox, form: str) -> None:
    page.goto(f"{sandbox.origins['mms']}/login/?form={form}")
    tab = page.get_by_text("账号登录")
    tab.evaluate("element => element.click()")
    assert not page.locator(PASSWORD).is_visible()
    tab.click()
    for field in (USERNAME, PASSWORD):
        page.locator(field).evaluate("field => { field.value = 'x'; field.dispatchEvent(new Event('input')); }")
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_text("请输入账号名和密码")).to_be_visible()


def test_class_names_of_the_new_form_change_with_every_load(page: Page, sandbox: Sandbox) -> None:
    classes = set()
    for _ in range(3):
        open_form(page, sandbox, "new")
        classes.add(page.locator(PASSWORD).get_attribute("class"))
        expect(page.locator("[data-testid=beast-core-input-htmlInput]")).to_have_count(2)
    assert len(classes) == 3


@pytest.mark.parametrize(("fault", "form"), [(Fault.SMS, "old"), (Fault.SMS_BEHIND_SUCCESS, "new")], ids=str)
def test_a_person_types_the_sms_code(page: Page, sandbox: Sandbox, fault: Fault, form: str) -> None:
    sandbox.set_fault(SHOP, fault)
    open_form(page, sandbox, form)
    submit(page)
    page.fill(CODE, "000000")
    page.click("text=获取验证码")
    expect(page.get_by_text("验证码已发送")).to_be_visible()
    page.click("text=确定")
    expect(page.get_by_text("手机验证码错误")).to_be_visible()
    assert sandbox.counters().logins == {}
    page.fill(CODE, sandbox.sms_code(SHOP))
    page.click("text=确定")
    page.wait_for_url("**/home")


@FORMS
def test_a_person_drags_the_slider(page: Page, sandbox: Sandbox, form: str) -> None:
    sandbox.set_fault(SHOP, Fault.CAPTCHA, times=1)
    open_form(page, sandbox, form)
    submit(page)
    drag(page, beside_pixels=40)
    assert sandbox.counters().logins == {}
    drag(page)
    page.wait_for_url("**/home")


def drag(page: Page, beside_pixels: float = 0) -> None:
    """Drags the slider until the piece is over the gap, or so many pixels beside it."""
    with page.expect_response("**/janus/api/auth"):
        expect(page.locator(".captcha-container")).to_be_visible()
        slider, gap = page.locator(".captcha-slider").bounding_box(), page.locator(".captcha-gap").bounding_box()
        assert slider is not None
        assert gap is not None
        x, y = slider["x"] + 5, slider["y"] + 5
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + gap["x"] - slider["x"] + beside_pixels, y, steps=5)
        page.mouse.up()


def test_sign_in_leads_back_to_the_page_that_was_asked_for(page: Page, sandbox: Sandbox) -> None:
    wanted = f"{sandbox.origins['mms']}/mms-chat/search?msfrom=mms_sidenav"
    page.goto(wanted)
    page.goto(page.url + "&form=new")
    page.click("text=账号登录")
    submit(page)
    page.wait_for_url(wanted)


# --- calls that the page signs


def test_the_pages_own_fetch_signs_what_a_plain_one_does_not(page: Page, sandbox: Sandbox) -> None:
    sign_in(page, sandbox)
    body = window() | {"pageNum": 1, "pageSize": 20, "keywords": ""}
    buyers = post(page, PddConversations.path, body)["result"]["convUsers"]
    talk = window() | {"uid": buyers[0]["uid"], "pageNum": 1, "pageSize": 40}
    expected = [
        record["message"]
        for record in sandbox.truth(SHOP, DAY, dataset="pdd_chat").records
        if record["uid"] == buyers[0]["uid"]
    ]
    assert post(page, PddMessages.path, talk)["result"]["contentList"] == expected
    history = window() | {"orderSn": "260101-000000000000000", "pageNum": 0, "pageSize": 20}
    assert post(page, PddHistory.path, history)["success"] is True
    assert page.evaluate("window.__mms.fetch.get('/chats/getMallUsers')")["success"] is True
    plain = page.evaluate(
        "([path, body]) => fetch(path, { method: 'POST', body: JSON.stringify(body) }).then((got) => got.status)",
        [PddConversations.path, body],
    )
    assert plain == 403


def test_bodies_beyond_ascii_are_signed_too(page: Page, sandbox: Sandbox) -> None:
    sign_in(page, sandbox)
    body = window() | {"pageNum": 1, "pageSize": 20, "keywords": "发货😊 \"'*()~!"}
    assert post(page, PddConversations.path, body)["success"] is True


def test_a_token_that_was_used_is_refused(page: Page, sandbox: Sandbox) -> None:
    sign_in(page, sandbox)
    body = window() | {"pageNum": 1, "pageSize": 20}
    with page.expect_request(f"**{PddConversations.path}") as caught:
        assert post(page, PddConversations.path, body)["success"] is True
    token = caught.value.headers["anti-content"]
    assert re.fullmatch(r"0a[0-9a-f]{92}", token)
    assert caught.value.headers["etag"] == "_bee"
    again = page.context.request.post(
        f"{sandbox.origins['mms']}{PddConversations.path}",
        data=caught.value.post_data,
        headers={"anti-content": token, "content-type": "application/json"},
    )
    assert (again.status, again.json()["error_code"]) == (403, 40002)


def test_many_calls_at_one_time_have_tokens_of_their_own(page: Page, sandbox: Sandbox) -> None:
    sign_in(page, sandbox)
    body = window() | {"pageNum": 1, "pageSize": 20}
    answers = page.evaluate(
        "([path, body]) => Promise.all(Array.from({ length: 30 }, () => window.__mms.fetch.post(path, body)))",
        [PddConversations.path, body],
    )
    assert [answer["success"] for answer in answers] == [True] * 30


def test_a_dead_session_is_answered_and_then_the_page_goes_to_the_login(page: Page, make_sandbox: MakeSandbox) -> None:
    sandbox = make_sandbox(login_delay_seconds=0.05)
    sign_in(page, sandbox)
    sandbox.expire_sessions(SHOP)
    assert post(page, PddConversations.path, window() | {"pageNum": 1, "pageSize": 20})["error_code"] == 43001
    page.wait_for_url("**/login/?redirectUrl=%2Fmms-chat%2Fsearch%3Fmsfrom%3Dmms_sidenav")


def test_refusals_come_through_the_pages_fetch(page: Page, sandbox: Sandbox) -> None:
    sign_in(page, sandbox)
    for fault, code in ((Fault.RISK_CONTROL, 54001), (Fault.SIGNATURE_REFUSED, 40002)):
        sandbox.set_fault(SHOP, fault, times=1)
        assert post(page, PddConversations.path, window() | {"pageNum": 1, "pageSize": 20})["error_code"] == code
