"""Since when the platform says that a cell is not ready, and when it is asked again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from shopdata.ledger.database import DatabasePart, reads
from shopdata.ledger.records import Cell
from shopdata.ledger.rows import WITH_FILE, to_cell
from shopdata.ledger.schema import CellRow
from shopdata.states import CellState

#: From since when a cell is not ready (None: only now) to the same, and when it is asked again (None: never by itself).
NotReadyWait = Callable[[datetime | None], tuple[datetime, datetime | None]]


class NotReadyCells(DatabasePart):
    """The waits of `not_ready` cells, as `Cells.settle` writes them: anew once a cell has been anything else."""

    @reads
    def due(self, session: Session, dataset: str, now: datetime) -> list[Cell]:
        """The dataset's cells that are to be asked again now, in the order of period and shop id."""
        query = (
            select(CellRow)
            .where(CellRow.dataset == dataset, CellRow.state == CellState.NOT_READY, CellRow.next_attempt_at <= now)
            .order_by(CellRow.dt, CellRow.shop)
            .options(WITH_FILE)
        )
        return [to_cell(row) for row in session.scalars(query)]
