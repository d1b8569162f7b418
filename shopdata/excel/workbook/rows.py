"""Rows as the XML of a worksheet: every piece of text stands in a pool, and numbers say which follows which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from shopdata.excel.tables import Codes, Column, Kind
from shopdata.excel.workbook.cells import Shape, escape, escape_column, preserved, values_of

#: What is put together at a time stays in the processor's cache: all rows at once take twice as long.
CELLS_AT_ONCE = 20_000

#: Kinds whose text in the table is their text in the workbook, but for XML's own signs, of which a number has none.
_WRITTEN_AS_THEY_ARE = frozenset((Kind.TEXT, Kind.NUMBER, Kind.ERROR))

#: Numbers of pieces, one per row, or one that holds for all rows.
_Numbers = npt.NDArray[np.int32]
_Mask = npt.NDArray[np.bool_]

#: The piece in which nothing stands, the one that begins a row, and the first of those that lead to a cell.
_NOTHING, _ROW, _LINKS = range(3)
#: What the cell before ends with: that in column A, a text, another value.
_AFTER_LEAD, _AFTER_TEXT, _AFTER_VALUE = range(3)


def rows_xml(first_row: int, rows: int, lead: str, columns: Sequence[tuple[str, Column, Sequence[Shape]]]) -> bytes:
    """The XML of some rows.

    Args:
        first_row: the number of the first one in the sheet, from 1.
        rows: how many.
        lead: the text in column A of every row.
        columns: letters, cells, and for each code of the cells its shape.
    """
    filled = [entry for entry in columns if entry[1].text.null_count < rows]
    pool = _Pool(first_row, rows, lead, [letters for letters, _, _ in filled])
    each = pool.each
    # A row is its tag, the cell in column A, for each other cell what leads to it, what stands before its value, and
    # that, and its end.
    table = np.empty((rows, 4 + 3 * len(filled)), np.int32)
    table[:, 0] = _ROW
    table[:, 1] = pool.behind_number('"><c r="A') + each
    table[:, 2] = pool.behind_number('" t="inlineStr"><is><t xml:space="preserve">') + each
    ends: int | _Numbers = _AFTER_LEAD
    for place, (_, column, shapes) in enumerate(filled):
        cells = _cells_of(column, shapes, pool)
        first = 3 + 3 * place
        pieces = (_LINKS + 3 * place + ends, cells.before, cells.values)
        for number, piece in enumerate(pieces, start=first):
            table[:, number] = piece if cells.is_there is None else np.where(cells.is_there, piece, _NOTHING)
        ends = cells.ends if cells.is_there is None else np.where(cells.is_there, cells.ends, ends)
    table[:, -1] = _LINKS + 3 * len(filled) + ends
    return _put_together(pool.texts(), table)


def _put_together(texts: pa.Array, table: _Numbers) -> bytes:
    made: list[pa.Buffer] = []
    at_once = max(1, CELLS_AT_ONCE * 3 // table.shape[1])
    for start in range(0, len(table), at_once):
        rows = texts.take(pa.array(table[start : start + at_once].ravel()))
        _, offsets, data = rows.buffers()
        made.append(data.slice(0, int(np.frombuffer(offsets, np.int32, 1, len(rows) * 4)[0])))
    return b"".join(made)


class _Pool:
    """The pieces of some rows, each under a number."""

    def __init__(self, first_row: int, rows: int, lead: str, letters: Sequence[str]) -> None:
        self._row_numbers = pa.array(np.arange(first_row, first_row + rows)).cast(pa.string())
        #: The rows themselves, counted from 0: to be added to the number of the first of `rows` pieces.
        self.each = np.arange(rows, dtype=np.int32)
        ends = (f"{escape(lead)}</t></is></c>", "</t></is></c>", "</v></c>")
        fixed = ["", '<row r="']
        fixed += [end + begin for begin in (*(f'<c r="{name}' for name in letters), "</row>") for end in ends]
        self._arrays: list[pa.Array] = []
        self._size = 0
        self._behind_number: dict[str, int] = {}
        self.add(pa.array(fixed))

    def add(self, texts: pa.Array) -> int:
        """Takes pieces, and returns the number of the first one; the others follow it."""
        first = self._size
        self._arrays.append(texts)
        self._size += len(texts)
        return first

    def behind_number(self, text: str) -> int:
        """The first of `rows` pieces: each row's number, with a text behind it."""
        if text not in self._behind_number:
            self._behind_number[text] = self.add(pc.binary_join_element_wise(self._row_numbers, text, ""))
        return self._behind_number[text]

    def texts(self) -> pa.Array:
        """All pieces. Those that were null are nothing anybody should ask for."""
        whole = pa.concat_arrays(self._arrays)
        # Where there are no nulls, none has to be looked for.
        return pa.Array.from_buffers(pa.string(), len(whole), [None, *whole.buffers()[1:]])


@dataclass(frozen=True)
class _Cells:
    """The cells of a column, by the numbers of their pieces: one per row, or one that holds for all.

    `ends` says what they end with; where `is_there` is False nothing stands, and the rest means nothing.
    """

    before: _Numbers
    values: _Numbers
    ends: int | _Numbers
    is_there: _Mask | None


def _cells_of(column: Column, shapes: Sequence[Shape], pool: _Pool) -> _Cells:
    texts, codes = column.text, column.codes
    is_there = texts.is_valid().to_numpy(zero_copy_only=False) if texts.null_count else None
    if isinstance(codes, int):
        values, before = values_of(texts, shapes[codes])
        return _Cells(
            pool.behind_number(before) + pool.each, pool.add(values) + pool.each, _end_of(shapes[codes]), is_there
        )
    used = np.flatnonzero(np.bincount(codes if is_there is None else codes[is_there])).tolist()
    numbers, befores = _mixed_values(texts, codes, {code: shapes[code] for code in used}, is_there, pool)
    first, ends = np.zeros(256, np.int32), np.zeros(256, np.int32)
    for code in used:
        first[code], ends[code] = pool.behind_number(befores[code]), _end_of(shapes[code])
    return _Cells(first[codes] + pool.each, numbers, ends[codes], is_there)


def _end_of(shape: Shape) -> int:
    return _AFTER_TEXT if shape.kind is Kind.TEXT else _AFTER_VALUE


def _mixed_values(
    texts: pa.Array, codes: Codes, shapes: Mapping[int, Shape], is_there: _Mask | None, pool: _Pool
) -> tuple[_Numbers, dict[int, str]]:
    """The numbers of the values of a column whose kinds differ, and for each code what stands before them."""
    if all(shape.kind in _WRITTEN_AS_THEY_ARE for shape in shapes.values()):
        values, has_blanks = escape_column(texts)
        befores = {code: preserved(shape.before) if has_blanks else shape.before for code, shape in shapes.items()}
        return pool.add(values) + pool.each, befores
    numbers = np.zeros(len(texts), np.int32)
    befores = {}
    for code, shape in shapes.items():
        is_meant = codes == code
        places = np.flatnonzero(is_meant if is_there is None else is_meant & is_there)
        values, befores[code] = values_of(texts.take(pa.array(places)), shape)
        numbers[places] = pool.add(values) + np.arange(len(places))
    return numbers, befores
