"""The parsed form of a raw file: kept from when it was checked, or read again from the bytes."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from shopdata.config import Dataset
from shopdata.lake.excel import read_table
from shopdata.lake.ledger import CellKey, RawFile
from shopdata.lake.objects import ObjectStore
from shopdata.lake.staging import Staging, sha256_of


@contextlib.contextmanager
def raw_bytes(raw: RawFile, staging: Staging, store: ObjectStore) -> Iterator[Path]:
    """A file with exactly these bytes: the outbox's, else a copy of the object for the length of the block.

    Raises:
        StoreError: neither is to be had.
    """
    kept = staging.raw(raw.key)
    if kept.is_file() and sha256_of(kept) == raw.sha256:
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="shopdata-raw-") as folder:
        path = Path(folder, f"raw.{raw.ext}")
        store.get_file(raw.key, path)
        yield path


def table_of(key: CellKey, raw: RawFile, dataset: Dataset, staging: Staging, store: ObjectStore) -> Path:
    """Where a cell's parsed file lies.

    Raises:
        StoreError: the raw file is neither on this machine nor to be had from the store.
        RejectedFileError: it no longer fits the contract.
    """
    path = staging.table(key.dataset, key.dt, key.shop, raw.sha256)
    if not path.is_file():
        with raw_bytes(raw, staging, store) as file:
            read_table(file, dataset, where=str(key)).save(path)
    return path
