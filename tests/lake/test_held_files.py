"""Local copies that somebody has open: the lake gets the day all the same."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pytest
from few_shops import DT, NAME, WORKBOOK, FewShops, raw_of

from shopdata import config, files
from shopdata.exceptions import DiskError
from shopdata.lake.check import check_file
from shopdata.ledger import CellKey
from shopdata.store.object_store import ObjectStore
from shopdata.store.outbox import Outbox

pytestmark = pytest.mark.services


@pytest.fixture
def shops(tmp_path: Path, object_store: ObjectStore, store_settings: config.ObjectStoreSettings) -> FewShops:
    return FewShops(tmp_path / "state", object_store, store_settings)


def hold(path: Path) -> Path:
    """Nothing can be put in its place, as on Windows while Excel has it open."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.mkdir()
    (path / "inside").touch()
    return path


def let_go(path: Path) -> None:
    (path / "inside").unlink()
    path.rmdir()


@pytest.mark.parametrize("extension", ["xlsx", "parquet"])
def test_an_open_copy_keeps_no_day_from_the_lake(
    shops: FewShops, extension: str, caplog: pytest.LogCaptureFixture
) -> None:
    for shop in shops.ids[:2]:
        shops.stage(shop)
    shops.publish()
    copy = hold(shops.staging.merged(NAME, DT, extension))
    shops.stage("three")
    receipt = shops.publish()
    assert receipt is not None
    assert (receipt.rows, len(shops.ledger.partitions(NAME)[0].shops or ())) == (6, 3)
    beside = copy.with_name(f"{NAME}_{DT}.new.{extension}")
    told = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert [text for text in told if "is open in another program" in text] == [
        f"{NAME} {DT}: {copy} is open in another program (a workbook: in Excel) or write-protected, and stays as it "
        f"was. The new copy is {beside}, and is published. Close the old one; the next run of this day replaces it."
    ]
    book = openpyxl.load_workbook(io.BytesIO(shops.store.get_bytes(WORKBOOK)), read_only=True)
    assert book["数据"].max_row == 7
    assert files.sha256_of(beside) == (receipt.workbook if extension == "xlsx" else receipt.parquet).sha256
    let_go(copy)
    shops.stage("three", rows=3)
    shops.publish()
    assert (copy.is_file(), beside.exists()) == (True, False)


def test_a_parsed_table_that_another_run_reads(shops: FewShops) -> None:
    raw = shops.stage("one")
    hold(shops.staging.table(NAME, DT, "one", raw.sha256))
    facts = check_file(shops.staging.raw(raw.key), NAME, shops.contract, DT, "one", shops.staging)
    assert (facts.rows, facts.sha256) == (2, raw.sha256)


def test_a_rejected_file_that_a_person_looks_at(shops: FewShops, tmp_path: Path) -> None:
    hold(shops.folder / "rejected" / NAME / DT / "one.xlsx")
    (tmp_path / "answer").write_text("no table")
    kept = shops.staging.reject(tmp_path / "answer", NAME, DT, "one", "xlsx")
    assert (kept.name, kept.read_text()) == ("one.new.xlsx", "no table")


def test_a_raw_file_that_cannot_be_read_now(
    shops: FewShops, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A backup has it for itself: the others are sent, and this one is not taken for damaged."""
    raws = [shops.stage(shop) for shop in shops.ids]
    path, opens = shops.staging.raw(raws[0].key), Path.open

    def refuse(file: Path, *how: str, **more: str) -> object:
        if file == path:
            raise PermissionError(13, "Permission denied", str(file))
        return opens(file, *how, **more)

    outbox = Outbox(shops.staging, shops.ledger, shops.store)
    shops.store.ensure_bucket()
    with monkeypatch.context() as held:
        held.setattr(Path, "open", refuse)
        outbox.offer_all()
        with pytest.raises(DiskError, match="another program does not let go of this file"):
            outbox.send_partition(NAME, DT)
    assert f"{path}: another program does not let go of this file" in caplog.text
    cells = [shops.ledger.cell(CellKey(NAME, DT, shop)) for shop in shops.ids]
    assert [cell.raw.in_store for cell in cells if cell and cell.raw] == [False, True, True]
    assert shops.store.stat(raw_of("one")) is None
    outbox.offer_all()
    assert shops.store.stat(raw_of("one")) is not None
