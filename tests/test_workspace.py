"""Relative paths mean the same from any folder of the project, for commands and for the service."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from scrapy.settings import BaseSettings

from shopdata import settings
from shopdata.actions.service import environment_for
from shopdata.browser.chromium import find_chromium
from shopdata.config import config_source
from shopdata.exceptions import LedgerError, UsageError
from shopdata.service.options import ServiceOptions
from shopdata.workspace import Workspace


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project's folder; we stand two folders below it."""
    (tmp_path / "scrapy.cfg").touch()
    (tmp_path / "notes" / "march").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "notes" / "march")
    return tmp_path


def settings_with(**own: str) -> BaseSettings:
    found = BaseSettings()
    found.setmodule(settings)
    found.update({f"SHOPDATA_{name}": value for name, value in own.items()})
    return found


@pytest.mark.parametrize("given", [".shopdata", "var/state", "../beside"])
def test_the_state_directory(project: Path, given: str) -> None:
    workspace = Workspace.from_settings(settings_with(STATE_DIR=given))
    assert workspace.state_dir == project / given
    options = ServiceOptions.from_settings(settings_with(STATE_DIR=given))
    assert options.folder == project / given / "service"


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("sqlite:///var/ledger.db", "sqlite:///{project}/var/ledger.db"),
        ("sqlite+pysqlite:///ledger.db?timeout=5", "sqlite+pysqlite:///{project}/ledger.db?timeout=5"),
        ("sqlite:////srv/ledger.db", "sqlite:////srv/ledger.db"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("sqlite://", "sqlite://"),
        ("postgresql+psycopg://u:p@host/shopdata", "postgresql+psycopg://u:p@host/shopdata"),
        ("postgresql+psycopg:///shopdata", "postgresql+psycopg:///shopdata"),
    ],
)
def test_the_ledgers_file(project: Path, given: str, meant: str) -> None:
    workspace = Workspace.from_settings(settings_with(STATE_DIR="state", DATABASE_URL=given))
    if os.name == "nt" and meant.endswith("/srv/ledger.db"):
        # A path from the root of the drive that one stands on.
        meant = f"sqlite:///{project.drive}/srv/ledger.db"
    assert (workspace.database_url or "").replace("\\", "/") == meant.format(project=project).replace("\\", "/")


def test_a_ledger_that_others_may_share_needs_a_key(project: Path) -> None:
    url = "postgresql+psycopg://u:p@127.0.0.1:9/shopdata"
    with pytest.raises(UsageError, match=r"^SHOPDATA_SECRET_KEY: no key is set.*the same on every machine.*Make one"):
        _ = Workspace.from_settings(settings_with(DATABASE_URL=url)).ledger
    with pytest.raises(LedgerError):
        _ = Workspace.from_settings(settings_with(DATABASE_URL=url, SECRET_KEY="for tests")).ledger
    # A service of before can still be stopped.
    assert ServiceOptions.from_settings(settings_with(DATABASE_URL=url)).folder


@pytest.mark.parametrize("name", ["LEASE_WAIT_SECONDS", "PATIENCE_SECONDS"])
def test_a_setting_that_got_another_name_is_read_by_both(project: Path, name: str) -> None:
    assert Workspace.from_settings(settings_with(**{name: "7"})).lease_wait_seconds == 7


def test_the_configuration(project: Path) -> None:
    assert config_source({"SHOPDATA_CONFIG_DIR": "brand/config"}) == project / "brand" / "config"
    (project / "pipelines_config").mkdir()
    assert config_source({}) == project / "pipelines_config"


@pytest.mark.skipif(os.name == "nt", reason="programs are told by their names there")
def test_the_browser(project: Path) -> None:
    chrome = project / "tools" / "chrome"
    chrome.parent.mkdir()
    chrome.touch(mode=0o755)
    assert find_chromium("tools/chrome") == chrome


def test_the_service_gets_whole_paths(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (
        ("SHOPDATA_CONFIG_DIR", "brand"),
        ("SHOPDATA_BROWSER_PATH", "tools/chrome"),
        ("SSL_CERT_FILE", "company.pem"),
    ):
        monkeypatch.setenv(name, value)
    given = settings_with(STATE_DIR="state", DATABASE_URL="sqlite:///ledger.db")
    environment = environment_for(given, ServiceOptions.from_settings(given))
    assert {name: environment[f"SHOPDATA_{name}"] for name in ("CONFIG_DIR", "STATE_DIR", "BROWSER_PATH")} == {
        "CONFIG_DIR": str(project / "brand"),
        "STATE_DIR": str(project / "state"),
        "BROWSER_PATH": str(project / "tools" / "chrome"),
    }
    assert environment["SHOPDATA_DATABASE_URL"] == f"sqlite:///{project / 'ledger.db'}"
    assert environment["SSL_CERT_FILE"] == str(project / "company.pem")


def test_the_key_may_be_in_a_file(project: Path) -> None:
    (project / "key").write_text("a key of a test\n", "utf-8")
    assert Workspace.from_settings(settings_with(SECRET_KEY_FILE="key")).secret_key == "a key of a test"
    (project / "empty").touch()
    for given in ({"SECRET_KEY_FILE": "none"}, {"SECRET_KEY_FILE": "empty"},
                  {"SECRET_KEY_FILE": "key", "SECRET_KEY": "another"}):  # fmt: skip
        with pytest.raises(UsageError, match="SHOPDATA_SECRET_KEY_FILE") as told:
            Workspace.from_settings(settings_with(**given))
        assert "a key of" not in str(told.value)
