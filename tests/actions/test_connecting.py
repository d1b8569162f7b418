"""`scrapy check_config --connect`: what a run needs, tried for real, each with a sentence."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest
from webhook_receiver import webhook_receiver

from sandbox.dremio import DremioDouble
from sandbox.store import SeaweedStore
from shopdata.actions.connecting import Tried, connect
from shopdata.store.object_store import ObjectStore
from shopdata.workspace import Workspace

pytestmark = [pytest.mark.services, pytest.mark.browser]

FAKE = "pa55-w0rd-that-nobody-may-see"


def tried(state_dir: Path, monkeypatch: pytest.MonkeyPatch, browser: str | None, **variables: str) -> dict[str, Tried]:
    """By what was tried, with the configuration that is delivered."""
    accounts = {"JD_FLAGSHIP_USERNAME": "someone", "JD_FLAGSHIP_PASSWORD": FAKE}
    for name, value in {**accounts, **variables}.items():
        monkeypatch.setenv(name, value)
    found = list(connect(Workspace(state_dir=state_dir), browser))
    assert not any(FAKE in str(one) for one in found)
    return {one.what: one for one in found}


def test_all_is_there(object_store_server: SeaweedStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = f"test-{secrets.token_hex(6)}"
    with DremioDouble(lake=object_store_server.settings()) as dremio, webhook_receiver() as receiver:
        variables = object_store_server.environment() | dremio.environment()
        variables |= {"SHOPDATA_S3_BUCKET": bucket, "SHOPDATA_WECOM_URL": receiver.url("wecom")}
        found = tried(tmp_path, monkeypatch, None, **variables)
        assert found["store"].is_well is None
        assert "the bucket is not there yet" in found["store"].sentence
        assert (found["Dremio"].is_well, found["ledger"].is_well) == (True, True)
        assert str(tmp_path / "ledger.sqlite3") in found["ledger"].sentence
        assert found["alerts, channel wecom"].is_well
        assert "shopdata 测试消息" in receiver.texts()[0]
        # Whether this machine has a font or not: it is said.
        assert found["browser"].is_well is not False
        assert "Chinese font" in found["browser"].sentence

        with ObjectStore(object_store_server.settings(bucket=bucket)) as store:
            store.ensure_bucket()
            found = tried(tmp_path, monkeypatch, str(tmp_path / "none"), **variables)
            assert found["store"].is_well, found["store"]
            assert store.list_keys("") == []


def test_nothing_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ledger.sqlite3").write_bytes(b"no database, and longer than a header of one" * 9)
    nowhere = {"SHOPDATA_S3_ENDPOINT": "127.0.0.1:9", "SHOPDATA_S3_SECURE": "false", "SHOPDATA_S3_ACCESS_KEY": FAKE}
    nowhere |= {"SHOPDATA_S3_SECRET_KEY": FAKE, "SHOPDATA_DREMIO_URL": "http://127.0.0.1:9"}
    nowhere |= {"SHOPDATA_DREMIO_TOKEN": FAKE, "SHOPDATA_WECOM_URL": f"http://127.0.0.1:9/send?key={FAKE}"}
    found = tried(tmp_path, monkeypatch, str(tmp_path / "none"), **nowhere)
    assert [one.is_well for one in found.values()] == [False] * 5, found
    assert list(found) == ["store", "Dremio", "ledger", "browser", "alerts, channel wecom"]
    assert "127.0.0.1:9/warehouse" in found["store"].sentence
    assert "Dremio can't be reached" in found["Dremio"].sentence
    assert "published" not in found["Dremio"].sentence
    assert "there is no browser at this path" in found["browser"].sentence


def test_a_dremio_without_the_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with DremioDouble(source="another") as dremio:
        nowhere = {"SHOPDATA_S3_ENDPOINT": "127.0.0.1:9", "SHOPDATA_S3_SECURE": "false", "SHOPDATA_S3_ACCESS_KEY": FAKE}
        variables = nowhere | {"SHOPDATA_S3_SECRET_KEY": FAKE} | dremio.environment()
        found = tried(tmp_path, monkeypatch, str(tmp_path / "none"), **variables)
    assert "no such source" in found["Dremio"].sentence
    assert "alerts" not in " ".join(found)
