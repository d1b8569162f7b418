"""Rows that are no data, cells merged downwards, parts in a zip, unseen marks: told, and done as the contract says."""

# ruff: noqa: E501 - one case, one line

from __future__ import annotations

import struct
import zipfile
from pathlib import Path
from typing import Any

import foreign_xlsb
import openpyxl
import pytest
import xlwt
from foreign import rows_of

from shopdata.excel import Contract, read_table
from shopdata.excel.contract import Rules
from shopdata.excel.formats.xlsx import parsed_sheets
from shopdata.excel.recount import count_raw
from shopdata.excel.tables import Table
from shopdata.exceptions import RejectedFileError

HEADER = ["省份", "商品", "数量", "金额"]
ROWS = [["华东", "茶", 5, 1.5], ["华东", "酒", 6, 2.5], ["华北", "茶", 7, 3.5]]


def contract(**more: Any) -> Contract:
    return Contract(columns=tuple(HEADER), required=("数量",), **more)


def workbook(path: Path, rows: list[list[Any]], merged: tuple[str, ...] = ()) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for place in merged:
        book.active.merge_cells(place)
    book.save(path)
    return path


def csv(path: Path, rows: list[list[Any]]) -> Path:
    path.write_text("".join(",".join("" if c is None else str(c) for c in row) + "\n" for row in rows), "utf-8")
    return path


def told(table: Table) -> dict[str, str]:
    return {found.kind: found.text for found in table.warnings}


KEPT = "kept: `totals` in the contract, or --totals, can drop them"


@pytest.mark.parametrize(
    ("extra", "kind", "text"),
    [
        pytest.param([["合计", None, 18, 7.5]], "total_rows", "row 5 looks", id="total"),
        pytest.param([["总计：", None, 18, 7.5], ["平均", None, 6, 2.5]], "total_rows", "2 rows (5, 6) look", id="total-and-mean"),
        pytest.param([["合 计", None, 18, 7.5]], "total_rows", "row 5 looks", id="with-a-blank"),
        pytest.param([["本页小计(元)", None, 18, 7.5]], "total_rows", "row 5 looks", id="with-a-unit"),
        pytest.param([["Grand Total", None, 18, 7.5]], "total_rows", "row 5 looks", id="english"),
        pytest.param([[None, "合计", 18, 7.5]], "total_rows", "row 5 looks", id="in-the-second-column"),
        pytest.param([["华北", "小计", 7, 3.5]], "total_rows", "row 5 looks", id="subtotal-beside-its-group"),
        pytest.param([["华北 汇总", None, 7, 3.5]], "total_rows", "row 5 looks", id="subtotal-of-excel"),
        pytest.param([HEADER, ["华南", "茶", 1, 1]], "header_rows", "row 5 repeats", id="header-once-more"),
        pytest.param([["#导出时间：2026-03-01 08:00:00"]], "note_rows", "row 5 looks", id="footer-of-alipay"),
        pytest.param([["注：以上数据仅供参考"]], "note_rows", "row 5 looks", id="remark"),
        pytest.param([["共3条记录"]], "note_rows", "row 5 looks", id="count"),
        pytest.param([["制表人：", "张三", "审核：", "李四"]], "note_rows", "row 5 looks", id="signatures"),
        pytest.param([["制表人：张三", None, "审核：李四"]], "note_rows", "row 5 looks", id="signatures-with-names"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("make", [workbook, csv], ids=["xlsx", "csv"])
def test_rows_that_are_no_data_are_told_dropped_or_marked(
    tmp_path: Path, make: Any, extra: list[list[Any]], kind: str, text: str
) -> None:
    padded = [row + [None] * (4 - len(row)) for row in extra]
    path = make(tmp_path / "report", [HEADER, *ROWS, *padded])
    table = read_table(path, None)
    assert table.rows == 3 + len(extra)
    assert told(table)[kind].startswith(text)
    assert told(table)[kind].endswith(KEPT)
    dropped = read_table(path, contract(totals="drop"))
    data = [row for row in padded if row[3] == 1]
    assert dropped.rows == 3 + len(data)
    assert told(dropped)[kind].endswith("; left out")
    assert count_raw(path, "xlsx" if make is workbook else "csv", contract(totals="drop")) == dropped.rows
    marked = read_table(path, contract(totals="mark"))
    assert marked.columns == (*HEADER, "row_kind")
    kinds = [row[-1] for row in rows_of(marked)]
    assert kinds[:3] == [None] * 3
    assert kinds[3] == kind.removesuffix("_rows")
    kept = read_table(path, contract(totals="keep"))
    assert (kept.rows, told(kept), told(marked)) == (3 + len(extra), {}, {})


@pytest.mark.parametrize("text", ["注：数据截至 2026-03-01", "# 2 rows", "说明: 仅供参考"])
def test_remarks_below_two_columns_say_so_themselves(tmp_path: Path, text: str) -> None:
    rows = [["商品", "数量"], ["茶", 5], ["备注本", None], [], [text]]
    assert told(read_table(workbook(tmp_path / "a.xlsx", rows), None))["note_rows"].startswith("row 5 looks")


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(["Colgate Total", "牙膏", 5, 1], id="a-product"),
        pytest.param(["会计", "书", 5, 1], id="a-word-that-ends-alike"),
        pytest.param(["指标", "平均", 5, 1], id="an-average-among-values"),
        pytest.param(["#1", "茶", 5, 1], id="a-number-with-its-sign"),
        pytest.param(["茶", None, None, None], id="a-name-without-values"),
        pytest.param(["https://example.com", None, None, None], id="an-address"),
        pytest.param(["省份", "茶", 5, 1], id="a-value-like-its-name"),
    ],
)
def test_rows_of_data_stay(tmp_path: Path, row: list[Any]) -> None:
    table = read_table(workbook(tmp_path / "a.xlsx", [HEADER, *ROWS, row]), contract(totals="drop"))
    assert (table.rows, told(table)) == (4, {})


def test_both_rows_of_a_header_may_come_again(tmp_path: Path) -> None:
    header = [["省份", "一月", None, "二月", None], [None, "数量", "金额", "数量", "金额"]]
    path = workbook(tmp_path / "a.xlsx", [*header, ["华东", 1, 2, 3, 4], *header, ["华北", 1, 2, 3, 4]])
    table = read_table(path, None, rules=Rules(totals="drop"))
    assert [row[0] for row in rows_of(table)] == ["华东", "华北"]
    assert told(table)["header_rows"] == "2 rows (4, 5) repeat the header; left out"


def test_numbers_of_rows_are_those_of_the_sheet(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["报表"], [], HEADER, ROWS[0], [], ["合计", None, 5, 1.5]])
    assert told(read_table(path, None))["total_rows"].startswith("row 6 ")


