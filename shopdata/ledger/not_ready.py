"""Since when the platform says that a cell is not ready, and when it is asked again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from shopdata.ledger.database import DatabasePart, reads, writes
from shopdata.ledger.records import Cell, CellKey
from shopdata.ledger.rows import locked_row, to_cell
from shopdata.ledger.schema import CellRow
from shopdata.states import CellState


class NotReadyCells(DatabasePart):
    """The waits of `not_ready` cells. A wait begins anew once the cell has been anything else."""

    @writes
    def reschedule(
        self, session: Session, key: CellKey, now: datetime, next_attempt: Callable[[datetime], datetime | None]
    ) -> datetime | None:
        """Writes when a cell that has just been marked `not_ready` is due again.

        Args:
            next_attempt: gets the time since which the cell is not ready; None is never.

        Returns:
            what `next_attempt` said; None also where the cell is in another state by now.
        """
        row = locked_row(session, key)
        if row is None or row.state != CellState.NOT_READY:
            return None
        row.since_not_ready = row.since_not_ready or now
        row.next_attempt_at = next_attempt(row.since_not_ready)
        return row.next_attempt_at

    @reads
    def due(self, session: Session, dataset: str, now: datetime) -> list[Cell]:
        """The dataset's cells that are to be asked again now, in the order of period and shop id."""
        query = (
            select(CellRow)
            .where(CellRow.dataset == dataset, CellRow.state == CellState.NOT_READY, CellRow.next_attempt_at <= now)
            .order_by(CellRow.dt, CellRow.shop)
        )
        return [to_cell(row) for row in session.scalars(query)]
