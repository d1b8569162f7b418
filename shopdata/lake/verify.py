"""Holds a published partition against its receipt and the ledger: every object is hashed and counted anew."""

from __future__ import annotations

import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

import pyarrow as pa

from shopdata.excel import Contract
from shopdata.excel.recount import count_merged, count_parquet, count_raw
from shopdata.exceptions import ReceiptError, RefreshError, RejectedFileError, StoreError
from shopdata.files import sha256_of
from shopdata.lake.dremio import DremioClient
from shopdata.lake.receipts import (
    PublishedFile,
    PublishedShop,
    PublishedVolume,
    PublishedWorkbook,
    Receipt,
    read_receipt,
)
from shopdata.lake.resources import Resources
from shopdata.lake.volumes import old_volumes
from shopdata.ledger import PartitionRecord
from shopdata.store.keys import raw_folder, receipt_key, shop_and_ext_of

Count = TypeVar("Count")

#: What a file raises that is not what its name says.
_DAMAGED = (KeyError, ValueError, OSError, zipfile.BadZipFile, pa.ArrowException, SyntaxError)


@dataclass
class Verified:
    """What was found of one partition; counts are None where they could not be had."""

    dt: str
    told: int | None = None
    raw: int | None = None
    workbook: int | None = None
    #: False where there are more rows than its workbook may have, and they stand in none.
    has_rows_in_workbook: bool = True
    parquet: int | None = None
    dremio: int | None = None
    #: Shops that the receipt says are missing, with their state.
    missing: list[tuple[str, str]] = field(default_factory=list)
    #: What is wrong: the object, then a sentence.
    problems: list[tuple[str, str]] = field(default_factory=list)
    #: Objects in raw/ that are none of ours, and volumes that the workbook has no more: nobody uses them.
    strays: list[str] = field(default_factory=list)

    def tell(self, key: str, problem: str) -> None:
        """Adds what is wrong with an object."""
        self.problems.append((key, problem))

    def compare(self, key: str, count: int, told: int, what: str) -> None:
        """Adds it where rows were counted otherwise than the receipt says."""
        if count != told:
            self.tell(key, f"rows of {what}: found {count}, expected {told}.")

    @property
    def is_whole(self) -> bool:
        """True if nothing is wrong and no shop is missing."""
        return not self.problems and not self.missing


