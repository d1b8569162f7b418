"""The records of an old workbook (.xls, BIFF 5 and 8): is it whole, and what do its numbers, errors and formats say?

For workbooks that xlrd refuses. Texts are not read here.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from math import isfinite

from shopdata.lake.excel.numbers import float_text, format_of, serial_text
from shopdata.lake.excel.package import BUILTIN_FORMATS
from shopdata.lake.excel.rows import RawCell
from shopdata.lake.tables import CellFormat, Formats, Kind

BOF, EOF, FILEPASS = 0x0809, 0x000A, 0x002F
_DATEMODE, _FORMAT, _XF, _SHEET, _STRINGS, _CONTINUE = 0x0022, 0x041E, 0x00E0, 0x0085, 0x00FC, 0x003C
_NUMBER, _RK, _MANY_RK, _ERROR, _FORMULA, _SHARED_TEXT = 0x0203, 0x027E, 0x00BD, 0x0205, 0x0006, 0x00FD

ERRORS = {0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A"}

#: A cell of the file: row, column, number of its style, and its number, or the text of its error.
RawNumber = tuple[int, int, int, float | str]


class BrokenRecordsError(Exception):
    """Raised when records break off or do not belong together."""


class NumberStyle:
    """A cell's number format, and what a number in it means."""

    def __init__(self, number_format: str | None, formats: Formats) -> None:
        self.cell_format = format_of(number_format or "General")
        self._formats = formats

    def cell(self, value: float, epoch_1904: bool) -> RawCell:
        """A number, or the date that it means."""
        if not isfinite(value):
            return "#NUM!", self._formats.code(CellFormat(Kind.ERROR))
        code = self._formats.code(self.cell_format)
        if self.cell_format.kind is Kind.DATE:
            try:
                return serial_text(repr(value), self.cell_format.number_format, epoch_1904=epoch_1904), code
            except (ValueError, OverflowError):
                code = self._formats.code(CellFormat(Kind.NUMBER))
        return float_text(value), code


@dataclass
class Globals:
    """What the first part of a workbook says for all of its sheets."""

    version: int
    epoch_1904: bool = False
    #: Where the records of each sheet begin.
    sheets: list[int] = field(default_factory=list)
    format_codes: dict[int, str] = field(default_factory=lambda: dict(BUILTIN_FORMATS))
    #: The number of the format of each style, and where the style stands.
    styles: list[int] = field(default_factory=list)
    style_places: list[int] = field(default_factory=list)
    is_encrypted: bool = False
    #: How many texts there are that cells refer to.
    texts: int = 0


def records(stream: bytes, place: int) -> Iterator[tuple[int, bytes, int]]:
    """The records of one part of a workbook, from its beginning to its end: number, content, and where that stands.

    Parts within it (charts) are passed over.

    Raises BrokenRecordsError if it breaks off.
    """
    depth = 0
    while place + 4 <= len(stream):
        number, size = struct.unpack_from("<HH", stream, place)
        content = stream[place + 4 : place + 4 + size]
        place += 4 + size
        if len(content) < size or (not depth and number != BOF):
            break
        depth += (number == BOF) - (number == EOF)
        if not depth:
            return
        if depth == 1:
            yield number, content, place - size
    raise BrokenRecordsError


def read_globals(stream: bytes) -> Globals:
    """Reads the first part of a workbook. Raises BrokenRecordsError."""
    found = Globals(0)
    texts: list[bytes] = []
    last = 0
    try:
        for number, content, place in records(stream, 0):
            last = last if number == _CONTINUE else number
            if last == _STRINGS:
                texts.append(content[8:] if number == _STRINGS else content)
            elif number == BOF:
                found.version = struct.unpack_from("<H", content)[0]
            elif number == _DATEMODE:
                found.epoch_1904 = content[:1] == b"\1"
            elif number == _FORMAT:
                found.format_codes[struct.unpack_from("<H", content)[0]] = _format_code(content, found.version)
            elif number == _XF:
                found.styles.append(struct.unpack_from("<H", content, 2)[0])
                found.style_places.append(place)
            elif number == _SHEET:
                found.sheets.append(struct.unpack_from("<I", content)[0])
            elif number == FILEPASS:
                found.is_encrypted = True
                return found
    except struct.error:
        raise BrokenRecordsError from None
    found.texts = _count_texts(texts)
    return found


