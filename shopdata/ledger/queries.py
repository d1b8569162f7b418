"""Questions that a page asks of the whole ledger at once: few queries, few columns, no rows kept alive.

Blocking and thread-safe, as the ledger itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, func, or_, select

from shopdata.ledger.database import Database
from shopdata.ledger.records import PartitionRecord, RunRecord
from shopdata.ledger.rows import record_of, to_partition, to_reason, whole
from shopdata.ledger.schema import CellRow, PartitionRow, Run
from shopdata.reasons import Reason
from shopdata.states import CellState


@dataclass(frozen=True, slots=True)
class CellSummary:
    """A cell as a grid shows it."""

    dataset: str
    dt: str
    shop: str
    state: CellState
    rows: int | None
    reason: Reason
    updated_at: datetime
    #: Until when somebody works on it without a further sign of life; None if nobody does.
    lease_until: datetime | None = None


_GLANCE = select(
    CellRow.dataset,
    CellRow.dt,
    CellRow.shop,
    CellRow.state,
    CellRow.rows,
    CellRow.reason,
    CellRow.reason_code,
    CellRow.reason_params,
    CellRow.updated_at,
    CellRow.lease_until,
).order_by(CellRow.dataset, CellRow.dt, CellRow.shop)


class LedgerQueries:
    """Reads what many cells, partitions and runs have in common."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def summaries(self, periods: Collection[tuple[str, str]]) -> list[CellSummary]:
        """The cells of these (dataset, dt), in the order of dataset, period and shop id."""
        wanted: Mapping[str, set[str]] = _by_dataset(periods)
        if not wanted:
            return []
        query = _GLANCE.where(
            or_(*(and_(CellRow.dataset == name, CellRow.dt.in_(dts)) for name, dts in wanted.items()))
        )
        with self._database.reading() as session:
            return [_glance(row) for row in session.execute(query)]

    def partitions(self, periods: Collection[tuple[str, str]]) -> dict[tuple[str, str], PartitionRecord]:
        """What is published of these (dataset, dt)."""
        wanted = _by_dataset(periods)
        if not wanted:
            return {}
        query = select(PartitionRow).where(
            or_(*(and_(PartitionRow.dataset == name, PartitionRow.dt.in_(dts)) for name, dts in wanted.items()))
        )
        with self._database.reading() as session:
            return {(row.dataset, row.dt): to_partition(row) for row in session.scalars(query)}

    def newest_partition(self, dataset: str) -> PartitionRecord | None:
        """The published partition of a dataset's newest period that has one."""
        query = select(PartitionRow).where(PartitionRow.dataset == dataset).order_by(PartitionRow.dt.desc()).limit(1)
        with self._database.reading() as session:
            row = session.scalar(query)
            return None if row is None else to_partition(row)

    def periods(self, dataset: str, last: str, count: int) -> list[str]:
        """The labels of the newest `count` periods of a dataset that begin no later than `last`, the newest first."""
        query = (
            select(CellRow.dt)
            .where(CellRow.dataset == dataset, func.substr(CellRow.dt, 1, 10) <= last[:10])
            .distinct()
            .order_by(CellRow.dt.desc())
            .limit(count)
        )
        with self._database.reading() as session:
            return list(session.scalars(query))

    def datasets(self) -> list[str]:
        """The names of all datasets that were ever asked for."""
        with self._database.reading() as session:
            return list(session.scalars(select(CellRow.dataset).distinct().order_by(CellRow.dataset)))

    def shops(self) -> list[str]:
        """The ids of all shops that were ever asked for."""
        with self._database.reading() as session:
            return list(session.scalars(select(CellRow.shop).distinct().order_by(CellRow.shop)))

    def first_period(self, dataset: str) -> str:
        """The label of a dataset's oldest period; "" if nothing was ever asked."""
        with self._database.reading() as session:
            return session.scalar(select(func.min(CellRow.dt)).where(CellRow.dataset == dataset)) or ""

    def of_run(self, run_id: str, count: int) -> list[CellSummary]:
        """The cells that a run was the last to ask for, at most so many."""
        query = _GLANCE.where(CellRow.run_id == run_id).limit(count)
        with self._database.reading() as session:
            return [_glance(row) for row in session.execute(query)]

    def runs(self, count: int) -> list[RunRecord]:
        """The latest runs, the newest first."""
        query = select(Run).order_by(Run.started_at.desc(), Run.run_id).limit(count)
        with self._database.reading() as session:
            return [record_of(RunRecord, row) for row in session.scalars(query)]

    def run(self, run_id: str) -> RunRecord | None:
        """One run."""
        with self._database.reading() as session:
            row = session.get(Run, run_id)
            return None if row is None else record_of(RunRecord, row)


def _by_dataset(periods: Collection[tuple[str, str]]) -> dict[str, set[str]]:
    wanted: dict[str, set[str]] = defaultdict(set)
    for dataset, dt in periods:
        wanted[dataset].add(dt)
    return wanted


def _glance(
    row: Row[str, str, str, str, int | None, str, str, dict[str, Any] | None, datetime, datetime | None],
) -> CellSummary:
    dataset, dt, shop, state, rows, text, code, params, updated_at, lease_until = row
    reason = to_reason(text, code, params)
    return whole(CellSummary(dataset, dt, shop, CellState(state), rows, reason, updated_at, lease_until))
