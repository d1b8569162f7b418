"""Pinduoduo's KPI files, reviews and product quality: what is sent is the truth, by readers that are not ours."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
import xlrd
from pdd_client import OTHER_SHOP, SHOP, PddClient, midnight, window
from python_calamine import CalamineWorkbook
from sandbox_client import DAY

from sandbox import Sandbox
from sandbox.pdd import kpi_workbook
from sandbox.pdd.kpi import DOWNLOAD_PATH
from sandbox.pdd.kpi_contents import COLUMNS
from sandbox.pdd.reviews import PddReviews
from sandbox.world import SHANGHAI

MakeSandbox = Callable[..., Sandbox]


def read_by_xlrd(workbook: bytes) -> list[list[Any]]:
    book = xlrd.open_workbook(file_contents=workbook)
    assert book.sheet_names() == ["Sheet0"]
    sheet = book.sheet_by_index(0)
    return [sheet.row_values(number) for number in range(sheet.nrows)]


def read_by_calamine(workbook: bytes) -> list[list[Any]]:
    return list(CalamineWorkbook.from_filelike(io.BytesIO(workbook)).get_sheet_by_index(0).to_python())


def pages_of(ask: Callable[[int], Any], key: str, total_key: str) -> tuple[list[dict[str, Any]], int]:
    """All rows, page by page until one is not full, and the total of the last page."""
    rows: list[dict[str, Any]] = []
    number = 1
    while True:
        result = ask(number).json()["result"]
        rows += result[key]
        if len(result[key]) < 40:
            return rows, result[total_key]
        number += 1


# --- KPI


@pytest.mark.parametrize(
    ("dataset", "first", "last"),
    [
        ("pdd_kpi_days", DAY, DAY),
        ("pdd_kpi_weekly", DAY - dt.timedelta(days=6), DAY),
        ("pdd_kpi_monthly", dt.date(2026, 3, 1), dt.date(2026, 3, 31)),
    ],
)
@pytest.mark.parametrize("shop_id", [SHOP, OTHER_SHOP])
def test_the_file_is_the_truth_cell_by_cell(
    sandbox: Sandbox, shop_id: str, dataset: str, first: dt.date, last: dt.date
) -> None:
    workbook = PddClient(sandbox, shop_id).use_session().workbook(first, last)
    truth = sandbox.truth(shop_id, DAY, dataset=dataset)
    assert workbook.startswith(bytes.fromhex("D0CF11E0"))
    assert read_by_xlrd(workbook) == [truth.header, *truth.rows]
    assert read_by_calamine(workbook) == [truth.header, *truth.rows]
    assert len(truth.header) == 22
    assert 3 <= len(truth.rows) <= 13


def test_the_link_is_named_xlsx_is_signed_and_needs_no_cookies(pdd_client: PddClient) -> None:
    link = pdd_client.kpi().json()["result"]
    parts = urlsplit(link)
    assert f"{parts.scheme}://{parts.netloc}" == pdd_client.sandbox.origins["mms_storage"]
    assert parts.path.endswith(".xlsx")
    answer = PddClient(pdd_client.sandbox).ask(link)
    assert answer.headers.get_content_type() == "application/vnd.ms-excel"
    assert pdd_client.ask(link + "0").status == 403
    assert pdd_client.ask(link.replace(".xlsx", "x.xlsx")).status == 403
    assert pdd_client.sandbox.counters().downloads == {SHOP: 1}


def test_a_link_runs_out(make_sandbox: MakeSandbox) -> None:
    client = PddClient(make_sandbox(link_seconds=0)).use_session()
    link = client.kpi().json()["result"]
    while client.ask(link).status == 200:
        pass
    assert client.ask(link).status == 403


def test_the_columns_are_those_that_others_saw_in_each_shops_own_order_and_brackets(make_sandbox: MakeSandbox) -> None:
    sandbox = make_sandbox(pdd_shops=4)
    headers = [sandbox.truth(shop.id, DAY).header for shop in sandbox.shops if shop.platform == "pdd"]
    plain = [{name.translate(str.maketrans("（）", "()")) for name in header} for header in headers]
    expected = {name.translate(str.maketrans("（）", "()")) for name in COLUMNS}
    assert all(names == expected for names in plain)
    assert len({tuple(header) for header in headers}) == 4
    assert "客服销售额（元）" in headers[0]
    assert "客服销售额(元)" in headers[1]
    assert "3分钟人工回复率（8-23点）" in headers[2]


def test_the_values_hold_what_makes_such_files_hard(make_sandbox: MakeSandbox) -> None:
    sandbox = make_sandbox(pdd_shops=30)
    kinds: dict[str, set[type]] = {}
    values: dict[str, set[Any]] = {}
    for shop in sandbox.shops[3:]:
        truth = sandbox.truth(shop.id, DAY)
        assert {"总计", "平均"} < {row[truth.header.index("客服账号")] for row in truth.rows}
        for name, column in zip(truth.header, zip(*truth.rows, strict=True), strict=True):
            kinds.setdefault(name, set()).update(type(value) for value in column)
            values.setdefault(name, set()).update(column)
    assert kinds["咨询人数"] == {int, float, str}
    assert any(str(value).endswith("秒") for value in values["平均人工响应时长"])
    assert {"-", "100.00%"} <= values["询单转化率"]
    assert any(str(value).startswith("=") for value in values["客服账号"])
    assert "00123" in values["客服账号"]


def test_the_total_is_the_sum_of_the_accounts(sandbox: Sandbox) -> None:
    truth = sandbox.truth(SHOP, DAY)
    account, asked = truth.header.index("客服账号"), truth.header.index("咨询人数")
    by_account = {row[account]: row[asked] for row in truth.rows}
    total = by_account.pop("总计")
    mean = by_account.pop("平均")
    assert total == sum(by_account.values())
    assert mean == pytest.approx(total / len(by_account), abs=0.01)


def test_a_date_that_is_too_fresh_gets_a_header_only(pdd_client: PddClient) -> None:
    today = dt.datetime.now(SHANGHAI).date()
    fresh, ready = today - dt.timedelta(days=2), today - dt.timedelta(days=4)
    truth = pdd_client.sandbox.truth(SHOP, fresh)
    assert truth.rows == []
    assert read_by_xlrd(pdd_client.workbook(fresh)) == [truth.header]
    assert read_by_xlrd(pdd_client.workbook(fresh - dt.timedelta(days=6), fresh)) == [truth.header]
    assert len(read_by_xlrd(pdd_client.workbook(ready))) >= 4


def test_the_end_of_a_range_may_be_its_last_days_midnight(pdd_client: PddClient) -> None:
    def ask(start: int, end: int) -> dict[str, Any]:
        return dict(pdd_client.get(f"{DOWNLOAD_PATH}?starttime={start}&endtime={end}").json())

    by_midnight = pdd_client.ask(ask(midnight(DAY), midnight(DAY))["result"]).body
    assert by_midnight == pdd_client.workbook()
    for start, end in ((midnight(DAY) + 1, midnight(DAY)), (midnight(DAY), 0), (midnight(DAY), midnight(DAY) + 5)):
        assert ask(start, end) == {"success": False, "error_msg": "参数错误", "error_code": 1000}


def test_without_its_writer_the_sandbox_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kpi_workbook.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install xlwt, or do without .* \(pdd_shops=0\)"):
        Sandbox()


# --- reviews


def test_the_reviews_of_a_day_are_the_truth_in_order(make_sandbox: MakeSandbox) -> None:
    client = PddClient(make_sandbox(reviews=100)).use_session()
    truth = client.sandbox.truth(SHOP, DAY, dataset="pdd_badscore")
    rows, total = pages_of(client.reviews, "data", "totalRows")
    assert rows == truth.records
    assert (total, len(rows)) == (100, 100)
    assert truth.rows == [list(row.values()) for row in rows]
    assert truth.header == list(rows[0])
    assert {row["descScore"] for row in rows} == {1, 2, 3}
    assert len({row["reviewId"] for row in rows}) == 100
    assert all(isinstance(row["reviewId"], str) and isinstance(row["goodsId"], int) for row in rows)
    assert {len(row["pictures"]) for row in rows} == {0, 1, 2, 6}
    assert any(row["name"].startswith("=") for row in rows)
    assert all(midnight(DAY) <= row["createTime"] < midnight(DAY) + 86400 for row in rows)


def test_a_shop_may_have_a_good_day(sandbox: Sandbox) -> None:
    result = PddClient(sandbox, OTHER_SHOP).use_session().reviews().json()["result"]
    assert result == {"totalRows": 0, "totalNum": 0, "data": []}
    assert sandbox.truth(OTHER_SHOP, DAY, dataset="pdd_badscore").records == []


def test_reviews_are_filtered_by_stars_time_and_order(pdd_client: PddClient) -> None:
    everything = pdd_client.reviews(descScore=None).json()["result"]
    assert everything["totalRows"] == 135
    good = pdd_client.reviews(descScore=["5"]).json()["result"]["data"]
    assert {row["descScore"] for row in good} == {5}
    noon = midnight(DAY) + 12 * 3600
    morning, _ = pages_of(lambda page: pdd_client.reviews(page, endTime=noon - 1), "data", "totalRows")
    evening, _ = pages_of(lambda page: pdd_client.reviews(page, startTime=noon), "data", "totalRows")
    assert evening + morning == pdd_client.sandbox.truth(SHOP, DAY, dataset="pdd_badscore").records
    order = morning[0]["orderSn"]
    assert [row["orderSn"] for row in pdd_client.reviews(orderSn=order).json()["result"]["data"]] == [order]


@pytest.mark.parametrize(
    "changes",
    [
        {"pageSize": 41},
        {"pageNo": 0},
        {"pageNo": "1"},
        {"descScore": [1]},
        {"startTime": None},
        {"startTime": "2026-03-01"},
    ],
    ids=str,
)
def test_a_malformed_question_is_refused(pdd_client: PddClient, changes: dict[str, Any]) -> None:
    answer = pdd_client.reviews(**changes).json()
    assert (answer["success"], answer["errorMsg"]) == (False, "参数错误")


def test_a_span_that_is_too_long_is_refused(pdd_client: PddClient) -> None:
    answer = pdd_client.post(PddReviews.path, window(DAY - dt.timedelta(days=100), DAY) | {"pageNo": 1, "pageSize": 40})
    assert answer.json()["errorMsg"] == "查询时间跨度超出限制"


# --- quality


def test_the_goods_of_today_are_the_truth_in_order(pdd_client: PddClient) -> None:
    truth = pdd_client.sandbox.truth(SHOP, dt.datetime.now(SHANGHAI).date(), dataset="pdd_quality")
    rows, total = pages_of(pdd_client.quality, "goods_list", "total")
    assert rows == truth.records
    assert (total, len(rows)) == (97, 97)
    assert len(truth.header) == 11
    assert truth.rows == [list(row.values()) for row in rows]
    backwards, _ = pages_of(lambda page: pdd_client.quality(page, sort_type="DESC"), "goods_list", "total")
    assert backwards == rows[::-1]
    assert pdd_client.quality(page_size=0).json()["error_msg"] == "参数错误"


def test_contents_follow_from_the_seed(make_sandbox: MakeSandbox) -> None:
    first, again, other = (make_sandbox(seed=seed) for seed in (1, 1, 2))
    for dataset in ("pdd_kpi_days", "pdd_badscore", "pdd_quality", "pdd_chat"):
        truths = [sandbox.truth(SHOP, DAY, dataset=dataset) for sandbox in (first, again, other)]
        assert truths[0] == truths[1]
        assert truths[0] != truths[2]


def test_each_platform_has_its_own_datasets(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="no dataset 'jd_store' for pdd-01; it has pdd_kpi_days"):
        sandbox.truth(SHOP, DAY, dataset="jd_store")
    with pytest.raises(ValueError, match="no dataset 'pdd_chat' for sandbox-01; it has jd_store"):
        sandbox.truth("sandbox-01", DAY, dataset="pdd_chat")


def test_truth_by_the_control_host(pdd_client: PddClient) -> None:
    answer = pdd_client.control("GET", "/truth", shop=SHOP, date="2026-03-01", dataset="pdd_badscore").json()
    assert answer["records"] == pdd_client.sandbox.truth(SHOP, DAY, dataset="pdd_badscore").records


def test_a_revised_day_is_told_anew_and_no_other(make_sandbox: MakeSandbox) -> None:
    sandbox, next_day = make_sandbox(), DAY + dt.timedelta(days=1)

    def kpi(shop: str = SHOP, day: dt.date = DAY, dataset: str = "pdd_kpi_days") -> list[list[Any]]:
        return sandbox.truth(shop, day, dataset=dataset).rows

    before = kpi()
    others = [kpi(OTHER_SHOP), kpi(day=next_day), kpi(dataset="pdd_kpi_weekly", day=DAY - dt.timedelta(days=1))]
    week = kpi(dataset="pdd_kpi_weekly", day=next_day)
    sandbox.revise(SHOP, DAY)
    place = sandbox.truth(SHOP, DAY, dataset="pdd_kpi_days").header.index("去退销售额（元）")
    changed = {
        number for old, new in zip(before, kpi(), strict=True) for number, cell in enumerate(old) if cell != new[number]
    }
    assert changed == {place}
    assert kpi(dataset="pdd_kpi_weekly", day=next_day) != week
    assert [kpi(OTHER_SHOP), kpi(day=next_day), kpi(dataset="pdd_kpi_weekly", day=DAY - dt.timedelta(days=1))] == others
    with pytest.raises(ValueError, match="Pinduoduo's shops only"):
        sandbox.revise("sandbox-01", DAY)


def test_revise_by_the_control_host(pdd_client: PddClient) -> None:
    before = pdd_client.sandbox.truth(SHOP, dt.date(2026, 2, 3), dataset="pdd_kpi_days")
    answer = pdd_client.control("POST", "/revisions", {"shop": SHOP, "date": "2026-02-03"})
    assert answer.status == 200
    assert pdd_client.sandbox.truth(SHOP, dt.date(2026, 2, 3), dataset="pdd_kpi_days") != before