MERGED = [
    HEADER,
    ["华东", "茶", 5, 1.5],
    [None, "酒", 6, 2.5],
    [None, "水", 6, 2.5],
    ["华北", "茶", 7, 3.5],
    [None, "酒", 8, 4],
]
FILLED = ["华东", "华东", "华东", "华北", "华北"]


def merged_workbook(path: Path) -> Path:
    return workbook(path, MERGED, ("A2:A4", "A5:A6"))


def merged_old_workbook(path: Path) -> Path:
    book = xlwt.Workbook()
    sheet = book.add_sheet("S")
    for number, row in enumerate(MERGED):
        for place, value in enumerate(row):
            if value is not None and (place or not number):
                sheet.write(number, place, value)
    sheet.write_merge(1, 3, 0, 0, "华东")
    sheet.write_merge(4, 5, 0, 0, "华北")
    book.save(str(path))
    return path


def merged_page(path: Path) -> Path:
    cells = ["".join(f"<td>{c}" for c in row if c is not None) for row in MERGED]
    cells[1], cells[4] = cells[1].replace("<td>", "<td rowspan=3>", 1), cells[4].replace("<td>", "<td rowspan=2>", 1)
    path.write_text(f"<html><body><table><tr>{'</tr><tr>'.join(cells)}</tr></table></body></html>", "utf-8")
    return path


def merged_xlsb(path: Path) -> Path:
    rows = [
        foreign_xlsb.row(
            number,
            *(
                foreign_xlsb.cell(place, 6, foreign_xlsb.wide(value))
                if isinstance(value, str)
                else foreign_xlsb.cell(place, 5, struct.pack("<d", value))
                for place, value in enumerate(row)
                if value is not None
            ),
        )
        for number, row in enumerate(MERGED)
    ]
    merged = b"".join(foreign_xlsb.record(176, struct.pack("<4I", *place)) for place in ((1, 3, 0, 0), (4, 5, 0, 0)))
    return foreign_xlsb.write_xlsb(path, b"".join(rows) + foreign_xlsb.record(146) + merged)


