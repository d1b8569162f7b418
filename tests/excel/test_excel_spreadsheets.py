"""Spreadsheets that are neither .xlsx nor .xls: Excel 2003's XML and OpenDocument, with the same fidelity."""

# ruff: noqa: E501 - one cell, one line

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from foreign import DATASET, EXPECTED, FIXTURES, rows_of

from shopdata.excel import Limits, read_table, sniff
from shopdata.excel.tables import Kind, Table
from shopdata.exceptions import RejectedFileError

# -- Excel 2003 ---------------------------------------------------------------------------------------------------------

STYLES = """<Styles>
<Style ss:ID="Default" ss:Name="Normal"><NumberFormat/></Style>
<Style ss:ID="day"><NumberFormat ss:Format="Short Date"/></Style>
<Style ss:ID="moment"><NumberFormat ss:Format="yyyy\\-mm\\-dd\\ hh:mm:ss"/></Style>
<Style ss:ID="clock"><NumberFormat ss:Format="Short Time"/></Style>
<Style ss:ID="elapsed"><NumberFormat ss:Format="[h]:mm:ss"/></Style>
<Style ss:ID="percent"><NumberFormat ss:Format="Percent"/></Style>
<Style ss:ID="child" ss:Parent="day"><Font ss:Bold="1"/></Style>
</Styles>"""


def xml2003(*sheets: str, more: str = "", declaration: str = '<?xml version="1.0"?>') -> str:
    return (
        f'{declaration}<?mso-application progid="Excel.Sheet"?>'
        '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:x="urn:schemas-microsoft-com:office:excel" '
        f'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet" xmlns:html="http://www.w3.org/TR/REC-html40">{more}{STYLES}'
        + "".join(f'<Worksheet ss:Name="S{n}"><Table>{rows}</Table></Worksheet>' for n, rows in enumerate(sheets))
        + "</Workbook>"
    )


def cell(value: str, kind: str = "String", style: str = "", more: str = "") -> str:
    return f'<Cell{f" ss:StyleID={style!r}" if style else ""}{more}><Data ss:Type="{kind}">{value}</Data></Cell>'


HEAD = "<Row>" + cell("SKU") + cell("可用库存") + "</Row>"


def read_xml(path: Path, text: str, **options: object) -> Table:
    path.write_text(text, "utf-8")
    assert sniff(path) == "xml"
    return read_table(path, None, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("xml", "expected", "kind"),
    [
        pytest.param(cell("0012345678901234567"), "0012345678901234567", Kind.TEXT, id="id"),
        pytest.param(cell("1234567890123456789", "Number"), "1234567890123456789", Kind.NUMBER, id="long-number"),
        pytest.param(cell("1.5E-3", "Number"), "0.0015", Kind.NUMBER, id="exponent"),
        pytest.param(cell("0.3699", "Number", "percent"), "0.3699", Kind.NUMBER, id="percent"),
        pytest.param(cell("2026-03-01T00:00:00.000", "DateTime", "day"), "2026-03-01", Kind.DATE, id="day"),
        pytest.param(cell("2026-03-01T00:00:00.000", "DateTime", "child"), "2026-03-01", Kind.DATE, id="inherited-style"),
        pytest.param(cell("2026-03-01T08:30:00.000", "DateTime", "moment"), "2026-03-01 08:30:00", Kind.DATE, id="moment"),
        pytest.param(cell("1899-12-31T08:30:00.000", "DateTime", "clock"), "08:30:00", Kind.DATE, id="time-of-day"),
        pytest.param(cell("1900-01-01T12:00:00.000", "DateTime", "elapsed"), "36:00:00", Kind.DATE, id="duration"),
        pytest.param(cell("46082", "Number", "day"), "2026-03-01", Kind.DATE, id="serial"),
        pytest.param(cell("1", "Boolean"), "TRUE", Kind.BOOL, id="true"),
        pytest.param(cell("0", "Boolean"), "FALSE", Kind.BOOL, id="false"),
        pytest.param(cell("#N/A", "Error"), "#N/A", Kind.ERROR, id="error"),
        pytest.param(cell("a &amp; b&#10;=1+1"), "a & b\n=1+1", Kind.TEXT, id="entities-and-breaks"),
        pytest.param('<Cell><ss:Data ss:Type="String" xmlns="http://www.w3.org/TR/REC-html40"><B>粗</B>体</ss:Data></Cell>', "粗体", Kind.TEXT, id="parts-of-a-text"),
        pytest.param('<Cell><Comment ss:Author="x"><ss:Data ss:Type="String">批注</ss:Data></Comment><Data ss:Type="String">值</Data></Cell>', "值", Kind.TEXT, id="comment"),
        pytest.param(cell("15", "Number", more=' ss:Formula="=R[-1]C*3"'), "15", Kind.NUMBER, id="formula"),
    ],
)  # fmt: skip
def test_a_cell_of_excel_2003_is_what_it_means(tmp_path: Path, xml: str, expected: str, kind: Kind) -> None:
    table = read_xml(tmp_path / "a.xls", xml2003(f"{HEAD}<Row>{cell('1')}{xml}</Row>"))
    assert rows_of(table) == [["1", expected]]
    assert table.formats[int(table.batches[0].columns[1].code_array()[0])].kind is kind


