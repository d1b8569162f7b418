"""Which names of reports are alike, and which days they speak of."""

from __future__ import annotations

from datetime import date

import pytest

from shopdata.crawling.report_jobs.names import are_alike, days_in, is_of, is_same, plain

DAY = "2026-03-01"
OURS = f"供应链-商品明细_{DAY}"


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(f"【{OURS}】", id="black brackets"),
        pytest.param(f"{OURS}.xlsx", id="extension"),
        pytest.param(f"【{OURS}.xlsx.zip】", id="two extensions inside of brackets"),
        pytest.param(f"[{OURS}].CSV", id="square brackets, large letters"),
        pytest.param(f"（{OURS}）", id="full-width brackets"),
        pytest.param("供应链－商品明细＿２０２６－０３－０１", id="full width"),
        pytest.param(f" 供应链 -商品明细_ {DAY}\u3000", id="blanks"),
        pytest.param(f"\ufeff{OURS}\u200b", id="invisible signs"),
        pytest.param(f"“{OURS}”", id="quotes"),
    ],
)
def test_the_same_name_written_otherwise(written: str) -> None:
    assert is_same(written, OURS)
    assert are_alike(written, OURS)
    assert is_of(written, DAY)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(f"{OURS}-自营", id="goes on"),
        pytest.param("供应链-商品明细", id="is shorter"),
        pytest.param(f"我的【{OURS}】(1).xlsx", id="in the middle"),
    ],
)
def test_alike_and_not_the_same(other: str) -> None:
    assert are_alike(other, OURS)
    assert not is_same(other, OURS)


@pytest.mark.parametrize("other", ["", "【】", ".xlsx", "供应链商品日报_2026-03-01"])
def test_not_alike(other: str) -> None:
    assert not are_alike(other, OURS)


@pytest.mark.parametrize(
    ("name", "days"),
    [
        pytest.param("报表_2026-03-01", {(3, 1)}, id="with signs"),
        pytest.param("报表20260301", {(3, 1)}, id="without signs"),
        pytest.param("报表2026/3/1", {(3, 1)}, id="without zeros"),
        pytest.param("2026年3月1日报表", {(3, 1)}, id="in Chinese"),
        pytest.param("…商品明细日报-2026-03-01-2026-03-01-汇总-SKU.xlsx", {(3, 1)}, id="first and last day"),
        pytest.param("报表 2026-03-01至2026-03-07", {(3, 1), (3, 7)}, id="range"),
        pytest.param("报表_20260301_20260307", {(3, 1), (3, 7)}, id="range without signs"),
        pytest.param("报表 2026-03-01至03-07", {(3, 1), (3, 7)}, id="short range"),
        pytest.param("报表 2026-03-01~07", {(3, 1), (3, 7)}, id="shorter range"),
        pytest.param("报表 2026-03-01-03-07", {(3, 1), (3, 7)}, id="range by dashes"),
        pytest.param("报表 2026-03-01-2", {(3, 1)}, id="the second of that name"),
        pytest.param("报表_20260302083015", set(), id="the moment of making"),
        pytest.param("报表 2026-03-02 08:30:15", set(), id="the moment of making, with signs"),
        pytest.param("报表_2026-03-01_20260302083015", {(3, 1)}, id="day and moment of making"),
        pytest.param("报表 2026-13-01 2026-02-30", set(), id="no days of the calendar"),
        pytest.param("订单 120260301 202603012", set(), id="parts of longer numbers"),
    ],
)
def test_days_in_a_name(name: str, days: set[tuple[int, int]]) -> None:
    assert days_in(name) == {date(2026, month, day) for month, day in days}


@pytest.mark.parametrize(
    ("name", "dt", "expected"),
    [
        (OURS, DAY, True),
        (OURS, "2026-03-02", False),
        ("报表 2026-03-01至2026-03-07", DAY, False),
        ("报表 2026-03-01至2026-03-07", "2026-03-01_2026-03-07", True),
        ("报表", DAY, None),
    ],
)
def test_of_which_period_a_name_is(name: str, dt: str, expected: bool | None) -> None:
    assert is_of(name, dt) is expected


def test_of_a_name_without_an_end_the_beginning_counts() -> None:
    assert len(plain(".xlsx" * 50_000 + "x")) <= 500
    assert are_alike("商品明细" * 50_000, "商品明细")
    assert len(days_in("2026-03-01 " * 50_000)) == 1
