"""Any table, written by openpyxl or XlsxWriter, comes out of a merge as it went in.

A plain run tries the same tables every time; `SHOPDATA_TEST_EXAMPLES` asks for that many random ones (default 25).
"""

# ruff: noqa: DTZ001 - a cell has no time zone

from __future__ import annotations

import datetime as dt
import os
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from shopdata.excel import read_table
from shopdata.excel.merging.merge import Part, merge_tables

EXAMPLES = int(os.environ.get("SHOPDATA_TEST_EXAMPLES", "25"))

#: What XML can hold; a lone carriage return is left out because openpyxl writes it as a line feed.
characters = st.characters(
    codec="utf-8", exclude_categories=("Cc", "Cs"), include_characters="\n\t", exclude_characters="\ufffe\uffff"
)
texts = st.text(characters, min_size=1, max_size=12) | st.sampled_from(
    ["=1+1", "-", "--", "00012345", "1234567890123456789", " x ", "<&>\"'", "]]>", "1e5", "TRUE", "😀"]
)
numbers = (
    st.integers(-(10**15) + 1, 10**15 - 1)
    | st.floats(-1e300, 1e300, allow_subnormal=False)
    | st.floats(-1e16, 1e16)
    | st.integers(-(10**6), 10**6).map(lambda value: value / 100)
)
days = st.dates(dt.date(1900, 3, 1), dt.date(9999, 12, 31))
moments = st.datetimes(dt.datetime(1900, 3, 1), dt.datetime(9999, 12, 31)).map(
    lambda value: value.replace(microsecond=0)
)
cells = st.none() | texts | numbers | st.booleans() | days | moments


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[Any]]]:
    """A header and some rows; each column prefers one kind of cell, as reports do."""
    names = draw(st.lists(st.sampled_from([f"列{n}" for n in range(30)]), min_size=2, max_size=7, unique=True))
    kinds = [draw(st.sampled_from([texts, numbers, days, moments, st.booleans(), cells, cells])) for _ in names]
    rows = draw(st.lists(st.tuples(*(kind | st.none() for kind in kinds)), max_size=8))
    return names, [list(row) for row in rows if any(cell is not None for cell in row)]


def as_text(value: Any) -> str | None:
    """A cell as the lake must hold it."""
    match value:
        case None:
            return None
        case bool():
            return "TRUE" if value else "FALSE"
        case int():
            return str(value)
        case float():
            return number_as_text(Decimal(f"{value:.16G}"))
        case dt.datetime():
            return value.isoformat(sep=" ")
        case dt.date():
            return value.isoformat()
    return str(value)


def number_as_text(stored: Decimal) -> str:
    """Whole numbers keep the digits that the file has, others are the shortest that read back as the same float."""
    if not stored:
        return "0"
    return f"{int(stored)}" if stored == stored.to_integral_value() else f"{Decimal(repr(float(stored))):f}"


def write(path: Path, names: list[str], rows: list[list[Any]], *, inline: bool) -> None:
    book = xlsxwriter.Workbook(
        str(path), {"constant_memory": inline, "strings_to_formulas": False, "strings_to_urls": False}
    )
    sheet = book.add_worksheet()
    day, moment = (book.add_format({"num_format": code}) for code in ("yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"))
    for number, row in enumerate([names, *rows]):
        for place, value in enumerate(row):
            match value:
                case None:
                    pass
                case bool():
                    sheet.write_boolean(number, place, value)
                case int() | float():
                    sheet.write_number(number, place, value)
                case dt.datetime():
                    sheet.write_datetime(number, place, value, moment)
                case dt.date():
                    sheet.write_datetime(number, place, value, day)
                case _:
                    sheet.write_string(number, place, value)
    book.close()


def comparable(value: Any) -> Any:
    """A cell that openpyxl read, as the cell that was written."""
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ").removesuffix(" 00:00:00")
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


@pytest.mark.filterwarnings("ignore::UserWarning")
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize="SHOPDATA_TEST_EXAMPLES" not in os.environ,
    database=None,
    print_blob=True,
)
@example(
    first=(["列13", "列22"], []),
    second=(["列0", "列1", "列2", "列3", "列4", "列5"], [[None, "=1+1", None, "-", 10000000000000.5, None]]),
    inline=True,
)
@given(first=tables(), second=tables(), inline=st.booleans())
def test_a_merge_loses_and_changes_nothing(first: Any, second: Any, inline: bool) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        parts = []
        for shop, (names, rows) in (("甲", first), ("乙", second)):
            write(folder / f"{shop}.xlsx", names, rows, inline=inline)
            read_table(folder / f"{shop}.xlsx", None).save(folder / f"{shop}.arrow")
            parts.append(Part(shop, shop, folder / f"{shop}.arrow"))
        merged = merge_tables(parts, None, workbook=folder / "out.xlsx", parquet=folder / "out.parquet")
        columns = list(dict.fromkeys(first[0] + second[0]))
        assert merged.columns == ["shop", *columns]
        expected = [
            {"shop": shop} | {column: row[names.index(column)] if column in names else None for column in columns}
            for shop, (names, rows) in (("甲", first), ("乙", second))
            for row in rows
        ]
        found = pq.read_table(folder / "out.parquet").to_pylist()
        assert found == [{key: as_text(value) for key, value in row.items()} for row in expected]
        sheet = openpyxl.load_workbook(folder / "out.xlsx")["数据"]
        cells = [[comparable(value) for value in row] for row in list(sheet.values)[1:]]
        written = [
            [
                comparable(
                    float(f"{v:.16G}")
                    if type(v) is float
                    else dt.datetime.combine(v, dt.time())
                    if type(v) is dt.date
                    else v
                )
                for v in row.values()
            ]
            for row in expected
        ]
        assert (
            cells
            == [[value.replace("_x000D_", "\r") if value == "_x000D_" else value for value in row] for row in written]
            or cells == written
        )
