"""The board in a real Chromium: nothing that a shop is called does anything, and everybody can use it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from board_client import Client, NewContext, Serve
from board_scenes import large_morning
from board_world import HOSTILE_NAMES, PASSWORD, RUN_ID, USER
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.services]

PAGES = {
    "today": "/",
    "another day": "/?day=2026-11-20",
    "days": "/board/days/jd_store",
    "trends": "/board/trends",
    "trend": "/board/trends/jd_store",
    "history": "/board/trends/jd_store/jd-08?span=long",
    "cell": "/board/cell/jd_store/2026-11-23/jd-05",
    "hostile cell": "/board/cell/jd_store/2026-11-23/jd-08",
    "published cell": "/board/cell/jd_store/2026-11-23/jd-09",
    "partition": "/board/partition/jd_store/2026-11-23",
    "runs": "/board/runs?told=queued&run=noted-1",
    "run": f"/board/runs/{RUN_ID}",
    "sessions": "/board/sessions",
    "schedule": "/board/schedule",
    "record": "/board/record",
    "shops": "/board/shops",
    "users": "/board/users",
    "activity": "/board/activity",
    "trouble": "/board/runs/nobody",
}
DESK = {"viewport": {"width": 1280, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "locale": "en-GB"}


@pytest.fixture
def page(new_context: NewContext, client: Client) -> Page:
    """A desk in Chinese; buttons do nothing but tell `client.calls()`."""
    return new_context().new_page()


@pytest.mark.parametrize(
    ("look", "names"),
    [
        (DESK, ["today", "cell", "hostile cell", "partition", "runs", "run", "record", "shops", "users", "trend"]),
        (PHONE, ["today", "days", "published cell", "sessions", "schedule", "activity", "trends", "history"]),
    ],
    ids=["desk", "phone, dark, English"],
)
def test_axe_finds_nothing_serious(
    new_context: NewContext, axe: str, look: dict[str, object], names: list[str]
) -> None:
    # The policy of the pages lets no foreign script in, not even this one.
    context = new_context(**look, bypass_csp=True)
    page = context.new_page()
    found = []
    for name in names:
        page.goto(PAGES[name])
        page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
        page.add_script_tag(content=axe)
        result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        assert len(result["passes"]) > 10
        found += [
            (name, violation["id"], [node["html"] for node in violation["nodes"]][:3])
            for violation in result["violations"]
            if violation["impact"] in ("serious", "critical")
        ]
    assert found == []


@pytest.mark.parametrize("look", [DESK, PHONE], ids=["desk", "phone, dark, English"])
def test_signing_in_with_the_keyboard_alone(
    new_context: NewContext, request: pytest.FixtureRequest, look: dict[str, object]
) -> None:
    context = new_context(**look, bypass_csp=True, extra_http_headers={})
    page = context.new_page()
    page.goto("/board/schedule?end=2026-11-20")
    if os.environ.get("AXE_PATH"):
        page.add_script_tag(content=request.getfixturevalue("axe"))
        result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        assert [violation["id"] for violation in result["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.keyboard.type(USER)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("nav")).to_be_visible()
    assert page.url.endswith("/board/schedule?end=2026-11-20")
    leave = page.locator(".who button")
    leave.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#password")).to_be_visible()
    page.goto("/")
    assert "/board/login" in page.url


@pytest.mark.parametrize("look", [DESK, PHONE], ids=["desk", "phone"])
def test_no_page_is_wider_than_the_screen(new_context: NewContext, look: dict[str, object]) -> None:
    page = new_context(**look).new_page()
    for name, path in PAGES.items():
        if name != "trouble":
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, name


@pytest.mark.parametrize("language", ["zh", "en"])
def test_heads_of_columns_fit_on_a_phone(new_context: NewContext, language: str) -> None:
    page = new_context(**PHONE).new_page()
    page.goto(f"/?lang={language}")
    cut = "heads => heads.filter(head => head.scrollWidth > head.clientWidth + 1).map(head => head.innerText)"
    assert page.eval_on_selector_all(".grid thead th", cut) == []


def test_hostile_names_do_nothing_and_are_shown_as_they_are(page: Page) -> None:
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    for path in (*list(PAGES.values())[:-1], "/?q=%3Cscript%3E", "/?q=%22%3E%3Cimg+src%3Dx+onerror%3Dalert(1)%3E"):
        page.goto(path)
        assert page.evaluate("window.hurt") is None
        assert page.locator("img[src=x]").count() == 0
    assert dialogs == []
    page.goto("/")
    shown = page.locator("th.shop bdi").all_text_contents()
    for name in HOSTILE_NAMES.values():
        assert name in shown
    # A name that turns the direction of writing keeps it to itself.
    assert page.locator("th.shop .id").filter(has_text="jd-10").bounding_box()["x"] < 400


def test_typing_narrows_the_shops_at_once(page: Page) -> None:
    page.goto("/")
    shops = page.locator("[data-grid] tr[data-kind]:visible")
    expect(shops).to_have_count(18)
    page.keyboard.press("/")
    page.keyboard.type("云杉")
    expect(shops).to_have_count(2)
    page.locator(".chip", has_text="需要处理").click()
    expect(shops).to_have_count(1)
    assert page.url.endswith("/?q=%E4%BA%91%E6%9D%89&show=trouble")
    page.keyboard.press("Escape")
    page.locator("[name=q]").fill("nobody is called so")
    expect(page.get_by_text("没有符合条件的店铺")).to_be_visible()
    page.reload()
    expect(page.locator("[name=q]")).to_have_value("nobody is called so")
    expect(shops).to_have_count(0)


def test_arrows_walk_through_the_grid(page: Page) -> None:
    page.goto("/board/days/jd_store")
    # Its head is a line above the shops, and covers none of them.
    heights = "heads => new Set(heads.map((head) => head.getBoundingClientRect().y)).size"
    assert page.locator("[data-grid] thead th").evaluate_all(heights) == 1
    page.locator("a[href$='/2026-11-23/jd-05']").focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "ArrowUp", "ArrowLeft"):
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement.getAttribute('href')").endswith("/jd_store/2026-11-22/jd-05")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("云杉母婴旗舰店")


def test_each_day_of_a_chart_is_reached_by_keys(new_context: NewContext) -> None:
    """On a telephone too, where each keeps its letters' size."""
    page = new_context(**PHONE).new_page()
    page.goto("/board/trends")
    page.get_by_role("link", name="JD inventory", exact=True).focus()
    page.keyboard.press("Tab")
    focused = "document.activeElement.querySelector('title').textContent"
    assert page.evaluate(focused).startswith("11-08 Sun: 72,808 rows of 12 shops")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    assert page.evaluate(focused).startswith("11-10 Tue: ")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(focused).startswith("11-09 Mon: ")
    size = page.locator(".strip.head text").first.evaluate("text => text.getBoundingClientRect().height")
    assert size > 10
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("2026-11-09")