def merged_ods(path: Path) -> Path:
    spaces = " ".join(f'xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "table", "text"))
    rows = ""
    for number, row in enumerate(MERGED):
        rows += "<table:table-row>"
        for value in row:
            span = {1: 'table:number-rows-spanned="3"', 4: 'table:number-rows-spanned="2"'}.get(number, "")
            if value is None:
                rows += "<table:covered-table-cell/>"
            elif isinstance(value, str):
                span = span if value in ("华东", "华北") else ""
                rows += (
                    f'<table:table-cell {span} office:value-type="string"><text:p>{value}</text:p></table:table-cell>'
                )
            else:
                rows += f'<table:table-cell office:value-type="float" office:value="{value}"/>'
        rows += "</table:table-row>"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        package.writestr(
            "content.xml",
            f'<office:document-content {spaces}><office:body><office:spreadsheet><table:table table:name="S">{rows}'
            "</table:table></office:spreadsheet></office:body></office:document-content>",
        )
    return path


def merged_xml(path: Path) -> Path:
    rows = ""
    for number, row in enumerate(MERGED):
        rows += "<Row>"
        for place, value in enumerate(row, start=1):
            if value is not None:
                down = {(1, 1): ' ss:MergeDown="2"', (4, 1): ' ss:MergeDown="1"'}.get((number, place), "")
                kind = "String" if isinstance(value, str) else "Number"
                rows += f'<Cell ss:Index="{place}"{down}><Data ss:Type="{kind}">{value}</Data></Cell>'
        rows += "</Row>"
    space = "urn:schemas-microsoft-com:office:spreadsheet"
    path.write_text(
        f'<?xml version="1.0"?><Workbook xmlns="{space}" xmlns:ss="{space}"><Worksheet ss:Name="S"><Table>{rows}</Table>'
        "</Worksheet></Workbook>",
        "utf-8",
    )
    return path


@pytest.mark.parametrize(
    "make",
    [merged_workbook, merged_old_workbook, merged_page, merged_xlsb, merged_ods, merged_xml],
    ids=["xlsx", "xls", "html", "xlsb", "ods", "xml"],
)
def test_cells_merged_downwards_are_told_or_filled(tmp_path: Path, make: Any) -> None:
    path = make(tmp_path / "report")
    table = read_table(path, None)
    assert [row[0] for row in rows_of(table)] == ["华东", None, None, "华北", None]
    assert told(table)["merged_cells"].startswith(
        "3 cells are blank because the one above is merged over them (rows 3, 4, 6)"
    )
    table = read_table(path, contract(merged_cells="fill"))
    assert [row[0] for row in rows_of(table)] == FILLED
    assert (
        told(table)["merged_cells"] == "3 cells are filled with the value of the one above, which is merged over them"
    )
    table = read_table(path, contract(merged_cells="keep"))
    assert ([row[0] for row in rows_of(table)].count(None), told(table)) == (3, {})


def test_merged_cells_are_known_to_the_other_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shopdata.excel.reading.fast_sheets", parsed_sheets)
    table = read_table(merged_workbook(tmp_path / "a.xlsx"), contract(merged_cells="fill"))
    assert [row[0] for row in rows_of(table)] == FILLED


def test_merged_cells_go_on_over_blocks_of_rows(tmp_path: Path) -> None:
    """A sheet of several pieces, whose merged cells are known at its end only."""
    rows = [
        [f"组{number // 4000}" if number % 4000 == 0 else None, f"{number:08d}" * 40, number]
        for number in range(12_000)
    ]
    places = tuple(f"A{first + 2}:A{first + 4001}" for first in range(0, 12_000, 4000))
    path = workbook(tmp_path / "a.xlsx", [["组", "文字", "数量"], *rows], places)
    table = read_table(path, None, rules=Rules(merged_cells="fill"))
    assert len(table.batches) > 1
    assert table.distinct("组") == {"组0": 4000, "组1": 4000, "组2": 4000}


def zip_of(path: Path, *parts: list[list[Any]]) -> Path:
    with zipfile.ZipFile(path, "w") as package:
        for number, rows in enumerate(parts, start=1):
            part = workbook(path.with_name(f"part{number}.xlsx"), rows)
            package.write(part, f"报表-{number}.xlsx")
            part.unlink()
    return path


def test_workbooks_of_equal_header_in_a_zip_are_joined_where_that_is_allowed(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "a.zip", [HEADER, *ROWS], [HEADER, ["华南", "茶", 9, "-"]])
    with pytest.raises(RejectedFileError, match=r"does not hold one table.*`zip_parts: join`"):
        read_table(path, contract())
    table = read_table(path, contract(zip_parts="join"))
    assert [row[0] for row in rows_of(table)] == ["华东", "华东", "华北", "华南"]
    assert told(table) == {"joined_zip": "2 parts of a zip are joined: '报表-1.xlsx', '报表-2.xlsx'"}
    assert count_raw(path, "zip", contract(zip_parts="join")) == 4


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        pytest.param(
            [[*HEADER, "备注"], ["华南", "茶", 9, 1, "x"]], "only '报表-2.xlsx' has '备注'", id="a-column-more"
        ),
        pytest.param([HEADER[1:], ["茶", 9, 1]], "only '报表-1.xlsx' has '省份'", id="a-column-less"),
        pytest.param([HEADER, *ROWS], "the zip holds one file twice", id="the-same-file"),
    ],
)
def test_parts_that_do_not_fit_are_refused(tmp_path: Path, other: list[list[Any]], sentence: str) -> None:
    first = [HEADER, *ROWS]
    path = zip_of(tmp_path / "a.zip", first, other)
    if other == first:  # the clock stands in a workbook, so that no two are equal
        with zipfile.ZipFile(path) as package:
            content = package.read("报表-1.xlsx")
        with zipfile.ZipFile(path, "w") as package:
            package.writestr("报表-1.xlsx", content)
            package.writestr("报表-2.xlsx", content)
    with pytest.raises(RejectedFileError, match=sentence):
        read_table(path, contract(zip_parts="join"))


