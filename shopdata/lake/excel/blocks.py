"""Blocks of rows with their columns still numbered: what every reader of raw files gives to the contract."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from shopdata.exceptions import RejectedFileError
from shopdata.lake.excel.numbers import convert_distinct, date_column, number_column
from shopdata.lake.excel.scan import MAX_GRID_CELLS, CellShape, Scan
from shopdata.lake.excel.strings import OddXmlError, Positions, plain_texts
from shopdata.lake.tables import TEXT, CellFormat, Codes, Column, Formats, Kind

#: A piece of a sheet names its texts by number: more than this is not a table but an attack.
MAX_BLOCK_TEXT = 256 << 20

Cells = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]
RowNumbers = npt.NDArray[np.int64]


@dataclass
class RawColumn:
    """A column of a block, with what was seen while it was read."""

    column: Column
    #: Whole numbers of more than 15 digits, illegal characters replaced: the number of each.
    imprecise: int = 0
    illegal: int = 0
    errors: int = 0


class Block(Protocol):
    """Some thousand rows in the order of the file. Rows without any value are left out."""

    rows: int
    unvalued_formulas: int
    #: The number of each row in its sheet, from 1.
    numbers: RowNumbers

    def preview(self, limit: int) -> list[list[str]]:
        """The first rows as text; blank cells are ''."""
        ...

    def preview_kinds(self, limit: int) -> list[list[Kind | None]]:
        """The kinds of the cells of the first rows; blank cells are None."""
        ...

    def columns(self, first_row: int) -> dict[int, RawColumn]:
        """All columns that hold a value in or after `first_row`, by number from 0."""
        ...


@dataclass
class SheetContext:
    """What the cells of a workbook refer to."""

    formats: Formats
    strings: pa.Array = field(default_factory=lambda: pa.array([], pa.string()))
    #: The shared strings in which a character was replaced.
    illegal_strings: Positions = field(default_factory=lambda: np.zeros(0, np.intp))
    styles: Sequence[CellFormat] = ()
    epoch_1904: bool = False
    #: What a refusal names.
    where: str = ""

    @cached_property
    def longest_string(self) -> int:
        """Bytes of the longest shared string."""
        return pc.max(pc.binary_length(self.strings)).as_py() or 0

    def style(self, number: int) -> CellFormat:
        """The format of a style number; a workbook without that style means a plain number."""
        return self.styles[number] if number < len(self.styles) else CellFormat(Kind.NUMBER)


#: Makes texts of raw values; with them the numbers of the values a person should hear about, and as what.
Reader = Callable[[pa.Array], tuple[pa.Array, "Flagged"]]
Flagged = tuple[str, npt.NDArray[np.intp]]
_NOTHING: Flagged = ("", np.zeros(0, np.intp))


class ScannedBlock:
    """A piece of a worksheet that the fast reader took apart."""

    def __init__(self, scan: Scan, context: SheetContext) -> None:
        self.rows = scan.row_count
        self.numbers = scan.row_numbers
        self.unvalued_formulas = scan.unvalued_formulas
        self._scan = scan
        width = int(scan.columns.max()) + 1
        if self.rows * width > MAX_GRID_CELLS:
            raise OddXmlError("cells too far apart")
        grid = np.full((width, self.rows), -1, np.int32)
        grid[scan.columns, scan.rows] = np.arange(len(scan.rows), dtype=np.int32)
        self._grid = grid
        # Shapes that are read alike (numbers in different styles) are one group, read in one go.
        self._codes = np.zeros(len(scan.shapes), np.uint8)
        group_of: dict[object, int] = {}
        self._readers: list[Reader] = []
        groups = []
        for number, shape in enumerate(scan.shapes):
            self._codes[number], key, reader = _reader(shape, context)
            if key not in group_of:
                self._readers.append(reader)
            groups.append(group_of.setdefault(key, len(group_of)))
        self._groups = np.array(groups, np.intp)
        self._formats = context.formats

    def preview(self, limit: int) -> list[list[str]]:
        rows = min(limit, self.rows)
        found = [[""] * len(self._grid) for _ in range(rows)]
        places = np.argwhere(self._grid[:, :rows] >= 0)
        cells = self._grid[places[:, 0], places[:, 1]]
        groups = self._groups[self._scan.shape[cells]]
        for number in np.unique(groups).tolist():
            chosen = groups == number
            texts, _ = self._readers[number](self._scan.texts.take(pa.array(cells[chosen] * 2)))
            for (column, row), text in zip(places[chosen].tolist(), texts.to_pylist(), strict=True):
                found[row][column] = text or ""
        return found

    def preview_kinds(self, limit: int) -> list[list[Kind | None]]:
        kinds = [entry.kind for entry in self._formats]
        head = self._grid[:, :limit].T.tolist()
        shape = self._scan.shape
        return [[kinds[self._codes[shape[cell]]] if cell >= 0 else None for cell in row] for row in head]

    def columns(self, first_row: int) -> dict[int, RawColumn]:
        return self._read(self._grid[:, first_row:])

    def _read(self, grid: Cells) -> dict[int, RawColumn]:
        """Some rows of the grid as columns.

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
    return texts if len(parts) == 1 else texts.take(pa.array(where))


