"""The parsed form of a raw file: kept from when it was checked, or read again from the bytes."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from shopdata.excel import Contract, read_table
from shopdata.excel.workers import MOST_WORKERS, Workers
from shopdata.files import HeldError, as_disk_error, sha256_of
from shopdata.lake.resources import Resources
from shopdata.ledger import CellKey, RawFile
from shopdata.store.staging import Staging

if TYPE_CHECKING:
    from shopdata.store.object_store import ObjectStore

#: Fewer are read before processes have begun.
_WORTH_WORKERS = 4


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
    return tables_of([(key, raw)], lake)[0]


def tables_of(files: Sequence[tuple[CellKey, RawFile]], lake: Resources, workers: Executor | None = None) -> list[Path]:
    """Where the parsed files of cells lie. Those that another machine has read are read here, several at once.

    Args:
        workers: who reads them; by default this thread.

    Raises:
        StoreError, RejectedFileError: as `table_of`.
    """
    paths = [lake.staging.table(key.dataset, key.dt, key.shop, raw.sha256) for key, raw in files]
    wanted = [(*about, path) for about, path in zip(files, paths, strict=True) if not path.is_file()]

    def read(key: CellKey, raw: RawFile, path: Path) -> None:
        contract = Contract.of(lake.config.dataset(key.dataset))
        with raw_bytes(raw, lake.staging, lake.store) as file:
            if workers is None:
                _read(file, contract, str(key), path)
            else:
                workers.submit(_read, file, contract, str(key), path).result()

    if workers is None or len(wanted) < _WORTH_WORKERS:
        for about in wanted:
            read(*about)
        return paths
    if isinstance(workers, Workers):
        workers.start("shopdata.lake.raw_tables", "shopdata.excel.workbook.piece")
    # Fetching waits for the store, and reading for a process.
    with ThreadPoolExecutor(2 * MOST_WORKERS, "fetch") as threads:
        for done in [threads.submit(read, *about) for about in wanted]:
            done.result()
    return paths


def _read(file: Path, contract: Contract, where: str, path: Path) -> None:
    with as_disk_error(path), contextlib.suppress(HeldError):
        read_table(file, contract, where=where, spill_folder=path.parent).save(path)
