"""Locks with an end, on anything that has a name: whoever takes one must show signs of life, or others take it over."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from shopdata.ledger.database import DatabasePart, reads, writes
from shopdata.ledger.owner import Owner
from shopdata.ledger.schema import LeaseRow


def is_live(owner: str, until: datetime | None, now: datetime) -> bool:
    """True if a lease counts: it has an owner, an end that is still to come, and nobody sees its process gone."""
    if not owner or until is None or until <= now:
        return False
    parsed = Owner.parse(owner)
    return parsed is None or not parsed.is_gone


class Leases(DatabasePart):
    """The named leases."""

    @writes
    def acquire(self, session: Session, name: str, owner: Owner, seconds: float) -> bool:
        """Takes a lease, or makes one's own last longer; False if somebody else holds it."""
        row = session.get(LeaseRow, name, with_for_update=True)
        now = self._database.now(session)
        if row is None:
            row = LeaseRow(name=name)
            session.add(row)
        elif row.owner != str(owner) and is_live(row.owner, row.until, now):
            return False
        row.owner, row.until = str(owner), now + timedelta(seconds=seconds)
        return True

    @writes
    def renew(self, session: Session, name: str, owner: Owner, seconds: float) -> bool:
        """Makes one's own lease last longer; False, and nothing is changed, if it is not one's own any more."""
        row = session.get(LeaseRow, name, with_for_update=True)
        if row is None or row.owner != str(owner):
            return False
        row.until = self._database.now(session) + timedelta(seconds=seconds)
        return True

    @writes
    def release(self, session: Session, name: str, owner: Owner) -> None:
        """Ends one's own lease; another's stays."""
        session.execute(delete(LeaseRow).where(LeaseRow.name == name, LeaseRow.owner == str(owner)))

    @reads
    def holder(self, session: Session, name: str) -> str:
        """Who holds a lease that counts, for `owner.name_of`; "" if nobody does."""
        row = session.get(LeaseRow, name)
        now = self._database.now(session)
        return row.owner if row is not None and is_live(row.owner, row.until, now) else ""