@pytest.mark.parametrize(
    "name", ["\ufeff省份", "省\u200b份", "省份\xa0", "\u3000省份", "\u2060省份", "省份\ufe0f", "\u3164省份", "省\xad份", "\u202a省份\u202c"]
)  # fmt: skip
def test_marks_that_nobody_sees_make_no_other_column(tmp_path: Path, name: str) -> None:
    path = workbook(tmp_path / "a.xlsx", [[name, *HEADER[1:]], *ROWS])
    assert read_table(path, None).columns == tuple(HEADER)
    assert read_table(path, contract()).new == ()


@pytest.mark.parametrize("sign", ["'", "‘", "’", "＇", "`"])
def test_an_apostrophe_before_ids_is_kept_and_told(tmp_path: Path, sign: str) -> None:
    rows = [["编号", "名称"], [f"{sign}0012345678901234567", "茶"], ["7", f"{sign}s-Gravenhage"]]
    for make in (workbook, csv):
        table = read_table(make(tmp_path / "report", rows), None)
        assert rows_of(table)[0][0] == f"{sign}0012345678901234567"
        assert [(found.column, found.count) for found in table.warnings if found.kind == "apostrophe"] == [("编号", 1)]


def test_blanks_around_ids_are_told(tmp_path: Path) -> None:
    rows = [["数量", "省份"], [1, " 7"], [2, "7\xa0"], [3, "7\u200b"], [4, "7"]]
    table = read_table(workbook(tmp_path / "a.xlsx", rows), contract(ids=("省份",)))
    assert [(found.column, found.count) for found in table.warnings if found.kind == "blank_ends"] == [("省份", 3)]


def test_the_label_of_a_total_may_stand_in_a_key_wherever_its_column_is(tmp_path: Path) -> None:
    header = ["数量", "金额", "退货", "评分", "占比", "商品"]
    path = workbook(tmp_path / "a.xlsx", [header, [1, 2, 3, 4, 5, "茶"], [1, 2, 3, 4, 5, "平均"]])
    keyed = Contract(columns=tuple(header), keys=("商品",), totals="drop")
    assert read_table(path, keyed).rows == count_raw(path, "xlsx", keyed) == 1
