"""Which period of a dataset a working day is about, and when a cell is late."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from shopdata.config import Dataset
from shopdata.periods import SHANGHAI
from shopdata.service.board.grid import is_late
from shopdata.service.control import Due
from shopdata.service.expected import expected_on

TUESDAY = date(2026, 11, 24)


def contract(period: str = "day", lag_days: int = 1) -> Dataset:
    return Dataset(title="t", platform="pdd", period=period, lag_days=lag_days, columns=("a",))


def entry(cron: str, **more: object) -> Due:
    known = {
        "job": "j",
        "spider": "s",
        "arguments": {},
        "dataset": "d",
        "is_enabled": True,
        "is_paused": False,
        "next_at": None,
    }
    return Due(cron=cron, **(known | more))


@pytest.mark.parametrize(
    ("cron", "period", "lag_days", "dt", "due_at"),
    [
        ("30 8 * * *", "day", 1, "2026-11-23", "11-24 08:30"),
        ("0 12 * * *", "day", 3, "2026-11-21", "11-24 12:00"),
        ("0 8,14 * * *", "day", 0, "2026-11-24", "11-24 08:00"),
        ("10 12 * * 1", "week", 3, "2026-11-14_2026-11-20", "11-23 12:10"),
        ("10 12 * * 2", "week", 3, "2026-11-15_2026-11-21", "11-24 12:10"),
        ("20 12 4 * *", "month", 3, "2026-10-01_2026-10-31", "11-04 12:20"),
        ("0 23 * * 0", "day", 1, "2026-11-21", "11-22 23:00"),
    ],
    ids=["every day", "lag of three", "twice a day", "Monday", "today's weekday", "month", "late on Sunday"],
)
def test_the_clock_decides_which_period(cron: str, period: str, lag_days: int, dt: str, due_at: str) -> None:
    found = expected_on(TUESDAY, contract(period, lag_days), [entry(cron)])
    assert found.dt == dt
    assert f"{found.due_at:%m-%d %H:%M}" == due_at


def test_it_is_due_from_its_time_on() -> None:
    found = expected_on(TUESDAY, contract(), [entry("30 8 * * *")])
    assert not found.is_due(datetime(2026, 11, 24, 8, 29, tzinfo=SHANGHAI))
    assert found.is_due(datetime(2026, 11, 24, 8, 30, tzinfo=SHANGHAI))


@pytest.mark.parametrize("entries", [[], [entry("30 8 * * *", is_enabled=False)]], ids=["none", "not enabled"])
def test_without_the_clock_the_newest_period_counts(entries: list[Due]) -> None:
    found = expected_on(TUESDAY, contract(lag_days=2), entries)
    assert (found.dt, found.due_at, found.job) == ("2026-11-22", None, "")


def test_of_two_entries_the_first_of_the_day_counts() -> None:
    entries = [entry("0 15 * * *", job="second"), entry("30 8 * * *", job="first")]
    assert expected_on(TUESDAY, contract(), entries).job == "first"


def test_a_platform_is_late_after_its_deadline() -> None:
    assert not is_late(contract(), "2026-11-23", datetime(2026, 11, 24, 19, 59, tzinfo=SHANGHAI))
    assert is_late(contract(), "2026-11-23", datetime(2026, 11, 24, 20, 1, tzinfo=SHANGHAI))
