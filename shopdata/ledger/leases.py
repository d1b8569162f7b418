"""Locks with an end, on anything that has a name: whoever takes one must show signs of life, or others take it over."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from shopdata.ledger.database import Database
from shopdata.ledger.owner import Owner
from shopdata.ledger.schema import LeaseRow


def is_live(owner: str, until: datetime | None, now: datetime) -> bool:
    """True if a lease counts: it has an owner, an end that is still to come, and nobody sees its process gone."""
    if not owner or until is None or until <= now:
        return False
    parsed = Owner.parse(owner)
    return parsed is None or not parsed.is_gone


class Leases:
    """The named leases; blocking and thread-safe, as the ledger. Raises LedgerError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def acquire(self, name: str, owner: Owner, seconds: float) -> bool:
        """Takes a lease, or makes one's own last longer; False if somebody else holds it."""

        def work(session: Session) -> bool:
            row = session.get(LeaseRow, name, with_for_update=True)
            now = self._database.now(session)
            if row is None:
                row = LeaseRow(name=name)
                session.add(row)
            elif row.owner != str(owner) and is_live(row.owner, row.until, now):
                return False
            row.owner, row.until = str(owner), now + timedelta(seconds=seconds)
            return True

        return self._database.write(work)

    def renew(self, name: str, owner: Owner, seconds: float) -> bool:
        """Makes one's own lease last longer; False, and nothing is changed, if it is not one's own any more."""

        def work(session: Session) -> bool:
            row = session.get(LeaseRow, name, with_for_update=True)
            if row is None or row.owner != str(owner):
                return False
            row.until = self._database.now(session) + timedelta(seconds=seconds)
            return True

        return self._database.write(work)

    def release(self, name: str, owner: Owner) -> None:
        """Ends one's own lease; another's stays."""

        def work(session: Session) -> None:
            session.execute(delete(LeaseRow).where(LeaseRow.name == name, LeaseRow.owner == str(owner)))

        self._database.write(work)

    def holder(self, name: str) -> str:
        """Who holds a lease that counts, for `owner.name_of`; "" if nobody does."""
        with self._database.reading() as session:
            row = session.get(LeaseRow, name)
            now = self._database.now(session)
            return row.owner if row is not None and is_live(row.owner, row.until, now) else ""
