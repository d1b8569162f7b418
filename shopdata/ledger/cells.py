"""Cells: each step of one dataset, period and shop, written after it is true."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, contains_eager

from shopdata.accounts import Account
from shopdata.ledger.database import reads, writes
from shopdata.ledger.leases import is_live
from shopdata.ledger.ledger_part import LedgerPart
from shopdata.ledger.not_ready import NotReadyWait
from shopdata.ledger.records import Cell, CellKey, RawFile
from shopdata.ledger.rows import WITH_FILE, begin_try, set_state, take_raw, to_cell
from shopdata.ledger.schema import CellRow, RawRow
from shopdata.periods import SHANGHAI
from shopdata.reasons import NO_REASON, Reason
from shopdata.states import CellState


class Cells(LedgerPart):
    """The ledger's part about cells."""

    @writes
    def add_cells(self, session: Session, platform: str, keys: Iterable[CellKey]) -> None:
        """Writes cells as `pending` where there are none; those that are there stay as they are."""
        wanted: dict[tuple[str, str], set[str]] = {}
        for key in keys:
            wanted.setdefault((key.dataset, key.dt), set()).add(key.shop)
        for (dataset, dt), shops in wanted.items():
            query = select(CellRow.shop).where(CellRow.dataset == dataset, CellRow.dt == dt)
            for shop in sorted(shops.difference(session.scalars(query))):
                row = CellRow(dataset=dataset, dt=dt, shop=shop, platform=platform)
                set_state(row, CellState.PENDING)
                session.add(row)

    def claim(self, key: CellKey, run_id: str) -> Cell:
        """Writes that a run asks for this cell now: `running`, one attempt more, the last reason cleared."""

        def work(session: Session) -> Cell:
            row = self._own_row(session, key)
            begin_try(row, run_id)
            return to_cell(row)

        return self._database.write(work)

    def set_job(self, key: CellKey, job: Mapping[str, Any] | None) -> None:
        """Keeps the report job that a portal made for the cell, so that a later run finds it instead of a second one.

        Args:
            job: JSON values that tell the job apart (id, name, time); None if it turned out to be of no use.
        """

        def work(session: Session) -> None:
            row = self._own_row(session, key)
            row.job = None if job is None else dict(job)
            row.updated_at = datetime.now(SHANGHAI)

        self._database.write(work)

    def settle(
        self,
        key: CellKey,
        state: CellState,
        reason: Reason = NO_REASON,
        *,
        raw: RawFile | None = None,
        forget_job: bool = False,
        only_from: CellState | None = None,
        wait: NotReadyWait | None = None,
    ) -> Cell | None:
        """Writes how a try ended.

        Args:
            raw: the file that came of it, good and durable; its report job goes with it, for `lose_unsent`. Without
                one, the last good file stays, and its count of rows.
            forget_job: the report job that the portal made is of no use.
            only_from: writes only if that is the cell's state now.
            wait: when a cell that is `not_ready` is asked again; without it, never by itself.

        Returns:
            the cell as it is now; None, and nothing is changed, if it is in another state than `only_from`.
        """

        def work(session: Session) -> Cell | None:
            row = self._own_row(session, key)
            if only_from is not None and row.state != only_from:
                return None
            if raw is not None:
                take_raw(row, raw, row.tried_at)
                assert row.raw is not None
                row.raw.job = row.job
            if raw is not None or forget_job:
                row.job = None
            set_state(row, state, reason)
            if state is CellState.NOT_READY:
                row.since_not_ready, row.next_attempt_at = wait(row.since_not_ready) if wait else (None, None)
            return to_cell(row)

        return self._database.write(work)

    @writes
    def adopt(self, session: Session, key: CellKey, raw: RawFile) -> bool:
        """Enters a file that lies in the store for a cell that knows of none; whoever holds the cell keeps it.

        A cell that was never asked is `staged` then, or `empty`; any other keeps its state, as after a failed try.

        Returns:
            False, and nothing is changed, if the cell has a file by now.
        """
        row = self._row(session, key)
        if row.raw is not None:
            return False
        take_raw(row, raw)
        if row.state == CellState.PENDING:
            set_state(row, raw.state)
        return True

    @writes
    def mark_in_store(self, session: Session, key: CellKey, sha256: str) -> bool:
        """Writes that the cell's raw file lies in the store, verified.

        Returns:
            False, and nothing is changed, if the cell has another file by now.
        """
        row = self._row(session, key)
        if row.raw is None or row.raw.sha256 != sha256:
            return False
        row.raw.in_store, row.raw.job = True, None
        return True

    @writes
    def forget_unsent(self, session: Session, key: CellKey, sha256: str, reason: Reason) -> bool:
        """Writes that a staged file was lost on its way to the store: `failed`, so that it is asked for again.

        Returns:
            False, and nothing is changed, if the cell has another file by now, or the store holds it.
        """
        row = self._row(session, key)
        if row.raw is None or row.raw.sha256 != sha256 or row.raw.in_store:
            return False
        row.raw, row.rows = None, None
        set_state(row, CellState.FAILED, reason)
        return True

    @writes
    def lose_unsent(
        self, session: Session, key: CellKey, sha256: str, reason: Reason, *, instead: RawFile | None = None
    ) -> bool:
        """Writes that a file was lost with the disk that it was on: `pending`, so that it is asked for again.

        The report job that it came of is the cell's again: the same report can be had without a second order.

        Args:
            instead: the file before it, which is published and stays.

        Returns:
            False, and nothing is changed, if the cell has another file by now, the store holds it, or a run is at it.
        """
        row = self._row(session, key)
        if row.raw is None or row.raw.sha256 != sha256 or row.raw.in_store:
            return False
        if is_live(row.lease_owner, row.lease_until, self._database.now(session)):
            return False
        row.job = row.job or row.raw.job
        if instead is not None:
            take_raw(row, instead)
            row.raw.job = None
        else:
            row.raw, row.rows = None, None
        set_state(row, CellState.PENDING, reason)
        return True

    @reads
    def accounts(self, session: Session, platform: str) -> dict[str, Account]:
        """The account that each shop id of a platform had last, for `shopdata.accounts`; without ids that told none."""
        query = (
            select(RawRow.shop, RawRow.account, func.max(RawRow.fetched_at))
            .join(CellRow, and_(*(getattr(CellRow, n) == getattr(RawRow, n) for n in ("dataset", "dt", "shop"))))
            .where(CellRow.platform == platform, RawRow.account != "")
            .group_by(RawRow.shop, RawRow.account)
        )
        found = sorted(session.execute(query), key=lambda row: row[2])
        return {shop: json.loads(account) for shop, account, _ in found}

    @reads
    def unsent_raw(self, session: Session) -> list[Cell]:
        """The outbox: cells whose raw file is on disk but not yet in the store, the oldest first.

        Those that another run holds are left to it: it is about to send them.
        """
        own = None if self._claims is None else str(self._claims.owner)
        query = select(CellRow).join(CellRow.raw).options(contains_eager(CellRow.raw))
        query = query.where(RawRow.in_store.is_(False)).order_by(RawRow.fetched_at)
        now = self._database.now(session)
        rows = session.scalars(query)
        return [
            to_cell(row) for row in rows if row.lease_owner == own or not is_live(row.lease_owner, row.lease_until, now)
        ]

    @reads
    def cell(self, session: Session, key: CellKey) -> Cell | None:
        """One cell, or None if it was never planned."""
        row = session.get(CellRow, (key.dataset, key.dt, key.shop), options=[WITH_FILE])
        return None if row is None else to_cell(row)

    @reads
    def cells_alike(self, session: Session, key: CellKey, sha256: str, account: Account) -> list[Cell]:
        """Other cells of the period that have a file of these bytes, or of an account that shares a fact with this one.

        Of hundreds of cells these are nearly always none.
        """
        of_account = (RawRow.account.contains(fact) for fact in account.values())
        query = (
            select(CellRow)
            .join(CellRow.raw)
            .options(contains_eager(CellRow.raw))
            .where(CellRow.dataset == key.dataset, CellRow.dt == key.dt, CellRow.shop != key.shop)
            .where(or_(RawRow.sha256 == sha256, *of_account))
            .order_by(CellRow.shop)
        )
        return [to_cell(row) for row in session.scalars(query)]

    @reads
    def cells(
        self, session: Session, dataset: str | None = None, dt: str | None = None, shops: Collection[str] | None = None
    ) -> list[Cell]:
        """Cells in the order of dataset, period and shop id; each argument narrows them."""
        query = select(CellRow).order_by(CellRow.dataset, CellRow.dt, CellRow.shop).options(WITH_FILE)
        if dataset is not None:
            query = query.where(CellRow.dataset == dataset)
        if dt is not None:
            query = query.where(CellRow.dt == dt)
        if shops is not None:
            query = query.where(CellRow.shop.in_(shops))
        return [to_cell(row) for row in session.scalars(query)]
