"""The merged rows as one Parquet file: every column text, equal bytes for equal rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from shopdata.excel.tables import Table
from shopdata.excel.workbook.piece import Layout

#: A row group is closed when it holds so much: one per partition in daily use, while a day of 300 large shops still
#: does not have to fit into memory.
ROW_GROUP_ROWS = 1_000_000
ROW_GROUP_BYTES = 24 << 20


class ParquetWriter:
    """Writes rows in the order they come: every column `string`, null = missing, zstd 3. Raises OSError."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        import pyarrow.parquet as pq  # not every merge writes one

        self._schema = pa.schema([pa.field(name, pa.string()) for name in columns])
        # Version, page format and codec are set though some are defaults: the bytes must not change with a default.
        self._writer = pq.ParquetWriter(
            path,
            self._schema,
            version="2.6",
            data_page_version="1.0",
            compression="zstd",
            compression_level=3,
            use_dictionary=True,
            write_statistics=True,
            store_schema=False,
        )
        self._held: list[pa.RecordBatch] = []
        self._rows = self._bytes = 0
        #: All that were written.
        self.rows = 0

    def write(self, arrays: Sequence[pa.Array]) -> None:
        """Takes some rows: one Arrow `string` array per column, all of one length."""
        batch = pa.RecordBatch.from_arrays(list(arrays), schema=self._schema)
        if self._held and (
            self._rows + batch.num_rows > ROW_GROUP_ROWS or self._bytes + batch.nbytes > ROW_GROUP_BYTES
        ):
            self._flush()
        self._held.append(batch)
        self._rows += batch.num_rows
        self.rows += batch.num_rows
        self._bytes += batch.nbytes

    def _flush(self) -> None:
        table = pa.Table.from_batches(self._held, schema=self._schema)
        self._writer.write_table(table, row_group_size=max(table.num_rows, 1))
        self._held, self._rows, self._bytes = [], 0, 0

    def close(self) -> None:
        """Writes what is held and the footer."""
        if self._held:
            self._flush()
        self._writer.close()


@dataclass(frozen=True)
class LakeRows:
    """All rows of a merge for the lake, described in a few words.

    Args:
        columns: those of the file, `shop` first.
        tables: the saved tables in order, each with where its columns stand.
    """

    columns: Sequence[str]
    tables: Sequence[tuple[Path, Layout]]


def write_lake(path: Path, rows: LakeRows) -> int:
    """Writes them, in any process; returns how many they were. Raises OSError."""
    lake = ParquetWriter(path, rows.columns)
    try:
        for table, layout in rows.tables:
            for batch in Table.load(table).batches:
                shop = pa.array([layout.shop_name], pa.string()).take(pa.array([0] * batch.rows, pa.int8()))
                lake.write([shop, *(column.text for column in layout.arrange(batch))])
    finally:
        lake.close()
    return lake.rows
