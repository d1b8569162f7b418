"""What a run says at its end, after a day and after a month."""

from __future__ import annotations

from pathlib import Path

from shopdata.extensions.summary import published_lines
from shopdata.items import Partition
from shopdata.lake.drafts import Built
from shopdata.lake.receipts import PublishedFile, PublishedWorkbook, Receipt, Refresh
from shopdata.wording import Texts


def partition(day: int, missing: int = 0, refresh: str = "COMPLETED") -> Partition:
    dt = f"2026-03-{day:02}"
    made = Partition(dataset="jd_store", platform="jd", dt=dt, run_id="r")
    made.receipt = Receipt.model_construct(
        dataset="jd_store",
        dt=dt,
        rows=20,
        shops=(None,) * (3 - missing),
        missing=(None,) * missing,
        workbook=PublishedWorkbook.model_construct(key=f"merged/{dt}.xlsx", bytes=1000),
        parquet=PublishedFile.model_construct(key=f"ods/{dt}.parquet", bytes=500),
        refresh=Refresh(state=refresh, detail="the source is gone"),
    )
    made.built = Built(Path(f"state/{dt}.xlsx"), Path(f"state/{dt}.parquet"), made.receipt)
    return made


def test_of_a_day_every_file_is_named() -> None:
    assert list(published_lines(Texts("en"), [partition(1, refresh="FAILED")], 12)) == [
        "jd_store 2026-03-01: 20 rows of 3 shops published, 0 missing, 12 s",
        "  workbook  merged/2026-03-01.xlsx  (1,000 bytes)",
        "  parquet   ods/2026-03-01.parquet  (500 bytes)",
        f"  on disk   {Path('state') / '2026-03-01.xlsx'}",
        "  Dremio    2026-03-01 not refreshed: the source is gone",
    ]


def test_of_a_month_what_went_the_same_way_is_one_line() -> None:
    month = [partition(day, missing=day == 5, refresh="FAILED" if day > 29 else "COMPLETED") for day in range(1, 32)]
    assert list(published_lines(Texts("en"), month, 300)) == [
        "jd_store 2026-03-01 to 2026-03-04, 2026-03-06 to 2026-03-31 (30 periods): "
        "600 rows of 3 shops each published, 0 missing each, 300 s",
        "jd_store 2026-03-05: 20 rows of 2 shops published, 1 missing, 300 s",
        "  on disk   state",
        "  Dremio    2026-03-30 to 2026-03-31 (2 periods) not refreshed: the source is gone",
    ]
