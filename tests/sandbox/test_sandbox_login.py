"""Signing in to the JD sandbox by plain HTTP, as far as its pages let a plain client."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sandbox_client import PASSPORT_PATH, Client

from sandbox import Fault, Sandbox

MakeSandbox = Callable[..., Sandbox]


def test_sign_in_sets_a_http_only_session_cookie(visitor: Client) -> None:
    answer = visitor.sign_in("sandbox-02")
    cookies = {cookie.name: cookie for cookie in visitor.jar}
    assert answer["go_to"] == visitor.at("shop", "/jdm/home")
    assert set(cookies) == {"thor", "pin"}
    assert cookies["thor"].has_nonstandard_attr("HttpOnly")
    assert cookies["pin"].value == "sandbox-jd-02"
    assert visitor.ask(visitor.at("shop", "/jdm/home/account.ajax")).json() == {"name": "南极人京东自营店"}
    assert visitor.sandbox.counters().logins == {"sandbox-02": 1}


def test_wrong_password_is_refused_with_a_text(visitor: Client) -> None:
    answer = visitor.sign_in(password="not it")
    assert "账户名与密码不匹配" in answer["error"]
    assert not list(visitor.jar)
    assert visitor.sandbox.counters().refused_logins == {"sandbox-01": 1}


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"nonce": "", "seal": ""}, id="nothing"),
        pytest.param({"nonce": "made-up", "seal": "00000000"}, id="made-up"),
    ],
)
def test_a_form_without_the_pages_own_seal_is_refused(visitor: Client, fields: dict[str, str]) -> None:
    answer = visitor.post_login(loginname="sandbox-jd-01", nloginpwd="sandbox-password-01", **fields)
    assert "页面已过期" in answer["error"]
    assert not list(visitor.jar)


def test_a_nonce_is_good_once_and_only_with_its_seal(visitor: Client) -> None:
    nonce = visitor.boot()["nonce"]
    fields = {"loginname": "sandbox-jd-01", "nloginpwd": "sandbox-password-01", "nonce": nonce}
    assert "error" in visitor.post_login(**fields, seal="12345678")
    assert "error" in visitor.post_login(**fields, seal="12345678")


@pytest.mark.parametrize(
    ("form", "expected"),
    [("old", ["old"] * 4), ("new", ["new"] * 4), ("mixed", ["old", "new", "old", "new"])],
)
def test_the_form_is_an_option(make_sandbox: MakeSandbox, form: str, expected: list[str]) -> None:
    visitor = Client(make_sandbox(form=form))
    pages = [visitor.ask(visitor.at("passport", PASSPORT_PATH)).body.decode() for _ in expected]
    assert ["old" if "loginFrame" in page else "new" for page in pages] == expected


def test_the_password_field_of_the_new_form_has_another_id_each_time(visitor: Client) -> None:
    ids = {visitor.boot()["password_id"] for _ in range(5)}
    assert len(ids) == 5


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param("https://evil.example/", id="another-site"),
        pytest.param("http://127.0.0.1.evil.example/", id="look-alike"),
    ],
)
def test_sign_in_leads_to_the_portals_own_pages_only(client: Client, asked: str) -> None:
    answer = client.ask(client.at("passport", PASSPORT_PATH, ReturnUrl=asked))
    assert answer.url == client.at("shop", "/jdm/home")


def test_a_session_ends_when_the_server_says_so(make_sandbox: MakeSandbox) -> None:
    client = Client(make_sandbox(session_seconds=0.05))
    client.sign_in()
    deadline = time.monotonic() + 10
    while client.ask(client.at("shop", "/jdm/home/account.ajax")).json()["name"]:
        assert time.monotonic() < deadline
    assert {cookie.name for cookie in client.jar if not cookie.is_expired()} == {"thor", "pin"}


def test_expire_sessions_ends_those_of_one_shop(sandbox: Sandbox) -> None:
    first, second = Client(sandbox), Client(sandbox)
    first.sign_in("sandbox-01")
    second.sign_in("sandbox-02")
    assert sandbox.expire_sessions("sandbox-01") == 1
    names = [visitor.ask(visitor.at("shop", "/jdm/home/account.ajax")).json()["name"] for visitor in (first, second)]
    assert names == ["", "南极人京东自营店"]


def test_a_restarted_sandbox_knows_live_sessions_from_its_state_file(make_sandbox: MakeSandbox, tmp_path: Path) -> None:
    state_file = tmp_path / "state" / "sessions.json"
    before = make_sandbox(state_file=state_file)
    client = Client(before)
    client.sign_in("sandbox-01")
    token = next(cookie.value for cookie in client.jar if cookie.name == "thor")
    before.stop()
    client.sandbox = make_sandbox(state_file=state_file)
    assert client.ask(client.at("shop", "/jdm/home/account.ajax")).json() == {"name": "回力京东旗舰店"}
    assert token is not None
    assert token not in state_file.read_text()


def test_a_changed_password_is_the_one_that_counts(visitor: Client) -> None:
    visitor.sandbox.change_password("sandbox-01", "another one")
    assert "error" in visitor.sign_in()
    assert "go_to" in visitor.sign_in(password="another one")
    assert visitor.sandbox.environment()["SANDBOX_01_PASSWORD"] == "another one"


def test_open_session_gives_cookies_without_a_browser(visitor: Client) -> None:
    cookies = visitor.sandbox.open_session("sandbox-03")
    header = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in cookies)
    answer = visitor.ask(visitor.at("shop", "/jdm/home/account.ajax"), headers={"cookie": header})
    assert answer.json() == {"name": "云南白药京东专卖店"}
    assert [(cookie["name"], cookie["httpOnly"]) for cookie in cookies] == [("thor", True), ("pin", False)]


def test_sms_asks_for_the_code_on_another_page(visitor: Client) -> None:
    visitor.sandbox.set_fault("sandbox-01", Fault.SMS)
    go_to = visitor.sign_in()["go_to"]
    page = visitor.ask(visitor.sandbox.origins["passport"] + go_to)
    assert go_to.startswith("/certified?ticket=")
    assert "手机短信验证码" in page.body.decode()
    assert not list(visitor.jar)


def test_captcha_comes_before_the_password_is_looked_at(visitor: Client) -> None:
    visitor.sandbox.set_fault("sandbox-01", Fault.CAPTCHA)
    assert set(visitor.sign_in(password="not it")) == {"slider", "nonce"}
    assert visitor.sandbox.counters().refused_logins == {}


def test_wrong_shop_shows_in_the_header(client: Client) -> None:
    client.sandbox.set_fault("sandbox-01", "wrong_shop")
    assert client.ask(client.at("shop", "/jdm/home/account.ajax")).json() == {"name": "另一家1号专营店"}


def test_a_hostile_shop_name_does_not_break_out_of_the_page(make_sandbox: MakeSandbox) -> None:
    name = "</script><b>a/../\"b'\n"
    client = Client(make_sandbox(shop_names=(name,)))
    client.sign_in()
    assert client.ask(client.at("shop", "/jdm/home/account.ajax")).json() == {"name": name}


def test_records_hold_no_secret(visitor: Client) -> None:
    visitor.sign_in(password="a wrong secret")
    visitor.sign_in()
    visitor.create()
    token = next(cookie.value for cookie in visitor.jar if cookie.name == "thor")
    by_control = visitor.control("GET", "/records").body.decode()
    assert token is not None
    for secret in (token, "sandbox-password-01", "a wrong secret"):
        assert secret not in str(visitor.sandbox.records())
        assert secret not in by_control
    assert "sandbox-jd-01" in by_control
