"""The header and the dates of a file against the contract."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from shopdata.config import Dataset
from shopdata.excel.assembly.records import table_of_records
from shopdata.excel.names import map_columns, normalise, suggest, usable_name
from shopdata.excel.tables import Table
from shopdata.exceptions import RejectedFileError
from shopdata.lake.check import check_period
from shopdata.periods import Period

DATASET = Dataset(
    title="Contract",
    platform="jd",
    lag_days=1,
    columns=("时间", "SKU", "客服销售额（元）", "3分钟人工回复率(8-23点)", "现货库存"),
    aliases={"现货库存": ("全国现货库存",)},
    ids=("SKU",),
    required=("SKU",),
    period_column="时间",
)
DAY = Period.of("day", date(2026, 3, 1))
WEEK = Period.of("week", date(2026, 3, 7))


def table_of(*values: str | None) -> Table:
    return table_of_records([{"SKU": "1", "时间": value} for value in values], DATASET)


@pytest.mark.parametrize(
    "value", ["2026-03-01", "2026/3/1", "20260301", "2026年3月1日", "2026-03-01 00:00:00", " 2026-03-01 "]
)
def test_the_business_day_is_known_in_all_its_forms(value: str) -> None:
    check_period(table_of(value, "2026-03-01"), DATASET, DAY)


@pytest.mark.parametrize(
    ("values", "found"),
    [
        pytest.param(["2026-03-01", "2026-02-28"], "'2026-02-28' in 1 of 2 rows", id="another-day"),
        pytest.param(["2026-03-01至2026-03-07"], "'2026-03-01至2026-03-07' in 1 of 1 rows", id="range"),
        pytest.param(["2026-03-01", None], "nothing in 1 rows", id="blank"),
        pytest.param(["昨天"], "'昨天'", id="no-date"),
        pytest.param(["2026-02-30"], "'2026-02-30'", id="a-day-that-is-none"),
    ],
)
def test_another_day_is_rejected(values: list[str | None], found: str) -> None:
    with pytest.raises(RejectedFileError) as caught:
        check_period(table_of(*values), DATASET, DAY, where="jd_store flagship 2026-03-01")
    assert str(caught.value).startswith("jd_store flagship 2026-03-01: column '时间'")
    assert found in caught.value.found
    assert caught.value.expected == "2026-03-01"


@pytest.mark.parametrize(
    "value", ["2026-03-01至2026-03-07", "2026-03-01 ~ 2026-03-07", "2026-03-04", "20260301-20260307"]
)
def test_a_week_holds_its_days_and_its_range(value: str) -> None:
    check_period(table_of(value), DATASET, WEEK)


def test_a_shorter_range_is_no_week() -> None:
    with pytest.raises(RejectedFileError):
        check_period(table_of("2026-03-01至2026-03-06"), DATASET, WEEK)


def test_a_file_without_the_column_or_without_rows_has_no_period() -> None:
    check_period(table_of_records([{"SKU": "1"}], DATASET), DATASET, DAY)
    check_period(table_of_records([], DATASET), DATASET, DAY)


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
