"""Signing in to Pinduoduo's sandbox by plain HTTP, as far as its pages let a plain client."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pdd_client import OTHER_SHOP, SHOP, Page, PddClient

from sandbox import Fault, Sandbox
from sandbox.pdd.login import AUTH_PATH, SEND_CODE_PATH

MakeSandbox = Callable[..., Sandbox]


def test_sign_in_sets_a_http_only_session_cookie_that_ends_with_the_ids(pdd_visitor: PddClient) -> None:
    answer = pdd_visitor.authenticate()
    cookies = {cookie.name: cookie for cookie in pdd_visitor.jar}
    info = answer["result"]["userInfoVO"]
    value = cookies["PASS_ID"].value
    assert value is not None
    assert cookies["PASS_ID"].has_nonstandard_attr("HttpOnly")
    assert value.endswith(f"_{info['mall_id']}_{info['id']}")
    assert answer["result"]["passId"] == value
    assert not cookies["rckk"].has_nonstandard_attr("HttpOnly")
    assert pdd_visitor.check()["result"] == {"login": True}
    assert pdd_visitor.sandbox.counters().logins == {SHOP: 1}


def test_a_wrong_password_is_a_text_without_a_code(pdd_visitor: PddClient) -> None:
    answer = pdd_visitor.authenticate("not it")
    assert answer == {"success": False, "errorMsg": "账号或密码错误，请重新输入"}
    assert not any(cookie.name == "PASS_ID" for cookie in pdd_visitor.jar)
    assert pdd_visitor.sandbox.counters().refused_logins == {SHOP: 1}


@pytest.mark.parametrize("token", ["", "0a", "0a" + "0" * 92, None], ids=["blank", "short", "made-up", "missing"])
def test_a_form_that_no_page_has_sealed_is_refused(pdd_visitor: PddClient, token: str | None) -> None:
    assert "页面已过期" in pdd_visitor.authenticate(crawlerInfo=token)["errorMsg"]
    assert pdd_visitor.sandbox.counters().logins == {}


@pytest.mark.parametrize("body", ["", "[]", "{"], ids=["blank", "a-list", "cut"])
def test_a_body_that_is_none_is_refused(pdd_visitor: PddClient, body: str) -> None:
    assert "页面已过期" in pdd_visitor.post(AUTH_PATH, body).json()["errorMsg"]


def test_sms_needs_the_code_that_was_sent(pdd_visitor: PddClient) -> None:
    sandbox = pdd_visitor.sandbox
    sandbox.set_fault(SHOP, Fault.SMS)
    first = pdd_visitor.authenticate()
    assert (first["success"], first["errorCode"], first["result"]) == (False, 2000020, "138****0000")
    code = sandbox.sms_code(SHOP)
    assert pdd_visitor.authenticate(verificationCode=code)["errorCode"] == 2000017
    page = Page(pdd_visitor.boot_of(pdd_visitor.at("mms", "/login/")))
    username = pdd_visitor.shop.username
    sealed = {"username": username, "crawlerInfo": page.sign("POST", SEND_CODE_PATH, username)}
    assert pdd_visitor.post(SEND_CODE_PATH, sealed).json()["success"] is True
    assert pdd_visitor.authenticate(verificationCode="000000")["errorCode"] == 2000017
    assert pdd_visitor.authenticate(verificationCode=code)["success"] is True
    pdd_visitor.jar.clear()
    assert pdd_visitor.authenticate(verificationCode=code)["errorCode"] == 2000017


def test_success_is_no_proof_of_a_session(pdd_visitor: PddClient) -> None:
    pdd_visitor.sandbox.set_fault(SHOP, Fault.SMS_BEHIND_SUCCESS, times=1)
    answer = pdd_visitor.authenticate()
    assert answer["success"] is True
    assert answer["result"]["forceMobileVerify"] is True
    assert "passId" not in answer["result"]
    assert not any(cookie.name == "PASS_ID" for cookie in pdd_visitor.jar)
    assert pdd_visitor.check()["result"] == {"login": False}
    assert "passId" in pdd_visitor.authenticate()["result"]


def test_captcha_comes_before_the_password_and_its_token_is_good_once(pdd_visitor: PddClient) -> None:
    pdd_visitor.sandbox.set_fault(SHOP, Fault.CAPTCHA, times=1)
    answer = pdd_visitor.authenticate("not it")
    assert answer["errorCode"] == 54001
    solved = {"verifyAuthToken": answer["result"]["verifyAuthToken"], "place": answer["result"]["gap"] + 3}
    assert pdd_visitor.sandbox.counters().refused_logins == {}
    assert "passId" in pdd_visitor.authenticate(**solved)["result"]
    pdd_visitor.jar.clear()
    assert pdd_visitor.authenticate(**solved)["errorCode"] == 54001


@pytest.mark.parametrize("more", [{"place": 0}, {"place": "90"}, {}], ids=["beside", "text", "nowhere"])
def test_a_slider_let_go_at_the_wrong_place_gives_another_puzzle(pdd_visitor: PddClient, more: dict[str, Any]) -> None:
    pdd_visitor.sandbox.set_fault(SHOP, Fault.CAPTCHA, times=1)
    token = pdd_visitor.authenticate()["result"]["verifyAuthToken"]
    again = pdd_visitor.authenticate(verifyAuthToken=token, **more)
    assert again["errorCode"] == 54001
    assert again["result"]["verifyAuthToken"] != token


@pytest.mark.parametrize(
    ("form", "expected"),
    [("old", ["old"] * 4), ("new", ["new"] * 4), ("mixed", ["old", "new", "old", "new"])],
)
def test_the_form_is_an_option(make_sandbox: MakeSandbox, form: str, expected: list[str]) -> None:
    visitor = PddClient(make_sandbox(form=form))
    pages = [visitor.get("/login").body.decode() for _ in expected]
    assert ["old" if "usernameId" in page else "new" for page in pages] == expected


@pytest.mark.parametrize("path", ["/home", "/mms-chat/search?msfrom=mms_sidenav", "/goods/evaluation/index"])
def test_a_page_without_a_session_leads_to_the_login_and_back(pdd_visitor: PddClient, path: str) -> None:
    login = pdd_visitor.get(path)
    assert login.url.startswith(pdd_visitor.at("mms", "/login/", redirectUrl=path))
    assert pdd_visitor.boot_of(login.url)["return_path"] == path


@pytest.mark.parametrize("asked", ["https://evil.example/", "//evil.example/", "/\\evil.example"])
def test_sign_in_leads_to_the_portals_own_pages_only(pdd_visitor: PddClient, asked: str) -> None:
    assert pdd_visitor.boot_of(pdd_visitor.at("mms", "/login/", redirectUrl=asked))["return_path"] == "/home"


def test_who_is_signed_in_needs_no_login_page(pdd_visitor: PddClient) -> None:
    pdd_visitor.authenticate()
    assert pdd_visitor.get("/login/").url == pdd_visitor.at("mms", "/home")


def test_who_am_i(pdd_client: PddClient) -> None:
    mall = pdd_client.get("/earth/api/mallInfo/commonMallInfo").json()["result"]
    assert mall["mallName"] == "回力拼多多旗舰店"
    assert 10**8 <= mall["mallId"] < 10**9
    credential = pdd_client.get("/earth/api/mallInfo/querySimpleCredential").json()["result"]
    assert credential == {"merchantMainSimpleVO": mall}
    for path in ("/janus/api/userinfo", "/janus/api/new/userinfo"):
        assert pdd_client.post(path, {}).json()["result"]["mall_id"] == mall["mallId"]


def test_wrong_shop_shows_in_the_cookie_and_in_the_back_office(pdd_visitor: PddClient) -> None:
    usual = pdd_visitor.authenticate()["result"]["userInfoVO"]["mall_id"]
    pdd_visitor.sandbox.set_fault(SHOP, Fault.WRONG_SHOP, times=1)
    pdd_visitor.jar.clear()
    assert pdd_visitor.authenticate()["result"]["userInfoVO"]["mall_id"] != usual
    mall = pdd_visitor.get("/earth/api/mallInfo/commonMallInfo").json()["result"]
    assert mall["mallName"] == "另一家1号旗舰店"
    assert mall["mallId"] != usual


def test_the_check_may_say_no_success_beside_the_boolean(sandbox: Sandbox) -> None:
    answers = [PddClient(sandbox, shop_id).use_session().check() for shop_id in (SHOP, OTHER_SHOP)]
    assert [(answer["success"], answer["result"]["login"]) for answer in answers] == [(True, True), (False, True)]


def test_check_login_answers_both_methods_and_needs_the_session_cookie_only(pdd_visitor: PddClient) -> None:
    cookie = next(item for item in pdd_visitor.sandbox.open_session(SHOP) if item["name"] == "PASS_ID")
    header = {"cookie": f"PASS_ID={cookie['value']}"}
    url = pdd_visitor.at("mms", "/janus/api/checkLogin")
    for data in (None, b"{}"):
        assert pdd_visitor.ask(url, data=data, headers=header).json()["result"]["login"] is True
    assert pdd_visitor.ask(url).json()["result"]["login"] is False


def test_a_restarted_sandbox_knows_live_sessions(make_sandbox: MakeSandbox, tmp_path: Path) -> None:
    state_file = tmp_path / "sessions.json"
    before = make_sandbox(state_file=state_file)
    client = PddClient(before).use_session()
    before.stop()
    client.sandbox = make_sandbox(state_file=state_file)
    assert client.check()["result"] == {"login": True}


def test_records_hold_no_secret(pdd_visitor: PddClient) -> None:
    pdd_visitor.authenticate("a wrong secret")
    pass_id = pdd_visitor.authenticate()["result"]["passId"]
    for secret in (pass_id, pass_id.split("_")[0][2:], "sandbox-pdd-password-01", "a wrong secret"):
        assert secret not in str(pdd_visitor.sandbox.records())
    assert {record.account for record in pdd_visitor.sandbox.records(SHOP)} == {"sandbox-pdd-01"}


def test_environment_holds_the_password_of_the_moment(sandbox: Sandbox) -> None:
    sandbox.change_password(SHOP, "another one")
    variables = sandbox.environment()
    assert (variables["PDD_01_USERNAME"], variables["PDD_01_PASSWORD"]) == ("sandbox-pdd-01", "another one")
    assert variables["PDD_02_PASSWORD"] == "sandbox-pdd-password-02"
