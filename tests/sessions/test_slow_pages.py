"""Pages, and machines, that take their time: nothing is sent twice for it, and nobody is called for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pages import Chromium, Visit, chromium
from pydantic import SecretStr
from two_hosts import Host, serving

from shopdata.config import Shop
from shopdata.platforms.jd.portal import JdPortal
from shopdata.sessions.sign_in import entering

pytestmark = pytest.mark.browser

SHOP = Shop(id="one", name="店", platform="jd", username="one", password=SecretStr("right-horse"), portal_shop="甲店")
FIELDS = '<input id="loginname"><input type="password" id="nloginpwd"><a href="#" id="loginsubmit">登录</a>'
#: What lets in whoever comes there.
IN = "const enter = () => { document.cookie = 'thor=x; path=/'; location.href = '/jdm/home'; };"

#: The page is busy with the click for longer than anybody waits for it, and asks its host only later.
BUSY = f"""{FIELDS}<script>{IN}
document.querySelector("#loginsubmit").addEventListener("click", () => {{
  fetch("/pressed");
  for (const until = performance.now() + 6000; performance.now() < until;);
  setTimeout(enter, 2000);
}});</script>"""
#: The question is there at once, and what is to be clicked some seconds later, which may be never.
CHOICE = f"""{FIELDS}<script>{IN}
document.querySelector("#loginsubmit").addEventListener("click", () => {{
  document.body.innerHTML = "<h2>请选择要进入的店铺</h2><ul></ul>";
  setTimeout(() => {{
    document.querySelector("ul").innerHTML = "<li><b>乙店</b></li><li><b>NAME</b></li>";
    document.querySelectorAll("b")[1].addEventListener("click", enter);
  }}, 5000);
}});</script>"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def host() -> Iterator[Host]:
    with serving(Host()) as host:
        host.pages["/jdm/home"] = "in"
        yield host


def visited(browser: Chromium, host: Host, page: str) -> str:
    """How a sign-in on it ends."""
    host.pages["/login"] = page
    login_url = f"{host.origin}/login"
    portal = JdPortal(
        login_url=login_url, report_origin=host.origin, gateway_origin=host.origin, download_hosts=("127.0.0.1",)
    )
    return browser.sign_in(Visit(SHOP, portal))[0].end


def test_a_press_that_is_not_heard_of_is_not_repeated(
    browser: Chromium, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entering, "_PRESS_TIMEOUT_MS", 3_000)
    assert visited(browser, host, BUSY) == "landed"
    assert host.asked.count("/pressed") == 1


def test_a_list_of_shops_may_come_later_than_the_question(browser: Chromium, host: Host) -> None:
    assert visited(browser, host, CHOICE.replace("NAME", "甲店")) == "landed"


def test_one_that_never_has_the_shop_ends_with_a_person(browser: Chromium, host: Host) -> None:
    end = visited(browser, host, CHOICE.replace("NAME", "丙店"))
    assert end.startswith("ChallengeError")
    assert "with no entry '甲店'" in end
