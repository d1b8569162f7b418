"""What a login page can say, on both platforms: the table of docs/when-it-fails.md, row by row."""

from __future__ import annotations

import pytest
from pages import PLATFORMS, Visit, account, chromium, portal_at
from playwright.async_api import Page

from sandbox import Fault, Sandbox, SandboxOptions
from shopdata.sessions.sign_in.verdict import OUTCOMES
from shopdata.sessions.sign_in.words import Says

pytestmark = pytest.mark.browser
both = pytest.mark.parametrize("platform", PLATFORMS)

#: What the sandbox does after the password, and what the sentence must have.
ANSWERS: dict[Says, tuple[Fault, str]] = {
    Says.REFUSED: (Fault.WRONG_PASSWORD, "credentials refused. Found 「账"),
    Says.LOCKED: (Fault.LOGIN_LOCKED, "the account is locked. Found 「账号已被锁定，请 2 小时后再试」"),
    Says.CAPTCHA: (Fault.CAPTCHA, "asks for a "),
    Says.SMS: (Fault.SMS, "asks for an SMS code"),
    Says.RISK: (Fault.LOGIN_RISK, "asks for a proof of identity. Found 「账号存在安全风险，请先核实身份」"),
    Says.FORM: (Fault.NEW_PASSWORD, "您的密码已超过 90 天未修改"),
    Says.CHOICE: (Fault.CHOOSE_SHOP, "asks for a choice among several shops. Found 「请选择要进入的店铺」"),
    Says.BUSY: (Fault.LOGIN_BUSY, "「系统繁忙，请稍后再试」"),
    Says.MAINTENANCE: (Fault.LOGIN_MAINTENANCE, "「系统升级维护中，预计 06:00 恢复」"),
    Says.UNKNOWN: (Fault.LOGIN_UNKNOWN, "「登录失败，请联系客服（E1007）」"),
}
KINDS = {"refused": "CredentialsRefusedError", "person": "ChallengeError", "again": "UnclearSignInError"}
#: What lies before the form, how it ends, and what the sentence must have.
STUCK: dict[str, tuple[str, str]] = {
    "agreement-stuck": ("ChallengeError", "asks for consent to its rules. Found 「请先阅读并同意协议」"),
    "notice-stuck": ("ChallengeError", "asks for a notice to be closed. Found 「关于规范经营的公告"),
    "maintenance": ("PortalError", "it is under repair. Found 「系统维护中"),
}
#: What is clicked on the way to the form, on one of the two forms. More boxes are in test_boxes.py.
CLICKED = {
    "agreement-icon": "new",
    "notice": "new",
    "notice-cross,agreement-role": "old",
}


async def _masks(page: Page) -> int:
    return await page.locator(".notice-mask").count()


async def _remembered(page: Page) -> list[bool]:
    return [await box.is_checked() for frame in page.frames for box in await frame.locator("#remember").all()]


async def _who(page: Page) -> str:
    names = page.locator("header span")
    return await names.inner_text() if await names.count() else ""


@pytest.fixture(scope="module")
def visits() -> dict[tuple[str, str], Visit]:
    """All of them, each of a shop of its own."""
    made: dict[tuple[str, str], Visit] = {}
    with Sandbox(SandboxOptions(shops=24, pdd_shops=24, login_delay_seconds=0.05)) as sandbox, chromium() as browser:
        for platform in PLATFORMS:
            portal, numbers = portal_at(sandbox, platform), iter(range(1, 25))

            def visit(name: str, look: str = "", fault: Fault | None = None, **facts: str) -> Visit:
                shop = account(sandbox, platform, next(numbers), **facts)  # noqa: B023 - called in its turn
                if fault is not None:
                    sandbox.set_fault(shop.id, fault)
                url = f"{portal.login_url}?{look}"  # noqa: B023
                return made.setdefault((name, platform), Visit(shop, portal, url))  # noqa: B023

            for says, (fault, _) in ANSWERS.items():
                visit(says, fault=fault)
            for look in STUCK:
                visit(f"before {look}", f"look={look}")
            for look, form in CLICKED.items():
                visit(look, f"look={look}&form={form}")
            visit("down", fault=Fault.LOGIN_DOWN)
            visit("landing", fault=Fault.LANDING_NOTICE).then = _masks
            visit("remember", "look=agreement", fault=Fault.WRONG_PASSWORD).then = _remembered
            chosen = account(sandbox, platform, 1)
            # The one key or the other; and the words of an entry hold those of another.
            key = "portal_name" if platform == "jd" else "portal_shop"
            visit("chosen", fault=Fault.CHOOSE_SHOP, **{key: chosen.name}).then = _who
            visit("not there", fault=Fault.CHOOSE_SHOP, portal_shop=chosen.name[:4])
        browser.sign_in(*made.values())
    return made


def test_the_table_is_whole() -> None:
    assert {*ANSWERS, Says.AGREEMENT, Says.NOTICE} == set(Says)


@both
@pytest.mark.parametrize("says", ANSWERS, ids=str)
def test_after_the_password(visits: dict[tuple[str, str], Visit], platform: str, says: Says) -> None:
    visit = visits[says, platform]
    assert visit.end.startswith(f"{KINDS[OUTCOMES[says]]}: shop {visit.shop.id!r}: "), visit.end
    assert ANSWERS[says][1] in visit.end
    assert visit.shop.password.get_secret_value() not in visit.end


@both
@pytest.mark.parametrize("look", STUCK)
def test_before_the_password(visits: dict[tuple[str, str], Visit], platform: str, look: str) -> None:
    visit, (kind, words) = visits[f"before {look}", platform], STUCK[look]
    assert visit.end.startswith(f"{kind}: shop {visit.shop.id!r}: "), visit.end
    assert words in visit.end


@both
def test_an_answer_that_was_none(visits: dict[tuple[str, str], Visit], platform: str) -> None:
    assert visits["down", platform].end.startswith("UnclearSignInError"), visits["down", platform].end
    assert "Found 「HTTP 502」" in visits["down", platform].end


@both
@pytest.mark.parametrize("look", CLICKED)
def test_what_is_clicked_on_the_way(visits: dict[tuple[str, str], Visit], platform: str, look: str) -> None:
    assert visits[look, platform].end == "landed"


@both
def test_a_box_that_makes_the_machine_known_stays_as_it_is(visits: dict[tuple[str, str], Visit], platform: str) -> None:
    # The form was sent, so the box beside it was ticked.
    assert visits["remember", platform].end.startswith("CredentialsRefusedError")
    assert visits["remember", platform].found == [False]


@both
def test_a_notice_on_the_landing_page_is_closed(visits: dict[tuple[str, str], Visit], platform: str) -> None:
    assert (visits["landing", platform].end, visits["landing", platform].found) == ("landed", 0)


@both
def test_the_entry_that_is_named_is_entered(visits: dict[tuple[str, str], Visit], platform: str) -> None:
    visit = visits["chosen", platform]
    assert visit.end == "landed"
    assert visit.found == (visit.shop.portal_shop or visit.shop.portal_name)


@both
def test_an_entry_that_is_not_there(visits: dict[tuple[str, str], Visit], platform: str) -> None:
    visit = visits["not there", platform]
    assert visit.end.startswith("ChallengeError")
    assert f"「请选择要进入的店铺」 with no entry {visit.shop.portal_shop!r}" in visit.end
    assert "`portal_shop` in shops.yaml" in visit.end
