"""What single cells become, however a program wrote them."""

# ruff: noqa: E501 - one case, one line, however long its XML is

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from foreign import DATASET, FIXTURES, MAIN, header_row, inline, rows_of, write_by_hand

from shopdata.excel import read_table
from shopdata.excel.assembly.records import table_of_records
from shopdata.excel.formats.xlsx import parsed_sheets
from shopdata.excel.tables import Kind, Table
from shopdata.excel.values.numbers import float_text, number_column, number_text

DATE, MOMENT, TIME, ELAPSED = "yyyy/m/d", "yyyy-mm-dd hh:mm:ss", "h:mm", "[h]:mm:ss"
FORMATS = (
    DATE,
    MOMENT,
    TIME,
    ELAPSED,
    "0.00%",
    "yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;",
    "0.00_);[Red]\\-0.00",
    "0.0分",
)


def read_cell(tmp_path: Path, cell: str, *, strings: str | None = None, properties: str = "") -> Table:
    """A workbook whose cell B2 (商品名称) is this XML."""
    sheet = header_row() + f'<row r="2">{inline("A2", "1")}{cell}<c r="C2"><v>5</v></c></row>'
    path = write_by_hand(tmp_path / "a.xlsx", sheet, strings=strings, formats=FORMATS, properties=properties)
    return read_table(path, DATASET)


