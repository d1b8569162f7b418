"""Our report is found where the list leaves no doubt, and only there: whether JD has told its name or not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from shopdata.crawling.report_jobs.listed import MOST_ENTRIES, Report
from shopdata.crawling.report_jobs.orders import Order, ReportJob, SeveralReportsError
from shopdata.periods import SHANGHAI
from shopdata.platforms.jd.orders import list_shape

read_entries = list_shape("supplyChainPro").read
NOON = datetime(2026, 3, 2, 12, tzinfo=SHANGHAI)
DAY, KIND = "2026-03-01", "supplyChainPro"
OURS = f"供应链-商品明细_{DAY}"
YESTERDAYS = "供应链-商品明细_2026-02-28"
ORDER = Order(KIND, NOON.isoformat(), DAY, ("1", "history"))
JOB = ORDER.job(OURS)


def entry(name: str = OURS, seconds: float | None = 0, *, id: str = "2", report_type: str = KIND) -> Report:
    made = None if seconds is None else NOON + timedelta(seconds=seconds)
    return Report(id, name, report_type, "2", made, "")


def found_by(find: Callable[[list[Report]], Any], listed: list[Report]) -> str | None:
    """The id of what is found; None if nothing is, or if two fit."""
    try:
        found = find(listed)
    except SeveralReportsError:
        return None
    return None if found is None else getattr(found, "report_id", None) or found.id


SURE = [
    pytest.param([entry()], id="alone"),
    pytest.param([entry(seconds=-25)], id="the portal's clock is behind"),
    pytest.param([entry(seconds=61)], id="the answer took long"),
    pytest.param([entry(seconds=None)], id="the list does not say when"),
    pytest.param([entry(report_type="")], id="the list does not say what"),
    pytest.param([entry(f"{OURS}-自营", -4, id="3"), entry()], id="a colleague's with a filter"),
    pytest.param([entry(f"{OURS}-自营", 9, id="3"), entry()], id="a colleague's newer one with a filter"),
    pytest.param([entry(YESTERDAYS, 1, id="3"), entry()], id="another day's, made in the same minute"),
    pytest.param([entry(report_type="managePro", id="3"), entry()], id="another type"),
    pytest.param([entry(id="1"), entry(seconds=1)], id="one of that name was there before"),
    pytest.param([entry(seconds=None, id="1"), entry(seconds=1)], id="one without a time was there before"),
    pytest.param([entry(seconds=-7200, id="9"), entry()], id="one of that name two hours ago"),
    pytest.param([entry(seconds=-86400, id="9"), entry()], id="yesterday's of that name"),
    pytest.param([entry(seconds=900, id="9"), entry()], id="a colleague's of that name, a quarter of an hour later"),
    pytest.param([entry(f"【{OURS}】.xlsx")], id="in brackets, with an extension"),
    pytest.param([entry(f"【{OURS}】.xlsx"), entry(f"【{OURS}-自营】.xlsx", 1, id="3")], id="and a colleague's"),
    pytest.param([entry("供应链商品日报-2026-03-01-汇总-SKU.xlsx")], id="other words, the same day"),
    pytest.param([entry("report 20260301"), entry("report 20260228", id="3")], id="compact days"),
    pytest.param([entry("日报2026-03-01"), entry("日报2026-03-01至2026-03-07", id="3")], id="a range from our day on"),
]


@pytest.mark.parametrize("listed", SURE)
def test_ours_is_found_by_its_name(listed: list[Report]) -> None:
    assert found_by(JOB.find_in, listed) == "2"


@pytest.mark.parametrize("listed", SURE)
def test_ours_is_found_though_nobody_has_told_its_name(listed: list[Report]) -> None:
    assert found_by(ORDER.find_in, listed) == "2"


@pytest.mark.parametrize(
    "listed",
    [
        pytest.param([], id="nothing"),
        pytest.param([entry(id="1")], id="only one that was there before"),
        pytest.param([entry(seconds=None, id="1")], id="only one without a time that was there before"),
        pytest.param([entry(seconds=-31)], id="only an older one"),
        pytest.param([entry(report_type="managePro")], id="only another type"),
        pytest.param([entry(YESTERDAYS)], id="only another day's"),
        pytest.param([entry(f"{OURS}至2026-03-07")], id="only a range from our day on"),
        pytest.param([entry(f"{OURS}~07")], id="only a range, written short"),
    ],
)
def test_there_is_none_of_ours(listed: list[Report]) -> None:
    assert JOB.find_in(listed) is None
    assert ORDER.find_in(listed) is None


@pytest.mark.parametrize(
    "listed",
    [
        pytest.param([entry(), entry(id="3")], id="twice the same"),
        pytest.param([entry(f"【{OURS}】"), entry(f"{OURS}.xlsx", 9, id="3")], id="the same, written in two ways"),
        pytest.param([entry("甲_2026-03-01"), entry("乙_2026-03-01", id="3")], id="other words, twice"),
    ],
)
def test_of_two_neither_is_taken(listed: list[Report]) -> None:
    for find in (JOB.find_in, ORDER.find_in):
        with pytest.raises(SeveralReportsError) as doubt:
            find(listed)
        assert doubt.value.reports == tuple(listed)


class TestWithoutAName:
    """What only an order must tell, which knows no name."""

    def test_names_without_a_day(self) -> None:
        assert found_by(ORDER.find_in, [entry("inventory 7"), entry("inventory 6", -7200, id="1")]) == "2"

    @pytest.mark.parametrize(
        "listed",
        [
            pytest.param([entry(seconds=121)], id="only a much younger one"),
            pytest.param([entry("供应链-商品明细", report_type="")], id="neither type nor day"),
            pytest.param(
                [entry(f"{OURS}-运营二组"), entry("供应链-商品明细_2026-02-27", -9000, id="1")],
                id="only a colleague's, with a filter",
            ),
        ],
    )
    def test_in_doubt_there_is_none(self, listed: list[Report]) -> None:
        assert ORDER.find_in(listed) is None

    def test_two_without_a_day(self) -> None:
        with pytest.raises(SeveralReportsError):
            ORDER.find_in([entry("inventory 7"), entry("inventory 8", id="3")])

    def test_the_job_bears_the_listed_name(self) -> None:
        assert ORDER.find_in([entry(f"【{OURS}】")]) == ORDER.job(f"【{OURS}】", "2")


class TestWithAName:
    """What only a job tells, whose name JD has said."""

    def test_a_name_that_is_merely_alike_is_not_believed_at_once(self) -> None:
        job = ReportJob(OURS, KIND, datetime.now(SHANGHAI).isoformat(), (), DAY)
        colleagues = Report("3", f"{OURS}-自营", KIND, "2", datetime.now(SHANGHAI), "")
        assert job.find_in([colleagues], timedelta(minutes=1)) is None
        assert job.find_in([colleagues]) == colleagues

    def test_nothing_but_the_day_of_an_unknown_type_is_too_little(self) -> None:
        assert JOB.find_in([entry("日报2026-03-01", report_type="")]) is None

    def test_once_found_it_is_told_by_its_id(self) -> None:
        known = ORDER.job(OURS, "2")
        assert known.find_in([entry(id="3"), entry(), entry(id="4")]) == entry()
        assert known.find_in([entry(id="3")]) is None

    def test_an_earlier_versions_note_is_read(self) -> None:
        assert ReportJob(OURS, KIND, NOON.isoformat(), ("1",)).find_in([entry(id="1"), entry()]) == entry()


def test_an_order_notes_what_could_be_taken_for_its_report() -> None:
    now = datetime.now(SHANGHAI)
    made = {"old": now - timedelta(minutes=11), "new": now - timedelta(seconds=9), "ahead": now + timedelta(minutes=1)}
    listed = [Report(id, OURS, KIND, "2", moment, "") for id, moment in made.items()]
    assert Order.about_to_leave(KIND, DAY, [*listed, entry(id="when?", seconds=None)]).listed == (
        "new",
        "ahead",
        "when?",
    )


def test_an_entry_without_an_id_is_told_by_name_and_time() -> None:
    fields = {"reportName": OURS, "reportType": KIND, "status": "1", "createTime": "2026-03-02 12:00:00"}
    assert read_entries([fields])[0].id == f"{OURS} 2026-03-02 12:00:00"


def test_where_the_list_gives_no_ids_one_of_the_same_second_may_be_ours() -> None:
    listed = read_entries([listed_entry(reportId=None)])
    job = ReportJob(OURS, KIND, NOON.isoformat(), (listed[0].id,))
    assert job.find_in(listed) == listed[0]


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("2026-03-02 12:00:05", 5),
        ("2026/03/02 12:00:05", 5),
        ("2026-03-02T12:00:05+08:00", 5),
        ("2026-03-02T04:00:05Z", 5),
        (int(NOON.timestamp()) + 5, 5),
        (f"{int(NOON.timestamp()) + 5}000", 5),
        ("2026-03-02 12:00", None),
        ("2026-03-02", None),
        ("", None),
        (None, None),
        ("²", None),
        (10**20, None),
        ([], None),
        ("soon", None),
    ],
    ids=str,
)
def test_when_an_entry_was_made(written: object, seconds: int | None) -> None:
    expected = None if seconds is None else NOON + timedelta(seconds=seconds)
    assert read_entries([listed_entry(createTime=written)])[0].created_at == expected


@pytest.mark.parametrize("odd", ["a text", None, [], 7], ids=repr)
def test_what_is_no_entry_costs_no_other(odd: object) -> None:
    assert [report.id for report in read_entries([odd, listed_entry(reportId=2)])] == ["2"]


def test_of_very_many_the_newest_are_compared() -> None:
    old = [listed_entry(reportId=number, createTime="2026-03-01 08:00:00") for number in range(MOST_ENTRIES)]
    new = [listed_entry(reportId="new"), listed_entry(reportId="when?", createTime="")]
    assert {"new", "when?"} <= {report.id for report in read_entries([*old, *new])}
    assert len(read_entries([*old, *new])) == MOST_ENTRIES


def listed_entry(**changes: object) -> dict[str, object]:
    return {"reportName": OURS, "reportType": KIND, "status": "2", "createTime": f"{NOON:%Y-%m-%d %H:%M:%S}", **changes}
