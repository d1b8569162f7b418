"""Nodes whose configuration is not the same say so in their log, once, naming what differs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from shopdata.ledger import Ledger
from shopdata.service.differences import Differences, differences_from_here
from shopdata.store.staging import Staging
from shopdata.workspace import Workspace


@dataclass
class Machine:
    """What is asked of a workspace here."""

    ledger: Ledger
    staging: Staging
    secret_key: str = "a key for tests"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite3'}") as ledger:
        yield ledger


@pytest.fixture
def machines(ledger: Ledger, tmp_path: Path) -> list[Workspace]:
    found = [Machine(ledger, Staging(tmp_path / name)) for name in "ab"]
    for machine in found:
        machine.staging.state_dir.mkdir()
        ledger.nodes.beat_service(machine.staging.node, address="here", version="1", seats=4)
    return found  # type: ignore[return-value]


def test_what_differs_is_told_once(
    machines: list[Workspace], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "shopdata.service.differences")
    folder = tmp_path / "config"
    folder.mkdir()
    monkeypatch.setenv("SHOPDATA_CONFIG_DIR", str(folder))
    lake = folder / "lake.yaml"
    lake.write_text("object_store: {bucket: one}\n", "utf-8")
    here, there = map(Differences, machines)
    names = [machine.staging.node for machine in machines]
    for node in (here, there, here):
        node.look()
    assert caplog.messages == []
    assert list(differences_from_here(machines[0])) == []
    lake.write_text("object_store: {bucket: another}\n", "utf-8")
    assert list(differences_from_here(machines[0])) == [(names[1], "lake.yaml")]
    for _ in range(2):
        here.look()
    assert caplog.messages == [f"configuration of node {names[1]} is not the same as here: lake.yaml"]
    there.look()
    here.look()
    assert caplog.messages[1:] == [f"configuration of node {names[1]}: no difference any more"]
    # One that is not up is none of anybody's concern.
    (folder / "alerts.yaml").write_text("channels: []\n", "utf-8")
    machines[1].ledger.nodes.beat_service(names[1], address="here", version="1", seats=0)
    here.look()
    assert len(caplog.messages) == 2
