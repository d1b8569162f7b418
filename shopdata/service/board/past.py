"""What became of a dataset's periods: rows of each, which shops were missing, what was doubtful, how long it took."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property

from shopdata.config import Dataset, Shop
from shopdata.lake.completeness import expected_periods
from shopdata.ledger.trends import PublishedRows, Trends
from shopdata.periods import Period, days, today
from shopdata.service.board import grid, states
from shopdata.service.board.sources import Sources
from shopdata.states import CellState

#: How many periods a page of one dataset shows, by kind; the second on request.
COUNTS = {"day": (30, 90), "week": (13, 26), "month": (12, 24)}
#: How many days an overview shows.
WINDOW_DAYS = 30
_LENGTHS = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=31)}


@dataclass(frozen=True)
class PastPeriod:
    """One period of a dataset. `counts` are the shops that have it, by their state as pages call it."""

    dt: str
    counts: Counter[str]
    doubtful: int = 0
    is_late: bool = False
    published: PublishedRows | None = None

    @property
    def total(self) -> int:
        """How many shops there should be."""
        return sum(self.counts.values())

    @property
    def rows(self) -> int | None:
        """What is published; None if nothing is."""
        return None if self.published is None else self.published.rows

    @cached_property
    def lacking(self) -> dict[str, int]:
        """Shops that are missing, by state, the most pressing first: what `grid` calls trouble."""
        late = (CellState.NOT_READY.value,) if self.is_late else ()
        return {state: self.counts[state] for state in (*states.TROUBLES, *late) if self.counts[state]}

    @property
    def gaps(self) -> int:
        """How many are missing."""
        return sum(self.lacking.values())

    @property
    def done(self) -> int:
        """How many are there."""
        return sum(self.counts[state] for state in states.DONE)

    @property
    def open(self) -> int:
        """How many are neither there nor missing: they are in work, or it is not their time yet."""
        return self.total - self.gaps - self.done

    @property
    def seconds(self) -> float | None:
        """How long the run took that has published it; None if nobody knows."""
        known = self.published
        if known is None or known.started_at is None or known.finished_at is None:
            return None
        return (known.finished_at - known.started_at).total_seconds()


@dataclass(frozen=True)
class Past:
    """A dataset over some periods, the earliest first."""

    dataset: str
    contract: Dataset
    periods: tuple[PastPeriod, ...]
    by_dt: Mapping[str, PastPeriod] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_dt", {period.dt: period for period in self.periods})

    @property
    def with_gaps(self) -> list[PastPeriod]:
        """Periods in which shops are missing."""
        return [period for period in self.periods if period.gaps]

    @property
    def gaps(self) -> int:
        """How many cells are missing."""
        return sum(period.gaps for period in self.periods)

    @property
    def doubtful(self) -> int:
        """How many cells are doubtful."""
        return sum(period.doubtful for period in self.periods)

    @property
    def open(self) -> int:
        """How many cells are in work, or wait for their time."""
        return sum(period.open for period in self.periods)


class PastReader:
    """Reads what one page shows."""

    def __init__(self, sources: Sources, now: datetime) -> None:
        self._config = sources.config()
        self._ledger = sources.workspace.ledger
        self.expected = sources.expected(today(now))
        self._now = now
        self._began: dict[str, str] = {}

    def contract(self, dataset: str) -> Dataset:
        """The contract of a dataset that is expected."""
        return self._config.dataset(dataset)

    def began(self, dataset: str) -> str:
        """The label of its oldest period; "" if nothing was ever asked."""
        if dataset not in self._began:
            self._began[dataset] = self._ledger.queries.first_period(dataset)
        return self._began[dataset]

    def labels_between(self, dataset: str, first: date, last: date) -> list[str]:
        """The periods of a dataset that lie in a range of days at least in part, the earliest first.

        Those are the calendar's, and what else is published; none that is not due yet, and none from before the first
        run: nobody misses those.
        """
        contract, newest = self._config.dataset(dataset), self.expected[dataset]
        end = Period.from_dt(newest.dt).end
        if contract.period == "day":
            return self._since_began(dataset, [day.isoformat() for day in days(first, min(last, end))])
        # A month that has begun in the range may end behind it.
        reach = last + _LENGTHS[contract.period]
        known = self._ledger.trends.labels(dataset, reach, (last - first).days + 2)
        shops = self._shops[dataset]
        calendar = expected_periods(
            contract, shops, first, min(reach, end), known=map(Period.from_dt, [*known, newest.dt]), now=self._now
        )
        found = {*map(Period.from_dt, known), *calendar, Period.from_dt(newest.dt)}
        return self._since_began(
            dataset, [p.dt for p in sorted(found) if p.end >= first and p.start <= last and p.end <= end]
        )

    def _since_began(self, dataset: str, labels: list[str]) -> list[str]:
        began, newest = self.began(dataset), self.expected[dataset].dt
        return [dt for dt in labels if dt == newest or (began and dt >= began)]

    def last_labels(self, dataset: str, end: date, count: int) -> list[str]:
        """So many periods of a dataset up to one that has this day, the earliest first."""
        length = _LENGTHS[self._config.dataset(dataset).period]
        return self.labels_between(dataset, end - (count - 1) * length, end)[-count:]

    def read(self, labels: Mapping[str, Sequence[str]]) -> dict[str, Past]:
        """What became of these periods of these datasets."""
        trends = self._ledger.trends
        dts = {dt for found in labels.values() for dt in found}
        counts = self._counts(trends, labels, dts)
        doubtful = Counter((d, dt) for d, dt, shop in trends.doubtful(labels, dts) if self._is_listed(d, shop))
        published = {(one.dataset, one.dt): one for one in trends.published(labels, dts)}
        found = {}
        for dataset, its in labels.items():
            contract = self._config.dataset(dataset)
            periods = []
            for dt in its:
                key = dataset, dt
                is_late = grid.is_late(contract, dt, self._now)
                periods.append(PastPeriod(dt, counts[key], doubtful[key], is_late, published.get(key)))
            found[dataset] = Past(dataset, contract, tuple(periods))
        return found

    def _counts(
        self, trends: Trends, labels: Mapping[str, Sequence[str]], dts: set[str]
    ) -> dict[tuple[str, str], Counter[str]]:
        counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for one in trends.counts(labels, dts):
            counts[one.dataset, one.dt][one.state.value] += one.count
        for ids, datasets in self._by_shops(labels).items():
            # Shops that have left have no gaps.
            for one in trends.states_of_others(datasets, dts, ids):
                counts[one.dataset, one.dt][one.state.value] -= one.count
        for dataset, dt, shop in trends.stalled(labels, dts, self._now):
            if self._is_listed(dataset, shop):
                counts[dataset, dt] += Counter({states.STALLED: 1})
                counts[dataset, dt][CellState.RUNNING.value] -= 1
        for dataset, its in labels.items():
            self._add_unasked(dataset, its, counts)
        return counts

    def _add_unasked(self, dataset: str, dts: Sequence[str], counts: dict[tuple[str, str], Counter[str]]) -> None:
        """Shops that nobody has asked for: overdue, or not yet."""
        newest = self.expected[dataset]
        shops = self._shops[dataset]
        since = sorted(shop.since for shop in shops if shop.since is not None)
        always = len(shops) - len(since)
        for dt in dts:
            found = counts[dataset, dt]
            there = always + bisect_right(since, Period.from_dt(dt).end)
            lacking = there - sum(found.values())
            if lacking > 0:
                is_overdue = dt != newest.dt or grid.is_overdue(newest, self._now)
                found[states.OVERDUE if is_overdue else states.UNASKED] += lacking

    def _by_shops(self, datasets: Iterable[str]) -> dict[frozenset[str], list[str]]:
        """Datasets that the same shops have: most of a platform's are asked for at once."""
        found: dict[frozenset[str], list[str]] = defaultdict(list)
        for dataset in datasets:
            found[self._ids[dataset]].append(dataset)
        return found

    @cached_property
    def _shops(self) -> dict[str, tuple[Shop, ...]]:
        return {name: self._config.shops_for(name) for name in self.expected}

    @cached_property
    def _ids(self) -> dict[str, frozenset[str]]:
        return {name: frozenset(shop.id for shop in shops) for name, shops in self._shops.items()}

    def _is_listed(self, dataset: str, shop: str) -> bool:
        return shop in self._ids[dataset]
