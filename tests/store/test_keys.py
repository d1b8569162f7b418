"""Keys are exactly those of the contract (docs/reference.md#keys-in-the-bucket), and nothing can climb out of them."""

from __future__ import annotations

import pytest

from shopdata.exceptions import ArgumentError
from shopdata.store import keys


def test_a_day() -> None:
    assert keys.raw_key("jd", "jd_store", "2026-03-01", "flagship", "xlsx") == (
        "raw/jd/jd_store/dt=2026-03-01/flagship.xlsx"
    )
    assert keys.workbook_key("jd", "jd_store", "2026-03-01") == "merged/jd/jd_store/jd_store_2026-03-01.xlsx"
    assert keys.parquet_key("jd", "jd_store", "2026-03-01") == "ods/jd/jd_store/dt=2026-03-01/jd_store.parquet"
    assert keys.receipt_key("jd", "jd_store", "2026-03-01") == "receipts/jd/jd_store/dt=2026-03-01.json"


def test_a_week() -> None:
    dt = "2026-02-23_2026-03-01"
    assert keys.raw_key("pdd", "pdd_kpi_weekly", dt, "shop-2", "xls") == (
        "raw/pdd/pdd_kpi_weekly/dt=2026-02-23_2026-03-01/shop-2.xls"
    )
    assert keys.parquet_key("pdd", "pdd_kpi_weekly", dt) == (
        "ods/pdd/pdd_kpi_weekly/dt=2026-02-23_2026-03-01/pdd_kpi_weekly.parquet"
    )


@pytest.mark.parametrize(
    ("part", "value"),
    [
        pytest.param("shop_id", "../../etc/passwd", id="climbs out"),
        pytest.param("shop_id", "a/b", id="has a slash"),
        pytest.param("shop_id", "回力京东旗舰店", id="is a display name"),
        pytest.param("shop_id", "flagship\n", id="ends with a newline"),
        pytest.param("shop_id", "", id="is empty"),
        pytest.param("dt", "2026-3-1", id="is not a date"),
        pytest.param("dt", "2026-03-01/..", id="climbs out of the date"),
        pytest.param("dataset", "JD Store", id="is a title"),
        pytest.param("ext", ".xlsx", id="has a dot"),
        pytest.param("platform", "", id="has no platform"),
    ],
)
def test_what_is_not_an_id_makes_no_key(part: str, value: str) -> None:
    parts = {"platform": "jd", "dataset": "jd_store", "dt": "2026-03-01", "shop_id": "flagship", "ext": "xlsx"}
    with pytest.raises(ArgumentError, match=f"{part} can't be part of a key"):
        keys.raw_key(**(parts | {part: value}))
