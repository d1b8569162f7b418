"""Which Chromium signs in: the chosen one, Playwright's own, a system one, else one clear sentence."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from shopdata.browser import chromium
from shopdata.exceptions import BrowserMissingError


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """A machine with three browsers, and no others than these."""
    found = {name: tmp_path / name / "chromium" for name in ("chosen", "own", "system")}
    for path in found.values():
        path.parent.mkdir()
        path.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(found["system"].parent))
    monkeypatch.setattr(chromium, "_PLACES", ())
    return found


def test_the_chosen_one_comes_first(places: dict[str, Path]) -> None:
    assert chromium.find_chromium(str(places["chosen"]), str(places["own"])) == places["chosen"]


def test_then_playwrights_own(places: dict[str, Path]) -> None:
    assert chromium.find_chromium(None, str(places["own"])) == places["own"]


@pytest.mark.skipif(os.name == "nt", reason="the fake has no .exe")
def test_then_a_system_one(places: dict[str, Path]) -> None:
    places["own"].unlink()
    assert chromium.find_chromium(None, str(places["own"])) == places["system"]
    assert chromium.find_chromium("", None) == places["system"]


def test_a_chosen_one_that_is_not_there_is_no_reason_to_take_another(places: dict[str, Path]) -> None:
    nowhere = places["own"].with_name("nowhere")
    with pytest.raises(BrowserMissingError) as refusal:
        chromium.find_chromium(str(nowhere), str(places["own"]))
    assert str(refusal.value) == (
        f"SHOPDATA_BROWSER_PATH: there is no browser at this path. Found {nowhere}. "
        "Fix the path, or unset the variable to use another Chromium."
    )


def test_none_at_all_is_one_sentence_with_three_ways_out(places: dict[str, Path]) -> None:
    places["system"].unlink()
    with pytest.raises(BrowserMissingError, match=r"playwright install chromium.*Debian's.*SHOPDATA_BROWSER_PATH"):
        chromium.find_chromium(None, None)


@pytest.mark.skipif(os.name == "nt", reason="the fake has no .exe")
def test_a_platform_may_ask_for_the_headless_shell(places: dict[str, Path]) -> None:
    shell = places["system"].with_name("chromium-headless-shell")
    with pytest.raises(BrowserMissingError, match=r"browser in portals\.yaml.*chromium-headless-shell"):
        chromium.path_for("headless_shell", None)
    shell.touch(mode=0o755)
    assert chromium.path_for("headless_shell", str(places["chosen"])) == str(shell)
    assert chromium.path_for("headless_shell", str(places["chosen"]), is_headed=True) == str(places["chosen"])
    assert chromium.path_for("chromium", None) is None


@pytest.mark.browser
def test_a_session_calls_itself_what_the_browser_would_in_a_window() -> None:
    with sync_playwright() as playwright:
        path = chromium.find_chromium(os.environ.get("SHOPDATA_BROWSER_PATH"), playwright.chromium.executable_path)
        arguments = ["--no-sandbox"] if chromium.needs_no_sandbox() else []
        with playwright.chromium.launch(executable_path=str(path), args=arguments) as browser:
            own = browser.new_page().evaluate("navigator.userAgent")
            assert chromium.user_agent_of(browser.version) == own.replace("HeadlessChrome", "Chrome")


@pytest.mark.parametrize(
    ("platform", "words"),
    [
        pytest.param("linux", "X11; Linux x86_64", id="Linux"),
        pytest.param("win32", "Windows NT 10.0; Win64; x64", id="Windows"),
        pytest.param("darwin", "Macintosh; Intel Mac OS X 10_15_7", id="macOS"),
    ],
)
def test_it_names_the_version_and_the_system(monkeypatch: pytest.MonkeyPatch, platform: str, words: str) -> None:
    monkeypatch.setattr(chromium.sys, "platform", platform)
    assert chromium.user_agent_of("201.0.7.5") == (
        f"Mozilla/5.0 ({words}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/201.0.0.0 Safari/537.36"
    )
