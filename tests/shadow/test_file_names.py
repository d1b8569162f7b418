"""Whose file it is, and of which period, by its name."""

from __future__ import annotations

from datetime import date
from pathlib import PurePosixPath
from typing import Any

import pytest

from shopdata.exceptions import ArgumentError
from shopdata.shadow.file_names import Named, Naming, read_pattern

SHOPS = {"flagship": ["回力京东旗舰店"], "pdd-01": ["旗舰店"], "pdd-012": ["官方旗舰店", "Official Store"]}
FIRST, LAST = date(2026, 3, 1), date(2026, 3, 7)


def naming(*patterns: str, **others: Any) -> Naming:
    told: dict[str, Any] = {"kind": "day", "start": FIRST, "end": LAST, "own": ["jd_store", "京东供应链库存"]}
    return Naming(
        SHOPS, **told | {"others": ["pdd_chat"], "patterns": [read_pattern(p, SHOPS) for p in patterns]} | others
    )


def told(named: Named) -> tuple[str | None, str]:
    return named.shop, named.why.removeprefix("shadow.why.") or (named.period.dt if named.period else "")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("回力京东旗舰店_2026-03-01.xlsx", ("flagship", "2026-03-01")),
        ("jd_store_flagship_20260302.xlsx", ("flagship", "2026-03-02")),
        ("官方旗舰店2026年3月3日.xls", ("pdd-012", "2026-03-03")),
        ("OFFICIAL Store-2026.3.3.xls", ("pdd-012", "2026-03-03")),
        ("2026-03-04/旗舰店.csv", ("pdd-01", "2026-03-04")),
        ("2026/03/05/pdd-012.csv", ("pdd-012", "2026-03-05")),
        ("pdd-01/0306.xlsx", ("pdd-01", "2026-03-06")),
        ("pdd-01_3月7日.xlsx", ("pdd-01", "2026-03-07")),
        ("flagship0301.xlsx", ("flagship", "2026-03-01")),
        ("回力京东旗舰店-库存-260302.xlsx", ("flagship", "2026-03-02")),
        ("pdd-01_20260301083000.xlsx", ("pdd-01", "2026-03-01")),
        ("旗舰店_2026-03-01_导出2026-03-09.xlsx", ("pdd-01", "2026-03-01")),
        ("旗舰店(1)_２０２６-03-01.xlsx", ("pdd-01", "2026-03-01")),
        ("flagship.xlsx", ("flagship", "")),
        ("库存汇总2026-03-01.xlsx", (None, "2026-03-01")),
        ("pdd-0123_2026-03-01.xlsx", (None, "2026-03-01")),
        ("flagship_2026-03-09.xlsx", (None, "another_day")),
        ("pdd_chat_pdd-01_2026-03-01.xlsx", (None, "another_dataset")),
        ("flagship_pdd-01_2026-03-01.xlsx", (None, "several_shops")),
        ("flagship_2026-03-01_2026-03-02.xlsx", (None, "several_days")),
        ("flagship_2026-02-30.xlsx", ("flagship", "")),
    ],
)
def test_guessed(path: str, expected: tuple[str | None, str]) -> None:
    assert told(naming().read(PurePosixPath(path))) == expected


@pytest.mark.parametrize(
    ("kind", "path", "expected"),
    [
        ("week", "flagship_2026-03-01_2026-03-07.xlsx", "2026-03-01_2026-03-07"),
        ("week", "flagship_20260307.xlsx", "2026-03-01_2026-03-07"),
        ("week", "flagship_20260301-20260306.xlsx", "odd_period"),
        ("month", "flagship_2026-03.xlsx", "2026-03-01_2026-03-31"),
        ("month", "flagship2026年3月.xls", "2026-03-01_2026-03-31"),
        ("month", "flagship_202602.xlsx", "another_day"),
    ],
)
def test_weeks_and_months(kind: str, path: str, expected: str) -> None:
    end = date(2026, 3, 31) if kind == "month" else LAST
    assert told(naming(kind=kind, end=end).read(PurePosixPath(path)))[1] == expected


def test_the_day_of_the_export() -> None:
    assert told(naming(lag_days=1).read(PurePosixPath("flagship_2026-03-02.xlsx"))) == ("flagship", "2026-03-01")


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("{shop}_{date}.xlsx", "回力京东旗舰店_2026-03-01.xlsx", ("flagship", "2026-03-01")),
        ("{shop}_{date}.xlsx", "sub/flagship_2026-03-01.xlsx", ("flagship", "2026-03-01")),
        ("*-{shop}-{date}", "库存-pdd-01-0302.csv", ("pdd-01", "2026-03-02")),
        ("老店*{date}.xls=flagship", "老店 2026.03.03.xls", ("flagship", "2026-03-03")),
        ("{date}/{shop}.csv", "2026-03-04/flagship.csv", ("flagship", "2026-03-04")),
        ("{shop}_{date}.xlsx", "nobody_2026-03-01.xlsx", (None, "unknown_shop")),
        ("{shop}_{date}.xlsx", "flagship-2026-03-01.xlsx", (None, "no_pattern")),
    ],
)
def test_patterns(pattern: str, path: str, expected: tuple[str | None, str]) -> None:
    assert told(naming(pattern).read(PurePosixPath(path))) == expected


@pytest.mark.parametrize("pattern", ["{shops}.xlsx", "{date}_{date}.xlsx", "{}.xlsx", "{shop", "shop}_{date}.xlsx"])
def test_a_pattern_that_can_not_be_used(pattern: str) -> None:
    with pytest.raises(ArgumentError, match="this pattern can't be used"):
        read_pattern(pattern, SHOPS)


@pytest.mark.parametrize("pattern", ["*{date}.xlsx=nobody", "main.xlsx=flagshipp"])
def test_a_pattern_for_a_shop_that_there_is_not(pattern: str) -> None:
    with pytest.raises(ArgumentError, match=r"there is no shop of this id.*flagship"):
        read_pattern(pattern, SHOPS)


def test_an_equals_sign_may_be_part_of_a_name() -> None:
    assert told(naming("dt={date}.xlsx").read(PurePosixPath("flagship/dt=2026-03-01.xlsx")))[1] == "2026-03-01"
    assert read_pattern("name=final", SHOPS)[1] == ""
