"""Which period of a dataset a working day is about: the one that its clock entry asks for on that day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from shopdata.config import Config, Dataset
from shopdata.config.cron import cron_trigger
from shopdata.periods import SHANGHAI, Period, latest_day
from shopdata.service.control import Due

#: An entry with one of these asks for something else than the newest period.
_FIXED = frozenset({"date", "start", "end", "periods", "due"})
#: A monthly entry has fired at least once in so many days.
_LOOK_BACK_DAYS = 62


@dataclass(frozen=True)
class Expected:
    """A dataset's period on a working day."""

    dt: str
    #: When the clock asks for it; None if no entry of schedule.yaml does.
    due_at: datetime | None
    #: The entry's name, "" if there is none.
    job: str
    is_paused: bool = False

    def is_due(self, now: datetime) -> bool:
        """True if its time has come."""
        return self.due_at is None or self.due_at <= now


def expected_of(config: Config, entries: Mapping[str, Sequence[Due]], day: date) -> dict[str, Expected]:
    """What there should be on a working day, of every dataset that a shop has; in the order of their due times.

    Args:
        entries: the clock's entries by the dataset whose newest period they ask for.
    """
    found = {
        name: expected_on(day, contract, entries.get(name, ()))
        for name, contract in config.datasets.items()
        if config.shops_for(name)
    }
    return dict(sorted(found.items(), key=lambda pair: (pair[1].due_at is None, pair[1].due_at or 0, pair[0])))


def newest_only(entries: Iterable[Due]) -> dict[str, list[Due]]:
    """Those that ask for the newest period of a dataset, by the dataset."""
    found: dict[str, list[Due]] = {}
    for entry in entries:
        if entry.dataset and not _FIXED.intersection(entry.arguments):
            found.setdefault(entry.dataset, []).append(entry)
    return found


def expected_on(day: date, contract: Dataset, entries: Sequence[Due]) -> Expected:
    """What of a dataset there should be on a working day.

    Args:
        entries: the clock's entries that ask for this dataset.
    """
    end = datetime.combine(day, time.max, SHANGHAI)
    fired = [
        (fire, entry) for entry in entries if entry.is_enabled and (fire := last_fire(entry.cron, day)) is not None
    ]
    if not fired:
        newest = Period.of(contract.period, latest_day(contract.period, contract.lag_days, end))
        return Expected(newest.dt, None, "")
    # Several entries may ask for the same dataset (a second try in the afternoon): the first of the day opens it.
    today = [pair for pair in fired if pair[0].date() == day]
    due_at, entry = min(today, key=lambda pair: pair[0]) if today else max(fired, key=lambda pair: pair[0])
    period = Period.of(contract.period, latest_day(contract.period, contract.lag_days, due_at))
    return Expected(period.dt, due_at, entry.job, entry.is_paused)


@lru_cache(maxsize=500)
def last_fire(cron: str, day: date) -> datetime | None:
    """When an entry fires first on a day; if it does not on that day, when it last fired before."""
    trigger = cron_trigger(cron, SHANGHAI)
    found: datetime | None = None
    moment: datetime | None = trigger.get_next_fire_time(None, datetime.combine(day, time.min, SHANGHAI))
    if moment is not None and moment.date() == day:
        return moment
    moment = datetime.combine(day - timedelta(days=_LOOK_BACK_DAYS), time.min, SHANGHAI)
    while (moment := trigger.get_next_fire_time(moment, moment)) is not None and moment.date() < day:
        found = moment
        # One fire of a day is enough.
        moment = datetime.combine(moment.date() + timedelta(days=1), time.min, SHANGHAI) - timedelta(microseconds=1)
    return found
