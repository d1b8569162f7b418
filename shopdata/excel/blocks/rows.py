"""Blocks made of Python rows: what the readers of old, odd and text formats give, one cell at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, zip_longest

import numpy as np
import pyarrow as pa

from shopdata.excel.blocks.block import RawColumn, simplified
from shopdata.excel.tables import TEXT, Column, Formats, Kind
from shopdata.excel.values.numbers import is_imprecise
from shopdata.texts import replace_illegal

#: A cell's text with the code of its format, or None for a blank one.
RawCell = tuple[str, int] | None

_BLOCK_ROWS = 10_000
#: Columns up to here are gone through whether they hold a value or not.
_NEAR = 256


class NumberedRow(list[RawCell]):
    """A row that knows its number in the sheet, from 1; others are counted."""

    def __init__(self, number: int, cells: Iterable[RawCell] = ()) -> None:
        super().__init__(cells)
        self.number = number


class RowsBlock:
    """Rows of Python values."""

    def __init__(
        self, rows: Sequence[Sequence[RawCell]], numbers: Sequence[int], formats: Formats, unvalued_formulas: int = 0
    ) -> None:
        self._cells = rows
        self.rows = len(rows)
        self.numbers = np.array(numbers, np.int64)
        self.unvalued_formulas = unvalued_formulas
        self._kinds = [entry.kind for entry in formats]

    def preview(self, limit: int) -> list[list[str]]:
        return [[cell[0] if cell else "" for cell in row] for row in self._cells[:limit]]

    def preview_kinds(self, limit: int) -> list[list[Kind | None]]:
        return [[self._kinds[cell[1]] if cell else None for cell in row] for row in self._cells[:limit]]

    def columns(self, first_row: int) -> dict[int, RawColumn]:
        wanted = self._cells[first_row:]
        found: dict[int, RawColumn] = {}
        for number, cells in enumerate(zip_longest(*(row[:_NEAR] if len(row) > _NEAR else row for row in wanted))):
            if cells.count(None) < len(cells):
                found[number] = self._column(cells)
        # Far to the right there are mostly blanks: columns without any value are not gone through.
        far = {place for row in wanted for place in range(_NEAR, len(row)) if row[place] is not None}
        for number in sorted(far):
            found[number] = self._column([row[number] if number < len(row) else None for row in wanted])
        return found

    def _column(self, cells: Sequence[RawCell]) -> RawColumn:
        texts: list[str | None] = []
        codes = np.zeros(len(cells), np.uint8)
        missing = np.zeros(len(cells), np.bool_)
        result = RawColumn(Column(pa.nulls(0, pa.string())))
        for row, cell in enumerate(cells):
            if cell is None:
                texts.append(None)
                missing[row] = True
                continue
            text, code = cell
            codes[row] = code
            kind = self._kinds[code]
            if kind is Kind.NUMBER and len(text) > 15 and is_imprecise(text):
                result.imprecise += 1
            elif kind is Kind.ERROR:
                result.errors += 1
            elif code == TEXT and not text.isalnum():
                text, count = replace_illegal(text)
                result.illegal += count
            texts.append(text)
        result.column = Column(pa.array(texts, pa.string()), simplified(codes, missing))
        return result


def row_blocks(
    rows: Iterable[Sequence[RawCell]],
    formats: Formats,
    block_rows: int = _BLOCK_ROWS,
    block_characters: int | None = None,
) -> Iterator[RowsBlock]:
    """Gathers rows into blocks of at most so many rows, or of about so many characters; rows without any value are
    left out."""
    filled = (
        (row.number if isinstance(row, NumberedRow) else number, row)
        for number, row in enumerate(rows, start=1)
        if any(cell is not None for cell in row)
    )
    if block_characters is None:
        while gathered := list(islice(filled, block_rows)):
            yield _block(gathered, formats)
        return
    gathered, size = [], 0
    for number, row in filled:
        gathered.append((number, row))
        size += sum(len(cell[0]) for cell in row if cell is not None)
        if len(gathered) >= block_rows or size >= block_characters:
            yield _block(gathered, formats)
            gathered, size = [], 0
    if gathered:
        yield _block(gathered, formats)


def _block(gathered: Sequence[tuple[int, Sequence[RawCell]]], formats: Formats) -> RowsBlock:
    return RowsBlock([row for _, row in gathered], [number for number, _ in gathered], formats)


def text_cell(text: str) -> RawCell:
    """A text; an empty one is a blank cell."""
    return (text, TEXT) if text else None
