"""What lies in a machine's outbox is sent by its service, where no crawl runs that would."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shopdata.exceptions import StoreError
from shopdata.ledger import CellKey, RawFile
from shopdata.service.left_files import LeftFiles
from shopdata.store.object_store import ObjectStore
from shopdata.workspace import Workspace

KEY = CellKey("jd_store", "2026-03-01", "one")
CONTENT = b"as the portal sent it"
RAW = RawFile(
    key="raw/jd/jd_store/dt=2026-03-01/one.xlsx",
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    bytes=len(CONTENT),
    ext="xlsx",
    rows=1,
    fetched_at=datetime(2026, 3, 2, 0, 30, tzinfo=UTC),
)


@pytest.fixture
def workspace(tmp_path: Path, object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """One file is staged, and the store does not have it."""
    monkeypatch.setattr(Workspace, "store", object_store)
    workspace = Workspace(tmp_path)
    workspace.ledger.add_cells("jd", [KEY])
    workspace.ledger.settle(KEY, RAW.state, raw=RAW)
    workspace.staging.raw(RAW.key).write_bytes(CONTENT)
    return workspace


def test_they_are_sent_when_nothing_runs(workspace: Workspace, object_store: ObjectStore) -> None:
    LeftFiles(lambda: True, workspace).look()
    assert object_store.stat(RAW.key) is None, "the crawl sees to it"
    LeftFiles(lambda: False, workspace).look()
    assert object_store.get_bytes(RAW.key) == CONTENT
    assert [*workspace.staging.outbox()] == []


def test_a_store_that_was_down_is_asked_again(
    workspace: Workspace, object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = LeftFiles(lambda: False, workspace)
    with monkeypatch.context() as down:
        down.setattr(object_store, "ensure_bucket", _refuse)
        left.look()
    assert workspace.staging.raw(RAW.key).is_file()
    left.look()
    assert object_store.get_bytes(RAW.key) == CONTENT


def test_an_empty_outbox_asks_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(_: Workspace) -> None:
        raise AssertionError("nobody is to be asked")

    monkeypatch.setattr(Workspace, "ledger", property(ask))
    LeftFiles(lambda: False, Workspace(tmp_path)).look()


def _refuse(*_: object) -> None:
    raise StoreError("the store is down", todo="Start it.")
