"""A shop's cells leave the ledger, or get another id: only a person wants that, by `scrapy shops`."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shopdata.exceptions import LedgerError
from shopdata.ledger.database import DatabasePart, reads, writes
from shopdata.ledger.leases import is_live
from shopdata.ledger.owner import name_of
from shopdata.ledger.records import CellKey
from shopdata.ledger.rows import locked_row, set_state, to_reason
from shopdata.ledger.schema import CellRow, DoubtRow, FactsRow, RawRow
from shopdata.states import CellState


@dataclass(frozen=True)
class KnownId:
    """A shop id that the ledger has."""

    platform: str
    id: str
    #: The display name of one of its files.
    name: str
    #: How many periods have a file of it, and the first and last label of them.
    periods: int
    first: str
    last: str


class Moves(DatabasePart):
    """Moves and drops cells."""

    @reads
    def ids(self, session: Session) -> list[KnownId]:
        """Every id that ever was, in the order of platform and id."""
        query = (
            select(
                CellRow.platform,
                CellRow.shop,
                func.coalesce(func.max(RawRow.shop_name), ""),
                func.count(RawRow.shop),
                func.coalesce(func.min(RawRow.dt), ""),
                func.coalesce(func.max(RawRow.dt), ""),
            )
            .join(CellRow.raw, isouter=True)
            .group_by(CellRow.platform, CellRow.shop)
            .order_by(CellRow.platform, CellRow.shop)
        )
        return [KnownId(*row) for row in session.execute(query)]

    @writes
    def move(self, session: Session, key: CellKey, new: str, raw_key: str) -> None:
        """Gives a cell another shop id, and its raw file the key `raw_key`; it is then to be published.

        A cell of the new id that has no file makes room; one that has the same file is what an earlier try has made.
        """
        old, there = self._free_row(session, key), self._free_row(session, CellKey(key.dataset, key.dt, new))
        if old is None:
            return
        if there is not None and there.raw is not None and old.raw is not None:
            if there.raw.sha256 != old.raw.sha256:
                raise taken(key, new)
        elif there is None or old.raw is not None:
            if there is not None:
                session.delete(there)
                session.flush()
            session.add(_copy(old, new, raw_key))
        _forget(session, key)
        session.delete(old)

    @writes
    def drop(self, session: Session, key: CellKey) -> None:
        """Takes a cell out of the ledger."""
        row = self._free_row(session, key)
        if row is not None:
            _forget(session, key)
            session.delete(row)

    def _free_row(self, session: Session, key: CellKey) -> CellRow | None:
        """A row that no other run is at."""
        row = locked_row(session, key)
        if row is not None and is_live(row.lease_owner, row.lease_until, self._database.now(session)):
            raise LedgerError(
                "another run is at this cell",
                where=str(key),
                found=name_of(row.lease_owner),
                expected="nobody",
                todo="Let it end, then try again.",
            )
        return row


def _forget(session: Session, key: CellKey) -> None:
    """What checks knew of a cell's file goes with it."""
    for table in (FactsRow, DoubtRow):
        if (row := session.get(table, (key.dataset, key.dt, key.shop))) is not None:
            session.delete(row)


def _copy(old: CellRow, new: str, raw_key: str) -> CellRow:
    """The same cell under another id: `staged`, where it was published."""
    row = CellRow(dataset=old.dataset, dt=old.dt, shop=new, platform=old.platform)
    set_state(row, CellState(old.state), to_reason(old.reason, old.reason_code, old.reason_params))
    for name in ("rows", "attempts", "run_id", "job", "next_attempt_at", "since_not_ready"):
        setattr(row, name, getattr(old, name))
    if old.raw is not None:
        columns = [column.key for column in RawRow.__table__.columns if column.key not in ("shop", "key")]
        row.raw = RawRow(shop=new, key=raw_key, **{name: getattr(old.raw, name) for name in columns})
        if old.state == CellState.PUBLISHED:
            set_state(row, CellState.STAGED)
    return row


def taken(key: CellKey, new: str) -> LedgerError:
    """Why a cell can't be given another id."""
    return LedgerError(
        f"{new!r} has another file of this period already",
        where=str(key),
        expected=f"none, so that the one of {key.shop!r} can take its place",
        todo=f"Take the wrong one out with `scrapy shops remove ID --dataset {key.dataset} --date {key.dt[-10:]}`, "
        "then try again.",
    )
