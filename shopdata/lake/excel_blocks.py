"""Blocks of rows with their columns still numbered: what every reader of raw files gives to the contract."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shopdata.lake.excel_numbers import convert_distinct, number_column, serial_text
from shopdata.lake.excel_scan import MAX_GRID_CELLS, CellShape, Scan
from shopdata.lake.excel_strings import OddXmlError, plain_texts
from shopdata.lake.tables import TEXT, CellFormat, Codes, Column, Formats, Kind, null_column

Cells = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]


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

    def preview(self, limit: int) -> list[list[str]]:
        """The first rows as text; blank cells are ''."""
        ...

    def columns(self, first_row: int) -> dict[int, RawColumn]:
        """All columns that hold a value in or after `first_row`, by number from 0."""
        ...


@dataclass
class SheetContext:
    """What the cells of a workbook refer to."""

    formats: Formats
    strings: pa.Array = field(default_factory=lambda: pa.array([], pa.string()))
    styles: Sequence[CellFormat] = ()
    epoch_1904: bool = False

    def style(self, number: int) -> CellFormat:
        """The format of a style number; a workbook without that style means a plain number."""
        return self.styles[number] if number < len(self.styles) else CellFormat(Kind.NUMBER)


class ScannedBlock:
    """A piece of a worksheet that the fast reader took apart."""

    def __init__(self, scan: Scan, context: SheetContext) -> None:
        self.rows = scan.row_count
        self.unvalued_formulas = scan.unvalued_formulas
        self._scan, self._context = scan, context
        width = int(scan.columns.max()) + 1
        if self.rows * width > MAX_GRID_CELLS:
            raise OddXmlError("cells too far apart")
        grid = np.full((width, self.rows), -1, np.int32)
        grid[scan.columns, scan.rows] = np.arange(len(scan.rows), dtype=np.int32)
        self._grid = grid
        self._readers = [self._reader(shape) for shape in scan.shapes]
        self._codes = np.array([code for code, _ in self._readers], np.uint8)

    def preview(self, limit: int) -> list[list[str]]:
        rows = min(limit, self.rows)
        found = [[""] * len(self._grid) for _ in range(rows)]
        for number, cells in enumerate(self._grid):
            if (cells[:rows] >= 0).any():
                texts = self._column(cells[:rows]).column.text.to_pylist()
                for row, text in enumerate(texts):
                    found[row][number] = text or ""
        return found

    def columns(self, first_row: int) -> dict[int, RawColumn]:
        found: dict[int, RawColumn] = {}
        for number, cells in enumerate(self._grid):
            wanted = cells[first_row:]
            if (wanted >= 0).any():
                found[number] = self._column(wanted)
        return found

    def _column(self, cells: Cells) -> RawColumn:
        missing = cells < 0
        has_missing = bool(missing.any())
        shape = self._scan.shape[cells]
        present = shape[~missing] if has_missing else shape
        if present.min() == present.max():
            code, read = self._readers[int(present[0])]
            result = read(self._raw(cells, missing if has_missing else None))
            result.column.codes = code
            return result
        return self._mixed(cells, shape, missing)

    def _raw(self, cells: Cells, missing: Mask | None) -> pa.Array:
        return self._scan.texts.take(pa.array(cells * 2, pa.int32(), mask=missing))

    def _mixed(
        self,
        cells: Cells,
        shape: Cells,
        missing: Mask,
    ) -> RawColumn:
        """A column whose cells differ in kind: each kind is read by itself, then all are put back into their places."""
        result = RawColumn(null_column(len(cells)))
        where = np.full(len(cells), -1, np.int64)
        parts: list[pa.Array] = []
        done = 0
        shape = np.where(missing, np.int32(-1), shape)
        # Shapes of one reader (the same kind in another style) are read together.
        for shape_number in np.unique(shape[shape >= 0]).tolist():
            places = np.flatnonzero(shape == shape_number)
            part = self._readers[shape_number][1](self._raw(cells[places], None))
            parts.append(part.column.text)
            where[places] = np.arange(done, done + len(places))
            done += len(places)
            result.imprecise += part.imprecise
            result.illegal += part.illegal
            result.errors += part.errors
        codes = self._codes[shape]
        codes[missing] = TEXT
        text = pa.concat_arrays(parts).take(pa.array(where, mask=missing))
        result.column = Column(text, simplified(codes, missing))
        return result

    def _reader(self, shape: CellShape) -> tuple[int, Callable[[pa.Array], RawColumn]]:
        """The code of a shape, and what makes texts of its raw values."""
        formats, context = self._context.formats, self._context
        match shape.cell_type:
            case "s":
                return TEXT, self._shared_texts
            case "inlineStr" | "str":
                return TEXT, _plain_column
            case "b":
                return formats.code(CellFormat(Kind.BOOL)), _bool_column
            case "e":
                return formats.code(CellFormat(Kind.ERROR)), _error_column
            case "n":
                style = context.style(shape.style)
                if style.kind is Kind.DATE:
                    return formats.code(style), lambda raw: _date_column(raw, style, context.epoch_1904)
                return formats.code(style), _number_column
        raise OddXmlError(f"a cell of type {shape.cell_type!r}")

    def _shared_texts(self, raw: pa.Array) -> RawColumn:
        try:
            return RawColumn(Column(self._context.strings.take(raw.cast(pa.int32()))))
        except (pa.ArrowInvalid, pa.ArrowIndexError) as error:
            raise OddXmlError(str(error)) from None


def simplified(codes: Codes, missing: Mask) -> int | Codes:
    """One code if all cells that hold a value have the same."""
    present = codes[~missing]
    return int(present[0]) if len(present) and (present == present[0]).all() else codes


def _plain_column(raw: pa.Array) -> RawColumn:
    texts, illegal = plain_texts(raw)
    return RawColumn(Column(texts), illegal=illegal)


def _bool_column(raw: pa.Array) -> RawColumn:
    return RawColumn(Column(convert_distinct(raw, lambda value: "TRUE" if value.strip() in ("1", "true") else "FALSE")))


def _error_column(raw: pa.Array) -> RawColumn:
    return RawColumn(_plain_column(raw).column, errors=len(raw) - raw.null_count)


def _number_column(raw: pa.Array) -> RawColumn:
    try:
        texts, imprecise = number_column(raw)
    except ValueError as error:
        raise OddXmlError(f"{error} is no number") from None
    return RawColumn(Column(texts), imprecise=imprecise)


def _date_column(raw: pa.Array, style: CellFormat, epoch_1904: bool) -> RawColumn:
    try:
        return RawColumn(
            Column(convert_distinct(raw, lambda value: serial_text(value, style.number_format, epoch_1904=epoch_1904)))
        )
    except (ValueError, OverflowError) as error:
        raise OddXmlError(f"a date that is none: {error}") from None
