"""Rows that lie in a Parquet file of texts: a few columns of them are in memory at a time, however many there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

Places = npt.NDArray[np.intp]

#: So many cells of each side are in memory at once.
_CELLS_AT_ONCE = 8_000_000


@dataclass(frozen=True)
class Rows:
    """Some rows of a file: `places` are their numbers from 0, the smallest first."""

    path: Path
    columns: tuple[str, ...]
    places: Places | range

    def __len__(self) -> int:
        return len(self.places)

    def read(self, names: Sequence[str]) -> dict[str, pa.Array]:
        """Columns by their names, each an Arrow `string` array with an entry for each row; null = missing."""
        with pq.ParquetFile(self.path) as file:
            if not len(self.places):
                return {name: pa.nulls(0, pa.string()) for name in names}
            first, last = int(self.places[0]), int(self.places[-1])
            groups, begin = _groups(file, first, last)
            table = file.read_row_groups(groups, columns=list(dict.fromkeys(names))).slice(
                first - begin, last - first + 1
            )
        found = {name: table.column(name).cast(pa.string()).combine_chunks() for name in names}
        if isinstance(self.places, range):
            return found
        chosen = pa.array(self.places - first)
        return {name: column.take(chosen) for name, column in found.items()}

    def within(self, places: Places | range) -> Places | range:
        """Where those of these rows stand in the file that are at such places among them."""
        if isinstance(self.places, range) and isinstance(places, range):
            return self.places[places.start : places.stop]
        return np.asarray(self.places, np.intp)[np.asarray(places, np.intp)]

    def in_turn(self, names: Sequence[str], other: Rows) -> Iterable[Sequence[str]]:
        """The names, as many at a time as may be in memory of these rows and others."""
        count = max(1, _CELLS_AT_ONCE // max(len(self), len(other), 1))
        return (names[start : start + count] for start in range(0, len(names), count))


def _groups(file: pq.ParquetFile, first: int, last: int) -> tuple[list[int], int]:
    """The row groups that hold these rows, and the number of the first row in them."""
    groups: list[int] = []
    begin = start = 0
    for number in range(file.num_row_groups):
        end = start + file.metadata.row_group(number).num_rows
        if start <= last and first < end:
            begin = begin if groups else start
            groups.append(number)
        start = end
    return groups, begin


def together(places: Sequence[Places | range]) -> Places | range:
    """Several of them as one, the smallest first."""
    if len(places) == 1:
        return places[0]
    return np.sort(np.concatenate([np.asarray(one, np.intp) for one in places]))


def places_by_value(column: pa.ChunkedArray) -> Mapping[str | None, Places | range]:
    """Where each value of a column stands: mostly all of its rows follow on one another, and are a range."""
    if not len(column):
        return {}
    encoded = column.combine_chunks().dictionary_encode(null_encoding="encode")
    codes = encoded.indices.to_numpy()
    starts = np.flatnonzero(np.diff(codes, prepend=-1))
    ends = np.append(starts[1:], len(codes))
    runs: dict[str | None, list[tuple[int, int]]] = {}
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        runs.setdefault(encoded.dictionary[int(codes[start])].as_py(), []).append((start, end))
    return {value: together([range(*run) for run in found]) for value, found in runs.items()}