def test_cells_of_excel_2003_stand_where_they_say(tmp_path: Path) -> None:
    head = "<Row>" + "".join(cell(name) for name in "ABCDE") + "</Row>"
    rows = (
        "<Row>" + cell("a") + cell("c", more=' ss:Index="3"') + "</Row>"
        '<Row ss:Index="7">' + cell("b", more=' ss:Index="2" ss:MergeAcross="1"') + cell("d") + "<Cell/></Row>"
    )
    table = read_xml(tmp_path / "a.xls", xml2003(head + rows))
    assert rows_of(table) == [["a", None, "c", None, None], [None, "b", None, "d", None]]


def test_a_hidden_sheet_of_excel_2003_is_no_data_and_1904_is_minded(tmp_path: Path) -> None:
    text = xml2003(
        HEAD + f"<Row>{cell('1')}{cell('44620', 'Number', 'day')}</Row>",
        "<Row>" + cell("x") + cell("y") + "</Row>",
        more='<ExcelWorkbook xmlns="urn:schemas-microsoft-com:office:excel"><Date1904/></ExcelWorkbook>',
    )
    options = '<WorksheetOptions xmlns="urn:schemas-microsoft-com:office:excel"><Visible>SheetHidden</Visible></WorksheetOptions>'
    place = text.rindex("</Worksheet>")
    table = read_xml(tmp_path / "a.xls", text[:place] + options + text[place:])
    assert rows_of(table) == [["1", "2026-03-01"]]


@pytest.mark.parametrize(
    ("encoding", "declaration"),
    [
        pytest.param("gb18030", '<?xml version="1.0" encoding="GB2312"?>', id="gb2312"),
        pytest.param("utf-16", '<?xml version="1.0" encoding="UTF-16"?>', id="utf-16"),
        pytest.param("utf-8-sig", '<?xml version="1.0" encoding="UTF-8"?>', id="utf-8-with-mark"),
    ],
)
def test_excel_2003_in_other_encodings(tmp_path: Path, encoding: str, declaration: str) -> None:
    text = xml2003(f"{HEAD}<Row>{cell('1')}{cell('茶')}</Row>", declaration=declaration)
    (tmp_path / "a.xls").write_bytes(text.encode(encoding))
    assert rows_of(read_table(tmp_path / "a.xls", None)) == [["1", "茶"]]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        pytest.param(lambda text: text.replace("</Workbook>", ""), "no element found", id="cut-short"),
        pytest.param(lambda text: text.replace("</Row>", "</row>"), "mismatched tag", id="another-tag"),
        pytest.param(lambda text: text.replace("SKU", "S & U"), "not well-formed", id="a-bare-ampersand"),
        pytest.param(lambda text: text.replace(">5<", ">viel<"), "'viel' in a cell of type 'Number'", id="no-number"),
        pytest.param(lambda text: text.replace("<Workbook", '<!DOCTYPE x [<!ENTITY a "b">]><Workbook'), "entities of its own", id="entities"),
        pytest.param(lambda text: text.replace("<Cell>", '<Cell ss:Index="9999999">', 1), "a cell in column 9999999", id="far-away"),
    ],
)  # fmt: skip
def test_bad_xml_of_excel_2003_is_refused(tmp_path: Path, change: object, found: str) -> None:
    text = xml2003(f"{HEAD}<Row>{cell('1')}{cell('5', 'Number')}</Row>")
    with pytest.raises(RejectedFileError) as caught:
        read_xml(tmp_path / "a.xls", change(text))  # type: ignore[operator]
    assert found in str(caught.value)


