"""Cells as the XML of a worksheet: whole columns at a time, no object per cell."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shopdata.excel.tables import MAX_CELL_LENGTH, Kind, cell_length
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


def preserved(before: str) -> str:
    """The same, for texts whose blanks at the ends count."""
    return before.replace("<t>", '<t xml:space="preserve">')


def values_of(texts: pa.Array, shape: Shape) -> tuple[pa.Array, str]:
    """The values of cells of one shape, and what stands before each."""
    before = shape.before
    match shape.kind:
        case Kind.TEXT | Kind.ERROR:
            texts, has_blanks = escape_column(texts)
            if has_blanks:
                before = preserved(before)
        case Kind.DATE:
            texts = serial_column(texts)
        case Kind.BOOL:
            texts = convert_distinct(texts, lambda text: "1" if text == "TRUE" else "0")
    return texts, before