def without_formats(stream: bytes, book: Globals) -> bytes:
    """The same workbook with all numbers in the format General: no date is beyond what a reader can count."""
    plain = bytearray(stream)
    for place in book.style_places:
        plain[place + 2 : place + 4] = b"\0\0"
    return bytes(plain)


def _count_texts(parts: list[bytes]) -> int:
    """How many whole texts stand in the shared strings, whatever number is written before them."""
    place = number = count = 0
    with suppress(struct.error, IndexError):
        while True:
            while place >= len(parts[number]):
                place, number = place - len(parts[number]), number + 1
            left, options = struct.unpack_from("<HB", parts[number], place)
            place += 3
            behind = 0
            if options & 8:  # runs of another font
                behind += 4 * struct.unpack_from("<H", parts[number], place)[0]
                place += 2
            if options & 4:  # phonetic hints
                behind += struct.unpack_from("<I", parts[number], place)[0]
                place += 4
            while left > (room := (len(parts[number]) - place) >> (options & 1)):
                left -= room
                number, place = number + 1, 1
                options = parts[number][0]
            place += (left << (options & 1)) + behind
            count += place <= sum(map(len, parts[number:]))
    return count


def _format_code(content: bytes, version: int) -> str:
    if version < 0x0600:
        return content[3 : 3 + content[2]].decode("latin-1")
    length, options = struct.unpack_from("<HB", content, 2)
    raw = content[5 : 5 + (length << (options & 1))]
    return raw.decode("utf-16-le", "replace") if options & 1 else raw.decode("latin-1")


def exact_cells(stream: bytes, book: Globals, place: int, formats: Formats) -> dict[int, dict[int, RawCell]]:
    """Numbers, dates and errors of one sheet by row and column. Raises BrokenRecordsError if the sheet is not whole."""
    styles = [NumberStyle(book.format_codes.get(number), formats) for number in book.styles]
    plain = NumberStyle(None, formats)
    error = formats.code(CellFormat(Kind.ERROR))
    cells: dict[int, dict[int, RawCell]] = {}
    try:
        for number, content, _ in records(stream, book.sheets[place]):
            if number == _SHARED_TEXT and struct.unpack_from("<I", content, 6)[0] >= book.texts:
                raise BrokenRecordsError
            if (read := _READERS.get(number)) is None:
                continue
            for row, column, style, value in read(content):
                if isinstance(value, str):
                    cell: RawCell = value, error
                else:
                    cell = (styles[style] if style < len(styles) else plain).cell(value, book.epoch_1904)
                cells.setdefault(row, {})[column] = cell
    except (struct.error, IndexError):
        raise BrokenRecordsError from None
    return cells


def _number(content: bytes) -> Iterator[RawNumber]:
    yield struct.unpack_from("<HHHd", content)


def _rk(content: bytes) -> Iterator[RawNumber]:
    row, column, style = struct.unpack_from("<HHH", content)
    yield row, column, style, of_rk(content[6:10])


def _many_rk(content: bytes) -> Iterator[RawNumber]:
    row, column = struct.unpack_from("<HH", content)
    for place in range(4, len(content) - 2, 6):
        yield row, column, struct.unpack_from("<H", content, place)[0], of_rk(content[place + 2 : place + 6])
        column += 1


def _error(content: bytes) -> Iterator[RawNumber]:
    row, column, style, value, is_error = struct.unpack_from("<HHHBB", content)
    if is_error:
        yield row, column, style, ERRORS.get(value, "#N/A")


def _formula(content: bytes) -> Iterator[RawNumber]:
    row, column, style, value = struct.unpack_from("<HHHd", content)
    if content[12:14] != b"\xff\xff":
        yield row, column, style, value
    elif content[6] == 2:
        yield row, column, style, ERRORS.get(content[8], "#N/A")


def of_rk(raw: bytes) -> float:
    """A number in four bytes: whole or the beginning of a float, maybe hundredths."""
    if raw[0] & 2:
        value = float(struct.unpack("<i", raw)[0] >> 2)
    else:
        value = float(struct.unpack("<d", bytes((0, 0, 0, 0, raw[0] & 0xFC)) + raw[1:])[0])
    return value / 100 if raw[0] & 1 else value


_READERS: dict[int, Callable[[bytes], Iterator[RawNumber]]] = {
    _NUMBER: _number,
    _RK: _rk,
    _MANY_RK: _many_rk,
    _ERROR: _error,
    _FORMULA: _formula,
}
