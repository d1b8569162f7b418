"""Rebuilds a partition from `raw/` in the store with today's contract, and asks no portal."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import pyarrow.parquet as pq

from shopdata.exceptions import ArgumentError, ReceiptError, ShopdataError, StoreError
from shopdata.files import sha256_of
from shopdata.lake.check import read_checked
from shopdata.lake.drafts import Built
from shopdata.lake.lost_files import absent_files
from shopdata.lake.partition import build_partition
from shopdata.lake.raw_tables import raw_bytes
from shopdata.lake.receipts import Draft, Receipt, read_receipt
from shopdata.lake.reconcile import import_raw
from shopdata.lake.refresh import publish_and_refresh
from shopdata.lake.resources import Resources
from shopdata.lake.restatement import Differences, differences
from shopdata.ledger import Cell, PartitionRecord
from shopdata.ledger.claims import Claims
from shopdata.ledger.holding import holding
from shopdata.ledger.owner import Owner
from shopdata.periods import Period
from shopdata.states import CellState
from shopdata.store.keys import parquet_key, raw_folder, receipt_key

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Replayed:
    """What became of a partition."""

    dt: str
    rows: int
    shops: int
    #: Shops that are not in it, with their state.
    missing: tuple[tuple[str, str], ...]
    #: False if the store held just this already: nothing was put.
    is_changed: bool
    #: Against what was published before; None if nothing was, or it could not be read.
    changes: Differences | None = None
    columns_added: tuple[str, ...] = ()
    columns_removed: tuple[str, ...] = ()
    refresh_state: str = ""

    @property
    def is_whole(self) -> bool:
        """True if no shop is missing and Dremio was told."""
        return not self.missing and self.refresh_state not in ("FAILED", "PENDING")


class Replayer:
    """Rebuilds partitions of one dataset. Every error leaves the published partition as it was."""

    def __init__(self, name: str, run_id: str, lake: Resources, lease_seconds: float) -> None:
        self._name, self._run_id, self._lake = name, run_id, lake
        self._dataset = lake.config.dataset(name)
        self._ledger, self._staging, self._store = lake.ledger, lake.staging, lake.store
        self._lease_seconds = lease_seconds
        #: Objects in raw/ that are none of ours, by period: they were left out.
        self.strays: dict[str, tuple[str, ...]] = {}

    def raw_periods(self) -> set[Period]:
        """The periods of which the store or the ledger has a raw file."""
        prefix = raw_folder(self._dataset.platform, self._name)
        labels = {key.removeprefix(prefix).partition("/")[0] for key in self._store.list_keys(prefix)}
        labels.update(cell.dt for cell in self._ledger.cells(self._name) if cell.raw is not None)
        found = set()
        for label in labels:
            with contextlib.suppress(ArgumentError):
                found.add(Period.from_dt(label))
        return found

    def replay(self, dts: Sequence[str]) -> Iterator[tuple[str, Replayed | ShopdataError]]:
        """Rebuilds partitions one after the other; where that can't be, yields the reason.

        Such a reason is a StoreError: a raw file is not in the store, or is another than the ledger knows, or the store
        failed; a RejectedFileError: a raw file does not fit today's contract; a LedgerError: another run is at it.
        """
        refused: dict[str, ShopdataError] = {}
        for dt in dts:
            try:
                # Raw files that lie in the store and that the ledger does not know: it was lost, or is another's.
                self.strays[dt] = import_raw(self._name, dt, self._receipt(dt), self._lake, is_replay=True)
            except ShopdataError as error:
                refused[dt] = error
        # From here on the ledger is written to only for what is held.
        claims = self._ledger.hold_for(Owner.here(self._run_id), self._lease_seconds)
        for dt in dts:
            try:
                yield dt, refused[dt] if dt in refused else self._replay(dt, claims)
            except ShopdataError as error:
                yield dt, error

    def _replay(self, dt: str, claims: Claims) -> Replayed:
        cells = [cell for cell in self._ledger.cells(self._name, dt) if cell.raw is not None]
        # What another machine has yet to send the merge leaves out.
        absent = {found.cell.key for found in absent_files(cells, self._lake)}
        cells = [cell for cell in cells if cell.key not in absent]
        if not cells:
            raise StoreError(
                "there is no raw file of this period",
                where=self._store.where(raw_folder(self._dataset.platform, self._name, dt)),
                expected="one for each shop",
                todo="Collect it: `scrapy backfill` finds what is missing.",
            )
        for cell in cells:
            self._read_again(cell)
        before = self._ledger.partition(self._name, dt)
        with holding(claims, self._name, dt):
            built = build_partition(self._name, dt, self._run_id, self._lake, is_rebuilt=True)
            assert built is not None
            return self._publish(dt, built, before)

    def _receipt(self, dt: str) -> Receipt | None:
        """The receipt as far as it can be believed: where it can't, the partition is rebuilt without it."""
        try:
            return read_receipt(self._dataset.platform, self._name, dt, self._store)
        except ReceiptError as error:
            logger.warning("%s", error)
            return None

    def _read_again(self, cell: Cell) -> None:
        """Parses a raw file with today's contract, in place of the form that was kept."""
        assert cell.raw is not None
        with raw_bytes(cell.raw, self._staging, self._store) as path:
            found = sha256_of(path)
            if found != cell.raw.sha256:
                raise StoreError(
                    "the raw file is another than the one that was staged",
                    where=self._store.where(cell.raw.key),
                    found=f"sha256 {found}",
                    expected=cell.raw.sha256,
                    todo="See who else writes into this bucket, then collect it again with `-a force=1`.",
                )
            table = read_checked(path, self._name, self._dataset, Period.from_dt(cell.dt), where=str(cell.key))
            table.save(self._staging.table(cell.dataset, cell.dt, cell.shop, cell.raw.sha256))

    def _publish(self, dt: str, built: Built, before: PartitionRecord | None) -> Replayed:
        draft = built.draft
        missing = tuple((shop.id, shop.state) for shop in draft.missing)
        done = partial(Replayed, dt=dt, rows=draft.rows, shops=len(draft.shops), missing=missing)
        if before is not None and self._is_there(draft, before):
            return done(is_changed=False, refresh_state=before.refresh_state)
        changes, old_columns = self._compare(dt, built)
        receipt = publish_and_refresh(built, self._lake)
        return done(
            is_changed=True,
            changes=changes,
            columns_added=tuple(name for name in receipt.columns if name not in old_columns) if old_columns else (),
            columns_removed=tuple(name for name in old_columns if name not in receipt.columns),
            refresh_state=receipt.refresh.state,
        )

    def _is_there(self, draft: Draft, before: PartitionRecord) -> bool:
        """True if ledger and store have just this already, so that nothing needs to be put."""
        parts = (draft.parquet, draft.workbook, *draft.workbook.volumes)
        stored = [self._store.stat(part.key) for part in parts]
        there = self._receipt(draft.dt)
        is_waiting = any(cell.state is CellState.STAGED for cell in self._ledger.cells(self._name, draft.dt))
        return (
            (before.parquet_sha256, before.workbook_sha256) == draft.sums
            and [found.sha256 if found else "" for found in stored] == [part.sha256 for part in parts]
            and there is not None
            and there.sums == draft.sums
            # A run that was killed behind its receipt has not told the ledger.
            and there.run_id == before.run_id
            and [shop.missing for shop in there.missing] == [shop.missing for shop in draft.missing]
            and not is_waiting
            and before.refresh_state not in ("FAILED", "PENDING")
        )

    def _compare(self, dt: str, built: Built) -> tuple[Differences | None, list[str]]:
        """What the new partition changes of the one in the store, and the columns of that one."""
        key = parquet_key(self._dataset.platform, self._name, dt)
        try:
            if self._store.stat(key) is None:
                return None, []
            with self._store.fetched(key) as path:
                old, new = (pq.read_table(file, partitioning=None) for file in (path, built.parquet))
        except (StoreError, OSError, ValueError) as error:
            # It is about to be replaced by a good one; what is in it now nobody can say.
            logger.warning(
                "%s: what it held can't be compared: %s", receipt_key(self._dataset.platform, self._name, dt), error
            )
            return None, []
        return differences(old, new, ("shop", *self._dataset.keys)), old.column_names
