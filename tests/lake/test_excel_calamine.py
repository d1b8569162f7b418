"""Values of python-calamine as the lake holds them, and workbooks read by it."""

# ruff: noqa: DTZ001 - a cell has no time zone

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from foreign import DATASET, EXPECTED, FIXTURES, rows_of

from shopdata.exceptions import RejectedFileError
from shopdata.lake.excel import Limits
from shopdata.lake.excel.calamine import calamine_cell, calamine_sheets
from shopdata.lake.excel.reading import table_of_sheets
from shopdata.lake.tables import Formats, Kind


@pytest.mark.parametrize(
    ("value", "expected", "kind", "number_format"),
    [
        pytest.param("0012345678901234567", "0012345678901234567", Kind.TEXT, "General", id="id"),
        pytest.param(True, "TRUE", Kind.BOOL, "General", id="true"),
        pytest.param(False, "FALSE", Kind.BOOL, "General", id="false"),
        pytest.param(5, "5", Kind.NUMBER, "General", id="integer"),
        pytest.param(5.0, "5", Kind.NUMBER, "General", id="whole-float"),
        pytest.param(0.1, "0.1", Kind.NUMBER, "General", id="fraction"),
        pytest.param(1e-05, "0.00001", Kind.NUMBER, "General", id="small"),
        pytest.param(1.2345678901234568e18, "1234567890123456800", Kind.NUMBER, "General", id="large"),
        pytest.param(dt.date(2026, 3, 1), "2026-03-01", Kind.DATE, "yyyy-mm-dd", id="day"),
        pytest.param(dt.datetime(2026, 3, 1), "2026-03-01", Kind.DATE, "yyyy-mm-dd", id="midnight"),
        pytest.param(
            dt.datetime(2026, 3, 1, 8, 30, 0, 3), "2026-03-01 08:30:00", Kind.DATE, "yyyy-mm-dd hh:mm:ss", id="moment"
        ),
        pytest.param(dt.time(8, 30, 1), "08:30:01", Kind.DATE, "hh:mm:ss", id="time-of-day"),
        pytest.param(dt.timedelta(hours=36), "36:00:00", Kind.DATE, "[h]:mm:ss", id="duration"),
        pytest.param(dt.timedelta(hours=-12), "-12:00:00", Kind.DATE, "[h]:mm:ss", id="negative-duration"),
    ],
)
def test_a_value_becomes_what_it_means(value: Any, expected: str, kind: Kind, number_format: str) -> None:
    formats = Formats()
    cell = calamine_cell(value, formats)
    assert cell is not None
    assert cell[0] == expected
    found = list(formats)[cell[1]]
    assert (found.kind, found.number_format) == (kind, number_format)


@pytest.mark.parametrize("value", ["", None])
def test_a_blank_is_none(value: Any) -> None:
    assert calamine_cell(value, Formats()) is None


@pytest.mark.parametrize("name", ["libreoffice.xls", "xlwt.xls", "libreoffice.xlsx"])
def test_a_workbook_is_the_same_by_calamine(name: str) -> None:
    formats = Formats()
    sheets = calamine_sheets((FIXTURES / name).read_bytes(), formats, name)
    assert rows_of(table_of_sheets(sheets, DATASET, formats, Limits(), name)) == EXPECTED


@pytest.mark.parametrize("content", [b"", b"x", b"PK\x03\x04" + bytes(100), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 99])
def test_what_is_no_workbook_is_refused(content: bytes) -> None:
    with pytest.raises(RejectedFileError, match="the workbook can't be read") as caught:
        calamine_sheets(content, Formats(), "a")
    assert caught.value.todo


def test_cells_that_are_known_better_are_taken(tmp_path: Path) -> None:
    formats = Formats()
    sheets = calamine_sheets(
        (FIXTURES / "xlwt.xls").read_bytes(), formats, "a", lambda place: {1: {0: ("better", 0)}, 2: {99: ("far", 0)}}
    )
    rows = rows_of(table_of_sheets(sheets, DATASET, formats, Limits(), "a"))
    assert [row[0] for row in rows] == ["better", *(row[0] for row in EXPECTED[1:])]