def value_of(table: Table) -> str | None:
    """What B2 became; the row must be whole."""
    row = rows_of(table)[0]
    assert (row[0], row[2]) == ("1", "5")
    return row[1]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        pytest.param('<c r="B2" t="inlineStr"><is><t>a&amp;b &lt;c&gt; &quot;&#20320;&#x597D;</t></is></c>', 'a&b <c> "你好', id="entities"),
        pytest.param('<c r="B2" t="inlineStr"><is><t>a > b</t></is></c>', "a > b", id="bare-greater-than"),
        pytest.param('<c r="B2" t="inlineStr"><is><t xml:space="preserve"> x </t></is></c>', " x ", id="outer-blanks"),
        pytest.param('<c r="B2" t="inlineStr"><is><t>1_x000D_2_x000d_</t></is></c>', "1\r2\r", id="escaped-return"),
        pytest.param('<c r="B2" t="inlineStr"><is><t>a\r\nb</t></is></c>', "a\nb", id="line-end-of-windows"),
        pytest.param('<c r="B2" t="inlineStr"><is><t>_x005F_x000D_</t></is></c>', "_x000D_", id="escaped-escape"),
        pytest.param('<c r="B2" t="inlineStr"><is><t>_xD83D__xDE00_</t></is></c>', "😀", id="escaped-surrogates"),
        pytest.param('<c r="B2" t="inlineStr"><is><t>a_x0001_b</t></is></c>', "a\ufffdb", id="illegal-character"),
        pytest.param('<c r="B2" t="inlineStr"><is><r><t>粗</t></r><r><rPr><b/></rPr><t>体</t></r></is></c>', "粗体", id="rich-inline"),
        pytest.param('<c r="B2" t="inlineStr"><is><t></t></is></c>', None, id="empty-inline"),
        pytest.param('<c r="B2" t="inlineStr"><is><t>=1+1</t></is></c>', "=1+1", id="text-like-a-formula"),
        pytest.param('<c r="B2" t="str"><f>A1&amp;"x"</f><v>a&amp;b</v></c>', "a&b", id="formula-of-text"),
        pytest.param('<c r="B2"><f>1+1</f><v>2</v></c>', "2", id="formula-with-value"),
        pytest.param('<c r="B2"><f t="shared" si="0"/><v>2</v></c>', "2", id="shared-formula"),
        pytest.param('<c r="B2"><f>1+1</f></c>', None, id="formula-without-value"),
        pytest.param('<c r="B2"><f>1+1</f><v></v></c>', None, id="formula-with-empty-value"),
        pytest.param('<c r="B2" t="b"><v>1</v></c>', "TRUE", id="true"),
        pytest.param('<c r="B2" t="b"><v>0</v></c>', "FALSE", id="false"),
        pytest.param('<c r="B2" t="e"><v>#N/A</v></c>', "#N/A", id="error"),
        pytest.param('<c r="B2" s="1"/>', None, id="styled-blank"),
        pytest.param('<c r="B2"></c>', None, id="blank"),
        pytest.param("", None, id="no-cell"),
        pytest.param('<c>r="B2" t="s"<v>7</v></c>', "7", id="text-that-looks-like-attributes"),
        pytest.param('<c r="B2"><v>5.0</v></c>', "5", id="whole-float"),
        pytest.param('<c r="B2"><v>1.50</v></c>', "1.5", id="trailing-zero"),
        pytest.param('<c r="B2"><v>0.10000000000000001</v></c>', "0.1", id="seventeen-digits"),
        pytest.param('<c r="B2"><v>1234567890123456789</v></c>', "1234567890123456789", id="nineteen-digit-number"),
        pytest.param('<c r="B2"><v>1.2345678901234568E+18</v></c>', "1234567890123456800", id="large-exponent"),
        pytest.param('<c r="B2"><v>1E-5</v></c>', "0.00001", id="small-exponent"),
        pytest.param('<c r="B2"><v>-0</v></c>', "0", id="minus-zero"),
        pytest.param('<c r="B2"><v>-0.5</v></c>', "-0.5", id="negative"),
        pytest.param('<c r="B2" s="5"><v>0.3699</v></c>', "0.3699", id="percent"),
        pytest.param('<c r="B2" s="7"><v>12.5</v></c>', "12.5", id="coloured-number-format"),
        pytest.param('<c r="B2" s="1"><v>46082</v></c>', "2026-03-01", id="date"),
        pytest.param('<c r="B2" s="6"><v>46082</v></c>', "2026-03-01", id="chinese-date"),
        pytest.param('<c r="B2" s="2"><v>46082.354166666664</v></c>', "2026-03-01 08:30:00", id="moment"),
        pytest.param('<c r="B2" s="2"><v>46082</v></c>', "2026-03-01 00:00:00", id="midnight"),
        pytest.param('<c r="B2" s="1"><v>59</v></c>', "1900-02-28", id="before-the-leap-day-that-was-none"),
        pytest.param('<c r="B2" s="1"><v>60</v></c>', "1900-02-29", id="the-leap-day-that-was-none"),
        pytest.param('<c r="B2" s="1"><v>0</v></c>', "1900-01-00", id="day-zero"),
        pytest.param('<c r="B2" s="2"><v>0.5</v></c>', "1900-01-00 12:00:00", id="a-time-of-day-zero"),
        pytest.param('<c r="B2" s="3"><v>0</v></c>', "00:00:00", id="midnight-as-a-time"),
        pytest.param('<c r="B2" s="1"><v>-1</v></c>', "-1", id="a-day-before-all-days"),
        pytest.param('<c r="B2" s="3"><v>0.354166666666667</v></c>', "08:30:00", id="time-of-day"),
        pytest.param('<c r="B2" s="4"><v>1.5</v></c>', "36:00:00", id="elapsed"),
        pytest.param('<c r="B2" t="d"><v>2026-03-01T08:30:00</v></c>', "2026-03-01 08:30:00", id="iso-date"),
        pytest.param('<c r="B2" t="d"><v>2026-03-01T08:30:00+08:00</v></c>', "2026-03-01 08:30:00", id="iso-date-with-zone"),
        pytest.param('<c r="B2" s="1"><v>123456789012</v></c>', "123456789012", id="number-that-is-no-day-in-a-date-format"),
        pytest.param('<c r="B2" s="8"><v>4.8</v></c>', "4.8", id="score-with-a-unit"),
        pytest.param("""<c r="B2" t='s'><v>0</v></c>""", "shared", id="one-attribute-in-single-quotes"),
        pytest.param('<c r="B2" t = "s"><v>0</v></c>', "shared", id="blanks-around-the-equals-sign"),
        pytest.param('<c r="B2" t="inlineStr"><is><t xml:lang="zh">a>bcde>ghi</t></is></c>', "a>bcde>ghi", id="text-in-a-language"),
        pytest.param('<c r="B2" t="inlineStr"><is><t a="x>y">z</t></is></c>', "z", id="greater-than-in-an-attribute"),
    ],
)  # fmt: skip
def test_a_cell_becomes_what_it_means(
    tmp_path: Path, cell: str, expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    strings = "<si><t>shared</t></si>"
    assert value_of(read_cell(tmp_path, cell, strings=strings)) == expected
    monkeypatch.setattr("shopdata.excel.reading.fast_sheets", parsed_sheets)
    assert value_of(read_cell(tmp_path, cell, strings=strings)) == expected


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        pytest.param("<si><t>茶</t></si>", "茶", id="plain"),
        pytest.param('<si><t xml:space="preserve"> 茶 </t></si>', " 茶 ", id="preserved"),
        pytest.param("<si><r><t>红</t></r><r><rPr><b/><sz val='9'/></rPr><t>茶</t></r></si>", "红茶", id="rich"),
        pytest.param(
            '<si><t>茶</t><rPh sb="0" eb="1"><t>cha</t></rPh><phoneticPr fontId="1"/></si>', "茶", id="phonetic"
        ),
        pytest.param("<si><t/></si>", None, id="empty"),
        pytest.param("<si>\n  <t>茶</t>\n</si>", "茶", id="indented"),
        pytest.param("<si><t>0012345678901234567</t></si>", "0012345678901234567", id="nineteen-digit-text"),
        pytest.param("<si><t>a&amp;b_x000D_</t></si>", "a&b\r", id="entities"),
        pytest.param("<si/>", None, id="nothing"),
    ],
)
def test_a_shared_string_becomes_what_it_means(tmp_path: Path, item: str, expected: str | None) -> None:
    strings = f"<si><t>first</t></si>{item}<si><t>last</t></si>"
    assert value_of(read_cell(tmp_path, '<c r="B2" t="s"><v>1</v></c>', strings=strings)) == expected


