"""Holds a published partition against its receipt and the ledger: every object is hashed and counted anew."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa

from shopdata.config import Config
from shopdata.exceptions import RefreshError, RejectedFileError, StoreError
from shopdata.files import sha256_of
from shopdata.lake.dremio import DremioClient
from shopdata.lake.keys import receipt_key
from shopdata.lake.ledger import Ledger, PartitionRecord
from shopdata.lake.objects import ObjectStore
from shopdata.lake.receipts import decode_receipt
from shopdata.lake.recount import count_merged, count_parquet, count_raw

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
    parquet: int | None = None
    dremio: int | None = None
    #: Shops that the receipt says are missing, with their state.
    missing: list[str] = field(default_factory=list)
    #: What is wrong: the object, then a sentence.
    problems: list[tuple[str, str]] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """True if nothing is wrong and no shop is missing."""
        return not self.problems and not self.missing


class Verifier:
    """Verifies partitions of one dataset."""

    def __init__(
        self, name: str, *, config: Config, ledger: Ledger, store: ObjectStore, dremio: DremioClient | None
    ) -> None:
        self._name, self._dataset = name, config.dataset(name)
        self._bucket = config.lake.object_store.bucket
        self._ledger, self._store, self._dremio = ledger, store, dremio

    def verify(self, dt: str) -> Verified:
        """Looks at everything there is of a period; what can't be looked at is a problem."""
        found = Verified(dt)
        key = receipt_key(self._dataset.platform, self._name, dt)
        record = next(iter(self._ledger.partitions(self._name, dt)), None)
        receipt = self._receipt(key, record, found)
        if receipt is None:
            return found
        try:
            self._against(receipt, key, record, found)
        except (KeyError, TypeError) as error:
            found.problems.append((key, f"this receipt is not as it was written ({error})."))
        return found

    def _against(self, receipt: dict[str, Any], key: str, record: PartitionRecord | None, found: Verified) -> None:
        """Holds everything else against a receipt."""
        found.told = receipt["rows"]
        found.missing = [f"{shop['id']} ({shop['state']})" for shop in receipt["missing"]]
        self._compare_with_ledger(key, receipt, record, found)
        with tempfile.TemporaryDirectory(prefix="shopdata-verify-") as folder:
            path = Path(folder, "object")
            counts = [self._raw(shop, path, found) for shop in receipt["shops"]]
            found.raw = None if None in counts else sum(count or 0 for count in counts)
            found.workbook = self._merged(receipt, path, found)
            found.parquet = self._partition(receipt, path, found)
        if self._dremio is not None:
            found.dremio = self._asked_of_dremio(self._dremio, found.dt, receipt, found)

    def _receipt(self, key: str, record: PartitionRecord | None, found: Verified) -> dict[str, Any] | None:
        try:
            data = self._store.get_bytes(key) if self._store.stat(key) is not None else None
        except StoreError as error:
            found.problems.append((key, str(error)))
            return None
        if data is None:
            known = "is published in the ledger, and has no receipt in the store" if record else "was never published"
            todo = f"Run `scrapy replay {self._name}` for it: it is rebuilt from raw/." if record else "Collect it."
            found.problems.append((key, f"the partition {known}. {todo}"))
            return None
        receipt = decode_receipt(data)
        if receipt is None:
            found.problems.append((key, f"this is no receipt. Run `scrapy replay {self._name}` for it."))
        return receipt

    def _compare_with_ledger(
        self, key: str, receipt: dict[str, Any], record: PartitionRecord | None, found: Verified
    ) -> None:
        if record is None:
            todo = f"`scrapy replay {self._name}` enters it; or is it another machine's? (SHOPDATA_DATABASE_URL)"
            found.problems.append((key, f"the store has the partition, and the ledger does not know it. {todo}"))
            return
        pairs = {
            "dt": (receipt["dt"], record.dt),
            "run_id": (receipt.get("run_id"), record.run_id),
            "rows": (receipt["rows"], record.rows),
            "shops": (len(receipt["shops"]), record.published),
            "columns": (list(receipt["columns"]), list(record.columns)),
            "parquet.sha256": (receipt["parquet"].get("sha256"), record.parquet_sha256),
            "workbook.sha256": (receipt["workbook"].get("sha256"), record.workbook_sha256),
        }
        found.problems += [
            (key, f"`{name}` is not what the ledger has. Found {told!r:.200}, expected {known!r:.200}.")
            for name, (told, known) in pairs.items()
            if told != known
        ]

    def _raw(self, shop: dict[str, Any], path: Path, found: Verified) -> int | None:
        key = shop["raw_key"]
        if not self._have(key, shop, path, found):
            return None
        count = self._read(key, found, lambda: count_raw(path, key.rpartition(".")[2], self._dataset))
        if count is not None:
            self._compare(key, count, shop["rows"], f"shop {shop['id']}", found)
        return count

    def _merged(self, receipt: dict[str, Any], path: Path, found: Verified) -> int | None:
        part = receipt["workbook"]
        if not self._have(part["key"], part, path, found):
            return None
        counts = self._read(part["key"], found, lambda: count_merged(path, part["sheets"]))
        if counts is None:
            return None
        self._compare_shops(part["key"], counts, receipt, found)
        return counts.total()

    def _partition(self, receipt: dict[str, Any], path: Path, found: Verified) -> int | None:
        part = receipt["parquet"]
        if not self._have(part["key"], part, path, found):
            return None
        counted = self._read(part["key"], found, lambda: count_parquet(path))
        if counted is None:
            return None
        columns, counts = counted
        self._compare_shops(part["key"], counts, receipt, found)
        if columns != receipt["columns"]:
            found.problems.append((part["key"], "its columns are not those of the receipt."))
        return counts.total()

    def _asked_of_dremio(self, dremio: DremioClient, dt: str, receipt: dict[str, Any], found: Verified) -> int | None:
        try:
            count = dremio.count_rows(self._bucket, self._dataset.platform, self._name, dt)
        except RefreshError as error:
            found.problems.append(("Dremio", str(error)))
            return None
        self._compare("Dremio", count, receipt["rows"], "all shops", found)
        return count

    def _have(self, key: str, told: dict[str, Any], path: Path, found: Verified) -> bool:
        """Fetches an object; False, with the reason, if it is not the one that the receipt tells of."""
        try:
            if self._store.stat(key) is None:
                found.problems.append((key, f"it is not in the store. {self._mend(key)}"))
                return False
            self._store.get_file(key, path)
        except StoreError as error:
            found.problems.append((key, str(error)))
            return False
        size, sha256 = path.stat().st_size, sha256_of(path)
        if (size, sha256) != (told["bytes"], told["sha256"]):
            found.problems.append(
                (
                    key,
                    f"it is not what was published. Found {size} bytes, sha256 {sha256}, "
                    f"expected {told['bytes']} bytes, sha256 {told['sha256']}. {self._mend(key)}",
                )
            )
            return False
        return True

    def _mend(self, key: str) -> str:
        if key.startswith("raw/"):
            return "Collect it again with `-a force=1`."
        return f"Run `scrapy replay {self._name}` for it: it is rebuilt from raw/."

    def _read(self, key: str, found: Verified, read: Callable[[], Count]) -> Count | None:
        """What was read, or None where the file can't be."""
        try:
            return read()
        except RejectedFileError as error:
            found.problems.append((key, str(error)))
        except _DAMAGED as error:
            found.problems.append((key, f"it can't be read ({type(error).__name__}). {self._mend(key)}"))
        return None

    @staticmethod
    def _compare_shops(key: str, counts: dict[str, int], receipt: dict[str, Any], found: Verified) -> None:
        told = {shop["name"]: shop["rows"] for shop in receipt["shops"] if shop["rows"]}
        for name in sorted(told.keys() | counts.keys()):
            Verifier._compare(key, counts.get(name, 0), told.get(name, 0), f"shop {name!r}", found)

    @staticmethod
    def _compare(key: str, count: int, told: int, what: str, found: Verified) -> None:
        if count != told:
            found.problems.append((key, f"rows of {what}: found {count}, expected {told}."))
