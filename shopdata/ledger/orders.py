"""When accounts have ordered reports, where a portal limits how often they may."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from shopdata.ledger.database import DatabasePart, writes
from shopdata.ledger.schema import OrderRow

#: No limit looks further back.
_KEPT = timedelta(days=2)
#: A row that stands for all of a name: whoever has it locked is alone.
_ANCHOR = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST = _ANCHOR + timedelta(days=1)


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
        if session.get(OrderRow, (name, _ANCHOR), with_for_update=True) is None:
            session.add(OrderRow(name=name, ordered_at=_ANCHOR))
            session.flush()
        session.execute(delete(OrderRow).where(OrderRow.name == name, OrderRow.ordered_at.between(_FIRST, now - _KEPT)))
        own = select(OrderRow.ordered_at).where(OrderRow.name == name, OrderRow.ordered_at >= _FIRST)
        past = list(session.scalars(own.order_by(OrderRow.ordered_at.desc())))
        if per_day and sum(moment.date() == now.date() for moment in past) >= per_day:
            return None
        if past and (left := cooldown - (now - past[0]).total_seconds()) > 0:
            return left
        session.add(OrderRow(name=name, ordered_at=now))
        return 0
