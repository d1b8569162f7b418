"""Not ready is not failed: when it is asked again, and from when on it is late."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shopdata.config import Dataset
from shopdata.lake.not_ready import deadline_of, is_due, is_overdue, next_attempt, wait_of
from shopdata.ledger import CellKey, Ledger
from shopdata.periods import SHANGHAI, Period
from shopdata.reasons import Reason
from shopdata.states import CellState

KEY = CellKey("pdd_kpi_days", "2026-03-01", "one")
DAY = Period.from_dt(KEY.dt)


def dataset(period: str = "day", **rule: Any) -> Dataset:
    return Dataset.model_validate(
        {"title": "t", "platform": "pdd", "period": period, "lag_days": 3, "columns": ["A"], "not_ready": rule}
    )


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("period", "dt", "since", "deadline"),
    [
        pytest.param("day", "2026-03-01", "2026-03-04 12:00", "2026-03-04 20:00", id="asked when it is due"),
        pytest.param("day", "2026-03-01", "2026-03-02 12:00", "2026-03-04 20:00", id="asked too early"),
        pytest.param("day", "2026-03-01", "2026-03-04 20:00", "2026-03-05 20:00", id="asked at the deadline"),
        pytest.param("day", "2026-03-01", "2026-05-10 08:00", "2026-05-10 20:00", id="asked months later"),
        pytest.param("week", "2026-03-01_2026-03-07", "2026-03-08 08:00", "2026-03-10 20:00", id="a week"),
        pytest.param("month", "2026-02-01_2026-02-28", "2026-03-01 08:00", "2026-03-04 20:00", id="a month"),
    ],
)
def test_deadline(period: str, dt: str, since: str, deadline: str) -> None:
    assert deadline_of(dataset(period), Period.from_dt(dt), at(since)) == at(deadline)


def test_waits_grow_up_to_the_longest_and_end_at_the_deadline() -> None:
    rule, since = dataset(ask_again_minutes=30, growth=2, at_most_minutes=120), at("2026-03-04 12:00")
    moment: datetime | None = since
    asked = []
    while (moment := next_attempt(rule, DAY, since, moment)) is not None:
        asked.append(f"{moment:%H:%M}")
    assert asked == ["12:30", "13:30", "15:30", "17:30", "19:30", "20:00"]


def test_a_try_that_comes_late_does_not_shorten_the_next_wait() -> None:
    since = at("2026-03-04 12:00")
    assert next_attempt(dataset(), DAY, since, at("2026-03-04 12:50")) == at("2026-03-04 13:30")


def test_after_the_deadline_it_is_not_due_by_itself() -> None:
    assert next_attempt(dataset(), DAY, at("2026-03-04 12:00"), at("2026-03-04 20:00")) is None


def not_yet(ledger: Ledger, now: datetime) -> datetime | None:
    """The cell is not ready; returns when it is asked again."""
    cell = ledger.settle(KEY, CellState.NOT_READY, Reason(text="not yet"), wait=wait_of(KEY, dataset(), now))
    assert cell is not None
    return cell.next_attempt_at


@pytest.fixture
def ledger(tmp_path: Path) -> Any:
    with Ledger.at(tmp_path) as opened:
        opened.add_cells("pdd", [KEY])
        yield opened


def test_a_cell_waits_and_is_due(ledger: Ledger) -> None:
    now = at("2026-03-04 12:00")
    assert not_yet(ledger, now) == at("2026-03-04 12:30")
    cell = ledger.cell(KEY)
    assert cell is not None
    assert (cell.since_not_ready, cell.next_attempt_at) == (now, at("2026-03-04 12:30"))
    assert not is_due(cell, at("2026-03-04 12:29"))
    assert is_due(cell, at("2026-03-04 12:30"))
    assert ledger.not_ready.due(KEY.dataset, at("2026-03-04 12:29")) == []
    assert ledger.not_ready.due(KEY.dataset, at("2026-03-04 12:30")) == [cell]
    assert ledger.not_ready.due("pdd_kpi_weekly", at("2026-03-05 12:30")) == []


def test_asking_again_in_between_does_not_begin_the_wait_anew(ledger: Ledger) -> None:
    since = at("2026-03-04 12:00")
    for now, due in (("12:00", "12:30"), ("12:30", "13:30"), ("13:31", "15:30")):
        ledger.claim(KEY, "run")
        assert not_yet(ledger, at(f"2026-03-04 {now}")) == at(f"2026-03-04 {due}")
    cell = ledger.cell(KEY)
    assert cell is not None
    assert cell.since_not_ready == since


def test_a_cell_that_was_something_else_begins_anew(ledger: Ledger) -> None:
    not_yet(ledger, at("2026-03-04 12:00"))
    ledger.settle(KEY, CellState.FAILED, Reason(text="down"))
    cell = ledger.cell(KEY)
    assert cell is not None
    assert (cell.since_not_ready, cell.next_attempt_at) == (None, None)
    assert not_yet(ledger, at("2026-03-04 14:00")) == at("2026-03-04 14:30")


def test_overdue_only_while_not_ready_and_after_the_deadline(ledger: Ledger) -> None:
    not_yet(ledger, at("2026-03-04 12:00"))
    cell = ledger.cell(KEY)
    assert cell is not None
    deadline = at("2026-03-04 20:00")
    assert not is_overdue(cell, dataset(), deadline - timedelta(seconds=1))
    assert is_overdue(cell, dataset(), deadline)
    assert not is_overdue(replace(cell, state=CellState.PUBLISHED), dataset(), deadline)
