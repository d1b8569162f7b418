"""What alerts have said about a topic, last, so that nothing is said twice and nothing is forgotten."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shopdata.ledger.database import DatabasePart, reads, writes
from shopdata.ledger.schema import NotificationRow


@dataclass(frozen=True, kw_only=True)
class Notification:
    """One topic; `state` are the JSON values that `alerts` keeps about it."""

    topic: str
    told_at: datetime
    state: Mapping[str, Any]


class Notifications(DatabasePart):
    """Topics in the ledger's database."""

    @reads
    def get(self, session: Session, topic: str) -> Mapping[str, Any]:
        """What is kept about a topic; empty if nothing is."""
        row = session.get(NotificationRow, topic)
        return {} if row is None else dict(row.state)

    @reads
    def below(self, session: Session, prefix: str) -> list[Notification]:
        """All topics that begin so, by name."""
        begins_so = NotificationRow.topic.startswith(prefix, autoescape=True)
        rows = session.scalars(select(NotificationRow).where(begins_so).order_by(NotificationRow.topic))
        return [Notification(topic=row.topic, told_at=row.told_at, state=row.state) for row in rows]

    def put(self, topic: str, state: Mapping[str, Any], now: datetime) -> None:
        """Replaces what is kept about a topic."""
        self.change(topic, lambda _: state, now)

    @writes
    def change(
        self, session: Session, topic: str, work: Callable[[Mapping[str, Any]], Mapping[str, Any] | None], now: datetime
    ) -> bool:
        """Replaces what is kept by what `work` makes of it, in one transaction.

        Returns:
            False, and nothing is written, if `work` returned None.
        """
        return change_topic(session, topic, work, now)


def change_topic(
    session: Session, topic: str, work: Callable[[Mapping[str, Any]], Mapping[str, Any] | None], now: datetime
) -> bool:
    """`Notifications.change`, within a transaction that writes other things too."""
    row = session.get(NotificationRow, topic, with_for_update=True)
    state = work({} if row is None else dict(row.state))
    if state is None:
        return False
    if row is None:
        row = NotificationRow(topic=topic)
        session.add(row)
    row.state, row.told_at, row.digest = dict(state), now, _digest(state)
    return True


def _digest(state: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(state, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
