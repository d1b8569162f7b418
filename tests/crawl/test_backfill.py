"""`scrapy backfill` collects what is missing and nothing else, the oldest first; a dry run asks nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from workplace import Run, Workplace

from sandbox.faults import Fault
from shopdata.periods import today

pytestmark = pytest.mark.services

FIRST, SECOND = "pdd-01", "pdd-02"
D1, D2, D3, D4 = (date(2026, 3, number) for number in (1, 2, 3, 4))


@pytest.fixture(scope="module")
def place(make_workplace: Callable[..., Workplace]) -> Workplace:
    """Day 2 is published, of day 3 a shop is missing, days 1 and 4 were never asked; a shop began on day 2."""
    place = make_workplace(shops=0, pdd_shops=2)
    place.sign_in(FIRST, SECOND)
    place.edit("shops.yaml", lambda shops: shops["shops"][1].update(since=D2))
    place.edit(
        "datasets/pdd_kpi_days.yaml",
        lambda dataset: dataset.update(not_ready={"ask_again_minutes": 0.001, "growth": 1}),
    )
    place.sandbox.set_fault(FIRST, Fault.REFUSED, at="kpi", date=D3)
    run = place.scrapy("crawl", "pdd_kpi", "-a", f"start={D2}", "-a", f"end={D3}")
    assert run.code == 1, run.text
    place.sandbox.clear_faults()
    return place


def backfill(place: Workplace, *arguments: str, spider: str = "pdd_kpi") -> Run:
    place.sandbox.clear_records()
    return place.scrapy("backfill", spider, *arguments, "-s", "SHOPDATA_BACKFILL_PAUSE_SECONDS=0", COLUMNS="150")


def downloads(place: Workplace) -> list[str]:
    return [record.shop_id or "" for record in place.sandbox.records() if record.host == "mms_storage"]


RANGE = ("--start", str(D1), "--end", str(D4))


def test_a_shop_is_not_missing_before_its_first_day(place: Workplace) -> None:
    run = place.scrapy("crawl", "pdd_kpi", "-a", f"date={D1}", "-a", f"shops={SECOND}")
    assert run.code == 2
    assert "none of the shops was there yet" in run.err


def test_a_dry_run_shows_the_plan_and_asks_nothing(place: Workplace) -> None:
    run = backfill(place, *RANGE, "--dry-run")
    assert run.code == 0, run.text
    assert "pdd_kpi_days: 4 periods from 2026-03-01 to 2026-03-04; 3 are not whole, 4 files" in run.out
    lines = [re.split(r"\s{2,}", line.strip()) for line in run.out.splitlines()[2:]]
    assert lines == [
        ["2026-03-01", "1", FIRST, "1 never asked"],
        ["2026-03-03", "1", FIRST, "1 failed"],
        ["2026-03-04", "2", f"{FIRST}, {SECOND}", "2 never asked"],
    ]
    assert place.sandbox.records() == []
    assert [cell["dt"] for cell in place.status()["cells"]] == [str(D2), str(D2), str(D3), str(D3)]


def test_only_what_is_missing_is_asked_the_oldest_first(place: Workplace) -> None:
    run = backfill(place, *RANGE)
    assert run.code == 0, run.text
    assert sorted(downloads(place)) == [FIRST, FIRST, FIRST, SECOND]
    events = re.findall(r"pdd_kpi_days (?:pdd-0\d )?(2026-03-0\d): (ask|published)", run.err)
    assert [event for number, event in enumerate(events) if event not in events[:number]] == [
        (str(day), step) for day in (D1, D3, D4) for step in ("ask", "published")
    ]
    assert {(cell["dt"], cell["shop"], cell["state"]) for cell in place.status()["cells"]} == {
        (str(day), shop, "published")
        for day, shops in ((D1, (FIRST,)), (D2, (FIRST, SECOND)), (D3, (FIRST, SECOND)), (D4, (FIRST, SECOND)))
        for shop in shops
    }
    assert all(partition["missing"] == [] for partition in place.status()["partitions"])


def test_then_nothing_is_missing(place: Workplace) -> None:
    run = backfill(place, *RANGE)
    assert run.code == 0, run.text
    assert "0 are not whole" in run.out
    assert place.sandbox.records() == []


def test_weeks_go_on_as_they_were_begun(place: Workplace) -> None:
    run = place.scrapy("crawl", "pdd_kpi", "-a", "period=week", "-a", "date=2026-03-06")
    assert run.code == 0, run.text
    run = backfill(place, "--period", "week", "--start", "2026-03-01", "--end", "2026-03-31")
    assert run.code == 0, run.text
    assert {cell["dt"] for cell in place.status()["cells"] if cell["dataset"] == "pdd_kpi_weekly"} == {
        "2026-02-28_2026-03-06",
        "2026-03-07_2026-03-13",
        "2026-03-14_2026-03-20",
        "2026-03-21_2026-03-27",
    }


def test_what_is_not_ready_is_asked_when_it_is_due(place: Workplace) -> None:
    day = today() - timedelta(days=10)
    place.sandbox.set_fault(FIRST, Fault.KPI_NOT_READY, at="kpi", date=day)
    run = place.scrapy("crawl", "pdd_kpi", "-a", f"date={day}")
    assert run.code == 1
    assert place.states(str(day)) == {FIRST: "not_ready", SECOND: "published"}

    run = backfill(place, "--due", "--dry-run")
    assert (run.code, run.out) == (0, f"pdd_kpi_days {day} {FIRST}: due again\n"), run.text
    assert place.sandbox.records() == []

    run = backfill(place, "--due")
    assert run.code == 1, run.text
    assert downloads(place) == [FIRST]
    place.sandbox.clear_faults()
    run = backfill(place, "--due")
    assert run.code == 0, run.text
    assert place.states(str(day)) == {FIRST: "published", SECOND: "published"}

    run = backfill(place, "--due")
    assert (run.code, run.out) == (0, "pdd_kpi_days: nothing is due.\n")
    assert place.sandbox.records() == []


@pytest.mark.parametrize(
    ("spider", "arguments", "sentence"),
    [
        pytest.param("pdd_quality", RANGE, "shows only what is true today", id="a snapshot"),
        pytest.param("pdd_kpi", (), "Add `--start YYYY-MM-DD --end YYYY-MM-DD`", id="no range"),
        pytest.param("pdd_kpi", ("--start", str(D1)), "Add `--end YYYY-MM-DD`", id="half a range"),
        pytest.param("pdd_kpi", ("--start", str(D2), "--end", str(D1)), "ends before it starts", id="backwards"),
        pytest.param("pdd_kpi", (*RANGE, "--shops", "pdd-1"), "Did you mean 'pdd-01'", id="misspelt shop"),
        pytest.param("pdd_kpi", (*RANGE, "--period", "year"), "this period is not known", id="no such period"),
        pytest.param("pdd_kpi", (*RANGE, "--due"), "Leave out --start and --end", id="due and a range"),
        pytest.param("pdd_kpis", RANGE, "there is no spider 'pdd_kpis'", id="misspelt spider"),
        pytest.param(
            "pdd_kpi",
            ("--start", str(today()), "--end", str(today())),
            "no day of pdd_kpi_days is to be expected there",
            id="not out yet",
        ),
    ],
)
def test_refused(place: Workplace, spider: str, arguments: tuple[str, ...], sentence: str) -> None:
    run = backfill(place, *arguments, spider=spider)
    assert run.code == 2, run.text
    assert sentence in run.err
    assert "Traceback" not in run.text
    assert place.sandbox.records() == []
