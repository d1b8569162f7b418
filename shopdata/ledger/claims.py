"""What one run holds, so that other runs leave it alone: the cells it asks for, and the partitions it publishes.

A cell is held from before it is asked until its file is staged and sent, or its failure is written. Whoever holds
something shows a sign of life now and then (`beat`); what nobody shows life for is anybody's after a while, and at once
if its process is seen to be gone. All times are the database's own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import Select, delete, select, update
from sqlalchemy.orm import Session

from shopdata.exceptions import LeaseLostError
from shopdata.ledger.database import Database
from shopdata.ledger.leases import Leases, is_live
from shopdata.ledger.owner import Owner, name_of
from shopdata.ledger.records import Cell, CellKey
from shopdata.ledger.rows import begin_try, locked_row, set_state, to_cell
from shopdata.ledger.schema import CellRow, LeaseRow, NodeRow, PartitionRow, Run
from shopdata.reasons import Reason
from shopdata.states import CellState

Row = TypeVar("Row", CellRow, LeaseRow)


@dataclass(frozen=True)
class ClaimResult:
    """What became of the wish for some cells."""

    #: Ours now.
    acquired: tuple[CellKey, ...] = ()
    #: Nothing is left to ask: another run has asked for them since ours was planned.
    settled: tuple[Cell, ...] = ()
    #: In work in another run. If there is one, none was taken.
    held: tuple[Cell, ...] = ()


class Claims:
    """The leases of one run.

    Args:
        seconds: how long a lease lasts after a sign of life.
        node: who shows life with the run; empty for nobody.
    """

    def __init__(self, database: Database, owner: Owner, seconds: float, node: str = "") -> None:
        self.owner = owner
        self.node = node
        self.seconds = seconds
        self._database = database
        self._leases = Leases(database)
        self._me = str(owner)

    # -- cells ------------------------------------------------------------------------------------------------------

    def acquire(self, tries: Mapping[CellKey, int], *, is_asking: bool = False) -> ClaimResult:
        """Takes cells of one shop: all that are due, or none, so that an account is not used by two runs at once.

        Args:
            tries: the cells, with their `ended_tries` when the run was planned.
            is_asking: True if the first one is asked for at once: then it is as after `Ledger.claim`.
        """

        def work(session: Session) -> ClaimResult:
            found = session.scalars(_select(tries.keys()).with_for_update())
            rows = [row for row in found if _key(row) in tries]
            now = self._database.now(session)
            held = [row for row in rows if self._is_others(row, now)]
            due: list[CellRow] = []
            settled: list[CellRow] = []
            for row in rows:
                if row not in held:
                    (due if _is_due(row, tries[_key(row)]) else settled).append(row)
            for row in due if not held else ():
                row.lease_owner, row.lease_until = self._me, now + timedelta(seconds=self.seconds)
            if is_asking and due and not held:
                begin_try(due[0], self.owner.run_id)
            return ClaimResult(
                acquired=() if held else tuple(map(_key, due)),
                settled=tuple(map(to_cell, settled)),
                held=tuple(map(to_cell, held)),
            )

        return self._database.write(work)

    def renew(self, key: CellKey) -> None:
        """Makes sure, just before something that can't be taken back, that a cell is still ours, for half a lease.

        Raises:
            LeaseLostError: another run has taken it over.
        """
        half = timedelta(seconds=self.seconds / 2)

        def work(session: Session) -> None:
            row = locked_row(session, key)
            self.require(row, key)
            assert row is not None
            row.lease_until = self._database.now(session) + 2 * half

        def is_enough(session: Session) -> bool:
            row = session.get(CellRow, (key.dataset, key.dt, key.shop))
            self.require(row, key)
            assert row is not None
            # Signs of life nearly always have seen to it.
            return row.lease_until is not None and row.lease_until - self._database.now(session) > half

        if not self._database.read(is_enough):
            self._database.write(work)

    def require(self, row: CellRow | None, key: CellKey) -> None:
        """Raises LeaseLostError unless the cell is ours."""
        if row is None or row.lease_owner != self._me:
            raise self._lost(f"cell {key}", row.lease_owner if row else "")

    def release(self, key: CellKey) -> None:
        """Lets go of a cell; no harm is done if it is another's by now."""

        def work(session: Session) -> None:
            own = (CellRow.dataset == key.dataset, CellRow.dt == key.dt, CellRow.shop == key.shop)
            free = update(CellRow).values(lease_owner="", lease_until=None)
            session.execute(free.where(*own, CellRow.lease_owner == self._me))

        self._database.write(work)

    def held_by_others(self) -> set[CellKey]:
        """All cells that other runs hold."""
        query = select(CellRow.dataset, CellRow.dt, CellRow.shop, CellRow.lease_owner, CellRow.lease_until)
        others = query.where(CellRow.lease_owner > "", CellRow.lease_owner != self._me)

        def held(session: Session) -> set[CellKey]:
            now = self._database.now(session)
            return {CellKey(*row[:3]) for row in session.execute(others) if is_live(row[3], row[4], now)}

        return self._database.read(held)

    # -- partitions -------------------------------------------------------------------------------------------------

    def acquire_partition(self, dataset: str, dt: str) -> bool:
        """Takes a partition, to merge and publish it; False if another run is at it."""
        return self._leases.acquire(_name(dataset, dt), self.owner, self.seconds)

    def renew_partition(self, dataset: str, dt: str) -> None:
        """As `renew`, before anything of a partition is put. Raises LeaseLostError."""
        name = _name(dataset, dt)
        if not self._leases.renew(name, self.owner, self.seconds):
            raise self._lost(name, self._leases.holder(name))

    def release_partition(self, dataset: str, dt: str) -> None:
        """Lets go of a partition."""
        self._leases.release(_name(dataset, dt), self.owner)

    # -- all of it --------------------------------------------------------------------------------------------------

    def beat(self) -> None:
        """A sign of life, for all that we hold, for the run and for its node."""

        def work(session: Session) -> None:
            now = self._database.now(session)
            until = now + timedelta(seconds=self.seconds)
            session.execute(update(CellRow).where(CellRow.lease_owner == self._me).values(lease_until=until))
            session.execute(update(LeaseRow).where(LeaseRow.owner == self._me).values(until=until))
            session.execute(update(Run).where(Run.run_id == self.owner.run_id).values(heartbeat_at=now))
            session.execute(update(NodeRow).where(NodeRow.name == self.node).values(beat_at=now))

        self._database.write(work)

    def release_all(self) -> None:
        """Lets go of everything: the run is over."""

        def work(session: Session) -> None:
            own = CellRow.lease_owner == self._me
            session.execute(update(CellRow).where(own).values(lease_owner="", lease_until=None))
            session.execute(delete(LeaseRow).where(LeaseRow.owner == self._me))

        self._database.write(work)

    def reap(self) -> list[CellKey]:
        """Frees what dead runs have held, of all datasets; their `running` cells are `pending` again, with the reason.

        A cell that was asked for again, and whose file is in the published partition, is as good as before.

        Returns:
            the cells that were `running`. Their report job and raw file stay.
        """

        def work(session: Session) -> list[CellKey]:
            now = self._database.now(session)
            leased = select(CellRow).where(CellRow.lease_owner > "")
            running = select(CellRow).where(CellRow.state == CellState.RUNNING, CellRow.lease_owner == "")
            interrupted = []
            # Two queries, each with an index of its own. What somebody writes to at this moment is not dead.
            for row in [row for rows in (leased, running) for row in session.scalars(_unlocked(rows))]:
                if is_live(row.lease_owner, row.lease_until, now):
                    continue
                row.lease_owner, row.lease_until = "", None
                if row.state == CellState.RUNNING:
                    if _is_published(session, row):
                        state = CellState.PUBLISHED if row.rows else CellState.EMPTY
                        text = f"asked for again, and run {row.run_id} ended before that was done"
                        set_state(row, state, Reason("run_died", {"run": row.run_id}, text))
                    else:
                        text = f"run {row.run_id} ended before this cell was done"
                        set_state(row, CellState.PENDING, Reason("run_died", {"run": row.run_id}, text))
                    interrupted.append(_key(row))
            for lease in session.scalars(_unlocked(select(LeaseRow))):
                if not is_live(lease.owner, lease.until, now):
                    session.delete(lease)
            return interrupted

        return self._database.write(work)

    def _is_others(self, row: CellRow, now: datetime) -> bool:
        return row.lease_owner != self._me and is_live(row.lease_owner, row.lease_until, now)

    def _lost(self, what: str, owner: str) -> LeaseLostError:
        return LeaseLostError(
            f"the {what} is no longer ours: we showed no sign of life for too long",
            where=self.owner.for_people(),
            found=f"it is held by {name_of(owner)}" if owner else "another run has taken it over, and is done with it",
            expected=f"a sign of life every {self.seconds:g} s at least",
            todo="What that run makes of it stays. If this machine did not sleep, raise SHOPDATA_LEASE_SECONDS.",
        )


