"""Binary workbooks: every kind of cell, and what is damaged."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from foreign import rows_of
from foreign_xlsb import cell, record, row, texts, wide, write_xlsb
from python_calamine import CalamineWorkbook

from shopdata.excel import read_table, sniff
from shopdata.excel.tables import Kind
from shopdata.exceptions import RejectedFileError

HEAD = texts(0, "SKU", "可用库存")
FORMATS = ("yyyy\\-mm\\-dd", "yyyy\\-mm\\-dd hh:mm:ss", "[h]:mm:ss", "h:mm", "0.00%")


def real(value: float) -> bytes:
    return struct.pack("<d", value)


def rk(value: int) -> bytes:
    return struct.pack("<I", value)


CELLS = [
    pytest.param(cell(1, 6, wide("0012345678901234567")), "0012345678901234567", Kind.TEXT, id="text"),
    pytest.param(cell(1, 7, rk(1)), "共享", Kind.TEXT, id="shared-text"),
    pytest.param(cell(1, 62, b"\1" + wide("粗体") + rk(0)), "粗体", Kind.TEXT, id="rich-text"),
    pytest.param(cell(1, 8, wide("结果") + bytes(2)), "结果", Kind.TEXT, id="formula-text"),
    pytest.param(cell(1, 5, real(9.9)), "9.9", Kind.NUMBER, id="float"),
    pytest.param(cell(1, 5, real(123456789012345)), "123456789012345", Kind.NUMBER, id="fifteen-digits"),
    pytest.param(cell(1, 2, rk(7 << 2 | 2)), "7", Kind.NUMBER, id="whole"),
    pytest.param(cell(1, 2, rk((-7 << 2 | 2) & 0xFFFFFFFF)), "-7", Kind.NUMBER, id="negative"),
    pytest.param(cell(1, 2, rk(1234 << 2 | 3)), "12.34", Kind.NUMBER, id="hundredths"),
    pytest.param(cell(1, 2, rk(struct.unpack("<Q", real(1.5))[0] >> 32)), "1.5", Kind.NUMBER, id="upper-half"),
    pytest.param(cell(1, 9, real(0.3699) + bytes(2), 5), "0.3699", Kind.NUMBER, id="formula-percent"),
    pytest.param(cell(1, 5, real(46082), 1), "2026-03-01", Kind.DATE, id="day"),
    pytest.param(cell(1, 2, rk(46082 << 2 | 2), 1), "2026-03-01", Kind.DATE, id="day-as-whole"),
    pytest.param(
        cell(1, 5, real(46082 + 8.5 / 24), 2), "2026-03-01 08:30:00", Kind.DATE, id="moment"
    ),
    pytest.param(cell(1, 5, real(1.5), 3), "36:00:00", Kind.DATE, id="duration"),
    pytest.param(cell(1, 5, real(8.5 / 24), 4), "08:30:00", Kind.DATE, id="time-of-day"),
    pytest.param(cell(1, 4, b"\1"), "TRUE", Kind.BOOL, id="true"),
    pytest.param(cell(1, 10, b"\0" + bytes(2)), "FALSE", Kind.BOOL, id="formula-false"),
    pytest.param(cell(1, 3, b"\x2a"), "#N/A", Kind.ERROR, id="error"),
    pytest.param(cell(1, 11, b"\x07" + bytes(2)), "#DIV/0!", Kind.ERROR, id="formula-error"),
    pytest.param(record(16, struct.pack("<I", 0) + real(5)), "5", Kind.NUMBER, id="short-record"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "expected", "kind"), CELLS)
def test_a_cell_is_what_it_means(tmp_path: Path, content: bytes, expected: str, kind: Kind) -> None:
    rows = HEAD + row(1, cell(0, 6, wide("1")), content, cell(2, 1))
    path = write_xlsb(tmp_path / "a.xls", rows, strings=("a", "共享"), formats=FORMATS)
    assert sniff(path) == "xlsb"
    table = read_table(path, None)
    assert rows_of(table) == [["1", expected]]
    assert table.formats[int(table.batches[0].columns[1].code_array()[0])].kind is kind


def test_calamine_sees_the_same_but_for_errors(tmp_path: Path) -> None:
    """That it reads them at all shows that the files of these tests are such workbooks."""
    rows = HEAD + row(1, cell(0, 7, rk(0)), cell(1, 5, real(9.9))) + row(4, cell(1, 2, rk(1234 << 2 | 3)))
    path = write_xlsb(tmp_path / "a.xlsb", rows, strings=("007",))
    seen = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    assert [values for values in seen if any(values)] == [["SKU", "可用库存"], ["007", 9.9], ["", 12.34]]
    assert rows_of(read_table(path, None)) == [["007", "9.9"], [None, "12.34"]]


def test_hidden_sheets_and_1904(tmp_path: Path) -> None:
    rows = HEAD + row(1, cell(0, 6, wide("1")), cell(1, 5, real(44620), 1))
    path = write_xlsb(tmp_path / "a.xlsb", texts(0, "x", "y"), rows, formats=FORMATS, hidden=(0,), epoch_1904=True)
    assert rows_of(read_table(path, None)) == [["1", "2026-03-01"]]


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        pytest.param(HEAD + row(1, cell(0, 7, rk(9))), "a text that is not there", id="shared-text-that-is-none"),
        pytest.param(HEAD + row(1, cell(0, 5, b"\0")), "breaks off", id="short-float"),
        pytest.param(HEAD + row(1, cell(0, 6, struct.pack("<I", 99))), "a text that breaks off", id="short-text"),
        pytest.param(HEAD + row(0, cell(0, 1)), "row 1 behind row 1", id="row-twice"),
        pytest.param(HEAD + row(1, cell(1, 6, wide("a")), cell(0, 6, wide("b"))), "behind 2 others", id="cell-back"),
        pytest.param(HEAD + row(1, cell(1 << 20, 6, wide("a"))), "a cell in column 1048577", id="far-away"),
        pytest.param(cell(0, 6, wide("a")), "a cell in column 1 behind", id="cell-without-a-row"),
        pytest.param(HEAD + b"\x05\xff\xff\xff\x7f", "a record of 268,435,455 bytes", id="huge-record"),
        pytest.param(HEAD + b"\x05\x64abc", "", id="cut-record"),
        pytest.param(
            HEAD + b"".join(row(n, cell(16_000, 6, wide("a"))) for n in range(1, 1500)), "stand for", id="far-apart"
        ),
    ],
)
def test_records_that_are_none_are_refused(tmp_path: Path, rows: bytes, found: str) -> None:
    with pytest.raises(RejectedFileError) as caught:
        read_table(write_xlsb(tmp_path / "a.xlsb", rows), None)
    assert found in str(caught.value)
