"""A portal that asks for a person: the shop waits, somebody signs it in by hand, and the next run goes on by itself."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, sync_playwright
from steady_port import steady_port
from window import screen, with_debugging
from workplace import TIMEOUT_SECONDS, Run, Workplace

from sandbox import Counters, Fault, Record

pytestmark = [pytest.mark.browser, pytest.mark.services]

DAY = date(2026, 3, 1)
CRAWL = ("crawl", "pdd_badscore", "-a", f"date={DAY}")
SMS, SMS_BEHIND_SUCCESS, SLIDER = "pdd-01", "pdd-02", "pdd-03"
FAULTS = {SMS: Fault.SMS, SMS_BEHIND_SUCCESS: Fault.SMS_BEHIND_SUCCESS, SLIDER: Fault.CAPTCHA}
SHOPS = list(FAULTS)
WORDS = {
    SMS: f"asks for an SMS code. Sign in by hand with `scrapy login {SMS}` and type the code",
    SMS_BEHIND_SUCCESS: f"asks for an SMS code. Sign in by hand with `scrapy login {SMS_BEHIND_SUCCESS}` and type",
    SLIDER: f"`scrapy login {SLIDER} --headed`",
}
needs_screen = pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not installed: no window can be opened")


@dataclass
class Asked:
    """A run, and what it has asked of the portal."""

    run: Run
    records: list[Record]
    counters: Counters
    cells: dict[str, dict[str, Any]]


@dataclass
class Story:
    place: Workplace
    #: Every shop is asked for something that only a person has.
    first: Asked
    #: The same command again, and nobody has acted.
    second: Asked


def attempt(place: Workplace, *command: str, typed: str = "") -> Asked:
    place.sandbox.clear_records()
    run = place.scrapy(*command, typed=typed)
    return Asked(run, place.sandbox.records(), place.sandbox.counters(), cells(place))


def cells(place: Workplace) -> dict[str, dict[str, Any]]:
    return {cell["shop"]: cell for cell in place.status()["cells"]}


@pytest.fixture(scope="module")
def nowhere(make_workplace: Callable[..., Workplace]) -> tuple[Workplace, Run]:
    """A crawl whose sign-in leads nowhere. It waits for its deadline, which must suit a busy machine: it has begun
    before all others of this file, and is looked at behind them."""
    place = make_workplace(shops=0, pdd_shops=1, reviews=5)
    place.edit("portals.yaml", lambda portals: portals["pdd"].update(home_path="/nowhere", login_timeout_seconds=90))
    return place, place.start(*CRAWL)


@pytest.fixture(scope="module")
def story(make_workplace: Callable[..., Workplace], nowhere: tuple[Workplace, Run]) -> Story:
    place = make_workplace(shops=0, pdd_shops=len(SHOPS), reviews=5, requests_per_second=50.0)
    for shop, fault in FAULTS.items():
        place.sandbox.set_fault(shop, fault)
    return Story(place, attempt(place, *CRAWL), attempt(place, *CRAWL))


class TestNobodyThere:
    @pytest.mark.parametrize("shop", SHOPS)
    def test_the_shop_waits_and_says_for_what(self, story: Story, shop: str) -> None:
        assert story.first.run.code == 1
        assert story.first.cells[shop]["state"] == "needs_login"
        assert WORDS[shop] in story.first.cells[shop]["reason"]

    @pytest.mark.parametrize("shop", SHOPS)
    def test_there_is_a_picture_of_what_was_asked(self, story: Story, shop: str) -> None:
        assert (story.place.state_dir / "screenshots" / f"pdd_{shop}.png").read_bytes().startswith(b"\x89PNG")

    def test_the_next_run_does_not_ask_again(self, story: Story) -> None:
        assert story.second.run.code == 1
        assert story.second.records == []
        assert {cell["state"] for cell in story.second.cells.values()} == {"needs_login"}

    def test_the_list_of_sessions_says_who_waits(self, story: Story) -> None:
        run = story.place.scrapy("sessions")
        assert "".join(run.out.split()).count("asksfor") >= 1, run.out
        assert all(shop in run.out for shop in SHOPS)


class TestOnTheTerminal:
    def test_without_a_good_code_nobody_is_signed_in(self, story: Story) -> None:
        place = story.place
        place.sandbox.clear_records()
        no_code, wrong_code = place.start("login", SMS), place.start("login", SMS_BEHIND_SUCCESS, typed="000000\n")
        slider = place.start("login", SLIDER)
        assert [run.wait().code for run in (no_code, wrong_code, slider)] == [1, 1, 1]
        assert "No SMS code was given." in no_code.err
        assert f"shop '{SMS_BEHIND_SUCCESS}': the portal did not take the SMS code." in wrong_code.err
        # A slider cannot be answered by typing.
        assert WORDS[SLIDER] in slider.err
        assert all("Traceback" not in run.text for run in (no_code, wrong_code, slider))
        assert place.sandbox.counters().logins == {}

    @pytest.mark.parametrize("shop", [SMS, SMS_BEHIND_SUCCESS])
    def test_the_code_signs_in_and_is_not_shown(self, story: Story, shop: str) -> None:
        code = story.place.sandbox.sms_code(shop)
        story.place.sandbox.clear_records()
        # A slip, and an Enter too many: neither ends it.
        slip = "000000\n\n" if shop == SMS else ""
        run = story.place.scrapy("login", shop, typed=f"{slip} {code}\n")
        assert run.code == 0, run.text
        assert ("The portal did not take this code. It says: 「手机验证码错误」" in run.out) == bool(slip)
        assert f"{shop}: signed in, the session is saved." in run.out
        assert story.place.sandbox.counters().logins == {shop: 1}
        assert code not in run.text
        assert run.survivors() == []

    def test_the_next_run_goes_on_by_itself(self, story: Story) -> None:
        asked = attempt(story.place, *CRAWL, "-a", f"shops={SMS},{SMS_BEHIND_SUCCESS}")
        assert asked.run.code == 0, asked.run.text
        assert asked.counters.logins == {}
        assert {shop: cell["state"] for shop, cell in asked.cells.items()} == {
            SMS: "published",
            SMS_BEHIND_SUCCESS: "published",
            SLIDER: "needs_login",
        }


def drag_the_slider(run: Run, port: int) -> str:
    """Waits for the window and its slider, and drags it to the gap."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    with sync_playwright() as playwright:
        while True:
            try:
                browser = playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")
                page = next(page for context in browser.contexts for page in context.pages if "login" in page.url)
                break
            except (PlaywrightError, StopIteration):
                assert time.monotonic() < deadline, "no window came"
                time.sleep(0.1)
        page.wait_for_selector(".captcha-slider", timeout=TIMEOUT_SECONDS * 1000)
        # The command must have seen it too, and told the person: a scripted one is quicker.
        told = time.monotonic() + TIMEOUT_SECONDS
        while "Finish it" not in run.out and time.monotonic() < told:
            time.sleep(0.1)
        drag(page)
        return page.evaluate("navigator.userAgent")