def test_the_way_from_the_sentence_to_the_reason(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="失败").first.click()
    expect(page.locator("h1")).to_have_text("青禾家居专营店")
    expect(page.get_by_text("Found no answer after 3 tries")).to_be_hidden()
    page.get_by_text("原文").click()
    expect(page.get_by_text("Found no answer after 3 tries")).to_be_visible()
    page.get_by_role("link", name="日志", exact=True).click()
    expect(page.locator("body")).to_contain_text("Spider opened")


def test_the_log_opens_at_its_end(plain_page: Page) -> None:
    plain_page.set_viewport_size({"width": 390, "height": 844})
    plain_page.goto(f"/board/runs/{RUN_ID}")
    place = plain_page.locator(".log.end").bounding_box()
    first, last = (plain_page.locator(".log.end .v-info, .log.end .v-error").nth(n).bounding_box() for n in (0, -1))
    assert place is not None
    assert first is not None
    assert last is not None
    assert first["y"] < place["y"], "the log is not longer than its window"
    assert last["y"] + last["height"] <= place["y"] + place["height"]


def test_of_many_shops_only_the_first_are_shown(
    new_context: NewContext, serve: Serve, tmp_path: Path, client: Client
) -> None:
    """What needs somebody comes first, so it is among them. A search looks at all of them."""
    many = serve(large_morning(tmp_path, 30)).origin
    for has_scripts in (False, True):
        page = new_context(**PHONE | {"locale": "zh-CN"}, base_url=many, java_script_enabled=has_scripts).new_page()
        page.goto("/")
        rows = page.locator(".group").first.locator("tr[data-kind]")
        expect(rows).to_have_count(30)
        expect(rows.locator("visible=true")).to_have_count(12)
        assert [rows.nth(number).get_attribute("data-kind") for number in (0, 11)] == ["trouble", "done"]
        page.get_by_role("link", name="显示其余 18 家店").first.click()
        expect(rows.locator("visible=true")).to_have_count(30)
    page.goto("/")
    page.locator("[name=q]").fill("测试店铺 jd 029")
    expect(page.locator("[data-grid] tr[data-kind]:visible")).to_have_count(1)
    page.goto("/board/sessions")
    expect(page.locator("[data-grid] tr[data-kind]:visible")).to_have_count(12)
    page.get_by_role("link", name="显示其余 48 家店").click()
    expect(page.locator("[data-grid] tr[data-kind]:visible")).to_have_count(60)


