"""Partitions: what is published of a dataset and period."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from shopdata.ledger.leases import is_live
from shopdata.ledger.ledger_part import LedgerPart
from shopdata.ledger.records import PartitionRecord
from shopdata.ledger.rows import fill_partition, set_refresh, set_state, to_partition
from shopdata.ledger.schema import CellRow, PartitionRow
from shopdata.reasons import Reason
from shopdata.states import CellState

_RAW_FILE_GONE = Reason("raw_file_gone", {}, "its raw file is gone from the bucket: it is asked for again")


class Partitions(LedgerPart):
    """The ledger's part about partitions."""

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
                    set_state(cell, CellState.PUBLISHED)

        if self._claims is not None:
            self._claims.renew_partition(record.dataset, record.dt)
        self._database.write(work)

    def withdraw(self, dataset: str, dt: str, *, ask_again: Collection[str], without_file: Collection[str]) -> None:
        """Writes in one transaction that the store does not hold a partition as it was published.

        Its cells are `staged` again. Cells that another run holds stay as they are.

        Args:
            ask_again: shops whose raw file is gone; they are `pending`.
            without_file: those of them of which nothing else is left.
        """

        def work(session: Session) -> None:
            row = session.get(PartitionRow, (dataset, dt), with_for_update=True)
            if row is not None:
                session.delete(row)
            now = self._database.now(session)
            query = select(CellRow).where(CellRow.dataset == dataset, CellRow.dt == dt).order_by(CellRow.shop)
            for cell in session.scalars(query.with_for_update()):
                if is_live(cell.lease_owner, cell.lease_until, now):
                    continue
                if cell.shop in without_file:
                    cell.raw, cell.rows = None, None
                if cell.shop in ask_again:
                    set_state(cell, CellState.PENDING, _RAW_FILE_GONE)
                elif cell.state == CellState.PUBLISHED:
                    set_state(cell, CellState.STAGED)

        if self._claims is not None:
            self._claims.renew_partition(dataset, dt)
        self._database.write(work)

    def set_refresh(self, dataset: str, dt: str, state: str, reason: Reason) -> None:
        """Writes what Dremio said to a partition."""

        def work(session: Session) -> None:
            row = session.get(PartitionRow, (dataset, dt), with_for_update=True)
            if row is None:
                raise self._unknown(f"partition {dataset} {dt}")
            set_refresh(row, state, reason)

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
