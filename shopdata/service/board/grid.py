"""A grid of cells as its template needs it: rows of shops, the most pressing first, counted and filtered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple, Protocol

from shopdata.config import Dataset, Shop
from shopdata.ledger.checked_files import DoubtState
from shopdata.ledger.queries import CellSummary
from shopdata.periods import SHANGHAI, Period
from shopdata.reasons import NO_REASON, Reason
from shopdata.service.board import states
from shopdata.service.board.visit import Visit
from shopdata.service.expected import Expected
from shopdata.states import CellState

#: So many rows of a table are shown before a person asks for the others.
FIRST_ROWS = 12
#: So long after its time a cell that nobody has asked for is somebody's trouble.
_GRACE = timedelta(hours=1)
#: What a person may want to look at: waiting, held, or published with a mark.
_OPEN_DOUBTS = frozenset({DoubtState.WAITING, DoubtState.HELD, DoubtState.CONFIRMED, DoubtState.NOTED})
#: What rows of cells may be narrowed to.
SHOWN = (*states.KINDS, states.DOUBTFUL)


class Listed(Protocol):
    """A row of shops."""

    @property
    def shop(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...


class Square(NamedTuple):
    """One cell of a grid. `state` is a CellState's value, or one of `states.UNASKED` and `states.OVERDUE`."""

    dataset: str
    dt: str
    shop: str
    state: str
    rows: int | None = None
    reason: Reason = NO_REASON
    #: trouble, moving or done.
    kind: str = "moving"
    #: What became of a doubt about its file, where nobody has said that it is right; "" without one.
    doubt: str = ""


@dataclass(frozen=True)
class GridRow:
    """A shop; `squares` has one entry per column, None where the shop does not have the dataset."""

    shop: str
    name: str
    #: False if the shop is no longer in shops.yaml, or not enabled.
    is_listed: bool
    squares: tuple[Square | None, ...]

    @cached_property
    def kind(self) -> str:
        """The most pressing of its squares."""
        kinds = {square.kind for square in self.squares if square is not None}
        return next((kind for kind in states.KINDS if kind in kinds), "done")

    @cached_property
    def is_doubtful(self) -> bool:
        """True if a check has found something in one of its files, published or put aside."""
        return any(square.doubt for square in self.squares if square is not None)

    @property
    def pressing(self) -> str:
        """The state of the most pressing of its squares, of those that are in trouble; "" if none is."""
        found = {square.state for square in self.squares if square is not None and square.kind == "trouble"}
        return next((state for state in (*states.TROUBLES, *sorted(found)) if state in found), "")

    @property
    def urgency(self) -> int:
        """For sorting: the smaller, the earlier in the list."""
        if self.kind != "trouble":
            return len(states.TROUBLES)
        ranks = [states.TROUBLES.index(s.state) for s in self.squares if s is not None and s.state in states.TROUBLES]
        return min(ranks, default=len(states.TROUBLES) - 1)


def square_of(
    glance: CellSummary | None, dataset: str, contract: Dataset, expected: Expected, shop: str, now: datetime
) -> Square:
    """A cell as it is, or as it is missed."""
    if glance is None:
        state = states.OVERDUE if is_overdue(expected, now) else states.UNASKED
        return Square(dataset, expected.dt, shop, state, kind=states.kind_of(state))
    state = states.shown(glance.state, glance.lease_until, now, glance.doubt)
    kind = states.kind_of(state)
    if glance.state is CellState.NOT_READY and is_late(contract, expected.dt, now):
        kind = "trouble"
    doubt = glance.doubt if glance.doubt in _OPEN_DOUBTS else ""
    return Square(dataset, glance.dt, shop, state, glance.rows, glance.reason, kind, doubt)


def is_overdue(expected: Expected, now: datetime) -> bool:
    """True if a period should have been asked for long ago."""
    return expected.due_at is not None and expected.due_at + _GRACE < now and not expected.is_paused


def is_late(contract: Dataset, dt: str, now: datetime) -> bool:
    """True after the deadline by which a platform should have published a period."""
    there = Period.from_dt(dt).end + timedelta(days=contract.lag_days)
    return now > datetime.combine(there, contract.not_ready.deadline_time, SHANGHAI)


def rows_of(
    shops: Sequence[Shop], squares: Mapping[str, Sequence[Square | None]], strangers: Iterable[str] = ()
) -> list[GridRow]:
    """The shops in the order of shops.yaml, those in trouble first.

    Args:
        squares: by shop id.
        strangers: shops that are in the ledger and no longer in shops.yaml.
    """
    rows = [GridRow(shop.id, shop.name, True, tuple(squares[shop.id])) for shop in shops]
    rows += [GridRow(shop, shop, False, tuple(squares[shop])) for shop in strangers]
    return sorted(rows, key=lambda row: row.urgency)


@dataclass(frozen=True)
class Filter:
    """Which rows a page shows: those of a kind (or `all`), with a text in their names, and not too many at first."""

    #: A kind, or `all`.
    show: str
    search: str
    #: True if all that fit were asked for.
    is_whole: bool
    #: What there is to choose from.
    kinds: tuple[str, ...] = states.KINDS
    first: int = FIRST_ROWS

    @classmethod
    def of(cls, visit: Visit, kinds: tuple[str, ...] = states.KINDS) -> Filter:
        """What `?show=`, `?q=` and `?rows=all` ask for."""
        show = visit.query.get("show", "")
        is_whole = visit.query.get("rows") == "all"
        return cls(show if show in kinds else "all", visit.query.get("q", ""), is_whole, kinds)

    def hidden(self, rows: Sequence[Listed]) -> list[bool]:
        """For each row, whether it is hidden. `board.js` does the same as one types."""
        left, found = self.first, []
        for row in rows:
            is_hidden = not self._fits(row) or (left <= 0 and not self.is_whole)
            left -= not is_hidden
            found.append(is_hidden)
        return found

    def folded(self, rows: Sequence[Listed]) -> int:
        """How many rows fit and are hidden all the same."""
        return 0 if self.is_whole else max(sum(map(self._fits, rows)) - self.first, 0)

    def _fits(self, row: Listed) -> bool:
        text = self.search.strip().casefold()
        return (self.show == "all" or self.show in _kinds_of(row)) and (
            not text or text in row.shop.casefold() or text in row.name.casefold()
        )


def count_kinds(rows: Iterable[Listed]) -> Counter[str]:
    """How many rows there are of each kind, and of `all`."""
    listed = list(rows)
    counts = Counter(kind for row in listed for kind in _kinds_of(row))
    counts["all"] = len(listed)
    return counts


def _kinds_of(row: Listed) -> tuple[str, ...]:
    """All that a row is shown under."""
    return (row.kind, states.DOUBTFUL) if isinstance(row, GridRow) and row.is_doubtful else (row.kind,)
