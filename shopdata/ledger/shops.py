"""Shops that are kept here and not in shops.yaml: what may be seen of each, and beside it what is sealed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shopdata.ledger.database import DatabasePart, reads, writes
from shopdata.ledger.schema import ShopRow
from shopdata.periods import SHANGHAI


@dataclass(frozen=True)
class KeptShop:
    """One of them. `facts` are the JSON values that anybody may see; what is sealed, only a key opens."""

    id: str
    platform: str
    name: str
    facts: Mapping[str, Any]
    sealed: str


class ShopRows(DatabasePart):
    """All of them at once: there are some hundreds at most."""

    @reads
    def all(self, session: Session) -> list[KeptShop]:
        """Every one, in their order."""
        return [_record(row) for row in session.scalars(select(ShopRow).order_by(ShopRow.place, ShopRow.id))]

    @reads
    def stamp(self, session: Session) -> tuple[object, ...]:
        """What changes with any of them."""
        count, newest = session.execute(select(func.count(), func.max(ShopRow.changed_at)).select_from(ShopRow)).one()
        return (count, newest)

    @writes
    def change(self, session: Session, work: Callable[[Sequence[KeptShop]], Sequence[KeptShop]]) -> None:
        """Replaces all of them by what `work` makes of them, in one transaction; what it raises, changes nothing."""
        rows = list(session.scalars(select(ShopRow).order_by(ShopRow.place, ShopRow.id).with_for_update()))
        found = [_record(row) for row in rows]
        wanted = list(work(found))
        before, after = {shop.id: shop for shop in found}, {shop.id: shop for shop in wanted}
        by_id = {row.id: row for row in rows}
        for gone in before.keys() - after.keys():
            session.delete(by_id[gone])
        # Their names may be given to others now.
        session.flush()
        now = datetime.now(SHANGHAI)
        for place, shop in enumerate(wanted):
            row = by_id.get(shop.id)
            if row is None:
                row = ShopRow(id=shop.id)
                session.add(row)
            elif before[shop.id] == shop and row.place == place:
                continue
            row.platform, row.name, row.facts, row.sealed = shop.platform, shop.name, dict(shop.facts), shop.sealed
            row.place, row.changed_at = place, now


def _record(row: ShopRow) -> KeptShop:
    return KeptShop(row.id, row.platform, row.name, dict(row.facts), row.sealed)
