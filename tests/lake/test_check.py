"""A file against what it was asked for: its dates, and whether it may hold nothing."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from shopdata.config import Dataset
from shopdata.excel import Contract, Table
from shopdata.excel.assembly.records import table_of_records
from shopdata.exceptions import NotReadyError, RejectedFileError
from shopdata.lake.check import check_file, check_period, read_checked
from shopdata.periods import Period
from shopdata.store.staging import Staging

DATASET = Dataset(
    title="Dates",
    platform="jd",
    lag_days=1,
    columns=("时间", "SKU"),
    ids=("SKU",),
    required=("SKU",),
    period_column="时间",
)
CONTRACT = Contract.of(DATASET)
DAY = Period.of("day", date(2026, 3, 1))
WEEK = Period.of("week", date(2026, 3, 7))


def table_of(*values: str | None) -> Table:
    return table_of_records([{"SKU": "1", "时间": value} for value in values], CONTRACT)


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
    check_period(table_of_records([{"SKU": "1"}], CONTRACT), DATASET, DAY)
    check_period(table_of_records([], CONTRACT), DATASET, DAY)


def test_a_total_without_a_day_is_told_as_such(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("省份,时间,数量\n华东,2026-03-01,5\n合计,,5\n", "utf-8")
    daily = Dataset(title="T", platform="jd", lag_days=1, columns=("省份", "时间", "数量"), period_column="时间")
    with pytest.raises(RejectedFileError, match="`totals: drop` in the contract leaves them out"):
        read_checked(path, "daily", daily, DAY, where="here")
    read_checked(path, "daily", daily.model_copy(update={"totals": "drop"}), DAY, where="here")


def workbook(path: Path, *cells: str) -> Path:
    book = openpyxl.Workbook()
    book.active.append(cells)
    book.save(path)
    return path


@pytest.mark.parametrize("name", ["a.xlsx", "a.csv", "a.html"])
def test_in_a_crawl_it_is_what_the_contract_says_of_empty_files(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "a.xlsx":
        workbook(path, "暂无数据")
    else:
        path.write_text("暂无数据" if name == "a.csv" else "<table><tr><td>暂无数据</td></tr></table>", "utf-8")
    staging = Staging(tmp_path / "state")

    def check(file: Path = path, **changes: Any) -> tuple[str, int]:
        dataset = DATASET.model_copy(update=changes)
        facts = check_file(file, "jd_store", dataset, "2026-03-01", "neu-01", staging)
        return facts.ext, facts.rows

    assert check(allow_empty=True) == (name.rpartition(".")[2], 0)
    with pytest.raises(NotReadyError):
        check(empty_is_not_ready=True)
    with pytest.raises(RejectedFileError, match="is no table but a message"):
        check()
    busy = workbook(tmp_path / "busy.xlsx", "系统繁忙，请稍后再试")
    with pytest.raises(RejectedFileError, match="is no table but a message"):
        check(busy, allow_empty=True)
