"""What a file is held against, read off the ledger: its shop's past, and what the other shops have today."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from shopdata.checks.facts import Facts
from shopdata.checks.row_counts import Past, common_ratio, past_of, ratio_of
from shopdata.checks.seasons import is_in_season
from shopdata.checks.verdicts import FILLED_PERIODS, Earlier, Known
from shopdata.config import Config
from shopdata.ledger import CellKey, Ledger
from shopdata.periods import Period, PeriodKind

#: So many days before a period are looked at: eight weeks, or eight months.
DAYS_BACK = {"day": 57, "week": 57, "month": 250}
#: So long a dataset is learned.
LEARNED_AFTER = timedelta(days=14)
#: Periods whose past is kept: a run goes from one to the next.
_MOST_PERIODS = 8


@dataclass(frozen=True)
class _PastOfAll:
    """Of one dataset and period: rows by shop and last day, and whether the dataset is new."""

    counts: Mapping[str, Mapping[date, int]]
    is_learning: bool
    period: Period
    kind: PeriodKind
    _pasts: dict[str, Past] = field(default_factory=dict)

    def past(self, shop: str) -> Past:
        """That of a shop; each doubtful file is held against those of all."""
        if shop not in self._pasts:
            self._pasts[shop] = past_of(self.counts.get(shop, {}), self.period, self.kind)
        return self._pasts[shop]


class Pasts:
    """For one run, or one command; blocking. What lies before a period is read once."""

    def __init__(self, config: Config, ledger: Ledger) -> None:
        self._config, self._checked = config, ledger.checked
        self._kept: dict[tuple[str, str], _PastOfAll] = {}

    def known(self, key: CellKey, *, is_counted: bool, with_others: bool) -> Known:
        """What a cell's file is held against.

        Args:
            is_counted: as in `Known`.
            with_others: also by what the other shops have by now, and by the calendar.
        """
        period = Period.from_dt(key.dt)
        every = self._of_all(key.dataset, period)
        common = None
        if with_others:
            today = self._checked.counts_of(key.dataset, key.dt)
            others = [(rows, every.past(shop)) for shop, rows in today.items() if shop != key.shop]
            common = common_ratio([ratio for rows, past in others if (ratio := ratio_of(rows, past)) is not None])
        return Known(
            past=every.past(key.shop),
            earlier=[
                Earlier(file.dt, file.rows, None if file.facts is None else Facts.from_json(file.facts))
                for file in self._checked.earlier(key, FILLED_PERIODS)
            ],
            common=common,
            is_season=with_others and is_in_season(period),
            is_learning=every.is_learning,
            is_counted=is_counted,
        )

    def _of_all(self, dataset: str, period: Period) -> _PastOfAll:
        place = (dataset, period.dt)
        if place not in self._kept:
            if len(self._kept) >= _MOST_PERIODS:
                self._kept.clear()
            kind = self._config.dataset(dataset).period
            first = period.start - timedelta(days=DAYS_BACK[kind])
            counts: dict[str, dict[date, int]] = defaultdict(dict)
            for shop, dt, rows in self._checked.counts(dataset, first.isoformat(), period.dt):
                counts[shop][Period.from_dt(dt).end] = rows
            oldest = self._checked.first_period(dataset)
            is_learning = not oldest or period.start - Period.from_dt(oldest).start < LEARNED_AFTER
            self._kept[place] = _PastOfAll(counts, is_learning, period, kind)
        return self._kept[place]