def test_shared_strings_in_another_encoding_are_read_in_it(tmp_path: Path) -> None:
    strings = f'<?xml version="1.0" encoding="ISO-8859-1"?><sst {MAIN}><si><t>Ã©</t></si></sst>'.encode("latin-1")
    sheet = header_row() + '<row r="2"><c r="A2" t="s"><v>0</v></c></row>'
    path = write_by_hand(tmp_path / "a.xlsx", sheet, strings="", members={"xl/sharedStrings.xml": strings})
    assert rows_of(read_table(path, DATASET))[0][0] == "Ã©"


def test_dates_of_a_1904_workbook_are_moved(tmp_path: Path) -> None:
    assert value_of(read_cell(tmp_path, '<c r="B2" s="1"><v>44620</v></c>', properties='date1904="1"')) == "2026-03-01"


@pytest.mark.parametrize(
    ("cell", "kind", "count"),
    [
        pytest.param('<c r="B2"><v>1234567890123456</v></c>', "imprecise_number", 1, id="sixteen-digit-number"),
        pytest.param('<c r="B2"><v>1.2345E+20</v></c>', "imprecise_number", 1, id="large-exponent"),
        pytest.param(inline("B2", "a_x0001_b_x0002_"), "illegal_character", 2, id="illegal-characters"),
        pytest.param(inline("B2", "_xD83D_x"), "illegal_character", 1, id="half-of-a-pair"),
        pytest.param('<c r="B2" t="e"><v>#DIV/0!</v></c>', "error_cell", 1, id="error"),
    ],
)
def test_a_doubtful_cell_is_kept_and_told(tmp_path: Path, cell: str, kind: str, count: int) -> None:
    table = read_cell(tmp_path, cell)
    assert [(found.kind, found.column, found.count) for found in table.warnings] == [(kind, "商品名称", count)]


