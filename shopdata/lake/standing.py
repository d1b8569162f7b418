"""Does the bucket still hold what the ledger calls published? Asked before a run says that nothing is left to do."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shopdata.exceptions import ReceiptError, RejectedFileError, StoreError
from shopdata.lake.lost_files import absent_files, give_up_lost
from shopdata.lake.receipts import read_receipt
from shopdata.lake.reconcile import import_published
from shopdata.lake.resources import Resources
from shopdata.ledger import PartitionRecord
from shopdata.store.keys import parquet_key, raw_folder, workbook_key
from shopdata.texts import one_line

if TYPE_CHECKING:
    from shopdata.store.object_store import ObjectStore

#: Set for a run that could not look at what it calls published: its exit code is 1.
UNSEEN_STAT = "shopdata/store/unseen"

logger = logging.getLogger(__name__)


@dataclass
class Standing:
    """Looks at the partitions of one dataset for one run; blocking."""

    name: str
    lake: Resources
    #: Periods that are published in the ledger, and that nobody could look at, because the store failed.
    unseen: list[str] = field(default_factory=list)
    _failure: StoreError | None = field(default=None, init=False)
    #: Periods with files that the store does not hold yet.
    _unsent: set[str] | None = field(default=None, init=False)

    def look(self, dt: str) -> None:
        """Holds a period against the bucket; where they differ, the ledger is told what is so.

        What the store has and the ledger does not know, is entered. What the store lost, is to be published again: from
        the raw files that are still to be had, and the portal is asked for the others.
        """
        record = self.lake.ledger.partition(self.name, dt)
        try:
            if self._failure is not None:
                pass  # with many periods nobody wants as many time-outs
            elif record is None:
                self._import(dt)
            elif lacks_of(record, self.lake.store):
                self._withdraw(dt)
            if self._failure is None:
                self._give_up_lost(dt)
        except StoreError as error:
            self._failure = error
        if self._failure is not None and record is not None:
            if not self.unseen:
                text = "%s %s: whether the bucket still holds it could not be seen: %s"
                logger.error(text, self.name, dt, self._failure)
            self.unseen.append(dt)

    def _import(self, dt: str) -> None:
        """The ledger was lost, or is another machine's: what is published need not be asked for again."""
        try:
            receipt = read_receipt(self.lake.config.dataset(self.name).platform, self.name, dt, self.lake.store)
        except ReceiptError as error:
            # The merge meets the same, and replaces nothing.
            logger.error("%s %s: import failed: %s", self.name, dt, error)
            return
        try:
            if receipt is not None:
                import_published(receipt, self.lake)
        except (RejectedFileError, StoreError) as error:
            # The same.
            logger.error("%s %s: published, but its import failed: %s", self.name, dt, error)

    def _give_up_lost(self, dt: str) -> None:
        """What a machine that is gone has not sent is asked for again."""
        if self._unsent is None:
            # One look for all periods: nearly always there is none.
            self._unsent = {cell.dt for cell in self.lake.ledger.unsent_raw() if cell.dataset == self.name}
        if dt not in self._unsent:
            return
        try:
            receipt = read_receipt(self.lake.config.dataset(self.name).platform, self.name, dt, self.lake.store)
            give_up_lost(self.name, dt, self.lake, receipt)
        except (ReceiptError, RejectedFileError) as error:
            # The merge meets the same.
            logger.error("%s %s: files of other machines not looked for: %s", self.name, dt, error)

    def _withdraw(self, dt: str) -> None:
        claims = self.lake.ledger.claims
        if claims is not None and not claims.acquire_partition(self.name, dt):
            return  # another run is just publishing it
        try:
            # With the partition in our hands: what was seen before may have been half of what another run put.
            record = self.lake.ledger.partition(self.name, dt)
            lacks = lacks_of(record, self.lake.store) if record is not None else []
            if not lacks:
                return
            gone, thin = self._without_bytes(dt)
            told = ", ".join(sorted({*gone, *thin}))
            logger.warning(
                "%s %s: published in the ledger, and the bucket does not hold it so (%s). It is published again%s",
                self.name,
                dt,
                "; ".join(lacks),
                f"; the raw files of {told} are gone, and the portal is asked for them." if told else " from raw/.",
            )
            self.lake.ledger.withdraw(self.name, dt, ask_again={*gone, *thin}, without_file=gone)
        finally:
            if claims is not None:
                claims.release_partition(self.name, dt)

    def _without_bytes(self, dt: str) -> tuple[set[str], set[str]]:
        """The shops whose raw file is nowhere: those of which nothing is left, and those with their parsed form."""
        platform = self.lake.config.dataset(self.name).platform
        is_there = self.lake.store.has_bucket()
        keys = set(self.lake.store.list_keys(raw_folder(platform, self.name, dt))) if is_there else set()
        gone: set[str] = set()
        thin: set[str] = set()
        cells = self.lake.ledger.cells(self.name, dt)
        # What another machine has yet to send is not gone.
        elsewhere = {absent.cell.shop for absent in absent_files(cells, self.lake) if not absent.is_lost}
        for cell in cells:
            raw = cell.raw
            if raw is None or raw.key in keys or cell.shop in elsewhere:
                continue
            if not self.lake.staging.raw(raw.key).is_file():
                table = self.lake.staging.table(self.name, dt, cell.shop, raw.sha256)
                (thin if table.is_file() else gone).add(cell.shop)
        return gone, thin


def lacks_of(record: PartitionRecord, store: ObjectStore) -> list[str]:
    """What the bucket does not hold as the ledger has it, in a few words each.

    Raises:
        StoreError: it can't be looked at.
    """
    about = (record.platform, record.dataset, record.dt)
    lacks = []
    try:
        receipt = read_receipt(*about, store)
    except ReceiptError as error:
        return [f"its receipt can't be believed: {error.found}"]
    if receipt is None:
        lacks.append("its receipt is gone")
    elif (receipt.run_id, receipt.parquet.sha256, receipt.workbook.sha256) != (
        record.run_id,
        record.parquet_sha256,
        record.workbook_sha256,
    ):
        lacks.append(f"its receipt is another one, of run {one_line(receipt.run_id, 100)}")
    # The sum of the workbook stands for those of its volumes, which only the receipt has.
    volumes = receipt.workbook.volumes if receipt is not None and not lacks else ()
    for what, key, sha256 in (
        ("Parquet object", parquet_key(*about), record.parquet_sha256),
        ("workbook", workbook_key(*about), record.workbook_sha256),
        *((f"workbook's volume {volume.name}", volume.key, volume.sha256) for volume in volumes),
    ):
        there = store.stat(key)
        if there is None:
            lacks.append(f"its {what} is gone")
        elif there.sha256 != sha256:
            lacks.append(f"its {what} is another one")
    return lacks
