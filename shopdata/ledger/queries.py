"""Questions that a page asks of the whole ledger at once: few queries, few columns, no rows kept alive."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.orm import Session

from shopdata.ledger.database import DatabasePart, reads
from shopdata.ledger.records import PartitionRecord
from shopdata.ledger.rows import to_partition, to_reason, whole
from shopdata.ledger.schema import CellRow, DoubtRow, PartitionRow
from shopdata.reasons import Reason
from shopdata.states import CellState


class CellSummary(NamedTuple):
    """A cell as a grid shows it. A page has thousands, so that how long one takes to make is to be seen."""

    dataset: str
    dt: str
    shop: str
    state: CellState
    rows: int | None
    reason: Reason
    #: Until when somebody works on it without a further sign of life; None if nobody does.
    lease_until: datetime | None = None
    #: What became of a doubt about its file, a `DoubtState`; "" where there is none.
    doubt: str = ""


_SUMMARIES = select(
    CellRow.dataset,
    CellRow.dt,
    CellRow.shop,
    CellRow.state,
    CellRow.rows,
    CellRow.reason,
    CellRow.reason_code,
    CellRow.reason_params,
    CellRow.lease_until,
).order_by(CellRow.dataset, CellRow.dt, CellRow.shop)


class LedgerQueries(DatabasePart):
    """Reads what many cells and partitions have in common."""

    @reads
    def summaries(self, session: Session, periods: Collection[tuple[str, str]]) -> list[CellSummary]:
        """The cells of these (dataset, dt), in the order of dataset, period and shop id."""
        doubts = _doubts(session, _is_in(DoubtRow, periods))
        return [_summary(row, doubts) for row in session.execute(_SUMMARIES.where(_is_in(CellRow, periods)))]

    @reads
    def partitions(
        self, session: Session, periods: Collection[tuple[str, str]]
    ) -> dict[tuple[str, str], PartitionRecord]:
        """What is published of these (dataset, dt)."""
        rows = session.scalars(select(PartitionRow).where(_is_in(PartitionRow, periods)))
        return {(row.dataset, row.dt): to_partition(row) for row in rows}

    @reads
    def newest_partition(self, session: Session, dataset: str) -> PartitionRecord | None:
        """The published partition of a dataset's newest period that has one."""
        query = select(PartitionRow).where(PartitionRow.dataset == dataset).order_by(PartitionRow.dt.desc()).limit(1)
        row = session.scalar(query)
        return None if row is None else to_partition(row)

    @reads
    def periods(self, session: Session, dataset: str, last: str, count: int) -> list[str]:
        """The labels of the newest `count` periods of a dataset that begin no later than `last`, the newest first."""
        query = (
            select(CellRow.dt)
            .where(CellRow.dataset == dataset, func.substr(CellRow.dt, 1, 10) <= last[:10])
            .distinct()
            .order_by(CellRow.dt.desc())
            .limit(count)
        )
        return list(session.scalars(query))

    @reads
    def datasets(self, session: Session) -> list[str]:
        """The names of all datasets that were ever asked for."""
        return list(session.scalars(select(CellRow.dataset).distinct().order_by(CellRow.dataset)))

    @reads
    def shops(self, session: Session) -> list[str]:
        """The ids of all shops that were ever asked for."""
        return list(session.scalars(select(CellRow.shop).distinct().order_by(CellRow.shop)))

    @reads
    def first_period(self, session: Session, dataset: str) -> str:
        """The label of a dataset's oldest period; "" if nothing was ever asked."""
        return session.scalar(select(func.min(CellRow.dt)).where(CellRow.dataset == dataset)) or ""

    @reads
    def of_runs(self, session: Session, run_ids: Collection[str], count: int) -> list[CellSummary]:
        """The cells that runs, or a run's members, were the last to ask for, at most so many."""
        cells = session.execute(_SUMMARIES.where(CellRow.run_id.in_(run_ids)).limit(count)).all()
        doubts = _doubts(session, _is_in(DoubtRow, {(cell.dataset, cell.dt) for cell in cells}))
        return [_summary(cell, doubts) for cell in cells]


#: (dataset, dt, shop) -> state. They are few; to join them costs a look for each of thousands of cells.
Doubts = Mapping[tuple[str, str, str], str]


def _doubts(session: Session, condition: ColumnElement[bool]) -> Doubts:
    found = session.execute(select(DoubtRow.dataset, DoubtRow.dt, DoubtRow.shop, DoubtRow.state).where(condition))
    return {(dataset, dt, shop): state for dataset, dt, shop, state in found}


def _is_in(table: type[CellRow | PartitionRow | DoubtRow], periods: Collection[tuple[str, str]]) -> ColumnElement[bool]:
    wanted: dict[str, set[str]] = defaultdict(set)
    for dataset, dt in periods:
        wanted[dataset].add(dt)
    return or_(false(), *(and_(table.dataset == name, table.dt.in_(dts)) for name, dts in wanted.items()))


def _summary(row: Sequence[Any], doubts: Doubts) -> CellSummary:
    # By place, not by name: a page asks for thousands.
    dataset, dt, shop, state, rows, text, code, params, lease_until = row
    reason = to_reason(text, code, params)
    doubt = doubts.get((dataset, dt, shop), "") if doubts else ""
    return whole(CellSummary(dataset, dt, shop, CellState(state), rows, reason, lease_until, doubt))
