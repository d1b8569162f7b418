"""Batches of a file that is larger than memory should hold: on the disk until their table is saved."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from shopdata.excel.tables.table import Batch, BatchesOnDisk
from shopdata.files import as_disk_error, nameless


class Spill(BatchesOnDisk):
    """Takes batches one by one; each is read back when it is asked for, and none stays in memory.

    The file has no name where the system allows that, and is gone with this object.
    """

    def __init__(self, columns: int, folder: Path) -> None:
        fields = [pa.field(f"text{place}", pa.string()) for place in range(columns)]
        fields += [pa.field(f"code{place}", pa.uint8()) for place in range(columns)]
        self._schema = pa.schema(fields)
        self._folder = folder
        self._file = nameless(self, folder, in_memory_bytes=0)
        self._writer = pa.ipc.new_file(self._file, self._schema)
        self._reader: Any = None
        #: For each batch and column its one code, or None where they differ.
        self._codes: list[list[int | None]] = []
        self.rows = 0

    def append(self, batch: Batch) -> None:
        """Writes a batch; it must have all columns. Raises DiskError."""
        arrays = [column.text for column in batch.columns]
        arrays += [pa.array(column.code_array()) for column in batch.columns]
        with as_disk_error(self._folder / "spill"):
            self._writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=self._schema))
        self._codes.append([column.codes if isinstance(column.codes, int) else None for column in batch.columns])
        self.rows += batch.rows

    def __len__(self) -> int:
        return len(self._codes)

    def _saved(self, place: int) -> tuple[pa.RecordBatch, Sequence[int | None]]:
        if self._reader is None:
            with as_disk_error(self._folder / "spill"):
                self._writer.close()
                self._file.seek(0)
            self._reader = pa.ipc.open_file(self._file)
        return self._reader.get_batch(place), self._codes[place]
