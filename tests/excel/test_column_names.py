"""The header of a file against the contract."""

from __future__ import annotations

from pathlib import Path

import pytest

from shopdata.excel import Contract
from shopdata.excel.assembly.records import table_of_records
from shopdata.excel.names import map_columns, normalise, suggest, usable_name
from shopdata.excel.tables import Table

DATASET = Contract(
    columns=("时间", "SKU", "客服销售额（元）", "3分钟人工回复率(8-23点)", "现货库存"),
    aliases={"现货库存": ("全国现货库存",)},
    ids=("SKU",),
    required=("SKU",),
)


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("客服销售额(元)", "客服销售额（元）"),
        ("3分钟人工回复率（8-23点）", "3分钟人工回复率(8-23点)"),
        ("ｓｋｕ", "SKU"),
        (" SKU\n", "SKU"),
        ("\ufeffSKU", "SKU"),
        ("全国 现货库存", "现货库存"),
    ],
)
def test_names_are_known_in_any_width(name: str, column: str) -> None:
    header = map_columns(["SKU", name] if column != "SKU" else [name], DATASET, where="")
    assert (column, header.places[[n for n, _ in header.places].index(column)][1]) == (
        column,
        0 if column == "SKU" else 1,
    )
    assert header.new == []


def test_the_likest_name_is_suggested() -> None:
    assert suggest("现货库存", ["备注", "现货库存量", "全国城市现货库存"]) == (
        "现货库存量",
        pytest.approx(0.89, abs=0.01),
    )
    assert suggest("现货库存", ["备注", "品牌"]) is None


@pytest.mark.parametrize(
    ("name", "expected"), [("a.b", "a b"), ("dt", "dt_"), ('"x"', "x"), ("[]", "column"), ("新 列", "新 列")]
)
def test_new_names_fit_the_lake(name: str, expected: str) -> None:
    assert usable_name(name) == expected


def test_normalise_is_stable() -> None:
    assert normalise(normalise("Ａ （元）")) == normalise("a(元)") == "a(元)"


def test_a_table_of_records_keeps_kinds(tmp_path: Path) -> None:
    table = table_of_records([{"SKU": 12345678901, "现货库存": 1.0, "时间": True}, {"SKU": "007", "x": None}], DATASET)
    table.save(tmp_path / "a.arrow")
    rows = Table.load(tmp_path / "a.arrow").to_arrow().select(["SKU", "现货库存", "时间"]).to_pylist()
    assert [list(row.values()) for row in rows] == [["12345678901", "1", "TRUE"], ["007", None, None]]
