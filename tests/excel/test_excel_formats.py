"""The same small table out of every container that portals send, written by other programs."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import foreign
import pytest
import xlwt
from foreign import DATASET, EXPECTED, FIXTURES, HEADER, VALUES, rows_of

from shopdata.excel import read_table, sniff
from shopdata.excel.tables import Kind

Make = Callable[[Path], Path]


def fixture(name: str) -> Make:
    return lambda _: FIXTURES / name


def named_xls(make: Make) -> Make:
    """The same bytes under a name that says something else."""
    return lambda folder: make(folder).rename(folder / "report.xls")


def reencoded(encoding: str, *, tabs: bool = False) -> Make:
    def make(folder: Path) -> Path:
        text = (FIXTURES / "utf8.csv").read_text("utf-8")
        path = folder / "report.csv"
        path.write_bytes((text.replace(",", "\t") if tabs else text).encode(encoding))
        return path

    return make


def zipped(inner: Make, name: str) -> Make:
    def make(folder: Path) -> Path:
        with zipfile.ZipFile(folder / "report.zip", "w") as package:
            package.write(inner(folder), name)
            package.writestr(f"__MACOSX/{name}", b"what macOS puts there")
        return folder / "report.zip"

    return make


TYPED = [
    pytest.param(fixture("libreoffice.xlsx"), "xlsx", id="xlsx-libreoffice"),
    pytest.param(fixture("libreoffice.xls"), "xls", id="xls-libreoffice-biff8"),
    pytest.param(fixture("xlwt.xls"), "xls", id="xls-xlwt"),
    pytest.param(lambda f: foreign.write_openpyxl(f / "a.xlsx"), "xlsx", id="xlsx-openpyxl"),
    pytest.param(lambda f: foreign.write_xlsxwriter(f / "a.xlsx"), "xlsx", id="xlsx-xlsxwriter-shared"),
    pytest.param(lambda f: foreign.write_xlsxwriter(f / "a.xlsx", inline=True), "xlsx", id="xlsx-xlsxwriter-inline"),
    pytest.param(lambda f: foreign.write_xlsxwriter(f / "a.xlsx", epoch_1904=True), "xlsx", id="xlsx-1904"),
    pytest.param(named_xls(lambda f: foreign.write_openpyxl(f / "a.xlsx")), "xlsx", id="xlsx-named-xls"),
    pytest.param(zipped(fixture("libreoffice.xlsx"), "库存.xlsx"), "zip", id="zip-of-xlsx"),
    pytest.param(zipped(fixture("libreoffice.xls"), "a/b.xls"), "zip", id="zip-of-xls"),
]
#: Formats that hold texts as they are shown: a percentage is one.
SHOWN = [
    pytest.param(fixture("libreoffice.html"), "html", id="html-libreoffice"),
    pytest.param(named_xls(lambda f: _copy("libreoffice.html", f)), "html", id="html-named-xls"),
    pytest.param(fixture("utf8.csv"), "csv", id="csv-utf8"),
    pytest.param(fixture("gb18030.csv"), "csv", id="csv-gb18030"),
    pytest.param(fixture("utf16-tab.csv"), "csv", id="tab-separated-utf16"),
    pytest.param(named_xls(lambda f: _copy("utf16-tab.csv", f)), "csv", id="tab-separated-named-xls"),
    pytest.param(reencoded("utf-8-sig"), "csv", id="csv-utf8-with-mark"),
    pytest.param(reencoded("gb18030", tabs=True), "csv", id="tab-separated-gb18030"),
    pytest.param(zipped(fixture("gb18030.csv"), "报表.csv"), "zip", id="zip-of-csv"),
]  # fmt: skip


def _copy(name: str, folder: Path) -> Path:
    path = folder / name
    path.write_bytes((FIXTURES / name).read_bytes())
    return path


@pytest.mark.parametrize(("make", "ext"), TYPED)
def test_a_typed_table_is_read_whole(tmp_path: Path, make: Make, ext: str) -> None:
    path = make(tmp_path)
    assert sniff(path) == ext
    table = read_table(path, DATASET)
    assert table.columns == DATASET.columns
    assert rows_of(table) == EXPECTED
    kinds = [
        {table.formats[code].kind for code in set(c.code_array()[c.text.is_valid()])} for c in table.batches[0].columns
    ]
    assert kinds == [{Kind.TEXT}] * 2 + [{Kind.NUMBER}] * 2 + [{Kind.DATE}] * 2 + [
        {Kind.BOOL},
        {Kind.NUMBER},
        {Kind.TEXT},
    ]
    assert table.formats[int(table.batches[0].columns[7].code_array()[0])].number_format == "0.00%"
    assert (table.new, table.missing, table.warnings) == ((), (), [])


@pytest.mark.parametrize(("make", "ext"), SHOWN)
def test_a_table_of_texts_is_read_whole(tmp_path: Path, make: Make, ext: str) -> None:
    path = make(tmp_path)
    assert sniff(path) == ext
    table = read_table(path, DATASET)
    expected = [list(row) for row in EXPECTED]
    for row, shown in zip(expected, ("36.99%", "100%", None, "50%"), strict=True):
        row[7] = shown
    if ext == "html":
        # A web page shows a run of blanks as one; LibreOffice writes booleans as 1 and 0 there, and all decimals.
        expected[3][1] = "前后"
        expected[1][7], expected[3][7] = "100.00%", "50.00%"
        expected[0][6], expected[1][6] = "1", "0"
    assert rows_of(table) == expected


def test_biff5_is_read(tmp_path: Path) -> None:
    path = foreign.write_biff5(
        tmp_path / "a.xls", [["SKU", "商品名称", "可用库存"], ["0042", "茶", 5.0], ["0043", None, 0.5]]
    )
    assert sniff(path) == "xls"
    assert [row[:3] for row in rows_of(read_table(path, DATASET))] == [["0042", "茶", "5"], ["0043", None, "0.5"]]


def test_numbers_of_a_csv_become_numbers_for_people_but_keep_their_text(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("SKU,可用库存,价格,占比,备注\n42,5,1.50,36.99%,0042\n43,-,0.25,1%,7\n", "utf-8")
    table = read_table(path, DATASET)
    assert [row[2] for row in rows_of(table)] == ["5", "-"]
    kinds = {
        name: [table.formats[code].kind for code in table.batches[0].columns[place].code_array()]
        for place, name in enumerate(table.columns)
    }
    assert kinds["SKU"] == [Kind.TEXT, Kind.TEXT]
    assert kinds["可用库存"] == [Kind.NUMBER, Kind.TEXT]
    assert kinds["价格"] == [Kind.NUMBER, Kind.NUMBER]
    assert kinds["占比"] == kinds["备注"] == [Kind.TEXT, Kind.TEXT]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param('="00123",5', "00123", id="formula-that-keeps-zeros"),
        pytest.param("00123\t,5", "00123", id="tab-that-keeps-zeros"),
        pytest.param('"a,b",5', "a,b", id="quoted-comma"),
        pytest.param('"a""b",5', 'a"b', id="quoted-quote"),
    ],
)
def test_a_csv_cell_is_what_was_meant(tmp_path: Path, line: str, expected: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"SKU,可用库存\n{line}\n", "utf-8")
    assert rows_of(read_table(path, DATASET))[0][0] == expected


def test_merged_cells_of_a_web_page_keep_their_place(tmp_path: Path) -> None:
    path = tmp_path / "a.xls"
    path.write_text(
        "<html><body><table><tr><td colspan=3>库存</td></tr><tr><th>SKU<th>商品名称<th>可用库存</tr>"
        "<tr><td rowspan=2>1<td>甲<td>5</tr><tr><td>乙<td>6</tr></table></body></html>",
        "utf-8",
    )
    assert [row[:3] for row in rows_of(read_table(path, DATASET))] == [["1", "甲", "5"], [None, "乙", "6"]]


def test_a_saved_table_is_the_table(tmp_path: Path) -> None:
    table = read_table(foreign.write_openpyxl(tmp_path / "a.xlsx", VALUES * 3, HEADER), DATASET)
    table.save(tmp_path / "a.arrow")
    loaded = type(table).load(tmp_path / "a.arrow")
    assert loaded.rows == table.rows == 12
    assert rows_of(loaded) == rows_of(table)
    assert (loaded.formats, loaded.columns, loaded.drift) == (table.formats, table.columns, table.drift)
    for ours, theirs in zip(loaded.batches[0].columns, table.batches[0].columns, strict=True):
        valid = ours.text.is_valid().to_numpy(zero_copy_only=False)
        assert (ours.code_array()[valid] == theirs.code_array()[valid]).all()


@pytest.mark.parametrize(
    "text", ["标题\nSKU,可用库存\n1,2\n3", "SKU,可用库存\n1,2\n3\n", "SKU,可用库存\n1\n2", "SKU,可用库存\n1,2"]
)
def test_a_short_line_alone_is_no_sign_of_a_cut(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    assert read_table(tmp_path / "a.csv", DATASET).rows == text.strip().count("\n") - text.startswith("标题")


def test_dates_of_a_1904_xls_are_moved(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    book.dates_1904 = True
    sheet = book.add_sheet("S")
    for place, name in enumerate(("SKU", "可用库存", "日期")):
        sheet.write(0, place, name)
    sheet.write(1, 0, "1")
    sheet.write(1, 2, 44620, xlwt.easyxf(num_format_str="yyyy-mm-dd"))
    book.save(str(tmp_path / "a.xls"))
    assert read_table(tmp_path / "a.xls", DATASET).to_arrow()["日期"].to_pylist() == ["2026-03-01"]
