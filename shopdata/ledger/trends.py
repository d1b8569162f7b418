"""What became of many periods, counted by the database, and what a shop's files were like; answers of bounded size."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from shopdata.ledger.checked_files import DoubtState
from shopdata.ledger.database import DatabasePart, reads
from shopdata.ledger.rows import record_of, to_reason
from shopdata.ledger.schema import CellRow, DoubtRow, PartitionRow, RawRow, Run
from shopdata.reasons import Reason
from shopdata.states import CellState

_CELL = ("dataset", "dt", "shop")
_DONE = [state.value for state in CellState if state.is_done]


@dataclass(frozen=True, slots=True)
class StateCount:
    """So many cells of a dataset and period are in a state."""

    dataset: str
    dt: str
    state: CellState
    count: int


@dataclass(frozen=True, slots=True)
class PublishedRows:
    """What is published of a dataset and period, without what it is made of."""

    dataset: str
    dt: str
    rows: int
    published: int
    published_at: datetime
    #: When the run that has published it began and ended; None where nobody knows, or it has not ended.
    run_id: str
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class PastCell:
    """One period of a shop: its state, and its good file, if it has one."""

    dt: str
    state: CellState
    rows: int | None
    reason: Reason
    lease_until: datetime | None
    #: What became of a doubt about its file, a `DoubtState`; "" where there is none.
    doubt: str
    bytes: int | None
    #: How long the try took that has brought the file.
    seconds: int | None
    #: When the first file came, and this one; the same where it was never revised.
    first_fetched_at: datetime | None
    fetched_at: datetime | None
    #: When the file took the place of another, and how many rows that one had.
    revised_at: datetime | None
    rows_before: int | None


class Trends(DatabasePart):
    """Reads them. Datasets and labels are those of pages: some hundred at most."""

    @reads
    def counts(self, session: Session, datasets: Collection[str], dts: Collection[str]) -> list[StateCount]:
        """How many cells there are of each dataset, period and state."""
        # All states are named so that one index serves, which holds all that is read.
        query = (
            select(CellRow.dataset, CellRow.dt, CellRow.state, func.count())
            .where(CellRow.state.in_([state.value for state in CellState]))
            .where(CellRow.dataset.in_(datasets), CellRow.dt.in_(dts))
            .group_by(CellRow.state, CellRow.dataset, CellRow.dt)
        )
        return [StateCount(dataset, dt, CellState(state), n) for dataset, dt, state, n in session.execute(query)]

    @reads
    def states_of_others(
        self, session: Session, datasets: Collection[str], dts: Collection[str], shops: Collection[str]
    ) -> list[StateCount]:
        """The same, of all shops but these; where there are none, nothing but an index is read."""
        query = (
            select(CellRow.dataset, CellRow.dt, CellRow.state, func.count())
            .where(CellRow.dataset.in_(datasets), CellRow.dt.in_(dts), CellRow.shop.not_in(shops))
            .group_by(CellRow.dataset, CellRow.dt, CellRow.state)
        )
        return [StateCount(dataset, dt, CellState(state), n) for dataset, dt, state, n in session.execute(query)]

    @reads
    def stalled(
        self, session: Session, datasets: Collection[str], dts: Collection[str], now: datetime
    ) -> list[tuple[str, str, str]]:
        """Dataset, period and shop of cells that are in work for nobody: their run was killed."""
        query = select(CellRow.dataset, CellRow.dt, CellRow.shop).where(
            CellRow.state == CellState.RUNNING,
            CellRow.dataset.in_(datasets),
            CellRow.dt.in_(dts),
            or_(CellRow.lease_until.is_(None), CellRow.lease_until < now),
        )
        return [(dataset, dt, shop) for dataset, dt, shop in session.execute(query)]

    @reads
    def doubtful(self, session: Session, datasets: Collection[str], dts: Collection[str]) -> list[tuple[str, str, str]]:
        """Dataset, period and shop of good files that a check has found odd, and that nobody has let through."""
        query = (
            select(DoubtRow.dataset, DoubtRow.dt, DoubtRow.shop)
            .join(CellRow, and_(*(getattr(CellRow, name) == getattr(DoubtRow, name) for name in _CELL)))
            .where(DoubtRow.dataset.in_(datasets), DoubtRow.dt.in_(dts), DoubtRow.state == DoubtState.CONFIRMED)
            .where(CellRow.state.in_(_DONE))
        )
        return [(dataset, dt, shop) for dataset, dt, shop in session.execute(query)]

    @reads
    def published(self, session: Session, datasets: Collection[str], dts: Collection[str]) -> list[PublishedRows]:
        """What is published of these datasets and periods, and how long the run took that has done it."""
        names = ("dataset", "dt", "rows", "published", "published_at", "run_id")
        query: Any = (
            select(*(getattr(PartitionRow, name) for name in names), Run.started_at, Run.finished_at)
            .outerjoin(Run, Run.run_id == PartitionRow.run_id)
            .where(PartitionRow.dataset.in_(datasets), PartitionRow.dt.in_(dts))
        )
        return [record_of(PublishedRows, row) for row in session.execute(query)]

    @reads
    def labels(self, session: Session, dataset: str, last: date, count: int) -> list[str]:
        """The newest `count` published periods of a dataset that begin no later than a day, the newest first."""
        query = (
            select(PartitionRow.dt)
            .where(PartitionRow.dataset == dataset, PartitionRow.dt < (last + timedelta(days=1)).isoformat())
            .order_by(PartitionRow.dt.desc())
            .limit(count)
        )
        return list(session.scalars(query))

    @reads
    def of_shop(self, session: Session, dataset: str, shop: str, dts: Collection[str]) -> list[PastCell]:
        """What a shop has of these periods, the newest first; without those that nobody has planned."""
        of_cell = [CellRow.dt, CellRow.state, CellRow.rows, CellRow.lease_until]
        of_reason = [CellRow.reason, CellRow.reason_code, CellRow.reason_params]
        of_file = ("bytes", "seconds", "first_fetched_at", "fetched_at", "revised_at", "rows_before")
        query: Any = (
            select(
                *of_cell,
                *of_reason,
                func.coalesce(DoubtRow.state, "").label("doubt"),
                *(getattr(RawRow, name) for name in of_file),
            )
            .outerjoin(RawRow, and_(*(getattr(RawRow, name) == getattr(CellRow, name) for name in _CELL)))
            .outerjoin(DoubtRow, and_(*(getattr(DoubtRow, name) == getattr(CellRow, name) for name in _CELL)))
            .where(CellRow.dataset == dataset, CellRow.dt.in_(dts), CellRow.shop == shop)
            .order_by(CellRow.dt.desc())
        )
        return [
            record_of(
                PastCell,
                row,
                state=CellState(row.state),
                reason=to_reason(row.reason, row.reason_code, row.reason_params),
                first_fetched_at=row.first_fetched_at or row.fetched_at,
            )
            for row in session.execute(query)
        ]
