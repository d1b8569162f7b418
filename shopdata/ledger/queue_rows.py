"""Jobs that wait for a crawl, for all services that share a ledger: each is leased to one of them, until it has ended.

A queue that forgets what it hands out loses it with whoever took it. Here it stays, held by a node that shows life;
what nobody shows life for is free again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from shopdata.ledger.database import DatabasePart, reads, writes
from shopdata.ledger.schema import QueueRow
from shopdata.periods import SHANGHAI

#: Of so many that are free, one is looked for that may start.
_LOOK_AT = 50


@dataclass(frozen=True)
class Waiting:
    """A message and who holds it; nobody, if `holder` is empty."""

    number: int
    message: dict[str, Any]
    holder: str


class QueueRows(DatabasePart):
    """The queue. Messages are JSON objects with a job's id under `_job`."""

    @writes
    def add(self, session: Session, project: str, message: dict[str, Any], priority: float, node: str) -> None:
        """Puts a message in; one of the same job that this node held is free again, one of another's stays as it is."""
        _add(session, project, message, priority, node)

    @writes
    def add_unless(
        self,
        session: Session,
        project: str,
        message: dict[str, Any],
        node: str,
        is_same: Callable[[dict[str, Any]], bool],
    ) -> str:
        """Puts a message in unless one that is the same waits or is in work, whoever adds it at this moment.

        Returns:
            the job's id; that of the other one, if there is one.
        """
        self._database.wait_for_turn(session, f"queue {project}")
        for job, other in session.execute(select(QueueRow.job, QueueRow.message).where(*_of(project))):
            if is_same(other):
                return str(job)
        _add(session, project, message, 0.0, node)
        return str(message["_job"])

    @writes
    def take(
        self, session: Session, project: str, node: str, seconds: float, may_start: Callable[[dict[str, Any]], bool]
    ) -> dict[str, Any] | None:
        """Leases the first free message that may start here; None if there is none. Others take others meanwhile.

        Raises:
            LedgerError: a newer shopdata has changed the tables: a crawl of this one would refuse, and its job be lost.
        """
        now = self._database.now(session)
        free = _ordered(select(QueueRow).where(*_of(project), _is_free(now)))
        look = free.with_only_columns(QueueRow.number, QueueRow.message).limit(_LOOK_AT)
        # Looked at without a lock, and one is locked: whoever locks all that he looks at leaves nothing to others.
        numbers = [number for number, message in session.execute(look) if may_start(message)]
        one = free.where(QueueRow.number.in_(numbers)).limit(1).with_for_update(skip_locked=True)
        row = session.scalars(one).first() if numbers else None
        if row is None:
            return None
        self._database.require_our_version(session)
        row.holder, row.until = node, now + timedelta(seconds=seconds)
        return dict(row.message)

    @writes
    def renew(self, session: Session, node: str, jobs: Collection[str], seconds: float) -> list[str]:
        """A sign of life for what a node holds and works on; returns those of the jobs whose end a person wants."""
        now = self._database.now(session)
        own = (QueueRow.holder == node, QueueRow.job.in_(jobs))
        session.execute(update(QueueRow).where(*own).values(until=now + timedelta(seconds=seconds)))
        # Whoever had them is gone, or has given them back.
        session.execute(delete(QueueRow).where(QueueRow.is_cancelled, _is_free(now)))
        return list(session.scalars(select(QueueRow.job).where(*own, QueueRow.is_cancelled)))

    @writes
    def cancel(self, session: Session, project: str, jobs: Collection[str], node: str) -> int:
        """Says of jobs that other nodes have in work that a person wants their end; returns of how many."""
        now = self._database.now(session)
        others = (*_of(project), QueueRow.job.in_(jobs), QueueRow.holder != node, ~_is_free(now))
        found = list(session.scalars(select(QueueRow).where(*others).with_for_update()))
        for row in found:
            row.is_cancelled = True
        return len(found)

    @writes
    def end(self, session: Session, project: str, job: str, node: str) -> None:
        """What a node has held is done; what another holds by now stays."""
        own = (QueueRow.project == project, QueueRow.job == job, QueueRow.holder == node)
        session.execute(delete(QueueRow).where(*own))

    @writes
    def give_back(self, session: Session, project: str, job: str, node: str) -> None:
        """What a node holds and does not end is anybody's at once."""
        own = (QueueRow.project == project, QueueRow.job == job, QueueRow.holder == node)
        session.execute(update(QueueRow).where(*own).values(holder="", until=None))

    @reads
    def free(self, session: Session, project: str) -> list[Waiting]:
        """What nobody holds, in the order in which it is handed out."""
        now = self._database.now(session)
        return _waiting(session, select(QueueRow).where(*_of(project), _is_free(now)))

    @reads
    def held(self, session: Session, project: str) -> list[Waiting]:
        """What somebody holds."""
        now = self._database.now(session)
        return _waiting(session, select(QueueRow).where(QueueRow.project == project, ~_is_free(now)))

    @reads
    def loads(self, session: Session) -> dict[str, int]:
        """How many jobs each node has in work."""
        now = self._database.now(session)
        query = select(QueueRow.holder, func.count()).where(~_is_free(now)).group_by(QueueRow.holder)
        return {row[0]: int(row[1]) for row in session.execute(query)}

    @writes
    def remove(self, session: Session, project: str, numbers: Collection[int]) -> int:
        """Takes free messages out; returns how many."""
        now = self._database.now(session)
        rows = select(QueueRow).where(QueueRow.project == project, QueueRow.number.in_(numbers), _is_free(now))
        found = list(session.scalars(rows.with_for_update(skip_locked=True)))
        for row in found:
            session.delete(row)
        return len(found)

    @writes
    def change(
        self,
        session: Session,
        project: str,
        number: int,
        is_as_seen: Callable[[dict[str, Any]], bool],
        message: dict[str, Any],
    ) -> bool:
        """Puts another message of the same job in a message's place; False if it has changed, or is not free now."""
        now = self._database.now(session)
        one = select(QueueRow).where(QueueRow.project == project, QueueRow.number == number, _is_free(now))
        row = session.scalars(one.with_for_update(skip_locked=True)).first()
        if row is None or not is_as_seen(dict(row.message)):
            return False
        row.message = message
        return True

    @reads
    def count(self, session: Session, project: str) -> int:
        """How many are free."""
        now = self._database.now(session)
        query = select(func.count()).select_from(QueueRow).where(*_of(project), _is_free(now))
        return int(session.scalars(query).one())


def _add(session: Session, project: str, message: dict[str, Any], priority: float, node: str) -> None:
    job = str(message.get("_job") or "")
    own = and_(QueueRow.project == project, QueueRow.job == job)
    row = session.scalars(select(QueueRow).where(own, QueueRow.job != "").with_for_update()).first()
    if row is None:
        now = datetime.now(SHANGHAI)
        session.add(QueueRow(project=project, job=job, message=message, priority=priority, added_at=now))
    elif row.holder == node:
        row.holder, row.until = "", None


def _of(project: str) -> tuple[ColumnElement[bool], ...]:
    """A project's, without those that a person has cancelled: they are not handed out again."""
    return (QueueRow.project == project, QueueRow.is_cancelled.is_(False))


def _is_free(now: datetime) -> ColumnElement[bool]:
    return or_(QueueRow.holder == "", QueueRow.until.is_(None), QueueRow.until <= now)


def _ordered(query: Select[QueueRow]) -> Select[QueueRow]:
    return query.order_by(QueueRow.priority.desc(), QueueRow.number)


def _waiting(session: Session, query: Select[QueueRow]) -> list[Waiting]:
    return [Waiting(row.number, dict(row.message), row.holder) for row in session.scalars(_ordered(query))]
