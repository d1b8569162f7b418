"""Sessions and what goes with them, in the ledger: encrypted by whoever writes them, and opened nowhere in here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from shopdata.ledger.database import DatabasePart, reads, writes
from shopdata.ledger.schema import SessionRow
from shopdata.periods import SHANGHAI


class HeldRow:
    """One row that nobody else changes meanwhile."""

    def __init__(self, row: SessionRow) -> None:
        self._row = row

    def read(self) -> bytes | None:
        """What it has; None if nothing."""
        return self._row.content or None

    def write(self, content: bytes, home: str | None = None) -> None:
        """Replaces it when the block ends; nothing, to remove it. Its home stays, if no other is given."""
        self._row.content, self._row.changed_at = content, datetime.now(SHANGHAI)
        self._row.home = self._row.home if home is None else home


class SessionRows(DatabasePart):
    """Bytes by names."""

    @reads
    def read(self, session: Session, name: str) -> bytes | None:
        """What is kept; None if nothing is."""
        return session.scalars(select(SessionRow.content).where(SessionRow.name == name)).one_or_none() or None

    @writes
    def add(self, session: Session, name: str, content: bytes) -> None:
        """Keeps something, unless something is kept."""
        _ensure(session, name, content)

    @writes
    def write(self, session: Session, name: str, content: bytes, home: str | None = None) -> None:
        """Replaces what is kept; its home stays, if no other is given."""
        _ensure(session, name, content)
        changed = {"content": content, "changed_at": datetime.now(SHANGHAI)} | ({} if home is None else {"home": home})
        session.execute(update(SessionRow).where(SessionRow.name == name).values(**changed))

    @writes
    def remove(self, session: Session, name: str) -> None:
        """Nothing is kept any more."""
        session.execute(delete(SessionRow).where(SessionRow.name == name))

    @reads
    def stamps(self, session: Session) -> dict[str, object]:
        """All names, and when each was changed last."""
        rows = session.execute(select(SessionRow.name, SessionRow.changed_at).where(SessionRow.content != b""))
        return {name: changed_at for name, changed_at in rows}  # noqa: C416 - of its own type

    @contextmanager
    def held(self, name: str) -> Iterator[HeldRow]:
        """For the length of the block nobody else changes what has this name; what goes wrong in it changes nothing."""

        def begin(session: Session) -> SessionRow:
            _ensure(session, name, b"")
            row = session.get(SessionRow, name, with_for_update=True)
            assert row is not None
            return row

        with self._database.changing(begin) as row:
            yield HeldRow(row)


def _ensure(session: Session, name: str, content: bytes) -> None:
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    new = insert(SessionRow).values(name=name, content=content, changed_at=datetime.now(SHANGHAI))
    session.execute(new.on_conflict_do_nothing())
