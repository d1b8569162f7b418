"""XML that is not well-formed is refused by both readers of workbooks, and well-formed XML is read by both."""

# ruff: noqa: E501 - one sheet, one line

from __future__ import annotations

from pathlib import Path

import pytest
from foreign import DATASET, MAIN, header_row, inline, rows_of, write_by_hand

from shopdata.excel import read_table
from shopdata.excel.xml.strings import UnsupportedXmlError
from shopdata.exceptions import RejectedFileError

HEAD = header_row()
ROW = f'<row r="2">{inline("A2", "1")}<c r="C2"><v>2</v></c></row>'


def sheet(rows: str, *, before: str = "", behind: str = "", end: str = "</sheetData>{}</worksheet>") -> str:
    return f"<?xml version='1.0'?><worksheet {MAIN}>{before}<sheetData>{rows}{end.format(behind)}"


BAD_ROWS = [
    pytest.param(ROW.replace("</row>", ""), id="row-without-an-end"),
    pytest.param(ROW.replace("</v></c>", "</v>"), id="cell-without-an-end"),
    pytest.param(ROW.replace("</v>", ""), id="value-without-an-end"),
    pytest.param(ROW.replace("</v></c>", "</c></v>"), id="tags-that-cross"),
    pytest.param(ROW.replace("</c></row>", "</row></c>"), id="rows-and-cells-that-cross"),
    pytest.param(ROW.replace("</c></row>", "</c></c></row>"), id="an-end-too-many"),
    pytest.param(ROW.replace("</v>", "</x>"), id="another-end"),
    pytest.param(ROW.replace("</c></row>", "</cx></row>"), id="an-end-of-another-name"),
    pytest.param(ROW.replace("</row>", "</rox>"), id="a-row-that-ends-otherwise"),
    pytest.param(ROW.replace("</is>", "</ix>"), id="an-inline-text-that-ends-otherwise"),
    pytest.param(ROW.replace(">1<", ">S & U<"), id="a-bare-ampersand"),
    pytest.param(ROW.replace(">1<", ">S &amp U<"), id="half-an-entity"),
    pytest.param(ROW.replace(">1<", ">a\x01b<"), id="a-control"),
    pytest.param(ROW.replace(">1<", ">a&#1;b<"), id="the-number-of-a-control"),
    pytest.param(ROW.replace(">1<", ">a]]>b<"), id="the-end-of-a-section"),
    pytest.param(ROW.replace("<v>2</v>", "<f>A1&B1</f><v>2</v>"), id="an-ampersand-in-a-formula"),
    pytest.param(ROW.replace("<v>2</v>", "<f>A1</v><v>2</v>"), id="a-formula-that-ends-otherwise"),
    pytest.param(ROW.replace('<row r="2"', '<row r="2" s=1'), id="row-attribute-without-quotes"),
    pytest.param(ROW.replace('<row r="2"', '<row r="2" r="2"'), id="row-attribute-twice"),
    pytest.param(ROW.replace('<c r="C2"', '<c r="C2" s="1" s="1"'), id="cell-attribute-twice"),
    pytest.param(ROW.replace('<c r="C2"', '<c r="C2" s=1'), id="cell-attribute-without-quotes"),
    pytest.param(ROW.replace("</row>", '<c r="D2" s=1/></row>'), id="attribute-of-a-blank-cell"),
    pytest.param(ROW.replace("</row>", '<c r="D2" s=1></c></row>'), id="attribute-of-a-cell-without-a-value"),
    pytest.param(ROW.replace('<row r="2"', '<row r="2" a="<"'), id="a-tag-in-an-attribute"),
    pytest.param(ROW.replace('xml:space="preserve"', "xml:space=preserve"), id="text-attribute-without-quotes"),
]  # fmt: skip


def refused(path: Path) -> None:
    with pytest.raises(RejectedFileError):
        read_table(path, DATASET)
    with pytest.MonkeyPatch.context() as patch:

        def refuse(*_: object) -> None:
            raise UnsupportedXmlError("asked for the other reader")

        patch.setattr("shopdata.excel.reading.fast_sheets", refuse)
        with pytest.raises(RejectedFileError):
            read_table(path, DATASET)


