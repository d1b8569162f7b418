"""Texts of a workbook, taken out of their XML one by one or by the column: it must not matter."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from foreign import DATASET, MAIN, header_row, write_by_hand
from hypothesis import given
from hypothesis import strategies as st

from shopdata.excel import read_table
from shopdata.excel.xml.strings import UnsupportedXmlError, plain_text, plain_texts
from shopdata.exceptions import RejectedFileError
from shopdata.texts import replace_illegal

PIECES = (
    "&amp;",
    "&lt;",
    "&gt;",
    "&quot;",
    "&apos;",
    "&#38;",
    "&#x5C3A;",
    "amp;",
    "lt;",
    "_x000D_",
    "_x",
    "尺",
    "a",
    "\n",
)
raw_texts = st.lists(st.sampled_from((*PIECES, "\r\n")), max_size=6).map("".join)


@given(st.lists(raw_texts, max_size=6))
def test_a_column_is_its_texts(raw: list[str]) -> None:
    column, illegal = plain_texts(pa.array(raw, pa.string()))
    expected = [replace_illegal(plain_text(text)) for text in raw]
    assert column.to_pylist() == [text or None for text, _ in expected]
    assert len(illegal) == sum(count for _, count in expected)


def test_what_was_written_is_decoded_once() -> None:
    column, _ = plain_texts(pa.array(["&amp;lt;", "A&amp;amp;B", "&lt;&gt;&quot;&apos;"]))
    assert column.to_pylist() == ["&lt;", "A&amp;B", "<>\"'"]


@pytest.mark.parametrize("text", ["&nbsp;", "a & b", "&amp", "a\x01b", "&#1;", "&#x110000;", "\ufffe", "&;"])
def test_what_no_xml_may_hold_is_for_the_full_parser(text: str) -> None:
    with pytest.raises(UnsupportedXmlError):
        plain_texts(pa.array(["&amp;", text]))


@pytest.mark.parametrize(
    "sheet",
    [
        pytest.param("<worksheet <sheetData></sheetData>", id="root-without-an-end"),
        pytest.param(
            f"<worksheet {MAIN}><sheetData><row><c><is><t xm:a='x'>5</t></is></c></row></sheetData>", id="prefix"
        ),
        pytest.param(f"<worksheet {MAIN}><sheetData><row r='1'><c r='A1'><v>5</v></c><t ", id="text-without-an-end"),
    ],
)
def test_xml_that_breaks_off_is_a_sentence(tmp_path: Path, sheet: str) -> None:
    with pytest.raises(RejectedFileError, match="can't be read"):
        read_table(write_by_hand(tmp_path / "a.xlsx", f"<?xml version='1.0'?>{sheet}"), DATASET)


def test_a_run_with_something_in_it_is_not_lost(tmp_path: Path) -> None:
    strings = "<si><r><t>a</t></r></si><si><r><t>b<x/></t></r></si>"
    rows = '<row r="2"><c r="A2" t="s"><v>1</v></c><c r="C2"><v>5</v></c></row>'
    path = write_by_hand(tmp_path / "a.xlsx", header_row() + rows, strings=strings)
    assert read_table(path, DATASET).to_arrow()["SKU"].to_pylist() == ["b"]
