"""The parsed form of a raw file: kept from when it was checked, or read again from the bytes."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from shopdata.excel import Contract, read_table
from shopdata.files import HeldError, as_disk_error, sha256_of
from shopdata.lake.resources import Resources
from shopdata.ledger import CellKey, RawFile
from shopdata.store.staging import Staging

if TYPE_CHECKING:
    from shopdata.store.object_store import ObjectStore


@contextlib.contextmanager
def raw_bytes(raw: RawFile, staging: Staging, store: ObjectStore) -> Iterator[Path]:
    """A copy of the outbox's file, else of the object, for the length of the block.

    Raises:
        StoreError: neither is to be had.
        DiskError: the system's folder for temporary files is full.
    """
    with tempfile.TemporaryDirectory(prefix="shopdata-raw-") as folder:
        path = Path(folder, f"raw.{raw.ext}")
        # Not the outbox's own: another run may send and remove it at any moment, or a program keep it for itself.
        with as_disk_error(path), contextlib.suppress(FileNotFoundError, PermissionError):
            shutil.copyfile(staging.raw(raw.key), path)
        if not path.is_file() or sha256_of(path) != raw.sha256:
            store.get_file(raw.key, path)
        yield path


def table_of(key: CellKey, raw: RawFile, lake: Resources) -> Path:
    """Where a cell's parsed file lies.

    Raises:
        StoreError: the raw file is neither on this machine nor to be had from the store.
        RejectedFileError: it no longer fits the contract.
    """
    path = lake.staging.table(key.dataset, key.dt, key.shop, raw.sha256)
    if not path.is_file():
        with raw_bytes(raw, lake.staging, lake.store) as file, as_disk_error(path), contextlib.suppress(HeldError):
            contract = Contract.of(lake.config.dataset(key.dataset))
            read_table(file, contract, where=str(key), spill_folder=path.parent).save(path)
    return path
