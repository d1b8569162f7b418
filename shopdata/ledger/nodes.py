"""Nodes: state directories, each on its machine, that share a ledger."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from shopdata.ledger.database import DatabasePart, reads, writes
from shopdata.ledger.schema import NodeRow


class Nodes(DatabasePart):
    """Which nodes there are, and which of them live."""

    @writes
    def beat(self, session: Session, name: str) -> None:
        """A sign of life."""
        row = session.get(NodeRow, name, with_for_update=True)
        if row is None:
            row = NodeRow(name=name)
            session.add(row)
        row.beat_at = self._database.now(session)

    @reads
    def silent_for(self, session: Session) -> dict[str, timedelta]:
        """How long ago each node has shown life, by the database's clock."""
        now = self._database.now(session)
        return {row.name: now - row.beat_at for row in session.scalars(select(NodeRow))}
