"""Batches of a file that is larger than memory should hold: on the disk until their table is saved."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow as pa

from shopdata.excel.tables.cells import TEXT
from shopdata.excel.tables.table import Batch, BatchesOnDisk
from shopdata.files import as_disk_error, nameless


class Spill(BatchesOnDisk):
    """Takes batches one by one; each is read back when it is asked for, and none stays in memory.

    Each has `width` columns, or as many as the widest: those that were not written are nulls. The file has no name
    where the system allows that, and is gone with this object. What writes raises DiskError.
    """

    def __init__(self, folder: Path, batches: Iterable[Batch] = ()) -> None:
        self._folder = folder
        self._file = nameless(self, folder, in_memory_bytes=0)
        #: Where each batch lies, and for each of its columns its one code, None where they differ.
        self._kept: list[tuple[int, list[int | None]]] = []
        self.width = self.rows = 0
        for batch in batches:
            self.append(batch)

    def append(self, batch: Batch) -> None:
        """Writes a batch."""
        self._kept.append(self._put(batch))
        self.width = max(self.width, len(batch.columns))
        self.rows += batch.rows

    def __setitem__(self, place: int, batch: Batch) -> None:
        """Writes another batch of as many rows in place of one."""
        self._kept[place] = self._put(batch)

    def _put(self, batch: Batch) -> tuple[int, list[int | None]]:
        columns = {f"text{place}": column.text for place, column in enumerate(batch.columns)}
        for place, column in enumerate(batch.columns):
            if not isinstance(column.codes, int):
                columns[f"code{place}"] = pa.array(column.codes)
        arrays = pa.RecordBatch.from_pydict(columns)
        with as_disk_error(self._folder / "spill"):
            begin = self._file.seek(0, os.SEEK_END)
            with pa.ipc.new_stream(self._file, arrays.schema) as writer:
                writer.write_batch(arrays)
            self._file.flush()
        return begin, [column.codes if isinstance(column.codes, int) else None for column in batch.columns]

    def __len__(self) -> int:
        return len(self._kept)

    def _saved(self, place: int) -> tuple[pa.RecordBatch, Sequence[int | None]]:
        begin, codes = self._kept[place]
        self._file.seek(begin)
        saved = pa.ipc.open_stream(self._file).read_next_batch()
        for number in range(len(codes), self.width):
            saved = saved.append_column(f"text{number}", pa.nulls(saved.num_rows, pa.string()))
        return saved, codes + [TEXT] * (self.width - len(codes))
