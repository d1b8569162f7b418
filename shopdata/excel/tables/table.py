"""One raw file as a table: text as the lake will hold it, and beside it what kind of cell the source had.

A `Table` is saved as an Arrow IPC file, so that validation parses a raw file once and the merge maps it from disk.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from shopdata.excel.arrow_setup import set_up_arrow
from shopdata.excel.names import hint
from shopdata.excel.tables.cells import TEXT, CellFormat, Codes, Kind
from shopdata.files import HeldError, discard, put_in_place
from shopdata.texts import one_line

set_up_arrow()


#: A saved table's batches have at most so many cells, and bytes, unless they came larger.
BATCH_CELLS, BATCH_BYTES = 256_000, 8 << 20

_META = b"shopdata.table"
#: Characters of what a person is told of a file.
_MOST_SAID = 400


@dataclass(frozen=True)
class Finding:
    """Something about a file that a person should know, though the file is used.

    `kind` is for programs (`imprecise_number`, `new_column` ...), `text` for people; `count` is the number of cells.
    """

    kind: str
    column: str = ""
    count: int = 0
    text: str = ""

    def __post_init__(self) -> None:
        # It may quote the file, and goes to logs, alerts and workbooks.
        object.__setattr__(self, "text", one_line(self.text, _MOST_SAID))


@dataclass
class Column:
    """A stretch of one column: text (null = missing) and the kind of each cell, one code if all are alike."""

    text: pa.Array
    codes: int | Codes = TEXT

    def __len__(self) -> int:
        return len(self.text)

    def code_array(self) -> Codes:
        """The codes as an array of `uint8`, one per row, also where one stands for all."""
        return np.full(len(self.text), self.codes, np.uint8) if isinstance(self.codes, int) else self.codes

    def filter(self, keep: npt.NDArray[np.bool_]) -> Column:
        """The rows for which `keep` is true; it has one entry per row."""
        codes = self.codes if isinstance(self.codes, int) else self.codes[keep]
        return Column(self.text.filter(pa.array(keep)), codes)


def null_column(rows: int) -> Column:
    """A column in which nothing stands."""
    return Column(pa.nulls(rows, pa.string()))


@dataclass
class Batch:
    """Some thousand rows of a table: as many columns as the table has, in its order, each of `rows` cells."""

    rows: int
    columns: list[Column]


@dataclass
class Table:
    """One file's rows under the contract's names: contract columns in order, then new ones as they came.

    `missing` are optional columns of the contract that the file has not (they are there, as nulls), `new` the columns
    that the contract does not know, `renamed` alias -> name where the file used an alias.
    """

    columns: tuple[str, ...]
    batches: Sequence[Batch]
    formats: tuple[CellFormat, ...]
    warnings: list[Finding] = field(default_factory=list)
    new: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    renamed: dict[str, str] = field(default_factory=dict)
    #: Where the header was found, and how sure that is: for people.
    header: str = ""
    #: The extension that fits the file that it was read from, by content: xlsx, csv, zip ...; "" for none.
    ext: str = ""

    @property
    def rows(self) -> int:
        """Data rows; the header is none."""
        if isinstance(self.batches, BatchesOnDisk):
            return self.batches.rows
        return sum(batch.rows for batch in self.batches)

    @property
    def drift(self) -> list[Finding]:
        """How the file differs from the contract."""
        found = [Finding("new_column", name, text=f"column '{name}' is not in the contract") for name in self.new]
        for name in self.missing:
            likely = hint(name, self.new)
            text = f"column '{name}' is not in the file" + (f". {likely}" if likely else "")
            found.append(Finding("missing_column", name, text=text))
        found += [
            Finding("renamed_column", name, text=f"column '{name}' is called '{alias}' in the file")
            for alias, name in self.renamed.items()
        ]
        return found

    def distinct(self, column: str) -> dict[str | None, int]:
        """The values of a column with the number of rows that have each; None counts the blank cells."""
        place = self.columns.index(column)
        counts: dict[str | None, int] = {}
        for batch in self.batches:
            for entry in pc.value_counts(batch.columns[place].text).to_pylist():
                counts[entry["values"]] = counts.get(entry["values"], 0) + entry["counts"]
        return counts

    def to_arrow(self) -> pa.Table:
        """All rows as one Arrow table, every column `string`, null = missing: for readers that want no kinds."""
        schema = pa.schema([pa.field(name, pa.string()) for name in self.columns])
        arrays = [[column.text for column in batch.columns] for batch in self.batches]
        return pa.Table.from_batches([pa.RecordBatch.from_arrays(row, schema=schema) for row in arrays], schema=schema)

    def save(self, path: Path) -> None:
        """Writes the table as one Arrow IPC file, beside and then in place. Raises OSError."""
        shared = _shared_codes(self.columns, self.batches)
        about: dict[str, Any] = {
            "columns": self.columns,
            "codes": shared,
            "rows": self.rows,
            "formats": [(entry.kind.value, entry.number_format) for entry in self.formats],
            "warnings": [asdict(finding) for finding in self.warnings],
            "new": self.new,
            "missing": self.missing,
            "renamed": self.renamed,
            "header": self.header,
            "ext": self.ext,
        }
        fields = [pa.field(f"text{place}", pa.string()) for place in range(len(self.columns))]
        fields += [pa.field(f"code{place}", pa.uint8()) for place, code in enumerate(shared) if code is None]
        schema = pa.schema(fields, metadata={_META: json.dumps(about, ensure_ascii=False)})
        beside = path.with_name(f"{path.name}.part")
        with pa.OSFile(str(beside), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
            for batch in _joined(self.batches):
                arrays = [column.text for column in batch.columns]
                arrays += [pa.array(batch.columns[place].code_array()) for place, c in enumerate(shared) if c is None]
                writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
        try:
            put_in_place(beside, path)
        except HeldError:
            discard(beside)
            raise

    @classmethod
    def load(cls, path: Path) -> Table:
        """Maps a saved table; its rows are read from disk as they are used.

        Raises:
            OSError, pa.ArrowInvalid, KeyError: it is not there, or no saved table.
        """
        reader = pa.ipc.open_file(pa.OSFile(str(path)))
        about = json.loads(reader.schema.metadata[_META])
        return cls(
            columns=tuple(about["columns"]),
            batches=_SavedBatches(reader, about["codes"], about["rows"]),
            formats=tuple(CellFormat(Kind(kind), number_format) for kind, number_format in about["formats"]),
            warnings=[Finding(**finding) for finding in about["warnings"]],
            new=tuple(about["new"]),
            missing=tuple(about["missing"]),
            renamed=about["renamed"],
            header=about.get("header", ""),
            ext=about.get("ext", ""),
        )


class BatchesOnDisk(Sequence[Batch], ABC):
    """Batches in an Arrow IPC file, made anew each time they are asked for, so that none stays in memory.

    Column n has its texts under `text{n}`, and its codes under `code{n}` where one code does not stand for all.
    """

    #: Rows of all batches.
    rows: int

    @abstractmethod
    def _saved(self, place: int) -> tuple[pa.RecordBatch, Sequence[int | None]]:
        """A batch as it lies there, and for each column the code of all its cells, None where they differ."""

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self[number] for number in range(*place.indices(len(self)))]
        if not 0 <= place < len(self):
            raise IndexError(place)
        saved, codes = self._saved(place)
        columns = [
            Column(saved.column(f"text{number}"), saved.column(f"code{number}").to_numpy() if code is None else code)
            for number, code in enumerate(codes)
        ]
        return Batch(saved.num_rows, columns)


class _SavedBatches(BatchesOnDisk):
    """The batches of a saved table."""

    def __init__(self, reader: Any, codes: list[int | None], rows: int) -> None:
        self._reader, self._codes, self.rows = reader, codes, rows

    def __len__(self) -> int:
        return int(self._reader.num_record_batches)

    def _saved(self, place: int) -> tuple[pa.RecordBatch, Sequence[int | None]]:
        return self._reader.get_batch(place), self._codes


def _joined(batches: Iterable[Batch]) -> Iterator[Batch]:
    """The same rows in fewer batches: what is done with a batch costs something for each of its columns."""
    held: list[Batch] = []
    cells = size = 0
    for batch in batches:
        more, larger = batch.rows * len(batch.columns), sum(column.text.nbytes for column in batch.columns)
        if held and (cells + more > BATCH_CELLS or size + larger > BATCH_BYTES):
            yield _as_one(held)
            held, cells, size = [], 0, 0
        held.append(batch)
        cells += more
        size += larger
    if held:
        yield _as_one(held)


def _as_one(batches: Sequence[Batch]) -> Batch:
    if len(batches) == 1:
        return batches[0]
    columns = []
    for stretches in zip(*(batch.columns for batch in batches), strict=True):
        first = stretches[0].codes
        is_uniform = isinstance(first, int) and all(isinstance(s.codes, int) and s.codes == first for s in stretches)
        codes = first if is_uniform else np.concatenate([stretch.code_array() for stretch in stretches])
        columns.append(Column(pa.concat_arrays([stretch.text for stretch in stretches]), codes))
    return Batch(sum(batch.rows for batch in batches), columns)


def _shared_codes(columns: Sequence[str], batches: Sequence[Batch]) -> list[int | None]:
    """For each column the code of all its cells, or None where they differ. An all-null stretch fits any code."""
    codes: list[set[int]] = [set() for _ in columns]
    for batch in batches:
        for seen, column in zip(codes, batch.columns, strict=True):
            if not isinstance(column.codes, int):
                seen.update((-1, -2))
            elif column.text.null_count < batch.rows:
                seen.add(column.codes)
    return [next(iter(seen), TEXT) if len(seen) < 2 else None for seen in codes]
