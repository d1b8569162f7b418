"""What is no table is refused with a sentence that says what, where, found against expected, and what to do."""

# ruff: noqa: E501 - one case, one line, however long its XML is

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import foreign
import pytest
import xlsxwriter
from foreign import DATASET, FIXTURES, MAIN, header_row, inline, write_by_hand

from shopdata.excel import Limits, read_table
from shopdata.exceptions import RejectedFileError

Make = Callable[[Path], Path]


def content(data: bytes) -> Make:
    def make(folder: Path) -> Path:
        (folder / "a.xlsx").write_bytes(data)
        return folder / "a.xlsx"

    return make


def sheets(*parts: str, **more: object) -> Make:
    return lambda folder: write_by_hand(folder / "a.xlsx", *parts, **more)  # type: ignore[arg-type]


def cut(share: float) -> Make:
    def make(folder: Path) -> Path:
        path = foreign.write_openpyxl(folder / "a.xlsx")
        whole = path.read_bytes()
        path.write_bytes(whole[: int(len(whole) * share)])
        return path

    return make


def spoiled(member: str) -> Make:
    """A workbook with a bit turned over in the packed bytes of a member."""

    def make(folder: Path) -> Path:
        path = foreign.write_xlsxwriter(folder / "a.xlsx")
        with zipfile.ZipFile(path) as package:
            info = package.getinfo(member)
        data = bytearray(path.read_bytes())
        data[info.header_offset + 30 + len(member) + info.compress_size // 2] ^= 0x10
        path.write_bytes(data)
        return path

    return make


def bomb(folder: Path) -> Path:
    """A sheet of 64 MiB that packs to some 64 KiB."""
    sheet = f"<worksheet {MAIN}><sheetData>{header_row()}</sheetData>{' ' * (64 << 20)}</worksheet>"
    return write_by_hand(folder / "a.xlsx", f"<?xml version='1.0'?>{sheet}")


def lying_bomb(folder: Path) -> Path:
    """A member that unpacks to more than its directory says."""
    path = write_by_hand(folder / "a.xlsx", header_row() * 5)
    name = "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(path) as package:
        members = {entry: package.read(entry) for entry in package.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for entry, data in members.items():
            package.writestr(entry, data)
    data = bytearray(path.read_bytes())
    size = len(members[name])
    for place in (data.find(b"PK\x01\x02"),):
        while place >= 0:
            if data[place + 46 : place + 46 + len(name)] == name.encode():
                data[place + 24 : place + 28] = (size - 9).to_bytes(4, "little")
            place = data.find(b"PK\x01\x02", place + 1)
    path.write_bytes(data)
    return path


def zip_of(*names: str) -> Make:
    def make(folder: Path) -> Path:
        source = foreign.write_openpyxl(folder / "inner.xlsx")
        with zipfile.ZipFile(folder / "a.zip", "w") as package:
            for name in names:
                package.write(source, name)
        return folder / "a.zip"

    return make


def far_apart(rows: int) -> str:
    """Rows with a cell in the first and one in the last column: few bytes, and many megabytes of blanks."""
    cells = ((number, f'<c r="A{number}"><v>1</v></c><c r="XFD{number}"><v>2</v></c>') for number in range(2, rows))
    return "".join(f'<row r="{number}">{content}</row>' for number, content in cells)


ROW = f'<row r="2">{inline("A2", "1")}<c r="C2"><v>2</v></c></row>'
ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
DOUBLE = header_row(names=("SKU", "可用库存", "全国可用库存"))

CASES = [
    pytest.param(content(b""), "the file is no table", "an empty file", id="empty-file"),
    pytest.param(content("<!DOCTYPE html><html><title>登录</title><form></form></html>".encode()), "web page came instead", "'登录'", id="login-page"),
    pytest.param(content(b"<html><body><table><tr><td>name</td><td><input></td></tr></table></body></html>"), "the file is no table but a message", "name", id="page-with-a-layout-table"),
    pytest.param(content(b'{"success":false,"errorMsg":"x"}'), "this is not a file of rows", "success", id="json"),
    pytest.param(content(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), "the file is no table", "a picture (PNG)", id="picture"),
    pytest.param(content(b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>"), "the file is no table", "XML", id="xml"),
    pytest.param(content(b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet><Table/></Worksheet></Workbook>'), "no header was found", "no cell with a value", id="xml-of-excel-2003-without-a-cell"),
    pytest.param(content("<table><tr><th>SKU</th><th>可用库存</th></tr><tr><td>1</td><td>2</td></tr><tr><td>34".encode()), "the web page is cut short", "a table without an end", id="page-cut-short"),
    pytest.param(content("SKU,可用库存,备注\n1,2,a\n2,3".encode()), "the last line is cut short", "2 cells and no line end", id="csv-without-its-last-cells"),
    pytest.param(content("SKU,可用库存,备注\n1,2,文字\n2,3,文字".encode()[:-2]), "can't be decoded", "53 4b 55", id="text-cut-within-a-character"),
    pytest.param(content("SKU,可用库存\n1,文字".encode("utf-8-sig")[:-1] + b"\xd6\xd0"), "can't be decoded", "ef bb bf", id="text-that-is-not-in-its-encoding"),
    pytest.param(content(b"just some words"), "the text is no table: nothing proves its columns", "just some words", id="text"),
    pytest.param(content(b'SKU,"\xe5\x8f\xaf\xe7\x94\xa8\xe5\xba\x93\xe5\xad\x98"\n1,"2\n3'), "is no CSV", "unexpected end", id="csv-cut-short"),
    pytest.param(content(b"SKU,\xff\xff\xff\n1,2"), "can't be decoded", "53 4b 55", id="text-in-no-encoding"),
    pytest.param(cut(0.5), "cut short or damaged", "zip", id="cut-in-the-middle"),
    pytest.param(cut(0.98), "cut short or damaged", "zip", id="cut-at-the-end"),
    pytest.param(spoiled("xl/worksheets/sheet1.xml"), "cut short or damaged", "sheet1.xml", id="spoiled-sheet"),
    pytest.param(spoiled("xl/sharedStrings.xml"), "cut short or damaged", "sharedStrings.xml", id="spoiled-strings"),
    pytest.param(content((FIXTURES / "libreoffice.xls").read_bytes()[:1500]), "can't be read", "", id="xls-cut-short"),
    pytest.param(lambda _: FIXTURES / "password.xlsx", "protected by a password", "", id="xlsx-with-password"),
    pytest.param(lambda f: foreign.write_biff5(f / "a.xls", [["SKU"]], password=True), "protected by a password", "", id="xls-with-password"),
    pytest.param(bomb, "more than is safe", "times the packed size", id="zip-bomb"),
    pytest.param(lying_bomb, "cut short or damaged", "longer than its directory says", id="zip-that-lies-about-sizes"),
    pytest.param(zip_of("a.xlsx", "b.xlsx"), "does not hold one table", "'a.xlsx', 'b.xlsx'", id="zip-of-two"),
    pytest.param(zip_of("readme"), "does not hold one table", "'readme'", id="zip-of-none"),
    pytest.param(sheets(header_row() + ROW, strings=f"{ENTITIES}<si><t>&b;</t></si>"), "can't be read", "", id="entities-in-strings"),
    pytest.param(sheets(f"<?xml version='1.0'?>{ENTITIES}<worksheet {MAIN}><sheetData>{header_row() + ROW}</sheetData></worksheet>"), "can't be read", "document type", id="entities-in-sheet"),
    pytest.param(sheets(header_row() + ROW, members={"xl/workbook.xml": f"{ENTITIES}<workbook>&b;</workbook>"}), "declares XML entities", "workbook.xml", id="entities-in-workbook"),
    pytest.param(sheets(""), "no header was found", "no cell with a value", id="empty-sheet"),
    pytest.param(sheets(header_row() + ROW, states=("hidden",)), "no header was found", "", id="only-a-hidden-sheet"),
    pytest.param(sheets(header_row() + ROW, states=("veryHidden",)), "no header was found", "", id="only-a-very-hidden-sheet"),
    pytest.param(sheets(header_row(names=("甲", "乙")) + ROW), "no header was found", "甲, 乙", id="no-header"),
    pytest.param(sheets(header_row(names=("SKU", "备注", "SKU"))), "two columns are both 'SKU'", "'SKU' and 'SKU'", id="column-twice"),
    pytest.param(sheets(DOUBLE), "two columns are both '可用库存'", "'可用库存' and '全国可用库存'", id="name-and-alias"),
    pytest.param(sheets(header_row(names=("SKU", "可用库存", "新", "新"))), "two columns are both '新'", "'新'", id="new-column-twice"),
    pytest.param(sheets(header_row(names=("SKU", "ａ", "A", "可用库存"))), "two columns are both", "'ａ' and 'A'", id="same-name-in-another-width"),
    pytest.param(sheets(header_row(names=("SKU", "商品名称"))), "required column '可用库存' is not in the file", "SKU, 商品名称", id="required-column-missing"),
    pytest.param(sheets(header_row() + ROW, header_row(names=("SKU", "可用库存", "备注"))), "several sheets hold different tables", "'S1', 'S2'", id="sheets-that-differ"),
    pytest.param(sheets(header_row() + '<row r="2"><c r="A2"><v>abc</v></c></row>'), "can't be read", "'abc'", id="number-that-is-none"),
    pytest.param(sheets(header_row() + '<row r="2"><c r="A2" t="s"><v>7</v></c></row>', strings="<si><t>x</t></si>"), "can't be read", "'7'", id="shared-string-that-is-none"),
    pytest.param(sheets(header_row() + '<row r="2"><c r="A2"><v>1</v></c><c r="A2"><v>2</v></c></row>'), "can't be read", "'A2'", id="two-cells-in-one-place"),
    pytest.param(sheets(header_row() + far_apart(2000).replace('<c r="A', '<c s="0" r="A')), "can't be read", "blanks between them", id="cells-far-apart"),
    pytest.param(sheets(header_row() + ROW + "<row"), "can't be read", "", id="xml-that-breaks-off"),
    pytest.param(sheets(header_row() + ROW, members={"xl/_rels/workbook.xml.rels": "<Relationships/>"}), "cut short or damaged", "'S1' is missing", id="sheet-missing"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "what", "found"), CASES)
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, make: Make, what: str, found: str) -> None:
    with pytest.raises(RejectedFileError) as caught:
        read_table(make(tmp_path), DATASET, where="jd_store flagship 2026-03-01")
    sentence = str(caught.value)
    assert sentence.startswith("jd_store flagship 2026-03-01")
    assert what in sentence
    assert found in sentence
    assert caught.value.todo
    assert "Traceback" not in sentence


@pytest.mark.parametrize(
    ("limits", "found"),
    [
        pytest.param(Limits(file_bytes=1000), "bytes", id="file"),
        pytest.param(Limits(unpacked_bytes=5000), "bytes", id="unpacked"),
        pytest.param(Limits(members=3), "members", id="members"),
        pytest.param(Limits(rows=3), "4 rows", id="rows"),
        pytest.param(Limits(columns=8), "9 columns", id="columns"),
        pytest.param(Limits(cell_length=18), "19 characters in a cell of column 'SKU'", id="cell"),
        pytest.param(Limits(text_bytes=100), "bytes of text", id="text"),
        pytest.param(Limits(ratio=1, ratio_from_bytes=0), "out of", id="ratio"),
    ],
)
def test_limits_are_kept(tmp_path: Path, limits: Limits, found: str) -> None:
    path = foreign.write_openpyxl(tmp_path / "a.xlsx")
    with pytest.raises(RejectedFileError, match=found):
        read_table(path, DATASET, limits=limits)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = bomb(tmp_path)
    monkeypatch.setattr(
        "shopdata.excel.containers.zip_package.isal_zlib.decompressobj", lambda **_: pytest.fail("unpacked")
    )
    with pytest.raises(RejectedFileError, match="more than is safe"):
        read_table(path, DATASET)


def test_a_string_that_many_cells_share_is_no_bomb(tmp_path: Path) -> None:
    """Half a megabyte of XML, and gigabytes of text."""
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["SKU", "可用库存"])
        for row in range(1, 20_000):
            sheet.write_row(row, 0, [str(row), "x" * 30_000])
    with pytest.raises(RejectedFileError, match=r"unpacks to more than is safe.*shared strings"):
        read_table(path, DATASET)


def test_a_rename_is_suggested(tmp_path: Path) -> None:
    path = write_by_hand(tmp_path / "a.xlsx", header_row(names=("SKU", "可用库存件数", "备注")))
    with pytest.raises(RejectedFileError) as caught:
        read_table(path, DATASET)
    assert caught.value.todo == "'可用库存件数' looks like '可用库存' (0.80): add it to `aliases`?"


def test_a_rename_of_an_optional_column_is_suggested_in_the_drift(tmp_path: Path) -> None:
    path = write_by_hand(tmp_path / "a.xlsx", header_row(names=("SKU", "可用库存", "全国商品名称")))
    drift = {found.column: found.text for found in read_table(path, DATASET).drift if found.kind == "missing_column"}
    assert drift["商品名称"] == (
        "column '商品名称' is not in the file. '全国商品名称' looks like '商品名称' (0.80): add it to `aliases`?"
    )
    assert drift["价格"] == "column '价格' is not in the file"


def test_two_columns_of_one_name_are_no_matter_of_aliases(tmp_path: Path) -> None:
    for names, todo in (
        ((("SKU", "可用库存", "新", "新")), "Rename one"),
        (("SKU", "可用库存", "全国可用库存"), "aliases"),
    ):
        with pytest.raises(RejectedFileError) as caught:
            read_table(write_by_hand(tmp_path / "a.xlsx", header_row(names=names)), DATASET)
        assert todo in caught.value.todo


def test_a_small_member_may_pack_well(tmp_path: Path) -> None:
    assert len(zlib.compress(bytes(1 << 20), 9)) < 1 << 12  # the premise: a thousand to one
    padded = f"<?xml version='1.0'?><worksheet {MAIN}><sheetData>{header_row() + ROW}</sheetData>{' ' * (1 << 20)}</worksheet>"
    assert read_table(write_by_hand(tmp_path / "a.xlsx", padded), DATASET).rows == 1
