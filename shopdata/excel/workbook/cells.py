"""Rows as the XML of a worksheet, made by Arrow's string kernels: whole columns at a time, no object per cell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shopdata.excel.tables import MAX_CELL_LENGTH, Codes, Column, Kind, cell_length
from shopdata.excel.values.numbers import convert_distinct
from shopdata.excel.values.times import serial_column

_LITERAL_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


@dataclass(frozen=True)
class Shape:
    """How cells of one kind are written: what stands before and behind the value."""

    kind: Kind
    style: int

    @property
    def before(self) -> str:
        """From behind the row number to the value."""
        style = f' s="{self.style}"' if self.style else ""
        match self.kind:
            case Kind.TEXT:
                return f'"{style} t="inlineStr"><is><t>'
            case Kind.BOOL:
                return f'"{style} t="b"><v>'
            case Kind.ERROR:
                return f'"{style} t="e"><v>'
        return f'"{style}><v>'

    @property
    def behind(self) -> str:
        """From the value to the end of the cell."""
        return "</t></is></c>" if self.kind is Kind.TEXT else "</v></c>"


def fit(text: str) -> str:
    """The text, or its beginning and an ellipsis: a workbook with a cell that is too long is a broken one for Excel."""
    if cell_length(text) <= MAX_CELL_LENGTH:
        return text
    start = text.encode("utf-16-le")[: 2 * (MAX_CELL_LENGTH - 1)]
    # Half of a pair may be left at the end.
    return start.decode("utf-16-le", "ignore") + "…"


def escape(text: str) -> str:
    """One text as it stands in XML, in a form that Excel reads back as it was."""
    escaped = fit(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")
    return _LITERAL_ESCAPE.sub("_x005F_", escaped)


def text_cell(place: str, text: str, style: int = 0) -> str:
    """One cell with a text, at a place such as `B7`."""
    shown = f' s="{style}"' if style else ""
    return f'<c r="{place}"{shown} t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'


def _fitted(texts: pa.Array) -> pa.Array:
    # Bytes are counted at once, and are never fewer than what Excel counts; that is at most twice the characters.
    if (pc.max(pc.binary_length(texts)).as_py() or 0) <= MAX_CELL_LENGTH:
        return texts
    is_long = pc.fill_null(pc.greater(pc.utf8_length(texts), MAX_CELL_LENGTH // 2), False)
    fitted = [fit(text) for text in texts.filter(is_long).to_pylist()]
    return pc.replace_with_mask(texts, is_long, pa.array(fitted, pa.string()))


def escape_column(texts: pa.Array) -> tuple[pa.Array, bool]:
    """A column as it stands in XML, and whether blanks at the ends or breaks must be preserved. Nulls stay."""
    texts = _fitted(texts)
    offsets = np.frombuffer(texts.buffers()[1], np.int32, len(texts) + 1, texts.offset * 4)
    raw = texts.buffers()[2]
    data = raw.slice(int(offsets[0]), int(offsets[-1] - offsets[0])).to_pybytes() if raw is not None else b""
    if not data:
        return texts, False
    for sign, entity in ((b"&", "&amp;"), (b"<", "&lt;"), (b">", "&gt;"), (b"\r", "&#13;")):
        if sign in data:
            texts = pc.replace_substring(texts, sign.decode(), entity)
    if b"_x" in data and pc.any(pc.match_substring_regex(texts, "_x[0-9A-Fa-f]{4}_")).as_py():
        texts = convert_distinct(texts, lambda text: _LITERAL_ESCAPE.sub("_x005F_", text))
    array = np.frombuffer(data, np.uint8)
    filled = offsets[1:] > offsets[:-1]
    starts, ends = offsets[:-1][filled] - offsets[0], offsets[1:][filled] - offsets[0] - 1
    has_blanks = bool((array[starts] <= 0x20).any() or (array[ends] <= 0x20).any()) or b"\n" in data
    return texts, has_blanks


def rows_xml(first_row: int, rows: int, lead: str, columns: Sequence[tuple[str, Column, Sequence[Shape]]]) -> pa.Buffer:
    """The XML of some rows.

    Args:
        first_row: the number of the first one in the sheet, from 1.
        rows: how many.
        lead: the text in column A of every row.
        columns: letters, cells, and for each code of the cells its shape.
    """
    numbers = pa.array(np.arange(first_row, first_row + rows)).cast(pa.string())
    pieces: list[Any] = []
    fixed = _Joiner(pieces)
    fixed.text('<row r="')
    fixed.column(numbers)
    fixed.text('"><c r="A')
    fixed.column(numbers)
    fixed.text(f'" t="inlineStr"><is><t xml:space="preserve">{escape(lead)}</t></is></c>')
    for letters, column, shapes in columns:
        if column.text.null_count == rows:
            continue
        if isinstance(column.codes, int):
            _add_uniform(fixed, numbers, letters, column.text, shapes[column.codes])
        else:
            fixed.column(_mixed_cells(numbers, letters, column.text, column.codes, shapes))
    fixed.text("</row>")
    fixed.close()
    joined = pc.binary_join_element_wise(*pieces, "", null_handling="replace", null_replacement="")
    offsets = np.frombuffer(joined.buffers()[1], np.int32, rows + 1)
    return joined.buffers()[2].slice(0, int(offsets[-1]))


class _Joiner:
    """Collects what is joined row by row; fixed texts that meet become one."""

    def __init__(self, pieces: list[Any]) -> None:
        self._pieces, self._text = pieces, ""

    def text(self, text: str) -> None:
        self._text += text

    def column(self, column: pa.Array) -> None:
        self.close()
        self._pieces.append(column)

    def close(self) -> None:
        if self._text:
            self._pieces.append(pa.scalar(self._text))
            self._text = ""


def _add_uniform(fixed: _Joiner, numbers: pa.Array, letters: str, texts: pa.Array, shape: Shape) -> None:
    values, before = _values(texts, shape)
    if not texts.null_count:
        fixed.text(f'<c r="{letters}')
        fixed.column(numbers)
        fixed.text(before)
        fixed.column(values)
        fixed.text(shape.behind)
        return
    fixed.column(pc.binary_join_element_wise(f'<c r="{letters}', numbers, before, values, shape.behind, ""))


def _preserved(before: str) -> str:
    return before.replace("<t>", '<t xml:space="preserve">')


def _values(texts: pa.Array, shape: Shape) -> tuple[pa.Array, str]:
    """The values of cells of one shape, and what stands before each."""
    before = shape.before
    match shape.kind:
        case Kind.TEXT | Kind.ERROR:
            texts, has_blanks = escape_column(texts)
            if has_blanks:
                before = _preserved(before)
        case Kind.DATE:
            texts = serial_column(texts)
        case Kind.BOOL:
            texts = convert_distinct(texts, lambda text: "1" if text == "TRUE" else "0")
    return texts, before


#: Kinds whose text in the table is their text in the workbook, but for XML's own signs, of which a number has none.
_WRITTEN_AS_THEY_ARE = frozenset((Kind.TEXT, Kind.NUMBER, Kind.ERROR))


def _mixed_cells(numbers: pa.Array, letters: str, texts: pa.Array, codes: Codes, shapes: Sequence[Shape]) -> pa.Array:
    """Whole cells of a column whose kinds differ; null where there is none."""
    used = np.flatnonzero(np.bincount(codes[texts.is_valid().to_numpy(zero_copy_only=False)])).tolist()
    start = f'<c r="{letters}'
    if any(shapes[code].kind not in _WRITTEN_AS_THEY_ARE for code in used):
        return _cells_by_kind(numbers, start, texts, codes, [(code, shapes[code]) for code in used])
    values, has_blanks = escape_column(texts)
    which = pa.array(codes)
    before = pa.array([_preserved(shape.before) if has_blanks else shape.before for shape in shapes]).take(which)
    behind = pa.array([shape.behind for shape in shapes]).take(which)
    return pc.binary_join_element_wise(start, numbers, before, values, behind, "")


def _cells_by_kind(
    numbers: pa.Array, start: str, texts: pa.Array, codes: Codes, used: Sequence[tuple[int, Shape]]
) -> pa.Array:
    """Each kind is written by itself and put back into its places."""
    valid = texts.is_valid().to_numpy(zero_copy_only=False)
    parts: list[pa.Array] = []
    where = np.full(len(texts), -1, np.int64)
    done = 0
    for code, shape in used:
        places = np.flatnonzero(valid & (codes == code))
        take = pa.array(places)
        values, before = _values(texts.take(take), shape)
        parts.append(pc.binary_join_element_wise(start, numbers.take(take), before, values, shape.behind, ""))
        where[places] = np.arange(done, done + len(places))
        done += len(places)
    return pa.concat_arrays(parts).take(pa.array(where, mask=~valid))