def test_an_illegal_character_in_a_shared_string_is_told_where_it_is_used(tmp_path: Path) -> None:
    strings = "<si><t>x</t></si><si><t>a_x0001_b</t></si>"
    table = read_cell(tmp_path, '<c r="B2" t="s"><v>1</v></c>', strings=strings)
    assert value_of(table) == "a\ufffdb"
    assert [(found.kind, found.column, found.count) for found in table.warnings] == [
        ("illegal_character", "商品名称", 1)
    ]


@pytest.mark.parametrize("cell", ['<c r="B2"><v>0.30000000000000004</v></c>', '<c r="B2"><v>123456789012345</v></c>'])
def test_a_number_that_fits_is_no_warning(tmp_path: Path, cell: str) -> None:
    assert read_cell(tmp_path, cell).warnings == []


def test_a_formula_without_value_is_told(tmp_path: Path) -> None:
    table = read_cell(tmp_path, '<c r="B2"><f>1+1</f></c>')
    assert [(found.kind, found.count) for found in table.warnings] == [("formula_without_value", 1)]


def test_an_id_is_text_also_where_the_source_has_numbers(tmp_path: Path) -> None:
    rows = '<row r="2"><c r="A2"><v>100012043978</v></c><c r="C2"><v>1</v></c></row>'
    rows += '<row r="3"><c r="A3"><v>1.5E+3</v></c><c r="C3"><v>1</v></c></row>'
    rows += f'<row r="4">{inline("A4", "42.0")}<c r="C4"><v>1</v></c></row>'
    rows += f'<row r="5">{inline("A5", "0042")}<c r="C5"><v>1</v></c></row>'
    table = read_table(write_by_hand(tmp_path / "a.xlsx", header_row() + rows), DATASET)
    assert [row[0] for row in rows_of(table)] == ["100012043978", "1500", "42", "0042"]
    assert {table.formats[code].kind for code in table.batches[0].columns[0].code_array()} == {Kind.TEXT}


def test_null_texts_become_null_and_others_stay(tmp_path: Path) -> None:
    rows = "".join(
        f'<row r="{n}">{inline(f"A{n}", "1")}{inline(f"B{n}", text)}<c r="C{n}"><v>1</v></c></row>'
        for n, text in enumerate(["-", "--", "null", " ", "x"], start=2)
    )
    path = write_by_hand(tmp_path / "a.xlsx", header_row() + rows)
    assert [row[1] for row in rows_of(read_table(path, DATASET))] == ["-", "--", "null", " ", "x"]
    strict = replace(DATASET, null_texts=("-", "null"))
    assert [row[1] for row in rows_of(read_table(path, strict))] == [None, "--", None, " ", "x"]