class Verifier:
    """Verifies partitions of one dataset."""

    def __init__(self, name: str, lake: Resources) -> None:
        self._name, self._dataset = name, lake.config.dataset(name)
        self._bucket = lake.config.lake.object_store.bucket
        self._ledger, self._store, self._dremio = lake.ledger, lake.store, lake.dremio
        self._can_replay = False

    def verify(self, dt: str) -> Verified:
        """Looks at everything there is of a period; what can't be looked at is a problem."""
        found = Verified(dt)
        key = receipt_key(self._dataset.platform, self._name, dt)
        record = self._ledger.partition(self._name, dt)
        self._look_at_raw(found)
        receipt = self._receipt(key, record, found)
        if receipt is not None:
            self._against(receipt, key, record, found)
        return found

    def _against(self, receipt: Receipt, key: str, record: PartitionRecord | None, found: Verified) -> None:
        """Holds everything else against a receipt."""
        found.told = receipt.rows
        found.missing = [(shop.id, shop.state) for shop in receipt.missing]
        self._compare_with_ledger(key, receipt, record, found)
        with tempfile.TemporaryDirectory(prefix="shopdata-verify-") as folder:
            path = Path(folder, "object")
            counts = [self._raw(shop, path, found) for shop in receipt.shops]
            found.raw = None if None in counts else sum(count or 0 for count in counts)
            found.workbook = self._merged(receipt, path, found)
            found.strays += self._old_volumes(receipt)
            found.parquet = self._partition(receipt, path, found)
        if self._dremio is not None:
            found.dremio = self._asked_of_dremio(self._dremio, found.dt, receipt, found)

    def _receipt(self, key: str, record: PartitionRecord | None, found: Verified) -> Receipt | None:
        try:
            receipt = read_receipt(self._dataset.platform, self._name, found.dt, self._store)
        except StoreError as error:
            found.tell(key, str(error))
            return None
        except ReceiptError as error:
            told = ReceiptError(error.what, found=error.found, expected=error.expected, todo=self._mend(key))
            found.tell(key, str(told))
            return None
        if receipt is None:
            known = "is published in the ledger, and has no receipt in the store" if record else "was never published"
            todo = self._mend(key) if record else "Collect it."
            found.tell(key, f"the partition {known}. {todo}")
        return receipt

    def _compare_with_ledger(self, key: str, receipt: Receipt, record: PartitionRecord | None, found: Verified) -> None:
        if record is None:
            todo = f"`scrapy replay {self._name}` enters it; or is it another machine's? (SHOPDATA_DATABASE_URL)"
            found.tell(key, f"the store has the partition, and the ledger does not know it. {todo}")
            return
        pairs = {
            "run_id": (receipt.run_id, record.run_id),
            "rows": (receipt.rows, record.rows),
            "shops": (len(receipt.shops), record.published),
            "columns": (list(receipt.columns), list(record.columns)),
            "parquet.sha256": (receipt.parquet.sha256, record.parquet_sha256),
            "workbook.sha256": (receipt.workbook.sha256, record.workbook_sha256),
        }
        for name, (told, known) in pairs.items():
            if told != known:
                found.tell(key, f"`{name}` is not what the ledger has. Found {told!r:.200}, expected {known!r:.200}.")

    def _raw(self, shop: PublishedShop, path: Path, found: Verified) -> int | None:
        key = shop.raw_key
        count = self._read(
            key, shop, path, found, lambda: count_raw(path, key.rpartition(".")[2], Contract.of(self._dataset))
        )
        if count is not None:
            found.compare(key, count, shop.rows, f"shop {shop.id}")
        return count

    def _merged(self, receipt: Receipt, path: Path, found: Verified) -> int | None:
        """The rows of the workbook and its volumes; None where they could not be counted, or stand in none."""
        books: tuple[PublishedWorkbook | PublishedVolume, ...] = (receipt.workbook, *receipt.workbook.volumes)
        counts: Counter[str] = Counter()
        for part in books:
            counted = self._read(part.key, part, path, found, partial(count_merged, path, part.sheets))
            if counted is None:
                return None
            counts += counted
        if receipt.rows and not counts and not any(part.rows for part in books):
            found.has_rows_in_workbook = False
            return None
        return _total(receipt.workbook.key, counts, receipt, found)

    def _old_volumes(self, receipt: Receipt) -> list[str]:
        """Volumes of an earlier workbook that nobody could move away when this one was published."""
        try:
            return old_volumes(receipt, self._store)
        except StoreError:
            return []  # what else is asked of the store meets the same, and says so

    def _partition(self, receipt: Receipt, path: Path, found: Verified) -> int | None:
        part = receipt.parquet
        counted = self._read(part.key, part, path, found, lambda: count_parquet(path))
        if counted is None:
            return None
        columns, counts = counted
        if columns != list(receipt.columns):
            found.tell(part.key, "its columns are not those of the receipt.")
        return _total(part.key, counts, receipt, found)

    def _asked_of_dremio(self, dremio: DremioClient, dt: str, receipt: Receipt, found: Verified) -> int | None:
        try:
            count = dremio.count_rows(self._bucket, self._dataset.platform, self._name, dt)
        except RefreshError as error:
            found.tell("Dremio", str(error))
            return None
        found.compare("Dremio", count, receipt.rows, "all shops")
        return count

    def _read(
        self, key: str, told: PublishedShop | PublishedFile, path: Path, found: Verified, read: Callable[[], Count]
    ) -> Count | None:
        """Fetches an object; what was read in it, or None, with the reason, if it is not the one that was published."""
        try:
            if self._store.stat(key) is None:
                found.tell(key, f"it is not in the store. {self._mend(key)}")
                return None
            self._store.get_file(key, path)
            size, sha256 = path.stat().st_size, sha256_of(path)
            if (size, sha256) == (told.bytes, told.sha256):
                return read()
            found.tell(
                key,
                f"it is not what was published. Found {size} bytes, sha256 {sha256}, "
                f"expected {told.bytes} bytes, sha256 {told.sha256}. {self._mend(key)}",
            )
        except (StoreError, RejectedFileError) as error:
            found.tell(key, str(error))
        except _DAMAGED as error:
            found.tell(key, f"it can't be read ({type(error).__name__}). {self._mend(key)}")
        return None

    def _look_at_raw(self, found: Verified) -> None:
        """What lies in raw/: only with all that the partition was made of, a replay can rebuild it."""
        dataset, dt = self._dataset, found.dt
        try:
            keys = set(self._store.list_keys(raw_folder(dataset.platform, self._name, dt)))
        except StoreError:
            # What is asked of the store next meets the same, and says so.
            self._can_replay = False
            return
        found.strays = [key for key in sorted(keys) if shop_and_ext_of(key, dataset.platform, self._name, dt) is None]
        files = [cell.raw for cell in self._ledger.cells(self._name, dt) if cell.raw is not None]
        # What is not sent yet lies in the outbox.
        self._can_replay = bool(files or keys) and all(raw.key in keys or not raw.in_store for raw in files)

    def _mend(self, key: str) -> str:
        """What can be done about an object."""
        if key.startswith("raw/"):
            return "Collect it again with `-a force=1`."
        if self._can_replay:
            return f"Run `scrapy replay {self._name}` for it: it is rebuilt from raw/."
        return (
            "It can't be rebuilt, for raw/ no longer holds all of its files: crawl the period again, which asks the "
            "portal for them."
        )


def _total(key: str, counts: Counter[str], receipt: Receipt, found: Verified) -> int:
    """The rows of a merged file; those of each shop are held against the receipt."""
    told = {shop.name: shop.rows for shop in receipt.shops if shop.rows}
    for name in sorted(told.keys() | counts.keys()):
        found.compare(key, counts.get(name, 0), told.get(name, 0), f"shop {name!r}")
    return counts.total()
