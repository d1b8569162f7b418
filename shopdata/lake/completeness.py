"""What should be there by the calendar, and what of it is missing in the ledger. Asks nobody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from shopdata.config import Dataset, Shop
from shopdata.ledger import Cell, CellKey, PartitionRecord
from shopdata.periods import Period, Weekday, latest_day, periods_between, weekday_of
from shopdata.states import CellState

#: What Dremio has not been told, or not with success: the next run of the period tells it.
REFRESH_DUE = frozenset({"FAILED", "PENDING"})


@dataclass(frozen=True)
class Gap:
    """A period in which something is missing."""

    period: Period
    #: Shops whose file is to be asked of the portal, with the state of their cell; None if nobody ever asked.
    to_ask: Mapping[str, CellState | None]
    #: Files are there that no partition has, or Dremio was not told.
    is_unpublished: bool


def week_end(dataset: Dataset, known: Iterable[Period], end: date) -> Weekday:
    """On which day the dataset's weeks end: as its YAML says, else as its newest known week, else as the range."""
    if dataset.week_ends is not None:
        return dataset.week_ends
    newest = max(known, default=None)
    return weekday_of(end if newest is None else newest.end)


def expected_periods(
    dataset: Dataset,
    shops: Sequence[Shop],
    start: date,
    end: date,
    *,
    known: Iterable[Period] = (),
    now: datetime | None = None,
) -> list[Period]:
    """The periods of the dataset's calendar in a range in which any of the shops was there, the earliest first.

    Periods that the platform does not have yet (`lag_days`) are left out.

    Args:
        known: periods that the ledger has; the weeks of a dataset go on as they were begun.
    """
    newest = Period.of(dataset.period, latest_day(dataset.period, dataset.lag_days, now))
    found = periods_between(dataset.period, start, end, week_end(dataset, known, end))
    return [p for p in found if p.end <= newest.end and any(shop.has(p) for shop in shops)]


def find_gaps(
    name: str,
    periods: Iterable[Period],
    shops: Sequence[Shop],
    cells: Iterable[Cell],
    partitions: Iterable[PartitionRecord],
) -> list[Gap]:
    """The periods that are not whole, in the order in which they are given.

    Args:
        name: the dataset.
        shops: who is looked at; each counts from its `since` on.
        cells: at least those of these periods.
        partitions: at least those of these periods.
    """
    states = {cell.key: cell.state for cell in cells}
    published = {partition.dt: partition for partition in partitions if partition.dataset == name}
    gaps = []
    for period in periods:
        found = {shop.id: states.get(CellKey(name, period.dt, shop.id)) for shop in shops if shop.has(period)}
        to_ask = {shop: state for shop, state in found.items() if not _is_here(state)}
        partition = published.get(period.dt)
        is_unpublished = (
            CellState.STAGED in found.values()
            or (partition is None and any(_is_here(state) for state in found.values()))
            or (partition is not None and partition.refresh_state in REFRESH_DUE)
        )
        if to_ask or is_unpublished:
            gaps.append(Gap(period, to_ask, is_unpublished))
    return gaps


def _is_here(state: CellState | None) -> bool:
    """True if the cell's file is good and durable."""
    return state is not None and (state.is_done or state is CellState.STAGED)
