"""The XML of a worksheet, taken apart with whole-array operations instead of a parser.

A worksheet is a plain, flat format: rows of `<c r="B7" s="3" t="s"><v>12</v></c>`. All `<` of some megabytes are found
at once, and what stands behind each says what it is. The work is done in numpy and Arrow, which let other threads run.
Whatever is not of the plain form raises `UnsupportedXmlError`, and a full parser reads the sheet instead: slower, with
the same result.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from shopdata.excel.xml.strings import (
    Positions,
    UnsupportedXmlError,
    check_utf8,
    slices,
    taken,
    text_starts,
)
from shopdata.excel.xml.well_formed import check_attributes, check_rows

ODD, CELL, VALUE, TEXT_TAG, ROW, FORMULA, INLINE, OTHER = range(8)


def _kinds() -> npt.NDArray[np.uint8]:
    """What a tag is, by the two bytes behind `<`, little end first."""
    kinds = np.full(1 << 16, ODD, np.uint8)
    for tags, kind in (
        ("c  c> c/", CELL),
        ("v>", VALUE),
        ("t> t ", TEXT_TAG),
        ("ro", ROW),
        ("f> f  f/", FORMULA),
        ("is", INLINE),
        ("v/ t/ /c /v /t /i /f /r", OTHER),
    ):
        for place in range(0, len(tags), 3):
            first, second = tags[place : place + 2].encode()
            kinds[first | second << 8] = kind
    return kinds


_KINDS = _kinds()
_PLAIN_ROW = b'<row r="'
_ROW_NUMBER = r'\sr="(?P<number>\d+)"'
#: Digits of the number of Excel's last row.
_MOST_DIGITS = len("1048576")
_ATTRIBUTE = re.compile(r'\s([\w:]+)="([^"]*)"')
_ONLY_ATTRIBUTES = re.compile(r'(?:\s+[\w:]+="[^"<&]*")*\s*/?>\s*')


@dataclass(frozen=True)
class CellShape:
    """What the attributes of a cell say, apart from its place."""

    cell_type: str
    style: int


@dataclass
class Scan:
    """The cells of one piece of a sheet that hold a value, in reading order.

    `texts[2 * i]` is the raw value of cell i (entities and all), `rows[i]` counts from 0 within the piece and over rows
    that hold a value, `columns[i]` from 0 = A, `shapes[shape[i]]` says what it is.
    """

    rows: npt.NDArray[np.intp]
    columns: npt.NDArray[np.intp]
    shape: npt.NDArray[np.int32]
    shapes: list[CellShape]
    texts: pa.Array
    row_count: int
    #: The number of each of these rows in the sheet, from 1.
    row_numbers: npt.NDArray[np.int64]
    #: The number of the last row, also of one without a value.
    last_row: int
    #: Formulas that came without a value.
    unvalued_formulas: int


def scan_rows(raw: bytes, rows_before: int = 0) -> Scan | None:
    """Takes whole rows apart; None if none of them holds a value.

    Where rows and cells don't say where they are, they are counted, from the `rows_before` on that stand above.
    """
    check_utf8(raw)
    data = np.frombuffer(raw + b"\0" * 32, np.uint8)
    tags = np.flatnonzero(data == 0x3C)
    # take() is twice as fast as [] here.
    pairs = data.take(tags + 1) | data.take(tags + 2).astype(np.uint16) << 8
    kinds = _KINDS.take(pairs)
    check_rows(data, raw, tags, pairs)
    if (data.take(tags[kinds == INLINE] + 3) != 0x3E).any():
        raise UnsupportedXmlError("an inline text with attributes")
    tags = np.append(tags, len(raw))
    cells = np.flatnonzero(kinds == CELL)
    rows = np.flatnonzero(kinds == ROW)
    numbers, digits = _row_numbers(data, raw, tags, rows)
    if not len(cells):
        return None
    if not len(rows) or rows[0] > cells[0]:
        raise UnsupportedXmlError("cells without a row")
    has_value, starts, ends = _values(data, raw, tags, kinds, cells)
    per_row = np.diff(np.append(np.searchsorted(cells, rows), len(cells)))
    row_of = np.repeat(np.arange(len(rows)), per_row)
    columns, tails = _columns(data, raw, tags.take(cells), numbers, digits, row_of)
    if columns is None:
        if b"xmlns" in raw:
            raise UnsupportedXmlError("elements that may be of another namespace")
        columns = np.arange(len(cells)) - np.repeat(np.cumsum(per_row) - per_row, per_row)
        numbers = np.arange(rows_before + 1, rows_before + len(rows) + 1, dtype=np.int64)
    place = row_of * (1 << 20) + columns
    if (place[1:] <= place[:-1]).any():
        raise UnsupportedXmlError("cells out of order")
    if not has_value.any():
        return None
    unvalued = 0
    keep: Positions | slice = slice(None)  # copies nothing
    if not has_value.all():
        unvalued = int(((kinds.take(cells + 1, mode="clip") == FORMULA) & ~has_value).sum())
        keep = np.flatnonzero(has_value)
    kept_rows = row_of[keep]
    is_first = np.concatenate(([True], kept_rows[1:] != kept_rows[:-1]))
    row_places = np.cumsum(is_first) - 1
    encoded = taken(raw, tails[keep], tags.take(cells[keep] + 1)).dictionary_encode()
    return Scan(
        rows=row_places,
        columns=columns[keep],
        shape=encoded.indices.to_numpy(),
        shapes=[_shape(tail) for tail in encoded.dictionary.to_pylist()],
        texts=slices(raw, starts[keep], ends[keep]),
        row_count=int(row_places[-1]) + 1,
        row_numbers=numbers[kept_rows[is_first]],
        last_row=int(numbers[-1]),
        unvalued_formulas=unvalued,
    )


def _values(
    data: npt.NDArray[np.uint8], raw: bytes, tags: Positions, kinds: npt.NDArray[np.uint8], cells: Positions
) -> tuple[npt.NDArray[np.bool_], Positions, Positions]:
    """For each cell: does it hold a value, and where does that begin and end?"""
    is_value = (kinds == VALUE) | (kinds == TEXT_TAG)
    values = np.flatnonzero(is_value)
    has_value = kinds.take(cells + 1, mode="clip") == VALUE
    if int(has_value.sum()) == len(values):
        owners: npt.NDArray[np.signedinteger] = np.flatnonzero(has_value)
    else:
        # Inline strings and formulas: other tags stand between a cell and its value.
        owners = np.cumsum(kinds == CELL, dtype=np.int32)[values] - 1
        if len(owners) and (owners[0] < 0 or (owners[1:] == owners[:-1]).any()):
            raise UnsupportedXmlError("more than one value in a cell")
        has_value = np.zeros(len(cells), np.bool_)
        has_value[owners] = True
    begin, end = text_starts(data, raw, tags.take(values)), tags.take(values + 1)
    if (data.take(end + 1) != 0x2F).any() or (begin > end).any():
        raise UnsupportedXmlError("a value with something in it")
    if len(owners) == len(cells):
        starts, ends = begin, end
    else:
        starts = tags.take(cells)
        ends = starts.copy()
        starts[owners], ends[owners] = begin, end
    has_value &= ends > starts
    return has_value, starts, ends


def _columns(
    data: npt.NDArray[np.uint8],
    raw: bytes,
    at: Positions,
    numbers: npt.NDArray[np.int64],
    digits: Positions,
    row_of: Positions,
) -> tuple[Positions | None, Positions]:
    """For each cell its column, None if none of them says where it is; and where its attributes behind that begin."""
    has_place = data.take(at + 2) == 0x20
    for step, sign in enumerate(b'r="', start=3):
        has_place &= data.take(at + step) == sign
    if not has_place.any() and not (_contains_place(raw, at)):
        return None, at + 2
    if not has_place.all():
        raise UnsupportedXmlError("only some cells say where they are")
    if numbers[0] < 1 or (numbers[1:] <= numbers[:-1]).any():
        raise UnsupportedXmlError("rows without a number, or out of order")
    first, second, third = (data.take(at + step) for step in (6, 7, 8))
    columns = first.astype(np.int32) - 64
    quote = at + digits.take(row_of) + 7
    is_two = second > 64
    if is_two.any():
        columns = np.where(is_two, columns * 26 + second - 64, columns)
        quote += is_two
        is_three = is_two & (third > 64)
        if is_three.any():
            columns = np.where(is_three, columns * 26 + third - 64, columns)
            quote += is_three
        if (second > 90).any() or (third > 90)[is_two].any():
            raise UnsupportedXmlError("a cell in no column")
    if first.min() < 65 or first.max() > 90 or columns.max() > 16_384:
        raise UnsupportedXmlError("a cell in no column")
    # The row of a cell must be the row it stands in; its length and its last digit show that at little cost.
    last_digits = (numbers % 10 + 0x30).astype(np.uint8)
    if (data.take(quote) != 0x22).any() or (data.take(quote - 1) != last_digits.take(row_of)).any():
        raise UnsupportedXmlError("a cell in another row")
    return columns.astype(np.intp) - 1, quote + 1


def _contains_place(raw: bytes, at: Positions) -> bool:
    """True if the first cell has an `r` somewhere among its attributes."""
    return re.match(rb"<c[^>]*\sr=", raw[at[0] : at[0] + 200]) is not None


def _row_numbers(
    data: npt.NDArray[np.uint8], raw: bytes, tags: Positions, rows: Positions
) -> tuple[npt.NDArray[np.int64], Positions]:
    """The number of each row, 0 if it has none, and how many digits that has; all attributes are looked at."""
    begins, ends = tags[rows], tags[rows + 1]
    numbers, behind = np.zeros(len(rows), np.int64), begins + len(_PLAIN_ROW)
    if all((data.take(begins + step) == sign).all() for step, sign in enumerate(_PLAIN_ROW)):
        for _ in range(_MOST_DIGITS):
            digits = data.take(behind) - 0x30
            numbers = np.where(digits < 10, numbers * 10 + digits, numbers)  # unsigned: all else is more
            behind += digits < 10
    if (data.take(behind) == 0x22).all() and numbers.all():
        check_attributes(raw, behind + 1, ends, before="r")
        return numbers, behind - begins - len(_PLAIN_ROW)
    check_attributes(raw, begins + len("<row"), ends)
    texts = pc.struct_field(pc.extract_regex(taken(raw, begins, ends), _ROW_NUMBER), "number").fill_null("0")
    return texts.cast(pa.int64()).to_numpy(), pc.binary_length(texts).to_numpy().astype(np.intp)


def _shape(tail: str) -> CellShape:
    found = _ATTRIBUTE.findall(tail)
    attributes = dict(found)
    if (
        not _ONLY_ATTRIBUTES.fullmatch(tail)
        or len(attributes) < len(found)
        or "r" in attributes
        or "xmlns" in tail
        or not attributes.get("s", "0").isdigit()
    ):
        raise UnsupportedXmlError("a cell with unusual attributes")
    return CellShape(attributes.get("t", "n"), int(attributes.get("s", "0")))
