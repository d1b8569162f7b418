"""What is due and what becomes of it, by a clock that stands where a test puts it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from shopdata.config import Job
from shopdata.periods import SHANGHAI
from shopdata.service.due import MOST_NAMED, Busy, decide, delay_of, next_slot

FREE = Busy()


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-{text}").replace(tzinfo=SHANGHAI)


def job(**keys: str) -> Job:
    return Job.model_validate({"name": "daily", "spider": "jd_store", "cron": "30 8 * * *"} | keys)


def judged(job: Job, since: str, now: str, busy: Busy = FREE) -> list[tuple[str, bool, str]]:
    return [(f"{v.due_at:%d %H:%M}", v.runs, v.note) for v in decide(job, at(since), at(now), busy)]


@pytest.mark.parametrize(
    ("since", "now", "expected"),
    [
        pytest.param("01 08:30:00", "02 08:29:59", [], id="a second too early"),
        pytest.param("01 08:30:00", "02 08:30:00", [("02 08:30", True, "")], id="on the second"),
        pytest.param("02 08:29:59.5", "02 08:30:00", [("02 08:30", True, "")], id="watched half a second before"),
        pytest.param("02 08:30:00", "02 23:59:00", [], id="decided already"),
        pytest.param("02 08:30:00.25", "02 23:59:00", [], id="watched a moment too late"),
        pytest.param("02 09:00:00", "01 09:00:00", [], id="the clock was put back"),
        pytest.param("01 08:30:00", "02 08:31:59", [("02 08:30", True, "")], id="within two minutes is on time"),
        pytest.param(
            "01 08:30:00", "02 11:42:00", [("02 08:30", True, "caught up, 3 h 12 min late")], id="the machine was off"
        ),
        pytest.param(
            "01 08:30:00",
            "04 09:30:00",
            [
                ("02 08:30", False, "missed; a later slot stands for it"),
                ("03 08:30", False, "missed; a later slot stands for it"),
                ("04 08:30", True, "caught up, 1 h late"),
            ],
            id="three days off are caught up once",
        ),
        pytest.param(
            "01 08:30:00",
            "03 05:00:00",
            [
                ("02 08:30", False, "missed by 20 h 30 min, more than its `max_late` of 20h"),
            ],
            id="too late",
        ),
    ],
)
def test_slots(since: str, now: str, expected: list[tuple[str, bool, str]]) -> None:
    assert judged(job(), since, now) == expected


def test_a_job_that_skips_what_it_missed() -> None:
    skipping = job(misfire="skip")
    assert judged(skipping, "01 08:30", "02 08:33") == [
        ("02 08:30", False, "missed by 3 min; this job's `misfire` is skip")
    ]
    assert judged(skipping, "01 08:30", "02 08:31") == [("02 08:30", True, "")]


def test_a_run_never_overlaps_itself() -> None:
    assert judged(job(), "01 08:30", "02 08:30", Busy(running="r1")) == [
        ("02 08:30", True, "begins when run r1 has ended")
    ]
    assert judged(job(overlap="skip"), "01 08:30", "02 08:30", Busy(running="r1")) == [
        ("02 08:30", False, "run r1 still goes on; this job's `overlap` is skip")
    ]
    assert judged(job(), "01 08:30", "02 08:30", Busy(running="r1", waiting="r2")) == [
        ("02 08:30", False, "run r2 of the same job still waits")
    ]


def test_many_missed_slots_are_counted_and_not_all_named() -> None:
    verdicts = decide(job(cron="* * * * *"), at("01 00:00"), at("02 00:00"), FREE)
    assert len(verdicts) == MOST_NAMED
    assert verdicts[0].note == f"missed; a later slot stands for it, and {24 * 60 - MOST_NAMED} before it"
    assert [verdict.runs for verdict in verdicts] == [False] * (MOST_NAMED - 1) + [True]


def test_jitter_is_the_same_at_every_look_and_delays_the_slot() -> None:
    spread = job(jitter="30m")
    slot = at("02 08:30")
    delay = delay_of(spread, slot)
    assert timedelta(0) < delay < timedelta(minutes=30)
    assert delay == delay_of(job(jitter="30m"), slot)
    assert delay != delay_of(spread, at("03 08:30"))
    assert decide(spread, at("01 08:30"), slot + delay - timedelta(seconds=1), FREE) == []
    (verdict,) = decide(spread, at("01 08:30"), slot + delay, FREE)
    assert (verdict.due_at, verdict.runs, verdict.note) == (slot, True, "")


def test_what_is_delayed_is_not_overtaken() -> None:
    # Slots a minute apart, each delayed by up to an hour: they are decided in their order all the same.
    wild = job(cron="* * * * *", jitter="1h")
    since, seen = at("01 00:00"), []
    for minute in range(180):
        for verdict in decide(wild, since, at("01 00:00") + timedelta(minutes=minute), FREE):
            seen.append(verdict.due_at)
            since = verdict.due_at
    assert seen == sorted(set(seen))
    assert len(seen) > 20


def test_a_day_that_never_comes() -> None:
    assert next_slot(job(cron="0 0 31 2 *"), at("01 00:00")) is None
    assert decide(job(cron="0 0 31 2 *"), at("01 00:00"), at("30 00:00"), FREE) == []
