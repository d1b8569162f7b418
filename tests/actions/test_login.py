"""`scrapy login` asks about the saved session first, and leaves one of another key alone."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import pytest
from scrapy.settings import Settings
from scrapy.utils.project import get_project_settings

from sandbox import Sandbox, SandboxOptions
from shopdata.actions.sessions import show_sessions
from shopdata.commands.login import Command
from shopdata.config import load_config
from shopdata.reasons import Reason
from shopdata.sessions.sessions import SessionStore
from shopdata.workspace import Workspace

KEY, OTHER = "one-fake-key-of-many-letters", "another-fake-key-of-many-letters"


@pytest.fixture(scope="module")
def portals() -> Iterator[Sandbox]:
    with Sandbox(SandboxOptions(shops=1, pdd_shops=1, rows=5)) as sandbox:
        yield sandbox


@pytest.fixture
def settings(portals: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A workplace whose shops have sessions that were saved with KEY."""
    folder = portals.write_config(tmp_path / "pipelines_config")
    store = {f"SHOPDATA_S3_{name}": "127.0.0.1:9" for name in ("ENDPOINT", "ACCESS_KEY", "SECRET_KEY")}
    for name, value in {**portals.environment(), **store, "SHOPDATA_CONFIG_DIR": str(folder)}.items():
        monkeypatch.setenv(name, value)
    sessions = SessionStore(tmp_path / "state" / "sessions", KEY)
    for shop in load_config().shops:
        sessions.save(shop, portals.open_session(shop.id))
    portals.clear_records()
    # No browser: whoever wants to sign in is refused.
    return settings_with(tmp_path, KEY)


def settings_with(folder: Path, key: str) -> Settings:
    settings: Settings = get_project_settings().copy()
    settings.update({"SHOPDATA_STATE_DIR": str(folder / "state"), "SHOPDATA_SECRET_KEY": key})
    settings.set("SHOPDATA_BROWSER_PATH", str(folder / "none"))
    return settings


def options(**given: bool) -> argparse.Namespace:
    nothing = dict.fromkeys(("again", "board", "headed", "accept_identity", "new_device"), False)
    return argparse.Namespace(**{**nothing, **given})


def login(shop: str, opts: argparse.Namespace, settings: Settings) -> int:
    """As a person has typed it; the exit code."""
    command = Command()
    command.settings = settings
    command.run([shop], opts)
    return command.exitcode


@pytest.mark.parametrize("shop", ["sandbox-01", "pdd-01"])
def test_one_that_lives_is_left_and_known_to_live(
    settings: Settings, portals: Sandbox, shop: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert login(shop, options(), settings) == 0
    out = capsys.readouterr().out
    assert f"{shop}: asking the portal whether the session of " in out
    assert f"it lives; nothing was signed in. `scrapy login {shop} --again`" in out
    assert portals.counters().logins == {}
    show_sessions(Workspace.from_settings(settings), user_agent="", is_check_wanted=False)
    line = next(line for line in capsys.readouterr().out.splitlines() if shop in line)
    assert " alive " in line


@pytest.mark.parametrize("given", ["again", "new_device", "accept_identity"])
def test_signs_in_anew_where_it_is_told_to(
    settings: Settings, portals: Sandbox, given: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert login("sandbox-01", options(**{given: True}), settings) == 1
    said = capsys.readouterr()
    assert "starting the browser" in said.out
    assert "there is no browser at this path" in said.err
    assert portals.records() == []


def test_signs_in_where_it_has_ended_or_a_person_is_waited_for(
    settings: Settings, portals: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    portals.expire_sessions("sandbox-01")
    assert login("sandbox-01", options(), settings) == 1
    assert "sandbox-01: it has ended; signing in." in capsys.readouterr().out
    shop = next(shop for shop in load_config().shops if shop.id == "pdd-01")
    SessionStore(tmp_path / "state" / "sessions", KEY).park(shop, Reason("challenge", {}, "a slider"))
    assert login(shop.name, options(), settings) == 1
    assert "pdd-01: it waits for a person; signing in." in capsys.readouterr().out


def test_one_of_another_key_is_told_and_left(
    settings: Settings, portals: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = settings_with(tmp_path, OTHER)
    files = {path: path.read_bytes() for path in (tmp_path / "state" / "sessions").glob("*.session")}
    assert login("sandbox-01", options(), other) == 1
    said = capsys.readouterr()
    assert "the saved session was saved with another key" in said.err
    assert "`scrapy login sandbox-01 --again`" in said.err
    workspace = Workspace.from_settings(other)
    show_sessions(workspace, user_agent="", is_check_wanted=False)
    out = capsys.readouterr().out
    assert "Saved with another key than SHOPDATA_SECRET_KEY has now: sandbox-01, pdd-01." in out
    assert " none " not in out
    assert workspace.sessions.of_other_key(workspace.config.shops) == ["sandbox-01", "pdd-01"]
    assert Workspace.from_settings(settings).sessions.of_other_key(workspace.config.shops) == []
    assert portals.records() == []
    assert {path: path.read_bytes() for path in files} == files
