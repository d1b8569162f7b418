"""When a cell that the platform has not published yet is asked for again, and when it is late."""

from __future__ import annotations

from datetime import datetime, timedelta

from shopdata.config import Dataset
from shopdata.ledger import Cell, CellKey
from shopdata.ledger.not_ready import NotReadyWait
from shopdata.periods import SHANGHAI, Period, due_day
from shopdata.states import CellState


def wait_of(key: CellKey, dataset: Dataset, now: datetime) -> NotReadyWait:
    """For `Ledger.settle`, of a cell that is not ready now: since when it is not, and when it is asked again."""

    def wait(since: datetime | None) -> tuple[datetime, datetime | None]:
        since = since or now
        return since, next_attempt(dataset, Period.from_dt(key.dt), since, now)

    return wait


def next_attempt(dataset: Dataset, period: Period, since: datetime, now: datetime) -> datetime | None:
    """When to ask again: after growing waits, a last time at the deadline, and from then on never (None).

    Args:
        since: when the platform first said that it is not ready.
    """
    deadline = deadline_of(dataset, period, since)
    if now >= deadline:
        return None
    rule = dataset.not_ready
    wait, longest = timedelta(minutes=rule.ask_again_minutes), timedelta(minutes=rule.at_most_minutes)
    moment = since + wait
    while moment <= now:
        wait = min(wait * rule.growth, longest)
        moment += wait
    return min(moment, deadline)


def deadline_of(dataset: Dataset, period: Period, since: datetime) -> datetime:
    """From when on a period is late: the deadline of the day on which it should be there, or, where it was first asked
    for after that, the next one."""
    due = due_day(dataset.period, dataset.lag_days, period)
    asked = since.astimezone(SHANGHAI)
    day = asked.date() if asked.time() < dataset.not_ready.deadline_time else asked.date() + timedelta(days=1)
    return datetime.combine(max(due, day), dataset.not_ready.deadline_time, SHANGHAI)


def is_due(cell: Cell, now: datetime) -> bool:
    """True if the platform was not ready and it is time to ask again."""
    return cell.state is CellState.NOT_READY and cell.next_attempt_at is not None and cell.next_attempt_at <= now


def is_overdue(cell: Cell, dataset: Dataset, now: datetime) -> bool:
    """True if the platform is still not ready after the dataset's deadline: a person should know."""
    if cell.state is not CellState.NOT_READY:
        return False
    since = cell.since_not_ready or cell.updated_at
    return now >= deadline_of(dataset, Period.from_dt(cell.dt), since)