def _is_due(row: CellRow, tries: int) -> bool:
    """True if nobody has asked for the cell since it was planned, or whoever did could not end."""
    return row.state in (CellState.PENDING, CellState.RUNNING) or row.attempts <= tries


def _is_published(session: Session, row: CellRow) -> bool:
    """True if the cell's last good file is the one in its partition."""
    partition = session.get(PartitionRow, (row.dataset, row.dt))
    shops = (partition.shops if partition is not None else None) or {}
    return row.raw is not None and shops.get(row.shop) == row.raw.sha256


def _select(keys: Collection[CellKey]) -> Select[CellRow]:
    """The rows of these cells, in an order that all runs lock them in."""
    return (
        select(CellRow)
        .where(
            CellRow.dataset.in_({key.dataset for key in keys}),
            CellRow.dt.in_({key.dt for key in keys}),
            CellRow.shop.in_({key.shop for key in keys}),
        )
        .order_by(CellRow.dataset, CellRow.dt, CellRow.shop)
    )


def _unlocked(query: Select[Row]) -> Select[Row]:
    return query.with_for_update(skip_locked=True)


def _key(row: CellRow) -> CellKey:
    return CellKey(row.dataset, row.dt, row.shop)


def _name(dataset: str, dt: str) -> str:
    return f"partition {dataset} {dt}"
