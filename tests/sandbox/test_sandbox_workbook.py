"""The workbooks that the JD sandbox serves, read by readers that are not ours."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from python_calamine import CalamineWorkbook
from sandbox_client import DAY, Client

from sandbox import Fault, Sandbox, SandboxOptions, Truth
from sandbox.jd.columns import COLUMNS
from sandbox.jd.inventory import Inventory
from sandbox.jd.ordered import Contents, ReportKey
from sandbox.jd.workbook import WorkbookShelf, make_workbook
from sandbox.truth import Value
from sandbox.xlsx import StoppedError, column_letters

MakeSandbox = Callable[..., Sandbox]


def read_by_openpyxl(workbook: bytes) -> list[list[Value]]:
    with pytest.warns(UserWarning, match="no default style"):
        book = openpyxl.load_workbook(io.BytesIO(workbook))
    assert len(book.sheetnames) == 1
    return [list(row) for row in book.active.iter_rows(values_only=True)]


def read_by_calamine(workbook: bytes) -> list[list[object]]:
    """Calamine says "" for a blank cell and float for every number."""
    rows = CalamineWorkbook.from_filelike(io.BytesIO(workbook)).get_sheet_by_index(0).to_python()
    return [[None if cell == "" else cell for cell in row] for row in rows]


@pytest.mark.parametrize("shop_id", ["sandbox-01", "sandbox-02"], ids=["shared-strings", "inline-strings"])
def test_the_file_is_the_truth_cell_by_cell(make_sandbox: MakeSandbox, shop_id: str) -> None:
    client = Client(make_sandbox(rows=300))
    client.sign_in(shop_id)
    workbook = client.download()
    truth = client.sandbox.truth(shop_id, DAY)
    expected = [truth.header, *truth.rows]
    got = read_by_openpyxl(workbook)
    assert got == expected
    assert [[type(cell) for cell in row] for row in got] == [[type(cell) for cell in row] for row in expected]
    assert read_by_calamine(workbook) == expected
    assert (b"sharedStrings" in workbook) == (shop_id == "sandbox-01")


def test_there_are_112_columns_with_the_names_that_others_saw() -> None:
    assert len(COLUMNS) == len(set(COLUMNS)) == 112
    # docs/portals.md 5.1: confirmed by other readers
    seen = "SKU 商品名称 店铺名称 全国采购价 时间 RDC 可用库存 采购未到货 条形码 现货库存 近7日出库商品件数"
    assert set(seen.split()) <= set(COLUMNS)
    assert COLUMNS[0] == "时间"
    assert COLUMNS[-1] == "月至今退供应商件数"


def truth_of(rows: int = 400, day: dt.date = DAY, **changes: object) -> Truth:
    options = SandboxOptions(rows=rows, **changes)  # type: ignore[arg-type]
    sandbox = Sandbox(options)
    try:
        return sandbox.truth("sandbox-01", day)
    finally:
        sandbox.stop()


def test_the_values_hold_what_makes_such_files_hard() -> None:
    truth = truth_of()
    columns = dict(zip(truth.header, zip(*truth.rows, strict=True), strict=True))
    assert set(columns["时间"]) == {"2026-03-01"}
    assert set(columns["店铺名称"]) == {"回力京东旗舰店"}
    assert {type(sku) for sku in columns["SKU"]} == {int, str}
    assert len({str(sku) for sku in columns["SKU"]}) == 400
    assert all(7 <= len(str(sku)) <= 14 for sku in columns["SKU"])
    barcodes = columns["条形码"]
    assert {type(code) for code in barcodes} == {int, str, type(None)}
    assert any(isinstance(code, str) and code.startswith("0") for code in barcodes)
    assert "-" in barcodes
    assert any(isinstance(code, str) and len(code) == 19 and code.isdigit() for code in columns["供应商简码"])
    names = [str(name) for name in columns["商品名称"]]
    assert any(name.startswith("=") for name in names)
    assert any("🎁" in name for name in names)
    assert any("&" in name for name in names)
    assert {type(value) for value in columns["京东价"]} == {int, float}
    assert {"-", None} <= set(columns["近7日出库商品件数"])


def test_reports_follow_from_seed_shop_and_day() -> None:
    assert truth_of(rows=50) == truth_of(rows=50)
    assert truth_of(rows=50) != truth_of(rows=50, seed=7)
    today, tomorrow = truth_of(rows=50), truth_of(rows=50, day=DAY + dt.timedelta(days=1))
    catalogue = [row[1:30] for row in today.rows], [row[1:30] for row in tomorrow.rows]
    stock = [row[32:] for row in today.rows], [row[32:] for row in tomorrow.rows]
    assert catalogue[0] == catalogue[1]
    assert stock[0] != stock[1]


def key_of(*faults: Fault, rows: int = 50) -> ReportKey:
    return ReportKey(Inventory(), 1, "sandbox-01", "店", DAY, rows, frozenset(faults))


@pytest.mark.parametrize("is_shared", [True, False], ids=["shared-strings", "inline-strings"])
def test_equal_reports_have_equal_bytes(tmp_path: Path, is_shared: bool) -> None:
    for name in ("a", "b"):
        make_workbook(tmp_path / name, key_of(), is_shared=is_shared)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize(
    ("fault", "header"),
    [
        (Fault.MISSING_REQUIRED_COLUMN, [name for name in COLUMNS if name != "SKU"]),
        (Fault.RENAMED_COLUMN, ["可用库存件数" if name == "可用库存" else name for name in COLUMNS]),
        (Fault.REORDERED_COLUMNS, list(reversed(COLUMNS))),
    ],
)
def test_changed_columns(tmp_path: Path, fault: Fault, header: list[str]) -> None:
    path = tmp_path / "report.xlsx"
    make_workbook(path, key_of(fault), is_shared=True)
    truth, usual = Contents(key_of(fault)).truth(), Contents(key_of()).truth()
    assert truth.header == header
    assert read_by_calamine(path.read_bytes()) == [truth.header, *truth.rows]
    original = {"可用库存件数": "可用库存"}
    for row, usual_row in zip(truth.rows, usual.rows, strict=True):
        values = dict(zip(usual.header, usual_row, strict=True))
        assert row == [values[original.get(name, name)] for name in truth.header]


def test_an_extra_column_stands_in_the_middle_and_changes_nothing_else() -> None:
    truth, usual = Contents(key_of(Fault.EXTRA_COLUMN)).truth(), Contents(key_of()).truth()
    place = truth.header.index("次日达覆盖率")
    assert 0 < place < 112
    assert truth.header[:place] + truth.header[place + 1 :] == usual.header
    assert [row[:place] + row[place + 1 :] for row in truth.rows] == usual.rows


def test_an_empty_report_has_a_header_only(tmp_path: Path) -> None:
    make_workbook(tmp_path / "report.xlsx", key_of(Fault.EMPTY_REPORT), is_shared=False)
    assert read_by_openpyxl((tmp_path / "report.xlsx").read_bytes()) == [list(COLUMNS)]


def is_damaged(workbook: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        try:
            return archive.testzip() is not None
        except zlib.error:
            return True


def test_a_corrupt_workbook_is_seen_by_its_checksum(tmp_path: Path) -> None:
    for name, faults in (("good", ()), ("bad", (Fault.CORRUPT_WORKBOOK,))):
        make_workbook(tmp_path / name, key_of(*faults), is_shared=True)
    good, bad = (tmp_path / "good").read_bytes(), (tmp_path / "bad").read_bytes()
    assert len(good) == len(bad)
    assert (good[:30], good[-100:]) == (bad[:30], bad[-100:])
    assert not is_damaged(good)
    assert is_damaged(bad)


def test_column_letters_pass_z() -> None:
    letters = column_letters(112)
    assert (letters[0], letters[25], letters[26], letters[111]) == ("A", "Z", "AA", "DH")


def test_the_shelf_drops_the_oldest_files_and_makes_them_again(tmp_path: Path) -> None:
    shelf = WorkbookShelf(tmp_path, max_bytes=1)
    sizes = []
    for rows in (5, 10, 5):
        content, size = shelf.open(key_of(rows=rows), is_shared=True)
        with content:
            assert len(content.read()) == size
        sizes.append(size)
        assert len(list(tmp_path.iterdir())) == 1
    assert sizes[0] == sizes[2] < sizes[1]


def test_the_shelf_stops_in_the_middle_of_a_file(tmp_path: Path) -> None:
    shelf = WorkbookShelf(tmp_path, max_bytes=1)
    shelf.stop()
    with pytest.raises(StoppedError):
        shelf.open(key_of(rows=1000), is_shared=True)
