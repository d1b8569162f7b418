"""Cells, runs and partitions: what happened, written by the step that made it true, after it is true.

Blocking and thread-safe: a caller inside the reactor uses a thread. What comes out are frozen records, never live rows.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import URL, select
from sqlalchemy.orm import Session

from shopdata.exceptions import LedgerError
from shopdata.lake.ledger.claims import Claims
from shopdata.lake.ledger.database import Database
from shopdata.lake.ledger.leases import Leases, is_live
from shopdata.lake.ledger.not_ready import NotReady
from shopdata.lake.ledger.owner import Owner
from shopdata.lake.ledger.reading import Reading
from shopdata.lake.ledger.records import Cell, CellKey, PartitionRecord, RawFile, RunRecord
from shopdata.lake.ledger.rows import fill_partition, fill_raw, set_state, to_cell, to_partition, to_run
from shopdata.lake.ledger.schema import CellRow, PartitionRow, RawRow, Run
from shopdata.lake.ledger.slots import Slots
from shopdata.lake.ledger.told import Told
from shopdata.periods import SHANGHAI
from shopdata.states import CellState

#: The file in the state directory, if no other database is configured.
FILE_NAME = "ledger.sqlite3"


class Ledger:
    """The database of cells and runs.

    Args:
        url: any SQLAlchemy URL; its tables are created where they are missing.
        busy_seconds: how long SQLite waits for another process that is writing.

    Raises:
        LedgerError: here and from every method, when the database is locked, broken or out of reach.
    """

    def __init__(self, url: str | URL, *, busy_seconds: float = 30) -> None:
        self._database = Database(url, busy_seconds)
        self._claims: Claims | None = None

    @classmethod
    def at(cls, state_dir: Path, url: str | None = None) -> Ledger:
        """The ledger at `url`, or the SQLite file in the state directory, which is created if it is missing."""
        if url:
            return cls(url)
        try:
            state_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LedgerError(
                "the state directory can't be created",
                where=str(state_dir),
                found=error.strerror or type(error).__name__,
                todo="Set SHOPDATA_STATE_DIR to a folder that this user may write.",
            ) from None
        return cls(URL.create("sqlite", database=str(state_dir / FILE_NAME)))

    @property
    def where(self) -> str:
        """The file or the URL without its password, for people."""
        return self._database.where

    def hold_for(self, owner: Owner, lease_seconds: float) -> Claims:
        """From now on this is the ledger of one run: it writes about cells and partitions only while it holds them.

        Returns:
            what the run holds.
        """
        self._claims = Claims(self._database, owner, lease_seconds)
        return self._claims

    @property
    def claims(self) -> Claims | None:
        """What the run holds whose ledger this is; None if it is nobody's, as in a command that only looks."""
        return self._claims

    @cached_property
    def leases(self) -> Leases:
        """Locks with an end, on anything that has a name."""
        return Leases(self._database)

    @cached_property
    def slots(self) -> Slots:
        """The clock's due slots."""
        return Slots(self._database)

    @cached_property
    def told(self) -> Told:
        """What alerts have said."""
        return Told(self._database)

    @cached_property
    def reading(self) -> Reading:
        """What pages ask of many cells, partitions and runs at once."""
        return Reading(self._database)

    @cached_property
    def not_ready(self) -> NotReady:
        """When cells that the platform has not published yet are due again."""
        return NotReady(self._database)

    def close(self) -> None:
        """Gives all connections back."""
        self._database.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def start_run(self, run_id: str, spider: str, arguments: Mapping[str, Any]) -> None:
        """Writes that a run began, in this process. The same id again (a job that was restarted) begins it anew.

        Args:
            arguments: JSON values, without secrets.
        """

        def work(session: Session) -> None:
            run = session.get(Run, run_id)
            if run is None:
                run = Run(run_id=run_id)
                session.add(run)
            run.spider, run.arguments = spider, dict(arguments)
            run.started_at = run.heartbeat_at = datetime.now(SHANGHAI)
            run.host, run.pid = socket.gethostname(), os.getpid()
            run.finished_at, run.outcome, run.exit_code, run.counts = None, None, None, {}

        self._database.write(work)

    def finish_run(self, run_id: str, outcome: str, counts: Mapping[str, int], exit_code: int | None = None) -> None:
        """Writes how a run ended; `counts` is how many cells it left in each state."""

        def work(session: Session) -> None:
            run = session.get(Run, run_id)
            if run is None:
                raise self._unknown(f"run {run_id}")
            run.finished_at = run.heartbeat_at = datetime.now(SHANGHAI)
            run.outcome, run.exit_code, run.counts = outcome, exit_code, dict(counts)

        self._database.write(work)

    def runs(self) -> list[RunRecord]:
        """All runs, the latest first."""
        with self._database.reading() as session:
            return [to_run(row) for row in session.scalars(select(Run).order_by(Run.started_at.desc(), Run.run_id))]

    def add_cells(self, platform: str, keys: Iterable[CellKey]) -> None:
        """Writes cells as `pending` where there are none; those that are there stay as they are."""
        wanted: dict[tuple[str, str], set[str]] = {}
        for key in keys:
            wanted.setdefault((key.dataset, key.dt), set()).add(key.shop)

        def work(session: Session) -> None:
            for (dataset, dt), shops in wanted.items():
                query = select(CellRow.shop).where(CellRow.dataset == dataset, CellRow.dt == dt)
                for shop in sorted(shops.difference(session.scalars(query))):
                    row = CellRow(dataset=dataset, dt=dt, shop=shop, platform=platform)
                    set_state(row, CellState.PENDING, "")
                    session.add(row)

        self._database.write(work)

    def claim(self, key: CellKey, run_id: str) -> Cell:
        """Writes that a run asks for this cell now: `running`, one attempt more, the last reason cleared."""

        def work(session: Session) -> Cell:
            row = self._own_row(session, key)
            row.attempts += 1
            set_state(row, CellState.RUNNING, "")
            row.run_id = run_id
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

    def mark_staged(self, key: CellKey, raw: RawFile) -> None:
        """Writes that a cell's file is good and durable: `staged`, or `empty` if it has no rows.

        The cell's report job is forgotten: it is done with.
        """

        def work(session: Session) -> None:
            row = self._own_row(session, key)
            if row.raw is None:
                row.raw = RawRow(dataset=key.dataset, dt=key.dt, shop=key.shop)
            fill_raw(row.raw, raw)
            row.rows, row.job = raw.rows, None
            set_state(row, CellState.STAGED if raw.rows else CellState.EMPTY, "")

        self._database.write(work)

    def mark_in_store(self, key: CellKey, sha256: str) -> bool:
        """Writes that the cell's raw file lies in the store, verified.

        Returns:
            False, and nothing is changed, if the cell has another file by now.
        """

        def work(session: Session) -> bool:
            row = self._row(session, key)
            if row.raw is None or row.raw.sha256 != sha256:
                return False
            row.raw.in_store = True
            return True

        return self._database.write(work)

    def mark(self, key: CellKey, state: CellState, reason: str, rows: int | None = None) -> None:
        """Writes how a try ended.

        The raw file stays in any case; `rows=None` leaves its count.
        """

        def work(session: Session) -> None:
            row = self._own_row(session, key)
            set_state(row, state, reason)
            if rows is not None:
                row.rows = rows

        self._database.write(work)

    def unsent_raw(self) -> list[Cell]:
        """The outbox: cells whose raw file is on disk but not yet in the store, the oldest first.

        Those that a run holds are left to it: it is about to send them.
        """
        query = select(CellRow).join(CellRow.raw).where(RawRow.in_store.is_(False)).order_by(RawRow.fetched_at)
        with self._database.reading() as session:
            now = self._database.now(session)
            rows = session.scalars(query)
            return [to_cell(row) for row in rows if not is_live(row.lease_owner, row.lease_until, now)]

    def cell(self, key: CellKey) -> Cell | None:
        """One cell, or None if it was never planned."""
        with self._database.reading() as session:
            row = session.get(CellRow, _identity(key))
            return None if row is None else to_cell(row)

    def cells(
        self, dataset: str | None = None, dt: str | None = None, shops: Collection[str] | None = None
    ) -> list[Cell]:
        """Cells in the order of dataset, period and shop id; each argument narrows them."""
        query = select(CellRow).order_by(CellRow.dataset, CellRow.dt, CellRow.shop)
        if dataset is not None:
            query = query.where(CellRow.dataset == dataset)
        if dt is not None:
            query = query.where(CellRow.dt == dt)
        if shops is not None:
            query = query.where(CellRow.shop.in_(shops))
        with self._database.reading() as session:
            return [to_cell(row) for row in session.scalars(query)]

    def publish(self, record: PartitionRecord, published: Mapping[str, str]) -> None:
        """Writes in one transaction that a partition is in the store, whole, and its `staged` cells are `published`.

        Args:
            published: the shops whose file is in the partition, with the sum of that file. A cell that has got another
                file since stays `staged`; one that failed when it was asked again keeps that state, though its
                earlier file is in; `empty` stays `empty`.
        """

        def work(session: Session) -> None:
            row = session.get(PartitionRow, (record.dataset, record.dt), with_for_update=True)
            if row is None:
                row = PartitionRow()
                session.add(row)
            fill_partition(row, replace(record, shops=dict(published)))
            query = select(CellRow).where(
                CellRow.dataset == record.dataset,
                CellRow.dt == record.dt,
                CellRow.shop.in_(published),
                CellRow.state == CellState.STAGED,
            )
            for cell in session.scalars(query.order_by(CellRow.shop).with_for_update()):
                if cell.raw is not None and cell.raw.sha256 == published[cell.shop]:
                    set_state(cell, CellState.PUBLISHED, "")

        if self._claims is not None:
            self._claims.keep_partition(record.dataset, record.dt)
        self._database.write(work)

    def set_refresh(self, dataset: str, dt: str, state: str, detail: str) -> None:
        """Writes what Dremio said to a partition."""

        def work(session: Session) -> None:
            row = session.get(PartitionRow, (dataset, dt), with_for_update=True)
            if row is None:
                raise self._unknown(f"partition {dataset} {dt}")
            row.refresh_state, row.refresh_detail = state, detail

        self._database.write(work)

    def partitions(self, dataset: str | None = None, dt: str | None = None) -> list[PartitionRecord]:
        """What is published, in the order of dataset and period; each argument narrows it."""
        query = select(PartitionRow).order_by(PartitionRow.dataset, PartitionRow.dt)
        if dataset is not None:
            query = query.where(PartitionRow.dataset == dataset)
        if dt is not None:
            query = query.where(PartitionRow.dt == dt)
        with self._database.reading() as session:
            return [to_partition(row) for row in session.scalars(query)]

    def _row(self, session: Session, key: CellKey) -> CellRow:
        row = session.get(CellRow, _identity(key), with_for_update=True)
        if row is None:
            raise self._unknown(f"cell {key}")
        return row

    def _own_row(self, session: Session, key: CellKey) -> CellRow:
        """A row to write to; in a run's ledger only as long as the run holds the cell."""
        row = self._row(session, key)
        if self._claims is not None:
            self._claims.require(row, key)
        return row

    def _unknown(self, what: str) -> LedgerError:
        return LedgerError(
            f"the {what} is not in the ledger", where=self.where, todo="Run the crawl again: it plans its cells anew."
        )


def _identity(key: CellKey) -> tuple[str, str, str]:
    return (key.dataset, key.dt, key.shop)