# -- OpenDocument -------------------------------------------------------------------------------------------------------

SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text", "style")
) + ' xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'  # fmt: skip


def content(*sheets: str, styles: str = "") -> str:
    tables = "".join(f'<table:table table:name="S{n}">{rows}</table:table>' for n, rows in enumerate(sheets))
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {SPACES}><office:automatic-styles>{styles}'
        f"</office:automatic-styles><office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )


def write_ods(path: Path, xml: str, manifest: str = "") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        package.writestr("content.xml", xml)
        package.writestr("META-INF/manifest.xml", f"<manifest>{manifest}</manifest>")
    return path


def ods_cell(attributes: str, shown: str, tag: str = "table-cell") -> str:
    return f"<table:{tag} {attributes}><text:p>{shown}</text:p></table:{tag}>"


STRING = 'office:value-type="string"'
ODS_HEAD = f"<table:table-row>{ods_cell(STRING, 'SKU')}{ods_cell(STRING, '可用库存')}</table:table-row>"


@pytest.mark.parametrize(
    ("xml", "expected", "kind"),
    [
        pytest.param(ods_cell(STRING, "0012345678901234567"), "0012345678901234567", Kind.TEXT, id="id"),
        pytest.param(ods_cell('office:value-type="float" office:value="1234567890123456789"', "1.23E+18"), "1234567890123456789", Kind.NUMBER, id="long-number"),
        pytest.param(ods_cell('office:value-type="percentage" office:value="0.3699"', "36.99%"), "0.3699", Kind.NUMBER, id="percent"),
        pytest.param(ods_cell('office:value-type="currency" office:value="9.9"', "¥9.90"), "9.9", Kind.NUMBER, id="currency"),
        pytest.param(ods_cell('office:value-type="date" office:date-value="2026-03-01"', "1.3.26"), "2026-03-01", Kind.DATE, id="day"),
        pytest.param(ods_cell('office:value-type="date" office:date-value="2026-03-01T00:00:00"', "x"), "2026-03-01", Kind.DATE, id="midnight"),
        pytest.param(ods_cell('office:value-type="date" office:date-value="2026-03-01T08:30:00"', "x"), "2026-03-01 08:30:00", Kind.DATE, id="moment"),
        pytest.param(ods_cell('office:value-type="time" office:time-value="PT36H00M00S"', "36:00"), "36:00:00", Kind.DATE, id="duration"),
        pytest.param(ods_cell('office:value-type="boolean" office:boolean-value="true"', "WAHR"), "TRUE", Kind.BOOL, id="boolean"),
        pytest.param(ods_cell('table:formula="of:=TRUE()" office:value-type="float" office:value="1"', "TRUE"), "TRUE", Kind.BOOL, id="boolean-out-of-excel"),
        pytest.param(ods_cell('table:formula="of:=1/0" office:value-type="string" office:string-value="" calcext:value-type="error"', "#DIV/0!"), "#DIV/0!", Kind.ERROR, id="error"),
        pytest.param(ods_cell('table:formula="of:=NA()" office:value-type="string"', "#N/A"), "#N/A", Kind.ERROR, id="old-error"),
        pytest.param(ods_cell(STRING, "a<text:s text:c='3'/>b<text:line-break/>c<text:tab/>d"), "a   b\nc\td", Kind.TEXT, id="blanks"),
        pytest.param(ods_cell(STRING, "<text:span>粗</text:span><text:a>体</text:a>\n  x"), "粗体 x", Kind.TEXT, id="parts-of-a-text"),
        pytest.param(f"<table:table-cell {STRING}><office:annotation><text:p>批注</text:p></office:annotation><text:p>一</text:p><text:p>二</text:p></table:table-cell>", "一\n二", Kind.TEXT, id="note-and-paragraphs"),
        pytest.param(ods_cell(STRING, "=1+1"), "=1+1", Kind.TEXT, id="formula-as-text"),
    ],
)  # fmt: skip
def test_a_cell_of_opendocument_is_what_it_means(tmp_path: Path, xml: str, expected: str, kind: Kind) -> None:
    row = f"<table:table-row>{ods_cell(STRING, '1')}{xml}</table:table-row>"
    path = write_ods(tmp_path / "a.xls", content(ODS_HEAD + row))
    assert sniff(path) == "ods"
    table = read_table(path, None)
    assert rows_of(table) == [["1", expected]]
    assert table.formats[int(table.batches[0].columns[1].code_array()[0])].kind is kind