def test_what_costs_something_is_asked_first(page: Page, client: Client) -> None:
    page.goto("/board/days/jd_store")
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("button", name="补齐这些缺口").click()
    assert page.url.endswith("/board/days/jd_store")
    assert client.calls() == []
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="补齐这些缺口").click()
    expect(page.get_by_role("status")).to_contain_text("已经排上： noted-collect")
    assert [call["dataset"] for call in client.calls()] == ["jd_store"]


@pytest.fixture
def plain_page(new_context: NewContext, client: Client) -> Iterator[Page]:
    """A browser that runs no scripts."""
    return new_context(java_script_enabled=False).new_page()


def test_everything_works_without_scripts(plain_page: Page, client: Client) -> None:
    plain_page.goto("/")
    plain_page.locator(".chip", has_text="需要处理").click()
    expect(plain_page.locator("[data-grid] tr[data-kind]:visible")).to_have_count(4)
    plain_page.locator("[name=q]").fill("jd-04")
    plain_page.get_by_role("button", name="搜索").click()
    expect(plain_page.locator("[data-grid] tr[data-kind]:visible")).to_have_count(1)
    plain_page.get_by_role("link", name="失败").click()
    plain_page.get_by_role("button", name="再取一次").click()
    expect(plain_page.get_by_role("status")).to_contain_text("noted-collect")
    assert [call["shops"] for call in client.calls()] == [["jd-04"]]
    plain_page.get_by_role("link", name="English").click()
    expect(plain_page.locator("h1")).to_have_text("Runs")


def test_an_open_page_stays_fresh(page: Page, client: Client) -> None:
    page.clock.install()
    page.goto("/?q=jd-0")
    shops = page.locator("[data-grid] tr[data-kind]:visible")
    expect(shops).to_have_count(9)

    later = client.get("/?q=jd-0").text.replace("今天 08:41", "今天 09:02")
    page.route("**/*", lambda route: route.fulfill(body=later, content_type="text/html; charset=utf-8"))
    page.clock.run_for(31_000)
    expect(page.locator("h1")).to_contain_text("今天 09:02")
    expect(shops).to_have_count(9)


def test_a_shop_that_waits_is_shown_what_to_type(page: Page) -> None:
    page.goto("/board/cell/jd_store/2026-11-23/jd-05")
    expect(page.locator(".command code")).to_have_text("scrapy login jd-05 --headed")
    assert page.locator("img.shot").evaluate("image => image.complete && image.naturalWidth > 0")
    page.get_by_role("button", name="复制").click()
    assert page.evaluate("getSelection().toString()") == "scrapy login jd-05 --headed"