@pytest.mark.parametrize(
    ("sheet", "expected"),
    [
        pytest.param(
            '<row r="1"><c t="inlineStr"><is><t>SKU</t></is></c><c t="inlineStr"><is><t>可用库存</t></is></c></row>'
            '<row r="2"><c t="inlineStr"><is><t>1</t></is></c><c><v>2</v></c></row>',
            [("1", "2")],
            id="cells-without-place",
        ),
        pytest.param(
            "<row r='1'><c r='A1' t='inlineStr'><is><t>SKU</t></is></c><c t='inlineStr'><is><t>可用库存</t></is></c></row>"
            "<row r='1'><c r='A1' t='inlineStr'><is><t>1</t></is></c><c><v>2</v></c></row>",
            [("1", "2")],
            id="single-quotes",
        ),
        pytest.param(
            header_row(names=("SKU", "可用库存")) + f'<!-- x --><row r="2">{inline("A2", "1")}<c r="B2"><v>2</v></c></row>',
            [("1", "2")],
            id="comment",
        ),
        pytest.param(
            header_row(names=("SKU", "可用库存")) + f'\n <row r="2" spans="1:2">\n  {inline("A2", "1")}\n  <c r="B2">\n<v>2</v></c>\n</row>\n',
            [("1", "2")],
            id="indented",
        ),
        pytest.param(
            header_row(names=("SKU", "可用库存")) + f'<row spans="1:2" r="2">{inline("A2", "1")}<c s="0" r="B2"><v>2</v></c></row>',
            [("1", "2")],
            id="attributes-in-another-order",
        ),
        pytest.param(
            header_row(names=("SKU", "可用库存")) + f'<row r="2"/><row r="3"><c r="A3" s="0"/></row><row r="9">{inline("A9", "1")}<c r="B9"><v>2</v></c></row>'
            + "".join(f'<row r="{n}"><c r="A{n}" s="0"/><c r="B{n}" s="0"/></row>' for n in range(10, 500)),
            [("1", "2")],
            id="blank-rows",
        ),
        pytest.param(
            '<?xml version="1.0"?><x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:sheetData>'
            '<x:row r="1"><x:c r="A1" t="inlineStr"><x:is><x:t>SKU</x:t></x:is></x:c><x:c r="B1" t="inlineStr"><x:is><x:t>可用库存</x:t></x:is></x:c></x:row>'
            '<x:row r="2"><x:c r="A2" t="inlineStr"><x:is><x:t>1</x:t></x:is></x:c><x:c r="B2"><x:v>2</x:v></x:c></x:row>'
            "</x:sheetData></x:worksheet>",
            [("1", "2")],
            id="prefixed-names",
        ),
        pytest.param(
            '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1"/><sheetData>'
            + header_row(names=("SKU", "可用库存")) + f'<row r="2">{inline("A2", "1")}<c r="B2"><v>2</v></c></row></sheetData></worksheet>',
            [("1", "2")],
            id="wrong-dimension",
        ),
        pytest.param(
            f'<row r="1">{inline("A1", "京东库存报表 2026-03-01")}</row><row r="2"><c r="A2"/></row>' + header_row(3, ("SKU", "可用库存"))
            + f'<row r="4">{inline("A4", "1")}<c r="B4"><v>2</v></c></row>',
            [("1", "2")],
            id="title-rows",
        ),
        pytest.param(
            header_row(names=("可用库存", "SKU")) + f'<row r="2"><c r="A2"><v>2</v></c>{inline("B2", "1")}</row>',
            [("1", "2")],
            id="columns-in-another-order",
        ),
        pytest.param(header_row(names=("SKU", "可用库存")), [], id="header-only"),
    ],
)  # fmt: skip
def test_a_sheet_is_read_however_it_is_laid_out(tmp_path: Path, sheet: str, expected: list[tuple[str, str]]) -> None:
    path = write_by_hand(tmp_path / "a.xlsx", sheet)
    assert [(row[0], row[2]) for row in rows_of(read_table(path, DATASET))] == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [("12", "12"), ("+5", "5"), (".5", "0.5"), ("5.", "5"), ("1e3", "1000"), ("-1.0E-2", "-0.01"), ("00012", "12")],
)
def test_numbers_are_written_plainly(raw: str, expected: str) -> None:
    assert number_text(raw) == expected


#: What stands in the XML, and its text: canonical ones stay, whole ones keep their digits, others are the shortest float.
NUMBERS = [
    ("10000000000000.5", "10000000000000.5"),
    ("1.00000000000005E+13", "10000000000000.5"),
    ("9999999999.123456", "9999999999.123455"),
    ("10000000000.000002", "10000000000.000002"),
    ("12345678901.234501", "12345678901.2345"),
    ("999999999999999.88", "999999999999999.9"),
    ("1000000000000000.5", "1000000000000000.5"),
    ("4503599627370495.5", "4503599627370495.5"),
    ("1E+15", "1000000000000000"),
    ("1234567890123456", "1234567890123456"),
    ("9007199254740993", "9007199254740993"),
    ("1E16", "10000000000000000"),
    ("10000000000000000.5", "10000000000000000"),
    ("1E+22", "1" + "0" * 22),
    ("1e+23", "1" + "0" * 23),
    ("1.7976931348623157E+308", "17976931348623157" + "0" * 292),
    ("0.0001", "0.0001"),
    ("1E-4", "0.0001"),
    ("1.0000000000000001E-5", "0.00001"),
    ("0.00001", "0.00001"),
    ("9.9999999999999995E-7", "0.000001"),
    ("1.23E-7", "0.000000123"),
    ("2.2250738585072014E-308", "0." + "0" * 307 + "22250738585072014"),
    ("1E-400", "0"),
    ("0.30000000000000004", "0.30000000000000004"),
    ("0.10000000000000001", "0.1"),
    ("1.0000000000000000001", "1"),
    ("100.0", "100"),
    ("0.0", "0"),
    ("0E+5", "0"),
]