@pytest.mark.parametrize("rows", BAD_ROWS)
def test_rows_that_are_not_well_formed_are_refused_by_both(tmp_path: Path, rows: str) -> None:
    refused(write_by_hand(tmp_path / "a.xlsx", sheet(HEAD + rows)))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(sheet(HEAD + ROW, end="</sheetData>"), id="no-end"),
        pytest.param(sheet(HEAD + ROW, end="</sheetDatax>{}</worksheet>"), id="another-end-of-the-rows"),
        pytest.param(sheet(HEAD + ROW, behind="<a>"), id="an-element-without-an-end-behind"),
        pytest.param(sheet(HEAD + ROW, behind='<a b="1" b="2"/>'), id="an-attribute-twice-behind"),
        pytest.param(sheet(HEAD + ROW) + "words", id="words-behind-all"),
        pytest.param(sheet(HEAD + ROW) + "<worksheet/>", id="a-second-root"),
        pytest.param(sheet(HEAD + ROW, before="<sheetViews>"), id="an-element-without-an-end-before"),
        pytest.param(sheet(HEAD + ROW, before="<cols><col min=1/></cols>"), id="an-attribute-without-quotes-before"),
        pytest.param(sheet("", behind="<a>").replace("<sheetData></sheetData>", "<sheetData/>"), id="behind-no-rows"),
    ],
)
def test_a_sheet_that_is_not_well_formed_around_its_rows_is_refused(tmp_path: Path, text: str) -> None:
    refused(write_by_hand(tmp_path / "a.xlsx", text))


SHARED = f'{HEAD}<row r="2"><c r="A2" t="s"><v>0</v></c><c r="C2"><v>2</v></c></row>'


@pytest.mark.parametrize(
    "strings",
    [
        pytest.param("<si><t>a & b</t></si>", id="a-bare-ampersand"),
        pytest.param("<si><t>a</x></si>", id="another-end"),
        pytest.param("<x><si><t>a</t></si>", id="an-element-before"),
        pytest.param("<si><t>a</t></si><x>", id="an-element-behind"),
        pytest.param("<si><r><t>a</t></r><r><t>b</r></si>", id="a-run-without-an-end"),
        pytest.param("<si><r><t>a</t></x></si>", id="a-run-that-ends-otherwise"),
        pytest.param('<si><r><rPr><b val=1/></rPr><t>a</t></r></si>', id="an-attribute-in-a-run"),
        pytest.param("<si><t a=b>a</t></si>", id="an-attribute-without-quotes"),
        pytest.param("<si><t>a\x02</t></si>", id="a-control"),
    ],
)  # fmt: skip
def test_shared_strings_that_are_not_well_formed_are_refused(tmp_path: Path, strings: str) -> None:
    refused(write_by_hand(tmp_path / "a.xlsx", SHARED, strings=strings))


GOOD = [
    pytest.param(ROW.replace("><", ">\n  <"), id="spread-over-lines"),
    pytest.param(ROW.replace("<row ", "\n<row "), id="a-row-a-line"),
    pytest.param(ROW.replace("</row>", '<c r="D2" s="1"/><c r="E2"></c></row><row r="3"/>'), id="blank-cells-and-rows"),
    pytest.param(ROW.replace("<v>2</v>", "<f>A1&amp;B1&gt;2</f><v>2</v>"), id="a-formula"),
    pytest.param(ROW.replace("<v>2</v>", '<f t="shared" ref="C2:C3" si="0">A1>B1</f><v>2</v>'), id="a-shared-formula"),
    pytest.param(ROW.replace("<v>2</v>", "<f/><v>2</v>"), id="an-empty-formula"),
    pytest.param(ROW.replace('<row r="2"', '<row r="2" spans="1:3" ht="15" x14ac:dyDescent="0.25"'), id="row-attributes"),
    pytest.param(ROW.replace(' xml:space="preserve"', ""), id="a-plain-text"),
    pytest.param(ROW.replace("</c></row>", '</c><c r="D2" t="inlineStr"><is><t/></is></c></row>'), id="an-empty-text"),
    pytest.param(ROW.replace("</c></row>", '</c><c r="D2" t="str"><f>x</f><v></v></c></row>'), id="an-empty-value"),
]  # fmt: skip


@pytest.mark.parametrize("rows", GOOD)
def test_what_is_plainly_well_formed_needs_no_second_reader(
    tmp_path: Path, rows: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = sheet(HEAD + rows, behind='<pageMargins left="0.7"/>')
    text = text.replace(MAIN, f'{MAIN} xmlns:x14ac="http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac"')
    path = write_by_hand(tmp_path / "a.xlsx", text)
    monkeypatch.setattr("shopdata.excel.reading.parsed_sheets", lambda *_: pytest.fail("asked for the other"))
    assert [row[:3] for row in rows_of(read_table(path, DATASET))] == [["1", None, "2"]]
