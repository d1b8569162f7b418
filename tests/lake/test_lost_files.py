"""Several machines, one ledger, one bucket: a file in the outbox of one of them is not to be had for the others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from few_shops import DT, NAME, PLATFORM, FewShops, raw_of

from shopdata.config import ObjectStoreSettings
from shopdata.lake.lost_files import absent_files
from shopdata.lake.resources import Resources
from shopdata.lake.standing import Standing
from shopdata.ledger import Cell, CellKey, Ledger, RawFile
from shopdata.periods import SHANGHAI
from shopdata.store.object_store import ObjectStore
from shopdata.store.outbox import Outbox
from shopdata.store.staging import Staging

pytestmark = pytest.mark.services

JOB = {"task_name": "商品明细", "submitted_at": "2026-03-02T08:30:00+08:00"}


class Machine(FewShops):
    """One of those that share a ledger."""

    lost_seconds: float = 3600

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.ledger = Ledger(f"sqlite:///{self.folder.parent}/ledger.sqlite3")
        self.staging = Staging(self.folder)
        self.ledger.nodes.beat(self.staging.node)

    @property
    def lake(self) -> Resources:
        return replace(super().lake, node_lost_seconds=self.lost_seconds)

    def stage(self, shop: str, rows: int = 2, **about: object) -> RawFile:
        raw = super().stage(shop, rows, **about)  # type: ignore[arg-type]
        key = CellKey(NAME, DT, shop)
        self.ledger.set_job(key, JOB)
        mine = replace(raw, node=self.staging.node, fetched_at=datetime.now(SHANGHAI))
        self.ledger.settle(key, raw.state, raw=mine)
        return mine

    def cell(self, shop: str) -> Cell:
        cell = self.ledger.cell(CellKey(NAME, DT, shop))
        assert cell is not None
        return cell


@pytest.fixture
def machines(
    object_store: ObjectStore, store_settings: ObjectStoreSettings, tmp_path: Path
) -> Iterator[tuple[Machine, Machine]]:
    first, second = (Machine(tmp_path / name, object_store, store_settings) for name in ("first", "second"))
    yield first, second
    for machine in (first, second):
        machine.ledger.close()


def test_a_machine_that_lives_is_not_waited_for_and_keeps_its_file(machines: tuple[Machine, Machine]) -> None:
    first, second = machines
    first.stage("one")
    second.stage("two")
    receipt = second.publish()
    assert receipt is not None
    assert {shop.id: shop.code for shop in receipt.missing} == {"one": "file_elsewhere", "three": "not_asked"}
    assert first.staging.node in receipt.missing[0].reason
    assert first.cell("one").state == "staged"
    Outbox(first.staging, first.ledger, first.store).offer_all()
    second.publish()
    assert second.rows() == {"店 one": 2, "店 two": 2}


def test_what_a_lost_machine_had_is_asked_for_with_its_job(machines: tuple[Machine, Machine]) -> None:
    first, second = machines
    first.stage("one")
    second.lost_seconds = 0
    Standing(NAME, second.lake).look(DT)
    cell = second.cell("one")
    assert (cell.state, cell.raw, cell.rows, cell.job) == ("pending", None, None, JOB)
    assert cell.reason.code == "file_lost"
    assert first.staging.node in cell.reason.text

    # It comes back, with another file than the one that has come since.
    second.stage("one", rows=3)
    second.publish()
    Outbox(first.staging, first.ledger, first.store).offer_all()
    assert not first.staging.raw(raw_of("one")).exists()
    assert (first.folder / "rejected" / NAME / DT / "one.csv").is_file()
    assert second.rows() == {"店 one": 3}


def test_a_file_that_is_gone_from_here_is_lost_at_once(machines: tuple[Machine, Machine]) -> None:
    machine = machines[0]
    machine.staging.raw(machine.stage("one").key).unlink()
    assert machine.publish() is None
    assert machine.cell("one").state == "pending"


def test_what_was_sent_by_a_machine_that_could_not_say_so(machines: tuple[Machine, Machine]) -> None:
    first, second = machines
    raw = first.stage("one")
    first.store.ensure_bucket()
    first.store.put_file(raw.key, first.staging.raw(raw.key), sha256=raw.sha256)
    second.lost_seconds = 0
    assert absent_files([second.cell("one")], second.lake) == []
    cell = second.cell("one")
    assert cell.raw is not None
    assert cell.raw.in_store


@pytest.mark.parametrize("lost_seconds", [3600, 0], ids=["alive", "lost"])
def test_what_is_published_stays(machines: tuple[Machine, Machine], lost_seconds: float) -> None:
    first, second = machines
    second.stage("one")
    second.stage("two")
    second.publish()
    # Asked for again on the first one, whose file never arrives.
    first.stage("one", rows=5)
    second.lost_seconds = lost_seconds
    receipt = second.publish()
    assert receipt is not None
    assert second.rows() == {"店 one": 2, "店 two": 2}
    assert [shop.id for shop in receipt.missing] == ["three"]
    assert second.cell("one").state == ("pending" if lost_seconds == 0 else "staged")


def test_no_bucket_is_no_receipt(machines: tuple[Machine, Machine], store_settings: ObjectStoreSettings) -> None:
    nowhere = store_settings.model_copy(update={"bucket": f"{store_settings.bucket}-none"})
    with ObjectStore(nowhere) as store:
        first, second = machines
        second.store = store
        first.ledger.add_cells(PLATFORM, [CellKey(NAME, DT, "two")])
        first.stage("one")
        assert second.publish() is None
        second.stage("two")
        assert second.publish() is not None
