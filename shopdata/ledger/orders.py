"""When accounts have ordered reports, where a portal limits how often they may."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from shopdata.ledger.database import DatabasePart, writes
from shopdata.ledger.schema import OrderRow

#: No limit looks further back.
_KEPT = timedelta(days=2)


class Orders(DatabasePart):
    """Orders in the ledger's database."""

    @writes
    def claim(self, session: Session, name: str, now: datetime, cooldown: float, per_day: int) -> float | None:
        """Notes an order if the account may send one: of several runs that ask at once, one gets it.

        Args:
            name: limit and account.
            cooldown: seconds that must lie between two orders; 0 for none.
            per_day: how many are allowed on one day in Shanghai; 0 for any.

        Returns:
            0 if it is noted, else after how many seconds to ask again; None if the day's are used up.
        """
        session.execute(delete(OrderRow).where(OrderRow.name == name, OrderRow.ordered_at < now - _KEPT))
        query = select(OrderRow.ordered_at).where(OrderRow.name == name).order_by(OrderRow.ordered_at.desc())
        past = list(session.scalars(query.with_for_update()))
        if per_day and sum(moment.date() == now.date() for moment in past) >= per_day:
            return None
        if past and (left := cooldown - (now - past[0]).total_seconds()) > 0:
            return left
        session.add(OrderRow(name=name, ordered_at=now))
        return 0
