"""What Pinduoduo's answers mean: to a sign-in, of a session or risk control (docs/portals.md 1.2, 1.3, 3.5)."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from pydantic import SecretStr

from shopdata.config import Shop
from shopdata.exceptions import ChallengeError, CredentialsRefusedError
from shopdata.platforms.pdd.login import raise_if_refused
from shopdata.platforms.pdd.portal import PddPortal
from shopdata.sessions.sign_in import Identity, PortalAnswer, login_for

PORTAL = PddPortal(
    login_url="https://mms.example.com/login/",
    origin="https://mms.example.com",
    download_hosts=(".example.com",),
)
WINDOW = "Sign in by hand with `scrapy login one --headed`."
TERMINAL = "Sign in by hand with `scrapy login one` and type the code."


@pytest.fixture
def shop() -> Shop:
    return Shop(
        id="one", name="第一家店", platform="pdd", username="one@example.com", password=SecretStr("right-horse")
    )


def no(code: int, *, spelling: str = "errorCode") -> dict[str, Any]:
    return {"success": False, spelling: code, "result": None}


def yes(**result: Any) -> dict[str, Any]:
    return {"success": True, "errorCode": 1000000, "result": result}


class TestSignIn:
    @pytest.mark.parametrize(
        ("answer", "sentence"),
        [
            pytest.param(no(54001), f"asks for a captcha. {WINDOW}", id="54001"),
            pytest.param(no(54001, spelling="error_code"), f"asks for a captcha. {WINDOW}", id="54001, other spelling"),
            pytest.param(no(70031), f"asks for a captcha. {WINDOW}", id="70031"),
            pytest.param(no(52101), f"asks for a risk check. {WINDOW}", id="52101"),
            pytest.param(no(2000014), f"asks for a new password. {WINDOW}", id="2000014"),
            pytest.param(no(8000037), f"asks for a proof of identity. {WINDOW}", id="8000037"),
            pytest.param(no(2000020), f"asks for an SMS code. {TERMINAL}", id="2000020"),
            pytest.param(no(2000015), f"asks for an SMS code. {TERMINAL}", id="2000015"),
            pytest.param(yes(forceMobileVerify=True), f"asks for an SMS code. {TERMINAL}", id="behind success"),
            pytest.param(
                {"success": False, "errorMsg": "请先完成图形验证码"},
                f"asks for a captcha. Found 「请先完成图形验证码」 on Pinduoduo's login page. {WINDOW}",
                id="a captcha by its text",
            ),
            pytest.param(yes(loginLimitStatus=1), f"asks for an SMS code. {TERMINAL}", id="limited behind success"),
        ],
    )
    def test_asks_for_a_person(self, shop: Shop, answer: dict[str, Any], sentence: str) -> None:
        with pytest.raises(ChallengeError) as challenge:
            raise_if_refused(shop, answer)
        assert str(challenge.value) == f"shop 'one': Pinduoduo {sentence}"

    @pytest.mark.parametrize("key", ["errorMsg", "error_msg"])
    def test_a_wrong_password_is_told_by_its_words(self, shop: Shop, key: str) -> None:
        with pytest.raises(
            CredentialsRefusedError, match=r"「账号或密码错误」 on Pinduoduo's login page.*not tried again"
        ):
            raise_if_refused(shop, {"success": False, key: "账号或密码错误"})

    def test_a_wrong_password_may_speak_of_what_comes_next(self, shop: Shop) -> None:
        with pytest.raises(CredentialsRefusedError):
            raise_if_refused(shop, {"success": False, "errorMsg": "密码错误，再错3次账号将被限制"})

    def test_so_is_a_code_where_success_is_left_out(self, shop: Shop) -> None:
        with pytest.raises(CredentialsRefusedError, match="「账号或密码错误」"):
            raise_if_refused(shop, {"errorCode": "2000001", "errorMsg": "账号或密码错误"})

    @pytest.mark.parametrize(
        "text",
        ["系统繁忙，请稍后再试", "系统繁忙,密码登录暂不可用", "网络异常", "登录失败，请联系客服", "", "请选择店铺"],
    )
    @pytest.mark.parametrize("code", [50001, 402, None])
    def test_every_other_no_is_left_to_the_page(self, shop: Shop, text: str, code: int | None) -> None:
        raise_if_refused(shop, {"success": False, "errorCode": code, "errorMsg": text})

    def test_too_often_is_no_captcha_where_none_can_be_answered(self, shop: Shop) -> None:
        text = {"success": False, "errorCode": 54001, "errorMsg": "操作过于频繁，请稍后再试"}
        raise_if_refused(shop, text)
        with pytest.raises(ChallengeError, match="a captcha"):
            raise_if_refused(shop, text | {"result": {"verifyAuthToken": "x"}})

    def test_words_of_the_configuration_are_a_refusal_too(self, shop: Shop) -> None:
        with pytest.raises(CredentialsRefusedError):
            raise_if_refused(shop, {"success": False, "errorMsg": "登录信息有误"}, ("登录信息有误",))

    def test_a_locked_account_is_not_a_refused_one(self, shop: Shop) -> None:
        with pytest.raises(ChallengeError, match=r"the account is locked\. Found 「账号已被锁定，请联系客服」"):
            raise_if_refused(shop, {"success": False, "errorMsg": "账号已被锁定，请联系客服"})

    @pytest.mark.parametrize(
        "answer",
        [
            pytest.param(yes(passId="1-x_1_2"), id="a pass"),
            pytest.param(yes(passId="1-x_1_2", loginLimitStatus=1), id="a pass, and a hint"),
            pytest.param(yes(pass_id="1-x_1_2", forceMobileVerify=True), id="a pass in the older spelling"),
            pytest.param({}, id="nothing"),
        ],
    )
    def test_nothing_is_wrong(self, shop: Shop, answer: dict[str, Any]) -> None:
        raise_if_refused(shop, answer)


def answer(
    data: Any = None, *, status: int = 200, text: str = "", content_type: str = "application/json"
) -> PortalAnswer:
    body = text or json.dumps(data, ensure_ascii=False)
    return PortalAnswer(status, "https://mms.example.com/x", content_type, "", body.encode())


class TestSession:
    @pytest.mark.parametrize(
        "given",
        [
            pytest.param(answer({"error_code": 43001, "success": False}), id="43001"),
            pytest.param(answer({"errorCode": "43001", "success": False}), id="43001, other spelling, as a text"),
            pytest.param(answer({"success": True, "result": {"login": False}}), id="login false beside success"),
            pytest.param(answer({"success": False, "result": {"login": False}}), id="login false"),
            pytest.param(answer(status=302), id="redirect"),
            pytest.param(answer(text="<html>", content_type="text/html"), id="a page"),
            pytest.param(answer(text="\n<!doctype html>"), id="a page that says it is data"),
        ],
    )
    def test_dead(self, given: PortalAnswer) -> None:
        assert login_for("pdd").is_session_dead(given, PORTAL)

    @pytest.mark.parametrize(
        "given",
        [
            pytest.param(answer({"success": False, "result": {"login": True}}), id="login true without success"),
            pytest.param(answer({"success": False, "error_code": 40002}), id="another no"),
            pytest.param(answer({"success": True, "result": "https://x"}), id="a link"),
            pytest.param(answer(text="<html>", content_type="text/html", status=502), id="the portal is down"),
        ],
    )
    def test_alive(self, given: PortalAnswer) -> None:
        assert not login_for("pdd").is_session_dead(given, PORTAL)


class TestCheck:
    @pytest.mark.parametrize(
        ("given", "is_alive"),
        [
            pytest.param(answer({"success": True, "result": {"login": True}}), True, id="login true"),
            pytest.param(answer({"success": False, "result": {"login": True}}), True, id="login true beside a no"),
            pytest.param(answer({"success": False, "error_code": 3000001}), False, id="a plain no"),
            pytest.param(answer({"success": True, "result": {}}), False, id="nothing about it"),
            pytest.param(answer(text="maintenance"), False, id="no data"),
        ],
    )
    def test_only_a_clear_yes_is_a_sign_of_life(self, given: PortalAnswer, is_alive: bool) -> None:
        assert login_for("pdd").is_session_alive(given) is is_alive


class TestRisk:
    @pytest.mark.parametrize(
        ("given", "needs_person", "may_pass"),
        [
            pytest.param(answer({"error_code": 54001, "error_msg": "操作太过频繁"}), True, True, id="54001"),
            pytest.param(answer(status=429), False, True, id="429"),
            pytest.param(answer({"errorCode": 10019, "errorMsg": "x"}), True, False, id="10019"),
            pytest.param(answer({"errorCode": 7, "errorMsg": "请输入验证码"}), True, False, id="a captcha by its text"),
            pytest.param(answer({"error_code": 7, "error_msg": "风控拦截"}), True, False, id="风控 by its text"),
            pytest.param(answer({"success": False, "error_msg": "操作受限制"}), True, False, id="no code at all"),
            pytest.param(
                answer({"success": False, "errorCode": 1000000, "errorMsg": "请输入验证码"}),
                True,
                False,
                id="the code of success",
            ),
        ],
    )
    def test_is_seen(self, given: PortalAnswer, needs_person: bool, may_pass: bool) -> None:
        risk = login_for("pdd").risk_in(given, PORTAL)
        assert risk is not None
        assert (risk.needs_person, risk.may_pass) == (needs_person, may_pass)

    @pytest.mark.parametrize(
        "given",
        [
            pytest.param(
                answer({"success": True, "errorCode": 1000000, "errorMsg": "验证码"}), id="a text beside success"
            ),
            pytest.param(
                answer({"success": False, "error_code": 43001, "error_msg": "会话已过期"}), id="a dead session"
            ),
            pytest.param(answer(text="<html>限制", content_type="text/html"), id="a page"),
        ],
    )
    def test_is_not_seen_where_there_is_none(self, given: PortalAnswer) -> None:
        assert login_for("pdd").risk_in(given, PORTAL) is None


class TestIdentity:
    @pytest.mark.parametrize(
        ("pass_id", "identity"),
        [
            pytest.param("1-abc_123456789_98765432", {"mall id": "123456789"}, id="mall and user"),
            pytest.param("1-a_b_1_2", {"mall id": "1"}, id="the token has a stroke too"),
            pytest.param("something else", {}, id="another form"),
            pytest.param("", {}, id="none"),
        ],
    )
    def test_by_the_cookie(self, pass_id: str, identity: dict[str, str]) -> None:
        assert asyncio.run(_identity({"PASS_ID": pass_id})) == identity


async def _identity(cookies: dict[str, str]) -> Identity:
    return await login_for("pdd").identity(cookies, None, PORTAL)
