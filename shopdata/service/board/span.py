"""Which periods a page of one dataset shows, and the ways to those before and after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from shopdata.periods import Period, today
from shopdata.service.board.addresses import checked_day
from shopdata.service.board.answers import PageNotFoundError
from shopdata.service.board.past import COUNTS, PastReader
from shopdata.service.board.visit import Visit


@dataclass(frozen=True)
class Span:
    """`labels` of periods, the earliest first; `older` and `newer` are days for `?end=`, "" where there is nothing."""

    labels: tuple[str, ...]
    older: str
    newer: str
    is_long: bool
    #: How many periods the two lengths have.
    counts: tuple[int, int]

    @classmethod
    def of(cls, reader: PastReader, visit: Visit, dataset: str) -> Span:
        """What `?end=` (a day in the last period) and `?span=long` ask for. Raises PageNotFoundError."""
        newest = reader.expected.get(dataset)
        if newest is None:
            raise PageNotFoundError
        counts = COUNTS[reader.contract(dataset).period]
        is_long = visit.query.get("span") == "long"
        last = end = Period.from_dt(newest.dt).end
        if visit.query.get("end"):
            end = min(end, checked_day(visit.query["end"], today(visit.now)))
        labels = reader.last_labels(dataset, end, counts[is_long])
        if not labels:
            raise PageNotFoundError
        first, until = Period.from_dt(labels[0]).start, Period.from_dt(labels[-1]).end
        newer = min(until + (until - first) + timedelta(days=1), last)
        began = reader.began(dataset)
        return cls(
            tuple(labels),
            (first - timedelta(days=1)).isoformat() if began and labels[0] > began else "",
            newer.isoformat() if until < last else "",
            is_long,
            counts,
        )

    @property
    def days(self) -> list[date]:
        """The last day of each."""
        return [Period.from_dt(label).end for label in self.labels]
