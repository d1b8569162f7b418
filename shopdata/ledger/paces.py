"""When each shop was asked last, for all machines that share a ledger."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from shopdata.ledger.database import DatabasePart, writes
from shopdata.ledger.schema import PaceRow


class Paces(DatabasePart):
    """The starts of requests."""

    @writes
    def take(self, session: Session, name: str, seconds: float) -> float:
        """Notes that a request starts now, if the last one started long enough ago; one statement where it did.

        Args:
            name: whose pace it is.
            seconds: how far apart starts must be.

        Returns:
            0, or after how many seconds to ask again.
        """
        insert = postgresql.insert if self._database.is_shared else sqlite.insert
        # Looked at before, the clock would have said an old time for who was held up or asleep in between.
        now, apart = self._database.moment(), timedelta(seconds=seconds)
        new = insert(PaceRow).values(name=name, last_at=now)
        # What is still to come was noted before a clock was set back.
        is_free = (PaceRow.last_at <= now - apart) | (PaceRow.last_at > now + apart)
        taken = new.on_conflict_do_update(index_elements=[PaceRow.name], set_={"last_at": now}, where=is_free)
        if session.scalars(taken.returning(PaceRow.name)).one_or_none() is not None:
            return 0
        last_at = session.scalars(select(PaceRow.last_at).where(PaceRow.name == name)).one()
        return max((last_at + apart - self._database.now(session)).total_seconds(), 0.001)
