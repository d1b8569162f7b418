"""A person shows an export on the board: two days in pictures of the portal's page, and a third one that proves it."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from typing import Any

import pytest
import yaml
from asked import asked
from kept_journals import shipped
from running import Running
from watching import BLUE, GREEN, VIOLET, NewWatcher, Watcher

pytestmark = [pytest.mark.browser, pytest.mark.services]

DAY = date(2026, 3, 1)


def begin(watcher: Watcher, started: Running, shop: str, name: str) -> None:
    watcher.page.goto(f"{started.url}/board")
    watcher.page.get_by_role("link", name="录制报表").click()
    watcher.page.get_by_label("用哪家店铺").select_option(shop)
    watcher.page.get_by_label("报表叫什么").fill(name)
    watcher.press("开始录制")
    watcher.page.wait_for_url("**/record/*?view=*")


def choose_day(watcher: Watcher) -> None:
    """From the first page of the back office to the report's own, and there the day that is asked for."""
    watcher.wait_for("请只选")
    day = watcher.page.locator(".sentinel").inner_text()
    watcher.click_on(BLUE)
    watcher.click_on(GREEN)
    watcher.page.keyboard.type(day)
    watcher.click_on(BLUE)


def export_file(watcher: Watcher) -> None:
    choose_day(watcher)
    watcher.click_on(VIOLET)
    watcher.wait_for("收到文件：")


def turn_pages(watcher: Watcher) -> None:
    choose_day(watcher)
    watcher.click_on(VIOLET)
    watcher.see_no(VIOLET)
    watcher.press("数据就在页面上")
    watcher.wait_for("记下了页面上的数据")


def asks(started: Running, recipe: dict[str, Any], name: str) -> list[Any]:
    recipe["recipe"]["dataset"] = name
    return asked(recipe, DAY, dict(started.place.sandbox.origins))


def written(started: Running, kind: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((started.place.config_dir / kind / f"{name}.yaml").read_text("utf-8"))
    return found


@pytest.mark.parametrize(
    ("shop", "name", "like", "show"),
    [
        ("sandbox-05", "jd_stock", "jd_store", export_file),
        ("pdd-15", "pdd_stars", "pdd_badscore", turn_pages),
    ],
)
def test_two_days_are_shown_and_a_third_proves_it(
    started: Running, new_watcher: NewWatcher, shop: str, name: str, like: str, show: Any
) -> None:
    started.place.sign_in(shop)
    watcher = new_watcher()
    begin(watcher, started, shop, name.partition("_")[2])
    show(watcher)
    watcher.press("就是它，下一天")
    show(watcher)
    watcher.press("就是它，看看推出了什么")
    watcher.wait_for("推出了配方")
    watcher.wait_for_words("是所选的日期，写作")
    watcher.page.get_by_label("大家怎么叫这张报表").fill("录下来的")
    watcher.press("写文件")
    watcher.wait_for("已经写好")
    assert asks(started, written(started, "recipes", name), like) == asks(started, shipped(like), like)
    assert written(started, "datasets", name)["title"] == "录下来的"

    watcher.press("在这里导出第三天")
    show(watcher)
    watcher.press("比较")
    watcher.wait_for("核对成功")
    recipe = started.place.config_dir / "recipes" / f"{name}.yaml"
    assert recipe.read_text("utf-8").startswith("# Recorded, and proven: ")


def test_where_nothing_can_be_written_the_files_are_handed_out(started: Running, new_watcher: NewWatcher) -> None:
    started.place.sign_in("pdd-15")
    watcher = new_watcher()
    begin(watcher, started, "pdd-15", "handed")
    turn_pages(watcher)
    watcher.press("就是它，下一天")
    turn_pages(watcher)
    watcher.press("就是它，看看推出了什么")
    watcher.wait_for("推出了配方")

    recipes, kept = started.place.config_dir / "recipes", started.place.config_dir / "recipes-kept"
    recipes.rename(kept)
    recipes.write_text("no folder", "utf-8")
    try:
        watcher.press("写文件")
        watcher.wait_for("这里写不了文件，请下载")
    finally:
        recipes.unlink()
        kept.rename(recipes)
    # Chromium's own download would go without the header by which this person is signed in.
    link = watcher.page.get_by_role("link", name="下载文件").evaluate("(link) => link.href")
    with zipfile.ZipFile(io.BytesIO(watcher.page.request.get(link).body())) as handed:
        texts = {name: handed.read(name).decode() for name in handed.namelist()}
    assert sorted(texts) == ["datasets/pdd_handed.yaml", "recipes/pdd_handed.yaml"]
    recipe = yaml.safe_load(texts["recipes/pdd_handed.yaml"])
    assert asks(started, recipe, "pdd_badscore") == asks(started, shipped("pdd_badscore"), "pdd_badscore")
    assert not [*started.place.config_dir.rglob("pdd_handed.yaml")]