def test_repeated_cells_and_rows_of_opendocument(tmp_path: Path) -> None:
    blank = '<table:table-cell table:number-columns-repeated="16382"/>'
    twice = ods_cell(f'{STRING} table:number-columns-repeated="2"', "x")
    rows = (
        f'<table:table-row table:number-rows-repeated="3">{twice}{blank}</table:table-row>'
        f"<table:table-row><table:covered-table-cell {STRING}><text:p>hidden</text:p></table:covered-table-cell>{ods_cell(STRING, 'y')}</table:table-row>"
        f'<table:table-row table:number-rows-repeated="1048571">{blank}</table:table-row>'
    )
    table = read_table(write_ods(tmp_path / "a.ods", content(ODS_HEAD + rows)), None)
    assert rows_of(table) == [["x", "x"]] * 3 + [[None, "y"]]


def test_a_hidden_sheet_of_opendocument_is_no_data(tmp_path: Path) -> None:
    hidden = (
        '<style:style style:name="h" style:family="table"><style:table-properties table:display="false"/></style:style>'
    )
    row = f"<table:table-row>{ods_cell(STRING, '1')}{ods_cell(STRING, '2')}</table:table-row>"
    xml = content("<table:table-row/>", ODS_HEAD + row, styles=hidden).replace(
        'table:name="S0"', 'table:name="S0" table:style-name="h"'
    )
    assert rows_of(read_table(write_ods(tmp_path / "a.ods", xml), None)) == [["1", "2"]]
    assert "no cell with a value" in refusal(write_ods(tmp_path / "b.ods", xml.replace(ODS_HEAD + row, "")))


def refusal(path: Path, **options: object) -> str:
    with pytest.raises(RejectedFileError) as caught:
        read_table(path, None, **options)  # type: ignore[arg-type]
    return str(caught.value)


def test_bad_opendocument_is_refused(tmp_path: Path) -> None:
    whole = content(ODS_HEAD + ODS_HEAD.replace("SKU", "1"))
    path = tmp_path / "a.ods"
    assert "no element found" in refusal(write_ods(path, whole[: -len("</office:document-content>")]))
    assert "mismatched tag" in refusal(write_ods(path, whole.replace("</text:p>", "</text:x>", 1)))
    assert "protected by a password" in refusal(write_ods(path, whole, "<encryption-data/>"))
    bomb = whole.replace("<table:table-row>", '<table:table-row table:number-rows-repeated="1048576">').replace(
        STRING, STRING + ' table:number-columns-repeated="8000"'
    )
    assert "cells that stand for" in refusal(write_ods(path, bomb))
    assert "bytes" in refusal(write_ods(path, whole), limits=Limits(unpacked_bytes=100))
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    assert "no 'content.xml' in it" in refusal(path)


def test_opendocument_in_one_piece_is_read(tmp_path: Path) -> None:
    row = f"<table:table-row>{ods_cell(STRING, '1')}{ods_cell(STRING, '2')}</table:table-row>"
    xml = content(ODS_HEAD + row).replace("office:document-content", "office:document")
    (tmp_path / "a.fods").write_text(xml, "utf-8")
    assert sniff(tmp_path / "a.fods") == "fods"
    assert rows_of(read_table(tmp_path / "a.fods", None)) == [["1", "2"]]


def test_what_libreoffice_writes_is_read_whole() -> None:
    table = read_table(FIXTURES / "libreoffice.ods", DATASET)
    assert rows_of(table) == EXPECTED
    assert (table.new, table.missing, table.warnings) == ((), (), [])
