"""`scrapy record` on a desk: a window with a bar, two days, and what becomes of one that is closed in the middle."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import sync_playwright
from steady_port import steady_port
from window import press_in_bar, screen, text_of, window_at, with_debugging
from workplace import Run, Workplace

from shopdata.wording import Texts

pytestmark = [pytest.mark.browser, pytest.mark.services]

T = Texts("en")
TIMEOUT_SECONDS = 300


def show(run: Run, port: int, end: str) -> None:
    """Turns the pages of the reviews of two days; after the first the window may be closed, or Ctrl-C pressed."""
    with sync_playwright() as playwright:
        browser, page = window_at(playwright, port, "/home")
        page.set_default_timeout(TIMEOUT_SECONDS * 1000)
        for label in ("record.bar.next", "record.bar.done"):
            page.locator("#reviews").click()
            page.locator("#ask").wait_for()
            page.wait_for_selector("shopdata-bar", state="attached")
            # By what the window says: the command's own output names the first day only.
            day = re.findall(r"\d{4}-\d\d-\d\d", text_of(page))[0]
            page.locator("#day").fill(day)
            page.locator("#ask").click()
            page.locator("#next").click()
            page.get_by_text("第 2 页").wait_for()
            press_in_bar(page, T("record.bar.rows"))
            if end == "interrupted":
                run.look()
                run.interrupt()
                return
            if end == "closed":
                page.close()
                break
            press_in_bar(page, T(label))
        browser.close()


def kept(place: Workplace) -> list[str]:
    return sorted(path.name for path in (place.state_dir / "recordings").iterdir() if path.suffix != ".lock")


@pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not installed: no window can be opened")
def test_two_days_are_shown_in_a_window_and_one_that_is_closed_is_judged_and_of_one_that_is_left_nothing_stays(
    make_workplace: Callable[..., Workplace], tmp_path: Path
) -> None:
    place = make_workplace(shops=0, pdd_shops=1, reviews=41, requests_per_second=50.0)
    place.sign_in("pdd-01")
    with screen() as display, ThreadPoolExecutor(1) as person:
        for end in ("interrupted", "closed", "shown"):
            port = steady_port()
            browser = str(with_debugging(tmp_path, port))
            run = place.start(
                "record", "pdd_stars", "--shop", "pdd-01", "--yes",
                DISPLAY=display, SHOPDATA_BROWSER_PATH=browser, SHOPDATA_LANGUAGE="en",
            )  # fmt: skip
            person.submit(show, run, port, end).result(TIMEOUT_SECONDS)
            run.wait()
            recipe = place.config_dir / "recipes" / "pdd_stars.yaml"
            if end == "interrupted":
                assert (run.code, "Traceback" in run.text) == (130, False), run.text
                assert kept(place) == []
            elif end == "closed":
                assert run.code == 1, run.text
                assert "The window was closed" in run.out
                assert "two takes of different days are needed" in run.err
                assert not recipe.exists()
                # It has only stand-ins, and tells why.
                assert kept(place) == ["pdd_stars.jsonl"]
            else:
                assert run.code == 0, run.text
                (step,) = yaml.safe_load(recipe.read_text("utf-8"))["steps"]
                assert (step["POST"], step["json"]["startTime"]) == ("{pdd.origin}/saturn/reviews/list", "{start:s}")
            assert run.survivors() == []
