"""The report of an order whose answer was lost is found where the list leaves no doubt, and only there."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from shopdata.base_spiders.jd_reports import Order, Report, ReportJob, read_entries
from shopdata.periods import SHANGHAI

NOON = datetime(2026, 3, 2, 12, tzinfo=SHANGHAI)
KIND = "supplyChainPro"
OURS = "供应链-商品明细_2026-03-01"
ORDER = Order(KIND, NOON.isoformat(), "2026-03-01", ("1",))
JOB = ReportJob(OURS, KIND, NOON.isoformat(), ("1",))


def entry(name: str = OURS, seconds: float = 0, *, id: str = "2", report_type: str = KIND) -> Report:
    return Report(id, name, report_type, "2", NOON + timedelta(seconds=seconds), "")


@pytest.mark.parametrize(
    "listed",
    [
        pytest.param([entry()], id="alone"),
        pytest.param([entry(seconds=-25)], id="the portal's clock is behind"),
        pytest.param([entry(seconds=61)], id="the answer took long"),
        pytest.param([entry(f"{OURS}-自营", -4), entry()], id="a colleague's with a filter"),
        pytest.param([entry("供应链-商品明细_2026-02-28", 1), entry()], id="another day's"),
        pytest.param([entry(report_type="managePro"), entry()], id="another type"),
        pytest.param([entry(id="1"), entry(seconds=1)], id="one of that name was there before"),
        pytest.param([entry(seconds=-7200, id="9"), entry()], id="one of that name two hours ago"),
    ],
)
def test_ours_is_found(listed: list[Report]) -> None:
    assert ORDER.find_in(listed) == JOB


def test_ours_is_found_by_the_compact_date() -> None:
    job = ORDER.find_in([entry("report 20260301"), entry("report 20260228")])
    assert job is not None
    assert job.task_name == "report 20260301"


def test_ours_is_found_where_names_hold_no_date() -> None:
    job = ORDER.find_in([entry("inventory 7"), entry("inventory 6", -7200, id="1")])
    assert job is not None
    assert job.task_name == "inventory 7"


@pytest.mark.parametrize(
    "listed",
    [
        pytest.param([], id="nothing"),
        pytest.param([entry(id="1")], id="only one that was there before"),
        pytest.param([entry(seconds=-31)], id="only an older one"),
        pytest.param([entry(seconds=121)], id="only a much younger one"),
        pytest.param([entry(report_type="managePro")], id="only another type"),
        pytest.param([entry("甲_2026-03-01"), entry("乙_2026-03-01")], id="two that may be ours"),
        pytest.param([entry("inventory 7"), entry("inventory 8")], id="two without a date"),
        pytest.param([entry("供应链-商品明细_2026-02-28")], id="only another day's"),
        pytest.param(
            [entry(f"{OURS}-运营二组"), entry("供应链-商品明细_2026-02-27", -9000, id="1")],
            id="only a colleague's, with a filter",
        ),
    ],
)
def test_in_doubt_there_is_none(listed: list[Report]) -> None:
    assert ORDER.find_in(listed) is None


def test_an_order_notes_what_would_pass_for_its_report() -> None:
    now = datetime.now(SHANGHAI)
    old, new = (
        Report(id, OURS, KIND, "2", now - timedelta(seconds=seconds), "") for id, seconds in (("1", 99), ("2", 9))
    )
    assert Order.about_to_leave(KIND, "2026-03-01", [old, new]).listed == ("2",)


def test_of_several_with_the_jobs_name_the_nearest_is_its_report() -> None:
    near, late = entry(seconds=2, id="3"), entry(seconds=60, id="4")
    assert JOB.find_in([late, near, entry(seconds=-60, id="5")]) == near


def test_an_entry_without_an_id_is_told_by_name_and_time() -> None:
    fields = {"reportName": OURS, "reportType": KIND, "status": "1", "createTime": "2026-03-02 12:00:00"}
    assert Report.from_entry(fields).id == f"{OURS} 2026-03-02 12:00:00"


def test_one_of_that_name_that_was_there_before_is_not_the_jobs() -> None:
    assert JOB.find_in([entry(id="1", seconds=-2)]) is None
    assert JOB.find_in([entry(id="2", seconds=9), entry(id="1", seconds=-2)]) == entry(id="2", seconds=9)


def test_where_the_list_gives_no_ids_one_of_the_same_second_may_be_ours() -> None:
    listed = read_entries([listed_entry(reportId=None)])
    job = ReportJob(OURS, KIND, NOON.isoformat(), (listed[0].id,))
    assert job.find_in(listed) == listed[0]


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param({"reportName": OURS, "createTime": None}, id="no time"),
        pytest.param({"reportName": OURS, "createTime": "2026/03/02 12:00"}, id="another form of time"),
        pytest.param("a text", id="no entry at all"),
    ],
)
def test_an_odd_entry_costs_no_other(odd: object) -> None:
    assert [report.id for report in read_entries([odd, listed_entry(reportId=2)])] == ["2"]


def listed_entry(**changes: object) -> dict[str, object]:
    return {"reportName": OURS, "reportType": KIND, "status": "2", "createTime": f"{NOON:%Y-%m-%d %H:%M:%S}", **changes}
