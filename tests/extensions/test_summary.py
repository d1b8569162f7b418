"""What a run says at its end, after a day and after a month."""

from __future__ import annotations

from pathlib import Path

from shopdata.alerts.causes import trouble_of
from shopdata.extensions.summary import missing_lines, published_lines
from shopdata.items import Partition
from shopdata.lake.drafts import Built
from shopdata.lake.receipts import PublishedFile, PublishedWorkbook, Receipt, Refresh
from shopdata.reasons import Reason
from shopdata.states import CellState
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


def test_the_same_in_chinese() -> None:
    assert list(published_lines(Texts("zh"), [partition(1, missing=1, refresh="FAILED")], 12)) == [
        "jd_store 2026-03-01：2 家店，20 行已发布，缺 1 家，用时 12 秒",
        "  工作簿    merged/2026-03-01.xlsx  （1,000 字节）",
        "  Parquet   ods/2026-03-01.parquet  （500 字节）",
        f"  本机      {Path('state') / '2026-03-01.xlsx'}",
        "  Dremio    2026-03-01 没有刷新：the source is gone",
    ]
    refused = Reason("credentials_refused", {"said": "密码错误"}, "shop 'a': credentials refused.")
    troubles = [trouble_of(CellState.NEEDS_LOGIN, refused, shop="a", name="回力店", dt="2026-03-01")]
    assert list(missing_lines(Texts("zh"), troubles)) == [
        "  缺        回力店 (a)：待登录：账号或密码被拒绝（平台提示「密码错误」）。"
        "核对并更新该店的账号密码（环境变量）；改好之前不会再试，以免锁号。"
    ]
