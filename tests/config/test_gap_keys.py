"""The keys that say what should be there and when: `since`, `not_ready`, `restate_days`, `week_ends`."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from shopdata.config import Dataset, Shop
from shopdata.periods import Period


def dataset(**given: Any) -> Dataset:
    return Dataset.model_validate({"title": "a report", "platform": "pdd", "lag_days": 1, "columns": ["A"], **given})


@pytest.mark.parametrize(
    ("since", "dt", "has"),
    [
        pytest.param(None, "2020-01-01", True, id="from ever"),
        pytest.param("2026-03-02", "2026-03-01", False, id="the day before"),
        pytest.param("2026-03-02", "2026-03-02", True, id="the first day"),
        pytest.param("2026-03-02", "2026-02-24_2026-03-02", True, id="the last day of a week"),
        pytest.param("2026-03-02", "2026-02-23_2026-03-01", False, id="the week before"),
        pytest.param("2026-03-31", "2026-03-01_2026-03-31", True, id="the last day of a month"),
    ],
)
def test_since(since: str | None, dt: str, has: bool) -> None:
    shop = Shop.model_validate(
        {"id": "a", "name": "a", "platform": "jd", "username": "a", "password": SecretStr("x"), "since": since}
    )
    assert shop.since == (None if since is None else date.fromisoformat(since))
    assert shop.has(Period.from_dt(dt)) is has


def test_defaults() -> None:
    made = dataset()
    assert (made.restate_days, made.week_ends) == (0, None)
    assert made.not_ready.deadline_time == time(20)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        pytest.param({"week_ends": "friday"}, "week_ends is for datasets of weeks", id="weeks of a day"),
        pytest.param({"period": "week", "week_ends": "Friday"}, "Input should be 'monday'", id="no such day"),
        pytest.param({"period": "month", "restate_days": 3}, "restate_days is for datasets of past days", id="months"),
        pytest.param({"is_snapshot": True, "restate_days": 3}, "restate_days is for datasets of past", id="a snapshot"),
        pytest.param({"restate_days": -1}, "greater than or equal to 0", id="negative"),
        pytest.param({"not_ready": {"deadline": "25:00"}}, "deadline", id="no such time"),
        pytest.param({"not_ready": {"growth": 0.5}}, "growth", id="shrinks"),
        pytest.param({"not_ready": {"at_most_minutes": 10}}, "the waits only grow", id="the longest is the shortest"),
    ],
)
def test_refused(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        dataset(**given)
