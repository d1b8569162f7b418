"""How many days pass until a day is there: as pages and answers say it, or not proven."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from kept_journals import dialects, journal_of

from shopdata.periods import SHANGHAI, Period
from shopdata.recording.inference import Inferred
from shopdata.recording.journal import Journal, Press, Take
from shopdata.recording.newest import lag_of
from shopdata.recording.saving import infer_again

FIRST, SECOND, TODAY = date(2026, 3, 1), date(2026, 2, 20), date(2026, 3, 9)
AT = round(datetime(2026, 3, 9, 0, 30, tzinfo=SHANGHAI).timestamp() * 1000)
INFERRED = Inferred({"steps": []}, (), (Period.of("day", FIRST), Period.of("day", SECOND)))


def journal(*answers: Any, presses: Sequence[Press] = (), at: int = AT) -> Journal:
    call = next(call for take in journal_of("pdd_badscore").takes for call in take.calls)
    calls = tuple(replace(call, at=at, done=at, answer=answer) for answer in (*answers, {"json": {"result": []}}))
    return Journal(tuple(Take(day, calls, presses=tuple(presses)) for day in (FIRST, SECOND)))


def told(found: Journal, inferred: Inferred = INFERRED) -> tuple[int, str]:
    lag, line = lag_of(found, inferred)
    assert line.is_doubt == (line.code == "lag_unknown")
    return lag, line.code


@pytest.mark.parametrize(
    "answer",
    [
        {"json": {"result": {"maxDate": "2026-03-07"}}},
        {"json": {"latest_date": "20260307"}},
        {"json": {"maxSelectableDay": 1772812800}},
        {"html": {"data:max-date": "2026-03-07"}},
    ],
)
def test_what_is_told_of_the_newest_day_is_taken(answer: Any) -> None:
    assert told(journal(answer)) == (2, "lag_seen")


def test_a_field_that_takes_no_later_day_tells_it() -> None:
    press = Press(AT, "https://x/", "fill", css="#day", value="2026-03-01", most="2026-03-06")
    assert told(journal(presses=[press])) == (3, "lag_seen")
    # That no day to come can be chosen says nothing of today's.
    assert told(journal(presses=[replace(press, most=str(TODAY))])) == (1, "lag_unknown")


@pytest.mark.parametrize(
    "answers",
    [
        [],
        # The day that was asked for, days of rows, days to come, other names, and two that contradict each other.
        [{"json": {"dataDate": "2026-03-01"}}],
        [{"json": {"rows": [{"dataDate": "2026-03-07"}, {"dataDate": "2026-03-06"}]}}],
        [{"json": {"maxDate": "2026-03-10"}}],
        [{"json": {"lastLogin": "2026-03-07", "createDate": "2026-03-08"}}],
        [{"json": {"maxDate": "2026-03-07"}}, {"json": {"latestDate": "2026-03-06"}}],
    ],
)
def test_where_it_does_not_follow_it_is_said_so(answers: list[Any]) -> None:
    assert told(journal(*answers)) == (1, "lag_unknown")


def test_what_was_exported_is_there() -> None:
    early = round(datetime(2026, 3, 1, 12, tzinfo=SHANGHAI).timestamp() * 1000)
    assert told(journal(at=early)) == (0, "lag_unknown")


def test_what_names_no_day_is_of_now() -> None:
    found = infer_again(journal_of("pdd_quality"), dialects("pdd_quality"), "pdd_quality")
    assert told(journal_of("pdd_quality"), found) == (0, "lag_of_now")
