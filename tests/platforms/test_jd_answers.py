"""Which of JD's answers mean that a session has ended, and which that risk control woke up (docs/portals.md 4.2)."""

from __future__ import annotations

import asyncio

import pytest

from shopdata.platforms.jd.portal import JdPortal
from shopdata.sessions.sign_in import Identity, PortalAnswer, login_for

PORTAL = JdPortal(
    login_url="https://passport.example.com/login",
    report_origin="https://report.example.com",
    gateway_origin="https://gateway.example.com",
    download_hosts=(".example.com",),
)


def answer(
    status: int = 200, body: str = "{}", content_type: str = "application/json", location: str = ""
) -> PortalAnswer:
    return PortalAnswer(status, "https://report.example.com/list", content_type, location, body.encode())


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(answer(302, location="https://passport.example.com/login"), id="redirect"),
        pytest.param(answer(307), id="another redirect"),
        pytest.param(answer(401), id="401"),
        pytest.param(answer(body="<!doctype html>", content_type="text/html; charset=utf-8"), id="a page"),
        pytest.param(answer(body="\n  <html>"), id="a page that says it is data"),
        pytest.param(answer(body="not json", content_type="text/plain"), id="neither page nor data"),
        pytest.param(answer(body='{"message":"请登录","status":401}'), id="401 inside the data"),
        pytest.param(answer(body='{"message":"请登录","content":null}'), id="another message than success"),
        pytest.param(answer(body='{"code":"401"}'), id="401 as a text"),
    ],
)
def test_dead(given: PortalAnswer) -> None:
    assert login_for("jd").is_session_dead(given, PORTAL)


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(answer(body='{"message":"success","content":{"data":[]}}'), id="data"),
        pytest.param(answer(body='{"status":0}'), id="a report was ordered"),
        pytest.param(answer(body='{"status":1003,"message":"参数错误"}'), id="refused for another reason"),
        pytest.param(answer(body="[401]"), id="a list"),
        pytest.param(answer(500, "<html>", "text/html"), id="the portal is down"),
        pytest.param(answer(429), id="too many requests"),
        pytest.param(answer(403), id="forbidden"),
    ],
)
def test_alive(given: PortalAnswer) -> None:
    assert not login_for("jd").is_session_dead(given, PORTAL)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        pytest.param(answer(body='{"code":601}'), "601 未经京东授权的软件操作", id="601"),
        pytest.param(answer(body='{"code":"-407"}'), "-407 不安全", id="-407 as a text"),
        pytest.param(
            answer(body='{"status":601,"message":"未经京东授权"}'), "601 未经京东授权的软件操作", id="as a status"
        ),
        pytest.param(
            answer(body='{"message":"未经京东授权的软件操作"}'), "601 未经京东授权的软件操作", id="without a code"
        ),
        pytest.param(
            answer(body="<html><p>未经京东授权的软件操作</p>", content_type="text/html"),
            "601 未经京东授权的软件操作",
            id="inside a page",
        ),
    ],
)
def test_risk_control_wants_a_person(given: PortalAnswer, text: str) -> None:
    risk = login_for("jd").risk_in(given, PORTAL)
    assert risk is not None
    assert (risk.text, risk.needs_person, risk.may_pass) == (text, True, False)


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(answer(body='{"code":601,"message":"操作频繁，请稍后再试"}'), id="601"),
        pytest.param(answer(body='{"code":"601","msg":"访问频繁"}'), id="601 as a text, in other words"),
        pytest.param(answer(body='{"status":1003,"message":"操作频繁"}'), id="another status"),
        pytest.param(answer(body="<html><b>操作过于频繁</b>", content_type="text/html"), id="inside a page"),
        pytest.param(answer(403, "<p>601 操作频繁</p>", "text/html"), id="inside a page, forbidden"),
        pytest.param(answer(body="操作频繁", content_type="text/plain"), id="a bare text"),
    ],
)
def test_too_many_exports_are_a_long_rest(given: PortalAnswer) -> None:
    risk = login_for("jd").risk_in(given, PORTAL)
    assert risk is not None
    assert (risk.may_pass, risk.needs_person, risk.rest_seconds) == (True, False, 7200)
    assert "频繁" in risk.text


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(answer(body='{"code":0}'), id="all is well"),
        pytest.param(answer(body="<html>601", content_type="text/html"), id="a page"),
        pytest.param(
            answer(
                body='<html><script>var t="操作频繁"</script><!--操作频繁--><i title="操作频繁">',
                content_type="text/html",
            ),
            id="a page whose script could say it",
        ),
        pytest.param(answer(body="<" * 1_000_000, content_type="text/html"), id="a hostile page"),
        pytest.param(answer(302), id="a dead session"),
    ],
)
def test_no_risk(given: PortalAnswer) -> None:
    assert login_for("jd").risk_in(given, PORTAL) is None


def test_too_many_requests_pass_by_waiting() -> None:
    risk = login_for("jd").risk_in(answer(429), PORTAL)
    assert risk is not None
    assert risk.may_pass


@pytest.mark.parametrize(
    ("cookies", "identity"),
    [
        pytest.param({"pin": "%E5%BA%97one", "thor": "x"}, {"account": "店one"}, id="the account"),
        pytest.param({"thor": "x"}, {}, id="no such cookie"),
    ],
)
def test_whose_session_it_is_without_a_page(cookies: dict[str, str], identity: Identity) -> None:
    async def ask() -> Identity:
        return await login_for("jd").identity(cookies, None, PORTAL)

    assert asyncio.run(ask()) == identity
