"""A shop that is missing for a month is one line of `scrapy verify`, and two hundred of them are not a page."""

from __future__ import annotations

from shopdata.actions.verify import _missing
from shopdata.lake.verify import Verified
from shopdata.wording import Texts

DAYS = [f"2026-03-{day:02}" for day in range(1, 32)]


def test_those_that_are_missing_in_the_same_periods_are_together() -> None:
    many = [(f"s{number}", "failed") for number in range(200)]
    found = [Verified(dt=dt, missing=[("parked", "needs_login"), *(many if dt == DAYS[4] else [])]) for dt in DAYS]
    assert {periods: len(shops) for periods, shops in _missing(Texts("en"), found).items()} == {
        "2026-03-01 to 2026-03-31 (31 periods)": 1,
        "2026-03-05": 200,
    }
