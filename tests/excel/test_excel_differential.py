"""The fast reader against full parsers that are not ours, and against our own fallback, on every workbook there is."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import foreign
import openpyxl
import pytest
import python_calamine
from foreign import DATASET, FIXTURES, inline, rows_of, write_by_hand

from shopdata.excel import read_table
from shopdata.excel.tables import Table
from shopdata.excel.xml.strings import UnsupportedXmlError


def _wide(path: Path) -> Path:
    """A sheet with columns beyond Z and beyond ZZ, rows with gaps, and one kind after another in a column."""
    header = (
        '<row r="1">'
        + inline("A1", "SKU")
        + inline("C1", "可用库存")
        + inline("AB1", "远")
        + inline("AAA1", "很远")
        + "</row>"
    )
    rows = ""
    for number in range(2, 400):
        at = number * 2
        cells = f'<c r="A{at}" t="s"><v>{number % 7}</v></c>' if number % 3 else inline(f"A{at}", f"x{number}")
        if number % 5:
            cells += f'<c r="C{at}"><v>{number}.5</v></c>'
        if number % 11 == 0:
            cells += f'<c r="AB{at}" s="1"><v>{40000 + number}</v></c>'
        elif number % 2:
            cells += f'<c r="AB{at}" t="b"><v>{number % 4 // 2}</v></c>'
        cells += f'<c r="AAA{at}" t="str"><f>A1</f><v>f{number % 13}</v></c>'
        rows += f'<row r="{at}">{cells}</row>'
    strings = "".join(f"<si><t>s{number}</t></si>" for number in range(7))
    return write_by_hand(path, header + rows, strings=strings, formats=("yyyy-mm-dd",))


WORKBOOKS = [
    pytest.param(lambda folder: FIXTURES / "libreoffice.xlsx", id="libreoffice"),
    pytest.param(lambda folder: foreign.write_openpyxl(folder / "a.xlsx", foreign.VALUES * 100), id="openpyxl"),
    pytest.param(lambda folder: foreign.write_xlsxwriter(folder / "a.xlsx"), id="xlsxwriter-shared"),
    pytest.param(lambda folder: foreign.write_xlsxwriter(folder / "a.xlsx", inline=True), id="xlsxwriter-inline"),
    pytest.param(lambda folder: foreign.write_xlsxwriter(folder / "a.xlsx", epoch_1904=True), id="1904"),
    pytest.param(lambda folder: _wide(folder / "a.xlsx"), id="wide-and-mixed"),
]  # fmt: skip


def _as_text(value: Any) -> str | None:
    """A value of another reader as the lake would hold it."""
    match value:
        case None | "":
            return None
        case bool():
            return "TRUE" if value else "FALSE"
        case float() if value.is_integer():
            return str(int(value))
        case float():
            return f"{value:.5f}".rstrip("0") if value < 1e-4 else repr(value)
        case dt.datetime():
            return str(value).removesuffix(" 00:00:00")
    return str(value)


def _with_openpyxl(path: Path) -> list[list[str | None]]:
    rows = openpyxl.load_workbook(path, data_only=True).worksheets[0].iter_rows(values_only=True)
    return [[_as_text(value) for value in row] for row in rows]


def _with_calamine(path: Path) -> list[list[str | None]]:
    rows = python_calamine.CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    return [[_as_text(value) for value in row] for row in rows]


def _by_header(rows: list[list[str | None]], table: Table) -> list[list[str | None]]:
    """The rows of another reader in the order of our columns; blank rows are left out."""
    places = [rows[0].index(name) if name in rows[0] else None for name in table.columns]
    return [[None if place is None else row[place] for place in places] for row in rows[1:] if any(row)]


@pytest.mark.filterwarnings("ignore:Workbook contains no default style")  # openpyxl, of a workbook made by hand
@pytest.mark.parametrize("make", WORKBOOKS)
def test_three_readers_see_the_same_cells(tmp_path: Path, make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make(tmp_path)
    fast = read_table(path, DATASET)

    def refuse(*_: object) -> None:
        raise UnsupportedXmlError("asked for the other reader")

    monkeypatch.setattr("shopdata.excel.reading.fast_sheets", refuse)
    parsed = read_table(path, DATASET)
    assert (
        rows_of(fast)
        == rows_of(parsed)
        == _by_header(_with_openpyxl(path), fast)
        == _by_header(_with_calamine(path), fast)
    )
    assert fast.rows > 3
    assert (fast.columns, fast.drift, fast.warnings) == (parsed.columns, parsed.drift, parsed.warnings)
    for ours, theirs in zip(fast.batches[0].columns, parsed.batches[0].columns, strict=True):
        valid = ours.text.is_valid().to_numpy(zero_copy_only=False)
        kinds = [
            [table.formats[code] for code in column.code_array()[valid]]
            for table, column in ((fast, ours), (parsed, theirs))
        ]
        assert kinds[0] == kinds[1]