def _spread(codes: Codes, there: Mask | None) -> int | Codes:
    """One code if all cells have the same, else one per row."""
    if (codes == codes[0]).all():
        return int(codes[0])
    if there is None:
        return codes
    spread = np.full(len(there), TEXT, np.uint8)
    spread[there] = codes
    return spread


def simplified(codes: Codes, missing: Mask) -> int | Codes:
    """One code if all cells that hold a value have the same."""
    present = codes[~missing]
    return int(present[0]) if len(present) and (present == present[0]).all() else codes


def _reader(shape: CellShape, context: SheetContext) -> tuple[int, object, Reader]:
    """The code of a shape, what tells its reader from others, and the reader."""
    code = context.formats.code
    match shape.cell_type:
        case "s":
            return TEXT, "s", partial(_shared_texts, context=context)
        case "inlineStr" | "str":
            return TEXT, "text", _plain_texts
        case "b":
            return code(CellFormat(Kind.BOOL)), "b", _bool_texts
        case "e":
            return code(CellFormat(Kind.ERROR)), "e", _error_texts
        case "n":
            style = context.style(shape.style)
            if style.kind is Kind.DATE:
                reader = partial(_date_texts, style=style, epoch_1904=context.epoch_1904)
                return code(style), style, reader
            return code(style), "n", _number_texts
    raise OddXmlError(f"a cell of type {shape.cell_type!r}")


def _shared_texts(raw: pa.Array, context: SheetContext) -> tuple[pa.Array, Flagged]:
    try:
        numbers = raw.cast(pa.int32())
        if len(numbers) * context.longest_string > MAX_BLOCK_TEXT:
            _refuse_bomb(pc.sum(pc.binary_length(context.strings).take(numbers)).as_py() or 0, context.where)
        texts = context.strings.take(numbers)
    except (pa.ArrowInvalid, pa.ArrowIndexError) as error:
        raise OddXmlError(str(error)) from None
    if not len(context.illegal_strings):
        return texts, _NOTHING
    return texts, ("illegal", np.flatnonzero(np.isin(numbers.to_numpy(), context.illegal_strings)))


def _refuse_bomb(size: int, where: str) -> None:
    if size > MAX_BLOCK_TEXT:
        raise RejectedFileError(
            "the file unpacks to more than is safe",
            where=where,
            found=f"shared strings that become {size:,} bytes within a few megabytes of the sheet",
            expected=f"at most {MAX_BLOCK_TEXT:,}",
            todo="Do not open it; look where it comes from.",
        )


def _plain_texts(raw: pa.Array) -> tuple[pa.Array, Flagged]:
    texts, illegal = plain_texts(raw)
    return texts, ("illegal", illegal)


def _bool_texts(raw: pa.Array) -> tuple[pa.Array, Flagged]:
    return convert_distinct(raw, lambda value: "TRUE" if value.strip() in ("1", "true") else "FALSE"), _NOTHING


def _error_texts(raw: pa.Array) -> tuple[pa.Array, Flagged]:
    return plain_texts(raw)[0], ("errors", np.arange(len(raw)))


def _number_texts(raw: pa.Array) -> tuple[pa.Array, Flagged]:
    try:
        texts, imprecise = number_column(raw)
    except ValueError as error:
        raise OddXmlError(f"{error} is no number") from None
    return texts, ("imprecise", imprecise)


def _date_texts(raw: pa.Array, style: CellFormat, epoch_1904: bool) -> tuple[pa.Array, Flagged]:
    try:
        return date_column(raw, style.number_format, epoch_1904=epoch_1904), _NOTHING
    except (ValueError, OverflowError) as error:
        raise OddXmlError(f"a date that is none: {error}") from None
