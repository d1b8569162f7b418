"""The ways in which a page may say something after its button was pressed, and what is no saying at all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pages import Visit, chromium
from pydantic import SecretStr
from two_hosts import Host, serving

from shopdata.config import Shop
from shopdata.platforms.jd.portal import JdPortal

pytestmark = pytest.mark.browser

SHOP = Shop(id="one", name="店", platform="jd", username="account-of-one", password=SecretStr("right-horse"))
FIELDS = (
    '<input id="loginname"><input type="password" id="nloginpwd"><a href="#" id="loginsubmit">登录</a><p id="p"></p>'
)
PAGE = (
    "<meta charset=utf-8>{before}"
    + FIELDS
    + "<script>{script}document.querySelector('#loginsubmit').onclick = {act};</script>"
)
LAND = "document.cookie = 'thor=x; path=/'; location.href = '/jdm/home';"

#: What the button does, and how the sign-in ends.
ACTS: dict[str, tuple[str, str]] = {
    "its own dialog": ("() => alert('系统繁忙，请稍后再试')", "UnclearSignInError … 「系统繁忙，请稍后再试」"),
    "its own dialog, refused": ("() => alert('用户名或密码错误')", "CredentialsRefusedError … 「用户名或密码错误」"),
    "a question": ("() => confirm('您的账号已被冻结，是否申诉？')", "ChallengeError … account is locked"),
    # Long enough to be seen by whoever looks at a dozen pages on a busy machine.
    "a word that goes": (
        "() => { p.textContent = '网络异常'; setTimeout(() => { p.textContent = ''; }, 8000); }",
        "UnclearSignInError … 「网络异常」",
    ),
    "a check that passes": (
        "() => { p.textContent = '请完成安全验证'; setTimeout(() => { p.textContent = ''; LAND }, 1500); }",
        "landed",
    ),
    "a word on the way": (
        "() => { p.textContent = '登录成功，正在跳转'; setTimeout(() => { LAND }, 3500); }",
        "landed",
    ),
    "a page of its own": ("() => { location.href = '/refused'; }", "CredentialsRefusedError … 「账号不存在」"),
    "a page that is down": ("() => { location.href = '/down'; }", "UnclearSignInError … 「HTTP 503」"),
    "an answer that is down": (
        "() => fetch('/down?account-of-one', {method: 'POST', body: 'u=account-of-one'})",
        "UnclearSignInError … 「HTTP 503」",
    ),
    "an answer that does not come": (
        "() => fetch('/cut', {method: 'POST', body: 'u=account-of-one'})",
        "UnclearSignInError … 「no answer (net::ERR_EMPTY_RESPONSE)」",
    ),
    "a count that failed": (
        "() => { fetch('/down', {method: 'POST', body: 'clicks=1'}); setTimeout(() => { LAND }, 4000); }",
        "landed",
    ),
    "help that was there before": (
        "() => { document.querySelector('#help').hidden = false; setTimeout(() => { LAND }, 3500); }",
        "landed",
    ),
    "two words": (
        "() => { p.innerHTML = '登录失败<br>账号或密码错误，请重新输入<br>如有疑问请联系客服'; }",
        "CredentialsRefusedError … 「账号或密码错误，请重新输入」",
    ),
    "a consent in its way": (
        "() => { document.querySelector('#consent').hidden = false; }",
        "landed",
    ),
}
BEFORE = {
    "help that was there before": "<p>忘记密码怎么办？提示密码错误时请找回密码</p><p id=help hidden>短信登录</p>",
    "a consent in its way": (
        "<div id=consent class=dialog role=dialog hidden><p>请阅读并同意《用户协议》</p><span>不同意</span>"
        "<span id=yes>同意并登录</span></div>"
    ),
}
AFTERWARDS = {"a consent in its way": f"document.querySelector('#yes').onclick = () => {{ {LAND} }};"}


@pytest.fixture(scope="module")
def ends() -> Iterator[dict[str, str]]:
    with serving(Host()) as host, chromium() as browser:
        host.pages.update({"/jdm/home": "in", "/refused": "<meta charset=utf-8><h3>账号不存在</h3>"})
        visits = {}
        for number, (name, (act, _)) in enumerate(ACTS.items()):
            host.pages[f"/login{number}"] = PAGE.format(
                before=BEFORE.get(name, ""), script=AFTERWARDS.get(name, ""), act=act.replace("LAND", LAND)
            )
            portal = JdPortal(
                login_url=f"{host.origin}/login{number}",
                report_origin=host.origin,
                gateway_origin=host.origin,
                download_hosts=("127.0.0.1",),
                login_timeout_seconds=60,
            )
            visits[name] = Visit(SHOP, portal)
        browser.sign_in(*visits.values())
        yield {name: visit.end for name, visit in visits.items()}


@pytest.mark.parametrize("name", ACTS)
def test_how_it_ends(ends: dict[str, str], name: str) -> None:
    beginning, _, words = ACTS[name][1].partition(" … ")
    assert ends[name].startswith(beginning)
    assert words in ends[name]
