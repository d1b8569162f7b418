"""Who did what, when, and from where: acts of people, on the board, by the service's API or by a command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from shopdata.ledger.database import DatabasePart, reads, writes
from shopdata.ledger.rows import record_of
from shopdata.ledger.schema import ActRow
from shopdata.periods import SHANGHAI

#: By what means it was done.
Via = Literal["board", "api", "command"]
#: As the table has it; what is longer is cut.
_LONGEST = {"user": 100, "address": 64, "code": 64, "target": 255}


@dataclass(frozen=True, kw_only=True)
class Act:
    """One row. `code` and `params` say what was done, and the texts of both languages are made of them."""

    user: str
    code: str
    via: str
    #: What it was done to: a job, a dataset, a run, a shop, a user; "" where that is nothing of a name.
    target: str = ""
    #: Where that person sat; "" for a command on this machine.
    address: str = ""
    #: JSON values, without secrets.
    params: Mapping[str, Any] = field(default_factory=dict)
    at: datetime = field(default_factory=lambda: datetime.now(SHANGHAI))
    #: The place in the order of all; 0 before it is written.
    number: int = 0

    def __post_init__(self) -> None:
        if self.via not in get_args(Via):
            raise ValueError(self.via)


class Acts(DatabasePart):
    """The acts in the ledger's database."""

    @writes
    def add(self, session: Session, act: Act) -> None:
        """Writes one, at its time."""
        values = {name: value for name, value in vars(act).items() if name != "number"}
        cut = {name: values[name][:longest] for name, longest in _LONGEST.items()}
        session.add(ActRow(**values | cut | {"params": dict(act.params)}))

    @reads
    def latest(
        self,
        session: Session,
        count: int,
        *,
        before: int | None = None,
        user: str | None = None,
        code: str | None = None,
        day: datetime | None = None,
    ) -> list[Act]:
        """The newest ones, the newest first.

        Args:
            before: only those before this one in the order of all, for the next page.
            user: only of this one.
            code: only of this kind.
            day: only within 24 hours from this moment on.
        """
        query = select(ActRow).order_by(ActRow.number.desc()).limit(count)
        if before is not None:
            query = query.where(ActRow.number < before)
        if user is not None:
            query = query.where(ActRow.user == user)
        if code is not None:
            query = query.where(ActRow.code == code)
        if day is not None:
            query = query.where(ActRow.at >= day, ActRow.at < day + timedelta(days=1))
        return [record_of(Act, row, params=dict(row.params)) for row in session.scalars(query)]

    @reads
    def users(self, session: Session) -> list[str]:
        """Everybody who has ever done something, by name."""
        return list(session.scalars(select(ActRow.user).distinct().order_by(ActRow.user)))

    @reads
    def codes(self, session: Session) -> list[str]:
        """All kinds of acts that there are."""
        return list(session.scalars(select(ActRow.code).distinct().order_by(ActRow.code)))

    @writes
    def forget(self, session: Session, before: datetime) -> int:
        """Removes older ones; returns how many."""
        found = session.scalar(select(func.count()).select_from(ActRow).where(ActRow.at < before)) or 0
        if found:
            session.execute(delete(ActRow).where(ActRow.at < before))
        return found