@pytest.mark.parametrize("sign", ["", "-"], ids=["plus", "minus"])
@pytest.mark.parametrize(("raw", "expected"), NUMBERS, ids=[raw for raw, _ in NUMBERS])
def test_a_number_is_the_same_plain_text_one_by_one_and_in_a_column(raw: str, expected: str, sign: str) -> None:
    expected = expected if expected == "0" else sign + expected
    texts, _ = number_column(pa.array([sign + raw, "7", None, sign + raw, "0.25", "7.50"]))
    assert texts.to_pylist() == [expected, "7", None, expected, "0.25", "7.5"]
    assert number_text(sign + raw) == expected


@pytest.mark.parametrize("sign", [1, -1], ids=["plus", "minus"])
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (10000000000000.5, "10000000000000.5"), (1e10 + 0.25, "10000000000.25"), (4503599627370495.5, "4503599627370495.5"),
        (5.0, "5"), (1e15, "1000000000000000"), (1e16, "10000000000000000"), (1e22, "1" + "0" * 22), (1e23, "1" + "0" * 23),
        (1.2345678901234568e18, "1234567890123456800"), (1e-4, "0.0001"), (1e-5, "0.00001"), (1.23e-7, "0.000000123"),
        (0.1 + 0.2, "0.30000000000000004"), (0.0, "0"),
    ],
)  # fmt: skip
def test_a_float_is_the_same_plain_text_from_every_reader(
    tmp_path: Path, value: float, expected: str, sign: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    value *= sign
    expected = "-" + expected if sign < 0 and value else expected
    assert float_text(value) == expected
    xlsx = f'<c r="B2"><v>{value!r}</v></c>'
    assert value_of(read_cell(tmp_path, xlsx)) == expected
    monkeypatch.setattr("shopdata.excel.reading.fast_sheets", parsed_sheets)
    assert value_of(read_cell(tmp_path, xlsx)) == expected
    xls = (FIXTURES / "xlwt.xls").read_bytes()
    before = struct.pack("<d", 0.3699)
    assert xls.count(before) == 1
    (tmp_path / "a.xls").write_bytes(xls.replace(before, struct.pack("<d", value)))
    assert rows_of(read_table(tmp_path / "a.xls", DATASET))[0][7] == expected
    assert value_of(table_of_records([{"SKU": "1", "商品名称": value, "可用库存": "5"}], DATASET)) == expected


def test_a_record_without_a_finite_number_keeps_it_as_text() -> None:
    table = table_of_records([{"SKU": "1", "商品名称": float("nan"), "可用库存": "5"}], DATASET)
    assert value_of(table) == "nan"
    assert table.formats[table.batches[0].columns[1].code_array()[0]].kind is Kind.TEXT


@pytest.mark.parametrize("raw", ["", "x", "1,000", "nan", "inf", "1_0", "--1", "1２"])
def test_what_is_no_number_is_refused(raw: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the text is all there is to say
        number_text(raw)
    if raw:
        with pytest.raises(ValueError):  # noqa: PT011
            number_column(pa.array(["7", raw]))


def test_the_fallback_reader_is_not_needed_for_plain_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shopdata.excel.reading.parsed_sheets", lambda *_: pytest.fail("a plain sheet was read slowly"))
    assert value_of(read_cell(tmp_path, inline("B2", "茶"))) == "茶"
