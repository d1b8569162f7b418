"""Partitions: what is published of a dataset and period."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from shopdata.ledger.database import reads, writes
from shopdata.ledger.leases import is_live
from shopdata.ledger.ledger_part import LedgerPart
from shopdata.ledger.records import PartitionRecord
from shopdata.ledger.rows import WITH_FILE, fill_partition, set_refresh, set_state, to_partition
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
        if self._claims is not None:
            self._claims.renew_partition(record.dataset, record.dt)
        self._publish(replace(record, shops=dict(published)), published)

    @writes
    def _publish(self, session: Session, record: PartitionRecord, published: Mapping[str, str]) -> None:
        row = session.get(PartitionRow, (record.dataset, record.dt), with_for_update=True)
        if row is None:
            row = PartitionRow()
            session.add(row)
        fill_partition(row, record)
        query = _cells_of(record.dataset, record.dt).where(
            CellRow.shop.in_(published), CellRow.state == CellState.STAGED
        )
        for cell in session.scalars(query):
            if cell.raw is not None and cell.raw.sha256 == published[cell.shop]:
                set_state(cell, CellState.PUBLISHED)

    def withdraw(self, dataset: str, dt: str, *, ask_again: Collection[str], without_file: Collection[str]) -> None:
        """Writes in one transaction that the store does not hold a partition as it was published.

        Its cells are `staged` again. Cells that another run holds stay as they are.

        Args:
            ask_again: shops whose raw file is gone; they are `pending`.
            without_file: those of them of which nothing else is left.
        """
        if self._claims is not None:
            self._claims.renew_partition(dataset, dt)
        self._withdraw(dataset, dt, ask_again, without_file)

    @writes
    def _withdraw(
        self, session: Session, dataset: str, dt: str, ask_again: Collection[str], without_file: Collection[str]
    ) -> None:
        row = session.get(PartitionRow, (dataset, dt), with_for_update=True)
        if row is not None:
            session.delete(row)
        now = self._database.now(session)
        for cell in session.scalars(_cells_of(dataset, dt)):
            if is_live(cell.lease_owner, cell.lease_until, now):
                continue
            if cell.shop in without_file:
                cell.raw, cell.rows = None, None
            if cell.shop in ask_again:
                set_state(cell, CellState.PENDING, _RAW_FILE_GONE)
            elif cell.state == CellState.PUBLISHED:
                set_state(cell, CellState.STAGED)

    @writes
    def set_refresh(self, session: Session, dataset: str, dt: str, state: str, reason: Reason) -> None:
        """Writes what Dremio said to a partition."""
        row = session.get(PartitionRow, (dataset, dt), with_for_update=True)
        if row is None:
            raise self._unknown(f"partition {dataset} {dt}")
        set_refresh(row, state, reason)

    @reads
    def partition(self, session: Session, dataset: str, dt: str) -> PartitionRecord | None:
        """What is published of a period; None if nothing is."""
        row = session.get(PartitionRow, (dataset, dt))
        return None if row is None else to_partition(row)

    @reads
    def partitions(self, session: Session, dataset: str | None = None) -> list[PartitionRecord]:
        """What is published, of all datasets or of one, in the order of dataset and period."""
        query = select(PartitionRow).order_by(PartitionRow.dataset, PartitionRow.dt)
        if dataset is not None:
            query = query.where(PartitionRow.dataset == dataset)
        return [to_partition(row) for row in session.scalars(query)]

    @reads
    def published_periods(self, session: Session, dataset: str) -> set[str]:
        """The labels of all periods of a dataset that are published."""
        return set(session.scalars(select(PartitionRow.dt).where(PartitionRow.dataset == dataset)))


def _cells_of(dataset: str, dt: str) -> Select[CellRow]:
    """The cells of a period, in an order that all runs lock them in."""
    own = select(CellRow).where(CellRow.dataset == dataset, CellRow.dt == dt)
    return own.order_by(CellRow.shop).options(WITH_FILE).with_for_update(of=CellRow)
