"""Sheets that only say something: that there is nothing, or that it did not work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest
from foreign import DATASET, rows_of

from shopdata.excel import read_table
from shopdata.excel.layout.notices import says_nothing
from shopdata.excel.recount import count_raw
from shopdata.exceptions import RejectedFileError

NOTHING = ["暂无数据", "查询无结果", "没有符合条件的记录！", "您查询的时间段内没有数据", "No data", "no records found."]


def with_rows(path: Path, *rows: list[Any], more: list[list[Any]] | None = None) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if more is not None:
        sheet = book.create_sheet("二")
        for row in more:
            sheet.append(row)
    book.save(path)
    return path


@pytest.mark.parametrize("text", NOTHING)
def test_a_text_says_that_there_is_nothing(text: str) -> None:
    assert says_nothing(text)


@pytest.mark.parametrize("text", ["SKU", "无线鼠标", "无糖茶", "数据", "近7日无数据的天数: 3", "没有了", "空调"])
def test_a_name_or_value_says_no_such_thing(text: str) -> None:
    assert not says_nothing(text)


@pytest.mark.parametrize("dataset", [None, DATASET], ids=["no-contract", "contract"])
@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([["系统繁忙，请稍后再试"]], id="busy"),
        pytest.param([["暂无数据"]], id="no-data"),
        pytest.param([["no data"]], id="no-data-in-english"),
        pytest.param([[None, None, "操作频繁"]], id="anywhere-in-the-sheet"),
        pytest.param([["提示"], ["系统繁忙，请稍后再试"]], id="with-a-title"),
        pytest.param([["导出失败！"], ["错误码 5001"], ["请联系客服。"]], id="three-lines"),
        pytest.param([["5001", "系统繁忙，请稍后再试"]], id="with-a-code"),
    ],
)
def test_a_sheet_that_only_says_something_is_no_table(tmp_path: Path, rows: list[list[Any]], dataset: Any) -> None:
    with pytest.raises(RejectedFileError) as caught:
        read_table(with_rows(tmp_path / "a.xlsx", *rows), dataset)
    assert caught.value.what == "the file is no table but a message"
    assert caught.value.found == "'" + " ".join(cell for row in rows for cell in row if cell) + "'"


def test_beside_data_such_a_sheet_is_named(tmp_path: Path) -> None:
    path = with_rows(tmp_path / "a.xlsx", ["暂无数据"], more=[["SKU"], ["1"]])
    table = read_table(path, None)
    assert rows_of(table) == [["1"]]
    assert [found.text for found in table.warnings if found.kind == "ignored_sheet"] == ["sheet 'Sheet' holds no table"]


@pytest.mark.parametrize("rows", [[["SKU"], ["1"]], [["SKU", "库存"]], [["SKU"], ["无线鼠标"]], [["名称"], ["茶，绿"]]])
def test_a_small_table_is_one(tmp_path: Path, rows: list[list[Any]]) -> None:
    assert read_table(with_rows(tmp_path / "a.xlsx", *rows), None).rows == len(rows) - 1


@pytest.mark.parametrize("text", ["暂无数据", "No data"])
def test_a_row_that_says_that_there_is_none_is_no_row(tmp_path: Path, text: str) -> None:
    path = with_rows(tmp_path / "a.xlsx", ["SKU", "可用库存"], [text])
    for dataset in (None, DATASET):
        table = read_table(path, dataset)
        assert table.rows == 0
        assert [found.text for found in table.warnings if found.kind == "says_nothing"] == [
            f"the only row says '{text}': it is none"
        ]
    assert count_raw(path, "xlsx", DATASET) == 0
    assert read_table(with_rows(tmp_path / "b.xlsx", ["SKU", "可用库存"], [text], ["1", 2]), DATASET).rows == 2