def drag(page: Page) -> None:
    gap = page.locator(".captcha-gap").bounding_box()
    slider = page.locator(".captcha-slider").bounding_box()
    assert gap is not None
    assert slider is not None
    x, y = slider["x"] + slider["width"] / 2, slider["y"] + slider["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + gap["x"] - slider["x"], y, steps=8)
    page.mouse.up()


@needs_screen
def test_in_a_window_a_person_drags_the_slider(story: Story, tmp_path: Path) -> None:
    place = story.place
    # Let go at the gap, it is good: the portal asks once.
    place.sandbox.clear_faults(SLIDER)
    place.sandbox.set_fault(SLIDER, Fault.CAPTCHA, times=1)
    place.sandbox.clear_records()
    port = steady_port()
    with screen() as display, ThreadPoolExecutor(1) as person:
        run = place.start(
            "login", SLIDER, "--headed", DISPLAY=display, SHOPDATA_BROWSER_PATH=str(with_debugging(tmp_path, port))
        )
        try:
            # A thread of their own: the tests' browser lives in this one.
            agent = person.submit(drag_the_slider, run, port).result(TIMEOUT_SECONDS)
            run.wait()
        finally:
            run.end()
    assert run.code == 0, run.text
    assert re.search(r"asks for a (slider|captcha)\. Finish it in the window", run.out), run.out
    assert "Headless" not in agent
    assert place.sandbox.counters().logins == {SLIDER: 1}
    assert run.survivors() == []

    asked = attempt(place, *CRAWL)
    assert asked.run.code == 0, asked.run.text
    assert asked.counters.logins == {}
    assert asked.cells[SLIDER]["state"] == "published"


def test_a_sign_in_that_leads_nowhere_is_sent_once_in_a_run(nowhere: tuple[Workplace, Run]) -> None:
    """It may mean anything, also that the password is wrong in words that nobody knows: accounts get locked."""
    place, run = nowhere
    run.wait()
    assert place.sandbox.counters().logins == {"pdd-01": 1}
    cell = cells(place)["pdd-01"]
    assert cell["state"] == "failed"
    assert "neither the back office nor a refusal" in cell["reason"]
    assert (place.state_dir / "screenshots" / "pdd_pdd-01.png").read_bytes().startswith(b"\x89PNG")
