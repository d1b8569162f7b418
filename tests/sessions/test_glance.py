"""One look at a page for all that is looked for: what it says is missing, Playwright would not find either."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pages import PLATFORMS, Chromium, Visit, account, chromium, portal_at
from playwright.async_api import Page

from sandbox import Sandbox, SandboxOptions
from shopdata.config import Portal
from shopdata.platforms.jd.portal import JdPortal
from shopdata.platforms.pdd.portal import PddPortal
from shopdata.sessions.sign_in import steps
from shopdata.sessions.sign_in.glance import Mark, glance_at

pytestmark = pytest.mark.browser

#: Parts of pages, of which each has something to be found or just not.
PARTS = {
    "a form": '<input id="loginname"><input type="password"><button class="password__submit">登录</button>',
    "a form of the other platform": '<input type="text" placeholder="请输入手机号"><button><span>登 录</span></button>',
    "hidden": '<div style="display:none"><input id="loginname"><button>我知道了</button></div>',
    "invisible": '<div style="visibility:hidden"><input id="loginname"><button>我知道了</button></div>',
    "visible in the invisible": '<p style="visibility:hidden"><b style="visibility:visible" class="close">x</b></p>',
    "without size": '<div style="width:0;height:0;overflow:hidden" class="login-error"></div>',
    "without a box of its own": '<div class="login-error" style="display:contents"><i>密码错误</i></div>',
    "closed details": "<details><summary>more</summary><button>知道了</button></details>",
    "words in pieces": "<button>我<b>知道</b>了</button>",
    "words with blanks": "<div>\n  Got \n it\u200b </div>",
    "words in a field": '<input type="submit" value="登录"><input type="button" value="手机短信验证码">',
    "words in a script": "<script>'认证魔方'</script><style>/* 账号登录 */</style>",
    "words within words": '<div class="login-tab"><div>用账号登录吧</div></div><p>请用手机短信验证码</p>',
    "a cross": '<div role="dialog"><span>×</span></div>',
    "small letters": "<button>ok</button><button>OK</button>",
    "a tab": '<div class="login-tab-item">账号登录</div>',
    "a tree of its own": "<div id='host'></div><script>document.querySelector('#host').attachShadow({mode: 'open'})"
    ".innerHTML = '<input id=\"loginname\"><button>我知道了</button><p>认证魔方</p><i class=captcha>1</i>'</script>",
    "words across trees": "<button id='host'>我知</button><script>document.querySelector('#host')"
    ".attachShadow({mode: 'open'}).innerHTML = '道了<slot></slot>'</script>",
    "a code": '<input placeholder="请输入短信验证码">',
    "a slider": '<div class="JDJRV-bigimg">1</div><div class="my-captcha">1</div>',
}
HOME = "https://login.example/"
PORTALS: tuple[Portal, ...] = (
    JdPortal(login_url=HOME, report_origin=HOME, gateway_origin=HOME, download_hosts=("login.example",)),
    PddPortal(login_url=HOME, origin=HOME, download_hosts=("login.example",)),
)
#: What a user may have written, and no browser understands by itself.
OWN = (
    ":text('账号登录')",
    "button:visible",
    "xpath=//button",
    "#host >> button",
    "div:has-text('登录'), button",
    "'知道了'",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    with chromium() as started:
        yield started


def test_what_is_said_to_be_missing_is_missing(browser: Chromium) -> None:
    async def act(page: Page) -> list[str]:
        wrong, told = [], set[int]()
        for name, html in PARTS.items():
            await page.set_content(f"<!DOCTYPE html><title>账号登录</title><body>{html}")
            for portal in PORTALS:
                known = portal.model_copy(
                    update={
                        "login_page": portal.login_page.model_copy(update={"slider": (*portal.login_page.slider, *OWN)})
                    }
                )
                (glance,) = (await glance_at(page.frames, known)).values()
                told.update(glance.marks.values())
                for selector, mark in glance.marks.items():
                    count = await page.locator(selector).filter(visible=True).count() if mark != Mark.ASK else 0
                    if (mark == Mark.NO and count) or (mark == Mark.YES and not count):
                        wrong.append(f"{name}: {selector} has {count}, was said to be {Mark(mark).name}")
                if set(OWN) - {one for one, mark in glance.marks.items() if mark == Mark.ASK}:
                    wrong.append(f"{name}: what only Playwright understands was not left to it")
        assert told == set(Mark)
        return wrong

    assert browser.visit("about:blank", act) == []


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(SandboxOptions(shops=1, pdd_shops=1, form="new")) as running:
        yield running


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_plain_sign_in_asks_the_page_little(
    browser: Chromium, sandbox: Sandbox, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # How often a slow machine looks again is not counted.
    monkeypatch.setattr(steps, "CLOSE_LOOK_EVERY_SECONDS", 3600)
    asked: list[str] = []
    with browser.overheard(asked):
        (visit,) = browser.sign_in(Visit(account(sandbox, platform, 1), portal_at(sandbox, platform)))
    assert visit.end == "landed"
    questions = [one for one in asked if one not in NO_QUESTIONS]
    assert len(questions) <= MOST_QUESTIONS, " ".join(questions)


#: What a sign-in on an open page may ask of it, filling in and clicking included.
MOST_QUESTIONS = 24
#: To open the page and close it, and what the driver is told without an answer.
NO_QUESTIONS = {
    *("newContext", "newPage", "goto", "close"),
    *("updateSubscription", "__waitInfo__", "dispose", "__create__", "__dispose__"),
}
