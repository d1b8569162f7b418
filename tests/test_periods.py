"""Business days in Shanghai, whatever clock the machine has."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from shopdata.exceptions import ArgumentError
from shopdata.periods import (
    SHANGHAI,
    Period,
    PeriodKind,
    Weekday,
    days,
    due_day,
    latest_day,
    parse_date,
    periods_between,
    today,
)


@pytest.mark.parametrize(
    ("kind", "day", "dt"),
    [
        pytest.param("day", date(2026, 3, 1), "2026-03-01", id="a day"),
        pytest.param("week", date(2026, 3, 1), "2026-02-23_2026-03-01", id="a week ends with the day"),
        pytest.param("week", date(2026, 1, 3), "2025-12-28_2026-01-03", id="a week over New Year"),
        pytest.param("month", date(2026, 2, 14), "2026-02-01_2026-02-28", id="a short month"),
        pytest.param("month", date(2028, 2, 29), "2028-02-01_2028-02-29", id="a leap month"),
        pytest.param("month", date(2026, 12, 31), "2026-12-01_2026-12-31", id="December"),
        pytest.param("month", date(2026, 1, 1), "2026-01-01_2026-01-31", id="a month of 31 days"),
    ],
)
def test_period_and_its_label(kind: PeriodKind, day: date, dt: str) -> None:
    period = Period.of(kind, day)
    assert period.dt == dt
    assert Period.from_dt(dt) == period


def test_a_day_has_its_first_and_last_second_in_shanghai() -> None:
    period = Period.of("day", date(2026, 3, 1))
    assert period.start_time.isoformat() == "2026-03-01T00:00:00+08:00"
    assert period.end_time.isoformat() == "2026-03-01T23:59:59+08:00"


@pytest.mark.parametrize(
    ("now", "day"),
    [
        pytest.param(datetime(2026, 3, 1, 23, 30, tzinfo=UTC), date(2026, 3, 2), id="23.30 UTC is tomorrow"),
        pytest.param(datetime(2026, 3, 1, 15, 59, 59, tzinfo=UTC), date(2026, 3, 1), id="a second before midnight"),
        pytest.param(datetime(2026, 3, 1, 16, 0, tzinfo=UTC), date(2026, 3, 2), id="midnight in Shanghai"),
        pytest.param(
            datetime(2026, 3, 1, 20, 0, tzinfo=timezone(timedelta(hours=-8))), date(2026, 3, 2), id="from California"
        ),
        pytest.param(datetime(2026, 3, 1, 0, 5, tzinfo=SHANGHAI), date(2026, 3, 1), id="in Shanghai itself"),
    ],
)
def test_today_is_shanghais(now: datetime, day: date) -> None:
    assert today(now) == day


@pytest.mark.parametrize(
    ("kind", "lag_days", "now", "day"),
    [
        pytest.param("day", 1, datetime(2026, 3, 1, 23, 30, tzinfo=UTC), date(2026, 3, 1), id="T-1 at 23.30 UTC"),
        pytest.param("day", 1, datetime(2026, 3, 1, 12, 0, tzinfo=UTC), date(2026, 2, 28), id="T-1 over a month's end"),
        pytest.param("day", 0, datetime(2026, 3, 1, 23, 30, tzinfo=UTC), date(2026, 3, 2), id="today at 23.30 UTC"),
        pytest.param("week", 3, datetime(2026, 3, 10, 2, 0, tzinfo=UTC), date(2026, 3, 7), id="a week ends at T-3"),
        pytest.param("month", 3, datetime(2026, 3, 4, 2, 0, tzinfo=UTC), date(2026, 2, 28), id="last month on the 4th"),
        pytest.param("month", 3, datetime(2026, 3, 3, 2, 0, tzinfo=UTC), date(2026, 1, 31), id="not yet on the 3rd"),
    ],
)
def test_newest_day_of_a_dataset(kind: PeriodKind, lag_days: int, now: datetime, day: date) -> None:
    assert latest_day(kind, lag_days, now) == day


def test_days_include_both_ends() -> None:
    assert [day.isoformat() for day in days(date(2026, 2, 27), date(2026, 3, 1))] == [
        "2026-02-27",
        "2026-02-28",
        "2026-03-01",
    ]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("2026-02-29", id="a day that does not exist"),
        pytest.param("2026-3-1", id="without zeros"),
        pytest.param("20260301", id="without hyphens"),
        pytest.param("01.03.2026", id="the other way round"),
        pytest.param("yesterday", id="a word"),
        pytest.param("２０２６-03-01", id="wide digits"),
        pytest.param("", id="nothing"),
    ],
)
def test_what_is_no_date_is_told_so(text: str) -> None:
    with pytest.raises(ArgumentError) as refusal:
        parse_date(text)
    assert str(refusal.value) == (
        f"this is not a date. Found {text!r}, expected YYYY-MM-DD. Write for example 2026-03-01."
    )


@pytest.mark.parametrize(
    ("kind", "start", "end", "week_ends", "dts"),
    [
        pytest.param(
            "day",
            date(2028, 2, 28),
            date(2028, 3, 1),
            "sunday",
            ["2028-02-28", "2028-02-29", "2028-03-01"],
            id="days over a leap day",
        ),
        pytest.param(
            "week",
            date(2026, 3, 1),
            date(2026, 3, 14),
            "friday",
            ["2026-02-28_2026-03-06", "2026-03-07_2026-03-13"],
            id="weeks whose last day is in the range",
        ),
        pytest.param(
            "week", date(2026, 3, 7), date(2026, 3, 7), "saturday", ["2026-03-01_2026-03-07"], id="the one week"
        ),
        pytest.param("week", date(2026, 3, 8), date(2026, 3, 13), "saturday", [], id="no week ends there"),
        pytest.param(
            "month",
            date(2026, 1, 31),
            date(2026, 3, 1),
            "sunday",
            ["2026-01-01_2026-01-31", "2026-02-01_2026-02-28", "2026-03-01_2026-03-31"],
            id="months that the range touches",
        ),
    ],
)
def test_periods_of_a_calendar(kind: PeriodKind, start: date, end: date, week_ends: Weekday, dts: list[str]) -> None:
    assert [period.dt for period in periods_between(kind, start, end, week_ends)] == dts


@pytest.mark.parametrize("kind", ["day", "week", "month"])
@pytest.mark.parametrize("lag_days", [0, 1, 3, 31])
def test_a_period_is_due_on_the_first_day_that_has_it_as_its_newest(kind: PeriodKind, lag_days: int) -> None:
    for day in days(date(2027, 12, 25), date(2028, 3, 5)):
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=SHANGHAI)
        newest = Period.of(kind, latest_day(kind, lag_days, noon))
        before = Period.of(kind, latest_day(kind, lag_days, noon - timedelta(days=1)))
        assert (due_day(kind, lag_days, newest) == day) is (newest != before)
