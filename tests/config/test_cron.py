"""Cron lines mean what crontab(5) says, on a calendar that everybody can look at."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from shopdata.config.cron import cron_trigger, duration
from shopdata.config.schedule import Job
from shopdata.periods import SHANGHAI

#: A Sunday.
START = datetime(2026, 3, 1, tzinfo=SHANGHAI)


def times(line: str, count: int) -> list[str]:
    found, previous = [], None
    for _ in range(count):
        previous = cron_trigger(line, SHANGHAI).get_next_fire_time(previous, previous or START)
        found.append(f"{previous:%a %d %H:%M}")
    return found


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("30 8 * * *", ["Sun 01 08:30", "Mon 02 08:30"]),
        ("10 12 * * 1", ["Mon 02 12:10", "Mon 09 12:10"]),
        ("0 0 * * 0", ["Sun 01 00:00", "Sun 08 00:00"]),
        ("0 0 * * 7", ["Sun 01 00:00", "Sun 08 00:00"]),
        (
            "0 9 * * 1-5",
            ["Mon 02 09:00", "Tue 03 09:00", "Wed 04 09:00", "Thu 05 09:00", "Fri 06 09:00", "Mon 09 09:00"],
        ),
        ("0 9 * * fri-sun", ["Sun 01 09:00", "Fri 06 09:00", "Sat 07 09:00"]),
        ("0 9 * * 6,2/4", ["Tue 03 09:00", "Sat 07 09:00", "Tue 10 09:00"]),
        ("0 9 * * */3", ["Sun 01 09:00", "Wed 04 09:00", "Sat 07 09:00"]),
        ("20 12 4 * *", ["Wed 04 12:20", "Sat 04 12:20"]),
        ("*/20 6-7 * * *", ["Sun 01 06:00", "Sun 01 06:20", "Sun 01 06:40", "Sun 01 07:00"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_when(line: str, expected: list[str]) -> None:
    assert times(line, len(expected)) == expected


@pytest.mark.parametrize(
    "line",
    [
        "60 8 * * *",
        "0 24 * * *",
        "0 8 32 * *",
        "0 8 * 13 *",
        "0 8 * * 8",
        "0 8 * * mo",
        "0 8 * * 1/0",
        "0 8 1 * 1",
        "8",
    ],
)
def test_no_time(line: str) -> None:
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        cron_trigger(line, SHANGHAI)


def test_lengths_of_time() -> None:
    assert [duration(text) for text in ("0s", "90s", "15m", "12h", "2d")] == [
        timedelta(0),
        timedelta(seconds=90),
        timedelta(minutes=15),
        timedelta(hours=12),
        timedelta(days=2),
    ]
    for wrong in ("", "5", "1w", "-1h", "1.5h", "h"):
        with pytest.raises(ValueError, match="length of time"):
            duration(wrong)


def test_defaults_of_a_job() -> None:
    job = Job(name="a", spider="b", cron="30 8 * * *")
    assert (job.misfire, job.latest, job.spread, job.overlap) == (
        "catch_up",
        timedelta(hours=20),
        timedelta(0),
        "queue",
    )
