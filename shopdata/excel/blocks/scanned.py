"""Blocks made of scanned XML: whole-array operations, no object per cell."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shopdata.excel.blocks.block import Mask, RawColumn
from shopdata.excel.blocks.shapes import Reader, SheetContext, reader_of
from shopdata.excel.limits import MAX_GRID_CELLS
from shopdata.excel.tables import TEXT, Codes, Column, Kind
from shopdata.excel.xml.scan import Scan
from shopdata.excel.xml.strings import Positions, UnsupportedXmlError

#: In a piece with more cells than this, most of them blank, only the columns that hold a value have a line in the grid.
FEW_GRID_CELLS, MOST_BLANKS_PER_CELL = 1_000_000, 10

Cells = npt.NDArray[np.int32]


class ScannedBlock:
    """A piece of a worksheet that the fast reader took apart."""

    def __init__(self, scan: Scan, context: SheetContext) -> None:
        self.rows = scan.row_count
        self.numbers = scan.row_numbers
        self.unvalued_formulas = scan.unvalued_formulas
        self._scan = scan
        self._width = int(scan.columns.max()) + 1
        columns: npt.NDArray[np.integer] = scan.columns
        #: The column of each line of the grid; None where each column has its line.
        self._used: Positions | None = None
        if self.rows * self._width > max(FEW_GRID_CELLS, MOST_BLANKS_PER_CELL * len(columns)):
            self._used, columns = np.unique(columns, return_inverse=True)
        lines = self._width if self._used is None else len(self._used)
        if self.rows * lines > MAX_GRID_CELLS:
            raise UnsupportedXmlError("cells too far apart")
        grid = np.full((lines, self.rows), -1, np.int32)
        grid[columns, scan.rows] = np.arange(len(scan.rows), dtype=np.int32)
        self._grid = grid
        # Shapes that are read alike (numbers in different styles) are one group, read in one go.
        self._codes = np.zeros(len(scan.shapes), np.uint8)
        group_of: dict[object, int] = {}
        self._readers: list[Reader] = []
        groups = []
        for number, shape in enumerate(scan.shapes):
            self._codes[number], key, reader = reader_of(shape, context)
            if key not in group_of:
                self._readers.append(reader)
            groups.append(group_of.setdefault(key, len(group_of)))
        self._groups = np.array(groups, np.intp)
        self._formats = context.formats

    def preview(self, limit: int) -> list[list[str]]:
        rows = min(limit, self.rows)
        found = [[""] * self._width for _ in range(rows)]
        places = np.argwhere(self._grid[:, :rows] >= 0)
        cells = self._grid[places[:, 0], places[:, 1]]
        groups = self._groups[self._scan.shape[cells]]
        for number in np.unique(groups).tolist():
            chosen = groups == number
            texts, _ = self._readers[number](self._scan.texts.take(pa.array(cells[chosen] * 2)))
            for (column, row), text in zip(places[chosen].tolist(), texts.to_pylist(), strict=True):
                found[row][self._column(column)] = text or ""
        return found

    def preview_kinds(self, limit: int) -> list[list[Kind | None]]:
        kinds = [entry.kind for entry in self._formats]
        shape = self._scan.shape
        found: list[list[Kind | None]] = []
        for cells in self._grid[:, :limit].T.tolist():
            row: list[Kind | None] = [None] * self._width
            for line, cell in enumerate(cells):
                if cell >= 0:
                    row[self._column(line)] = kinds[self._codes[shape[cell]]]
            found.append(row)
        return found

    def columns(self, first_row: int) -> dict[int, RawColumn]:
        return {self._column(line): column for line, column in self._read(self._grid[:, first_row:]).items()}

    def _column(self, line: int) -> int:
        return line if self._used is None else int(self._used[line])

    def _read(self, grid: Cells) -> dict[int, RawColumn]:
        """Some rows of the grid, a column for each line.

        The cells are read kind by kind, all columns at once, in column order: then a column of one kind is a stretch
        of what was read, and nothing of it has to be copied again.
        """
        is_there = grid >= 0
        cells = grid[is_there]
        shape = self._scan.shape[cells]
        codes, groups = self._codes[shape], self._groups[shape]
        bounds = np.concatenate(([0], np.cumsum(is_there.sum(axis=1))))
        read = [
            _Group(np.flatnonzero(groups == number), self._scan.texts, cells, self._readers[number], bounds)
            for number in np.flatnonzero(np.bincount(groups)).tolist()
        ]
        found: dict[int, RawColumn] = {}
        for number in np.flatnonzero(np.diff(bounds)).tolist():
            begin, end = int(bounds[number]), int(bounds[number + 1])
            parts = [group for group in read if group.bounds[number] < group.bounds[number + 1]]
            there = None if end - begin == grid.shape[1] else is_there[number]
            result = RawColumn(Column(_stretch_of(parts, number, begin, end, there)))
            for part in parts:
                part.count_flagged(number, result)
            result.column.codes = _spread(codes[begin:end], there)
            found[number] = result
        return found


class _Group:
    """All cells of a block that are read alike, in column order."""

    def __init__(self, places: Positions, raw: pa.Array, cells: Cells, reader: Reader, bounds: Positions) -> None:
        self.places = places
        self.bounds = np.searchsorted(places, bounds).tolist()
        self.texts, (self._flag, self._flagged) = reader(raw.take(pa.array(cells[places] * 2)))

    def count_flagged(self, column: int, result: RawColumn) -> None:
        """Adds what a person should hear about in this column."""
        if self._flag:
            low, high = np.searchsorted(self._flagged, self.bounds[column : column + 2])
            setattr(result, self._flag, getattr(result, self._flag) + int(high - low))


def _stretch_of(parts: list[_Group], column: int, begin: int, end: int, there: Mask | None) -> pa.Array:
    """The texts of one column; `there` tells in which rows it has a cell, None means in all."""
    if len(parts) == 1:
        low, high = parts[0].bounds[column : column + 2]
        texts = parts[0].texts.slice(low, high - low)
        if there is None:
            return texts
        where = np.arange(end - begin)
    else:
        texts = pa.concat_arrays(
            [part.texts.slice(part.bounds[column], part.bounds[column + 1] - part.bounds[column]) for part in parts]
        )
        order = np.concatenate([part.places[part.bounds[column] : part.bounds[column + 1]] for part in parts]) - begin
        where = np.empty(end - begin, np.intp)
        where[order] = np.arange(end - begin)
    if there is not None:
        spread = np.zeros(len(there), np.intp)
        spread[there] = where
        return texts.take(pa.array(spread, mask=~there))
    return texts.take(pa.array(where))


def _spread(codes: Codes, there: Mask | None) -> int | Codes:
    """One code if all cells have the same, else one per row."""
    if (codes == codes[0]).all():
        return int(codes[0])
    if there is None:
        return codes
    spread = np.full(len(there), TEXT, np.uint8)
    spread[there] = codes
    return spread
