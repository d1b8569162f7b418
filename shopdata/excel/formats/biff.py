"""The records of an old workbook (.xls, BIFF 5 and 8), for files that xlrd refuses: what they say for all sheets.

It is strict where something would be lost (records that break off, a sheet without an end) and asks no more: it
believes neither how many texts there are nor what a style is called.
"""

from __future__ import annotations

import codecs
import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from math import isfinite

from shopdata.excel.blocks.rows import RawCell
from shopdata.excel.formats.workbook_parts import BUILTIN_FORMATS
from shopdata.excel.tables import CellFormat, Formats, Kind
from shopdata.excel.values.numbers import float_text
from shopdata.excel.values.times import format_of, serial_text

BOF, EOF, CONTINUE = 0x0809, 0x000A, 0x003C
_FILEPASS, _CODE_PAGE, _DATEMODE, _FORMAT, _XF, _SHEET, _STRINGS = 0x2F, 0x42, 0x22, 0x041E, 0xE0, 0x85, 0xFC
_BIFF8 = 0x0600
_WORKSHEET = 0

ERRORS = {0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A"}


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


@dataclass(frozen=True)
class SheetPlace:
    """A worksheet, and where its records begin."""

    name: str
    place: int
    is_hidden: bool


@dataclass
class Book:
    """What the first part of a workbook says for all of its sheets."""

    version: int = 0
    encoding: str = "cp1252"
    epoch_1904: bool = False
    is_encrypted: bool = False
    sheets: list[SheetPlace] = field(default_factory=list)
    format_codes: dict[int, str] = field(default_factory=lambda: dict(BUILTIN_FORMATS))
    #: The number of the format of each style.
    styles: list[int] = field(default_factory=list)
    #: What cells refer to, and how many they are said to be.
    texts: list[str] = field(default_factory=list)
    told_texts: int = 0

    def text(self, parts: Sequence[bytes], length_bytes: int = 2) -> str:
        """The text that begins a record, which may go on in others. Raises struct.error or IndexError."""
        length = int.from_bytes(parts[0][:length_bytes], "little")
        if self.version >= _BIFF8:
            head = struct.pack("<H", length) + parts[0][length_bytes:]
            return read_texts([head, *parts[1:]])[0]
        raw = b"".join(parts)[length_bytes : length_bytes + length]
        # What can't be decoded is half a sign to whoever reads the cell: replaced, and told.
        return raw.decode(self.encoding, "surrogateescape")


def records(stream: bytes, place: int) -> Iterator[tuple[int, bytes]]:
    """The records of one part of a workbook, from its beginning to its end; parts within it (charts) are passed over.

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
            yield number, content
    raise BrokenRecordsError


def read_book(stream: bytes) -> Book:
    """Reads the first part of a workbook. Raises BrokenRecordsError."""
    book = Book()
    texts: list[bytes] = []
    last = 0
    try:
        for number, content in records(stream, 0):
            last = last if number == CONTINUE else number
            if last == _STRINGS:
                texts.append(content)
            elif number == BOF:
                book.version = struct.unpack_from("<H", content)[0]
            else:
                _read_global(number, content, book)
            if book.is_encrypted:
                return book
    except (struct.error, IndexError):
        raise BrokenRecordsError from None
    if texts:
        book.told_texts = int.from_bytes(texts[0][4:8], "little")
        book.texts = read_texts([texts[0][8:], *texts[1:]])
    return book


def _read_global(number: int, content: bytes, book: Book) -> None:
    if number == _FILEPASS:
        book.is_encrypted = True
    elif number == _DATEMODE:
        book.epoch_1904 = content[:1] == b"\1"
    elif number == _CODE_PAGE:
        with suppress(LookupError):
            book.encoding = codecs.lookup(f"cp{struct.unpack_from('<H', content)[0]}").name
    elif number == _FORMAT:
        code = book.text([content[2:]], 2 if book.version >= _BIFF8 else 1)
        book.format_codes[struct.unpack_from("<H", content)[0]] = code
    elif number == _XF:
        book.styles.append(struct.unpack_from("<H", content, 2)[0])
    elif number == _SHEET:
        place, hidden, kind = struct.unpack_from("<IBB", content)
        if kind == _WORKSHEET:
            book.sheets.append(SheetPlace(book.text([content[6:]], 1), place, bool(hidden & 3)))


def read_texts(parts: Sequence[bytes]) -> list[str]:
    """All whole texts of BIFF 8 in a record and those that continue it, whatever number is told.

    Where a text goes on in the next record, that begins with a byte which says how; what stands behind a text (fonts,
    phonetic hints) goes on without one.
    """
    found: list[str] = []
    number = place = 0
    with suppress(struct.error, IndexError):
        while True:
            while place >= len(parts[number]):
                place, number = place - len(parts[number]), number + 1
            part = parts[number]
            left, options = struct.unpack_from("<HB", part, place)
            place += 3
            behind = 0
            if options & 8:
                behind += 4 * struct.unpack_from("<H", part, place)[0]
                place += 2
            if options & 4:
                behind += struct.unpack_from("<I", part, place)[0]
                place += 4
            pieces = []
            while True:
                wide = options & 1
                taken = min(left, max(len(part) - place, 0) >> wide)
                raw = part[place : place + (taken << wide)]
                pieces.append(raw.decode("utf-16-le", "surrogatepass") if wide else raw.decode("latin-1"))
                left, place = left - taken, place + (taken << wide)
                if not left:
                    break
                number, place = number + 1, 1
                part = parts[number]
                options = part[0]
            place += behind
            found.append("".join(pieces))
    return found


def of_rk(raw: bytes) -> float:
    """A number in four bytes: whole or the beginning of a float, maybe hundredths."""
    if raw[0] & 2:
        value = float(struct.unpack("<i", raw)[0] >> 2)
    else:
        value = float(struct.unpack("<d", bytes((0, 0, 0, 0, raw[0] & 0xFC)) + raw[1:])[0])
    return value / 100 if raw[0] & 1 else value
