"""The rule for row counts: on made-up shops in numbers, and case by case."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from benchmarks.checks import KINDS, scored
from benchmarks.shop_years import Kind, world
from shopdata.checks.row_counts import Limits, Past, Ratio, Verdict, common_ratio, judge, past_of, ratio_of
from shopdata.checks.seasons import is_in_season
from shopdata.periods import Period

LIMITS = Limits()
SUNDAY = date(2026, 3, 1)


def day(when: date) -> Period:
    return Period(when, when)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_asked_again_was_wrong_and_people_hear_next_to_nothing(kind: Kind) -> None:
    """In numbers, so that a change which makes noise, or sees less, fails. The worlds follow from their seed."""
    score = scored([world(kind, seed=4, shops=24, days=330)], LIMITS)
    clean = scored([world(kind, seed=4, shops=24, days=330, with_faults=False)], LIMITS)
    assert score.cells > 5000
    assert score.faults["severe"] > 10
    assert score.precision >= 0.8
    assert score.false_per_1000 < 1
    assert score.recall("severe") >= 0.6
    assert score.recall("empty") >= 0.8
    assert clean.messages_per_shop_month <= 0.02


def test_few_shops_know_nothing_of_each_other_and_keep_still_in_seasons() -> None:
    worlds = [world("flow", seed=seed, shops=5) for seed in range(4)]
    score = scored(worlds, LIMITS)
    assert score.precision >= 0.75
    assert score.recall("empty") >= 0.95
    without = scored(worlds, Limits(calendar=False))
    assert without.false_questions > 3 * score.false_questions


def test_a_shop_is_learned_before_it_is_judged() -> None:
    counts = {SUNDAY - timedelta(days=back): 100 for back in range(1, 14)}
    assert judge(0, past_of(counts, day(SUNDAY), "day"), None, LIMITS, is_season=False) is Verdict.LEARNING
    counts[SUNDAY - timedelta(days=14)] = 100
    past = past_of(counts, day(SUNDAY), "day")
    assert judge(0, past, None, LIMITS, is_season=False) is Verdict.ZERO
    assert judge(12, past, None, LIMITS, is_season=False) is Verdict.FEW
    assert judge(60, past, None, LIMITS, is_season=False) is Verdict.OK
    assert past.usual == pytest.approx(100)


def test_both_references_must_agree() -> None:
    weekdays = Past(same=(100,) * 8, recent=(30, 28, 33, 31, 30, 29, 30), is_enough=True)
    assert judge(31, weekdays, None, LIMITS, is_season=False) is Verdict.OK
    quiet_day = Past(same=(30,) * 8, recent=(100,) * 7, is_enough=True)
    assert judge(31, quiet_day, None, LIMITS, is_season=False) is Verdict.OK
    assert judge(9, quiet_day, None, LIMITS, is_season=False) is Verdict.FEW


def test_what_all_shops_have_is_the_day_not_the_file() -> None:
    past = Past(same=(200,) * 8, recent=(200,) * 7, is_enough=True)
    holiday = [ratio for rows in (58, 60, 62, 55, 66, 61, 59, 60) if (ratio := ratio_of(rows, past)) is not None]
    common = common_ratio(holiday)
    assert common is not None
    assert judge(60, past, None, LIMITS, is_season=False) is Verdict.FEW
    assert judge(60, past, common, LIMITS, is_season=False) is Verdict.OK
    assert judge(15, past, common, LIMITS, is_season=False) is Verdict.FEW
    assert common_ratio(holiday[1:]) is None
    # That the others have more does not make one doubtful which has a little less than usual.
    assert judge(120, past, Ratio(1.4, 1.4), LIMITS, is_season=False) is Verdict.OK


def test_zero_is_doubtful_only_where_it_never_was() -> None:
    busy = Past(same=(6,) * 8, recent=(5, 6, 7, 5, 6, 5, 8), is_enough=True)
    assert judge(0, busy, None, LIMITS, is_season=True) is Verdict.ZERO
    assert judge(1, busy, None, LIMITS, is_season=True) is Verdict.SEASON
    assert judge(1, busy, None, LIMITS, is_season=False) is Verdict.OK
    sometimes = Past(same=(6,) * 8, recent=(5, 0, 7, 5, 6, 5, 8), is_enough=True)
    assert judge(0, sometimes, None, LIMITS, is_season=False) is Verdict.OK
    assert judge(0, busy, None, Limits(zero_at_least=None), is_season=False) is Verdict.OK


def test_more_is_doubtful_where_it_is_switched_on() -> None:
    stock = Past(same=(1000,) * 8, recent=(1000,) * 7, is_enough=True)
    assert judge(2000, stock, None, LIMITS, is_season=False) is Verdict.OK
    rise = Limits(rise=1.9, calendar=False)
    assert judge(2000, stock, None, rise, is_season=True) is Verdict.MANY
    assert judge(1800, stock, None, rise, is_season=True) is Verdict.OK
    assert judge(2000, stock, Ratio(0.7, 0.7), rise, is_season=True) is Verdict.OK
    off = Limits(drop=None, zero_at_least=None)
    assert judge(0, stock, None, off, is_season=False) is Verdict.OK


def test_weeks_and_months_have_no_weekday() -> None:
    week = Period.of("week", SUNDAY)
    weeks = {SUNDAY - timedelta(weeks=back): 50 for back in range(1, 5)}
    past = past_of(weeks, week, "week")
    assert past == Past(same=(50,) * 4, recent=(50,) * 4, is_enough=True)
    assert judge(5, past, None, LIMITS, is_season=False) is Verdict.FEW
    month = Period.of("month", date(2026, 3, 15))
    months = {date(2026, 2, 28): 40, date(2026, 1, 31): 41, date(2025, 12, 31): 42, date(2025, 11, 30): 43}
    past = past_of(months, month, "month")
    assert past == Past(same=(40, 41, 42, 43), recent=(40, 41, 42, 43), is_enough=True)
    assert not past_of(dict(list(months.items())[1:]), month, "month").is_enough


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2026-06-18", True),
        ("2026-11-11", True),
        ("2026-02-10", True),
        ("2026-03-10", True),
        ("2026-03-11", False),
        ("2026-08-08", False),
        ("2025-12-29_2026-01-04", False),
        ("2026-12-20_2026-12-26", True),
    ],
)
def test_seasons(when: str, *, expected: bool) -> None:
    assert is_in_season(Period.from_dt(when)) is expected
