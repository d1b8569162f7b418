"""What a merged partition looks like to readers that are not ours."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import foreign
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest
import python_calamine
from foreign import DATASET, EXPECTED, VALUES, header_row, inline, write_by_hand

from shopdata.excel import Contract, read_table
from shopdata.excel.merging import merge as merge_module
from shopdata.excel.merging import plan as plan_module
from shopdata.excel.merging.merge import Merged, Part, merge_tables
from shopdata.excel.workers import Workers


def part_of(
    path: Path, shop_id: str = "flagship", name: str = "回力旗舰店", dataset: Contract | None = DATASET
) -> Part:
    saved = path.with_name(f"{shop_id}.arrow")
    read_table(path, dataset).save(saved)
    return Part(shop_id, name, saved)


def merge(folder: Path, parts: Sequence[Part], dataset: Contract | None = DATASET, **more: Any) -> Merged:
    return merge_tables(parts, dataset, workbook=folder / "out.xlsx", parquet=folder / "out.parquet", **more)


@pytest.fixture
def two_shops(tmp_path: Path) -> list[Part]:
    first = part_of(foreign.write_openpyxl(tmp_path / "1.xlsx"), "a", "回力京东旗舰店")
    second = part_of(foreign.write_xlsxwriter(tmp_path / "2.xlsx"), "b", "自营 & <二店>")
    return [second, first]


def test_the_parquet_holds_every_row_as_text(tmp_path: Path, two_shops: list[Part]) -> None:
    merged = merge(tmp_path, two_shops)
    table = pq.read_table(tmp_path / "out.parquet")
    assert table.column_names == merged.columns == ["shop", *DATASET.columns]
    assert {str(kind) for kind in table.schema.types} == {"string"}
    expected = [[name, *row] for name in ("自营 & <二店>", "回力京东旗舰店") for row in EXPECTED]
    assert [list(row.values()) for row in table.to_pylist()] == expected
    about = pq.ParquetFile(tmp_path / "out.parquet").metadata
    assert about.num_row_groups == 1
    assert {about.row_group(0).column(n).compression for n in range(about.num_columns)} == {"ZSTD"}
    assert (merged.rows, merged.rows_by_shop) == (8, {"b": 4, "a": 4})


def test_the_workbook_holds_the_same_cells_with_their_kinds(tmp_path: Path, two_shops: list[Part]) -> None:
    merged = merge(tmp_path, two_shops)
    book = openpyxl.load_workbook(tmp_path / "out.xlsx")
    assert book.sheetnames == merged.sheets == ["数据", "说明"]
    sheet = book["数据"]
    rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    assert rows[0] == ["shop", *DATASET.columns]

    def as_openpyxl(value: object) -> object:
        return dt.datetime.combine(value, dt.time()) if type(value) is dt.date else value

    expected = [[name, *map(as_openpyxl, row)] for name in ("自营 & <二店>", "回力京东旗舰店") for row in VALUES]
    assert rows[1:] == expected
    assert sheet.freeze_panes == "A2"
    assert sheet["F2"].number_format == "yyyy-mm-dd"
    assert sheet["I2"].number_format == "0.00%"
    assert (sheet["B2"].data_type, sheet["B2"].number_format) == ("s", "@")
    assert sheet["C3"].value == "=1+1"
    assert sheet["C3"].data_type == "s"


def test_calamine_and_pandas_read_the_workbook_too(tmp_path: Path, two_shops: list[Part]) -> None:
    merge(tmp_path, two_shops)
    rows = python_calamine.CalamineWorkbook.from_path(str(tmp_path / "out.xlsx")).get_sheet_by_name("数据").to_python()
    assert len(rows) == 9
    assert rows[1][:4] == ["自营 & <二店>", "0012345678901234567", "茶 & 杯 <大>", 12.0]
    frame = pd.read_excel(tmp_path / "out.xlsx", engine="openpyxl", dtype={"SKU": str})
    assert list(frame["SKU"]) == [row[0] for row in EXPECTED] * 2


@pytest.mark.cold
def test_equal_input_gives_equal_bytes(tmp_path: Path, two_shops: list[Part]) -> None:
    merge(tmp_path, two_shops)
    before = [(tmp_path / name).read_bytes() for name in ("out.xlsx", "out.parquet")]
    with Workers(2) as workers:
        workers.start()
        merge(tmp_path, two_shops, workers=workers)
    assert [(tmp_path / name).read_bytes() for name in ("out.xlsx", "out.parquet")] == before
    assert {info.date_time[:3] for info in zipfile.ZipFile(tmp_path / "out.xlsx").infolist()} == {(1980, 1, 1)}


@pytest.mark.parametrize("place", ["plan.render", "parquet.ParquetWriter.write"])
def test_an_error_leaves_the_old_files_alone(
    tmp_path: Path, two_shops: list[Part], monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    merge(tmp_path, two_shops)
    before = sorted((path.name, path.read_bytes()) for path in tmp_path.iterdir())

    def fail(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(f"shopdata.excel.merging.{place}", fail)
    with pytest.raises(OSError, match="the disk is full"):
        merge(tmp_path, two_shops)
    assert sorted((path.name, path.read_bytes()) for path in tmp_path.iterdir()) == before


def test_no_rows_make_a_header(tmp_path: Path) -> None:
    merged = merge(tmp_path, [part_of(write_by_hand(tmp_path / "a.xlsx", header_row()))])
    assert merged.rows == 0
    assert pq.read_table(tmp_path / "out.parquet").column_names == merged.columns
    assert pq.read_table(tmp_path / "out.parquet").num_rows == 0
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx")["数据"]
    assert [list(row) for row in sheet.iter_rows(values_only=True)] == [merged.columns]


def test_columns_differ_from_shop_to_shop(tmp_path: Path) -> None:
    rows = '<row r="2">{}</row>'
    first = header_row(names=("SKU", "新（一）", "可用库存")) + rows.format(
        inline("A2", "1") + inline("B2", "x") + '<c r="C2"><v>5</v></c>'
    )
    second = header_row(names=("全国可用库存", "新(一)", "SKU")) + rows.format(
        '<c r="A2"><v>6</v></c>' + inline("B2", "y") + inline("C2", "2")
    )
    parts = [
        part_of(write_by_hand(tmp_path / "1.xlsx", first), "a", "甲"),
        part_of(write_by_hand(tmp_path / "2.xlsx", second), "b", "乙"),
    ]
    merged = merge(tmp_path, parts)
    assert merged.columns == ["shop", *DATASET.columns, "新（一）"]
    table = pq.read_table(tmp_path / "out.parquet").select(["shop", "SKU", "可用库存", "新（一）", "价格"])
    assert [list(row.values()) for row in table.to_pylist()] == [
        ["甲", "1", "5", "x", None],
        ["乙", "2", "6", "y", None],
    ]
    drift = {(shop, found.kind, found.column) for shop, found in merged.drift}
    assert {
        ("a", "new_column", "新（一）"),
        ("b", "renamed_column", "可用库存"),
        ("a", "missing_column", "价格"),
    } <= drift


def test_a_column_once_seen_stays(tmp_path: Path) -> None:
    part = part_of(write_by_hand(tmp_path / "1.xlsx", header_row(names=("SKU", "可用库存", "丙"))))
    seen = ["shop", *DATASET.columns, "甲", "丙", "乙"]
    merged = merge(tmp_path, [part], seen_columns=seen)
    assert merged.columns == seen
    assert pq.read_schema(tmp_path / "out.parquet").names == seen


@pytest.mark.parametrize("name", ["dt", "shop", "DIR0", 'a.b"c', "行\n尾", "[x]"])
def test_a_new_column_gets_a_name_that_the_lake_can_hold(tmp_path: Path, name: str) -> None:
    part = part_of(write_by_hand(tmp_path / "1.xlsx", header_row(names=("SKU", "可用库存", name))))
    column = merge(tmp_path, [part]).columns[-1]
    assert column.lower() not in ("dt", "shop", "dir0")
    assert not set(column) & set('."[]\n')


def test_warnings_name_the_shop(tmp_path: Path) -> None:
    rows = (
        header_row()
        + f'<row r="2">{inline("A2", "1")}<c r="B2"><v>1234567890123456789</v></c><c r="C2"><v>1</v></c></row>'
    )
    merged = merge(tmp_path, [part_of(write_by_hand(tmp_path / "1.xlsx", rows))])
    [(shop, warning)] = merged.warnings
    assert (shop, warning.kind, warning.column, warning.count) == (
        "flagship",
        "imprecise_number",
        "商品名称",
        1,
    )
    assert pq.read_table(tmp_path / "out.parquet")["商品名称"].to_pylist() == ["1234567890123456789"]


def test_the_notes_tell_where_it_comes_from(tmp_path: Path, two_shops: list[Part]) -> None:
    merge(tmp_path, two_shops, notes=[("来源", "jd_store 2026-03-01")], missing=[("三店", "密码错误")])
    rows = [[cell for cell in row if cell] for row in openpyxl.load_workbook(tmp_path / "out.xlsx")["说明"].values]
    for line in (["来源", "jd_store 2026-03-01"], ["行数", "8"], ["自营 & <二店>", "b", "4"], ["三店", "密码错误"]):
        assert line in rows


def test_a_long_reason_in_the_notes_has_room(tmp_path: Path, two_shops: list[Part]) -> None:
    merge(tmp_path, two_shops, missing=[("三店", "短"), ("四店", "登录失败，请人工处理。" * 6)])
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx")["说明"]
    heights = {row[0].value: sheet.row_dimensions[row[0].row].height for row in sheet.iter_rows()}
    assert heights["三店"] is None
    assert heights["四店"] == 15 * 6  # 132 wide, in a column of 24


@pytest.mark.parametrize(
    ("limit", "sheets"),
    [(7, ["数据1", "数据2"]), (3, ["数据1", "数据2", "数据3"]), (8, ["数据"]), (4, ["数据1", "数据2"])],
)
def test_more_rows_than_a_sheet_can_hold_go_on_in_the_next(
    tmp_path: Path, two_shops: list[Part], monkeypatch: pytest.MonkeyPatch, limit: int, sheets: list[str]
) -> None:
    monkeypatch.setattr(merge_module, "MAX_DATA_ROWS", limit)
    monkeypatch.setattr(plan_module, "MAX_DATA_ROWS", limit)
    monkeypatch.setattr("shopdata.excel.workbook.writer.MAX_DATA_ROWS", limit)
    monkeypatch.setattr(plan_module, "PIECE_CELLS", 20)
    merged = merge(tmp_path, two_shops)
    assert merged.sheets == [*sheets, "说明"]
    book = openpyxl.load_workbook(tmp_path / "out.xlsx")
    skus = []
    for name in sheets:
        rows = list(book[name].values)
        assert list(rows[0]) == merged.columns
        assert len(rows) - 1 <= limit
        skus += [row[1] for row in rows[1:]]
    assert skus == [row[0] for row in EXPECTED] * 2
    assert pq.read_table(tmp_path / "out.parquet").num_rows == 8


HOSTILE = [
    "=1+1",
    "+1",
    "@x",
    "a\rb",
    "a\r\nb",
    "\ttab",
    "_x000D_",
    "_x005F_x000D_",
    "]]>",
    "<!--",
    "&amp;",
    "'",
    '"',
    "\u2028",
    "😀",
    "ｆｕｌｌ",
    "0",
    "TRUE",
    " ",
]


def test_hostile_texts_come_out_as_they_went_in(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(
        (
            "SKU,可用库存,备注\r\n"
            + "".join(f'{n},1,"{text.replace(chr(34), chr(34) * 2)}"\r\n' for n, text in enumerate(HOSTILE))
        ).encode()
    )
    merge(tmp_path, [part_of(path)])
    expected = [text.strip("\t") for text in HOSTILE]
    assert pq.read_table(tmp_path / "out.parquet")["备注"].to_pylist() == expected
    rows = python_calamine.CalamineWorkbook.from_path(str(tmp_path / "out.xlsx")).get_sheet_by_name("数据").to_python()
    assert [row[9] for row in rows[1:]] == expected
    again = read_table(tmp_path / "out.xlsx", None)
    assert again.to_arrow()["备注"].to_pylist() == expected


LONG_TEXTS = {
    "as long as a cell": "中" * 32_767,
    "one too long": "中" * 32_768,
    "entities": "&<" * 20_000,
    "emoji, each counts twice": "😀" * 16_384,
    "emoji across the end": "a" + "😀" * 17_000,
}


def test_a_text_that_no_cell_can_hold_is_whole_in_the_parquet(tmp_path: Path) -> None:
    """A chat message knows no such limit, and must not cost its shop the day."""
    dataset = Contract(columns=("id", "text"), ids=("id",), required=("id",))
    path = tmp_path / "chats.json"
    lines = [{"shopdata": {}}, *({"id": name, "text": text} for name, text in LONG_TEXTS.items())]
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    merged = merge(tmp_path, [part_of(path, dataset=dataset)], dataset)
    [(_, warning)] = merged.warnings
    assert (warning.kind, warning.column, warning.count) == ("too_long", "text", 4)
    assert pq.read_table(tmp_path / "out.parquet")["text"].to_pylist() == list(LONG_TEXTS.values())
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx")["数据"]
    for (_, name, shown), text in zip(list(sheet.values)[1:], LONG_TEXTS.values(), strict=True):
        assert len(shown.encode("utf-16-le")) // 2 <= 32_767
        assert shown == text if name == "as long as a cell" else shown.endswith("…")
        assert text.startswith(shown.removesuffix("…"))
        assert len(shown.encode("utf-16-le")) // 2 >= 32_766


@pytest.mark.parametrize("name", ["../../x", "a/b", 'q"uote', "new\nline", "=cmd", "<b>&"])
def test_a_shop_may_be_called_anything(tmp_path: Path, name: str) -> None:
    merge(tmp_path, [part_of(foreign.write_openpyxl(tmp_path / "1.xlsx"), "a", name)])
    assert set(pq.read_table(tmp_path / "out.parquet")["shop"].to_pylist()) == {name}
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx")["数据"]
    assert {row[0] for row in list(sheet.values)[1:]} == {name}


def test_a_merged_workbook_can_be_read_again(tmp_path: Path, two_shops: list[Part]) -> None:
    merge(tmp_path, two_shops)
    table = read_table(tmp_path / "out.xlsx", None)
    assert table.to_arrow().to_pylist() == [
        {("shop_" if key == "shop" else key): value for key, value in row.items()}
        for row in pq.read_table(tmp_path / "out.parquet").to_pylist()
    ]


def test_without_a_contract_columns_come_as_they_are(tmp_path: Path) -> None:
    parts = [
        part_of(foreign.write_openpyxl(tmp_path / "1.xlsx", [["1", 2]], ["b", "a"]), "x", "x", None),
        part_of(foreign.write_openpyxl(tmp_path / "2.xlsx", [[3, "4"]], ["a", "c"]), "y", "y", None),
    ]
    merged = merge(tmp_path, parts, None)
    assert merged.columns == ["shop", "b", "a", "c"]
    rows = [list(row.values()) for row in pq.read_table(tmp_path / "out.parquet").to_pylist()]
    assert rows == [["x", "1", "2", None], ["y", None, "3", "4"]]


@pytest.mark.cold
def test_the_engine_starts_without_what_it_does_not_need() -> None:
    """A process that reads files is started for a few seconds of work: these imports take most of a second."""
    modules = "shopdata.excel.merging.merge, shopdata.excel.merging.files"
    code = f"import sys, pyarrow, {modules}; pyarrow.array([1]); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert "shopdata.excel.xml.scan" in loaded
    assert not {"sqlalchemy", "alembic", "pydantic", "apscheduler", "scrapy", "pandas"}.intersection(loaded)


@pytest.mark.cold
def test_pandas_is_there_for_whoever_wants_it_later() -> None:
    code = "import pyarrow, shopdata.excel.tables.table; print(pyarrow.table({'a': ['1', None]}).to_pandas().shape)"
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert told.strip() == "(2, 1)"


def test_outer_blanks_are_marked_as_meant_also_between_numbers(tmp_path: Path) -> None:
    """Excel drops blanks that are not; openpyxl and calamine keep them either way, so the XML is looked at."""
    source = foreign.write_openpyxl(tmp_path / "a.xlsx", [[" x ", 5], [7, 5]], ["混合", "数"])
    read_table(source, None).save(tmp_path / "a.arrow")
    merge_tables([Part("s", "店", tmp_path / "a.arrow")], None, workbook=tmp_path / "o.xlsx", parquet=None)
    with zipfile.ZipFile(tmp_path / "o.xlsx") as package:
        assert b'<t xml:space="preserve"> x </t>' in package.read("xl/worksheets/sheet1.xml")
