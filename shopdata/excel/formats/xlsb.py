"""Binary workbooks (.xlsb): the parts of an .xlsx as records in place of XML (MS-XLSB).

Read by hand and not by calamine: it takes errors for blanks, knows no number formats, and holds the whole rectangle
between the first cell and the last.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from shopdata.excel.blocks.block import Block
from shopdata.excel.blocks.merged_ranges import Merge
from shopdata.excel.blocks.rows import NumberedRow, RawCell, row_blocks, text_cell
from shopdata.excel.blocks.sheet import Sheet
from shopdata.excel.containers.zip_package import Package
from shopdata.excel.formats.biff import ERRORS, NumberStyle, of_rk
from shopdata.excel.formats.workbook_parts import BUILTIN_FORMATS, targets_of
from shopdata.excel.formats.xml_stream import Spread, broken_sheet
from shopdata.excel.limits import MAX_COLUMNS, Limits
from shopdata.excel.tables import CellFormat, Formats, Kind

_WORKBOOK = "xl/workbook.bin"
# Records by number (MS-XLSB 2.3.2).
_ROW, _END_SHEET_DATA, _STRING, _FORMAT, _XF, _BOOK, _SHEET = 0, 146, 19, 44, 47, 153, 156
_MERGED = 176
_BEGIN_CELL_XFS, _END_CELL_XFS = 617, 618
_BLANK, _RK, _ERROR, _BOOL, _REAL, _TEXT, _SHARED = range(1, 8)
#: Cells that leave out their column: it is the next one.
_SHORT = {12: _BLANK, 13: _RK, 14: _ERROR, 15: _BOOL, 16: _REAL, 17: _TEXT, 18: _SHARED}
#: Results of formulas, and texts in several formats.
_FORMULAS = {8: _TEXT, 9: _REAL, 10: _BOOL, 11: _ERROR}
_RICH = 62
_MAX_RECORD = 32 << 20

Record = tuple[int, bytes]


@dataclass
class _Book:
    """What cells refer to."""

    where: str
    formats: Formats
    strings: list[str] = field(default_factory=list)
    styles: list[NumberStyle] = field(default_factory=list)
    epoch_1904: bool = False

    def style(self, number: int) -> NumberStyle:
        """The style of that number; a workbook without it means a plain number."""
        return self.styles[number] if number < len(self.styles) else NumberStyle(None, self.formats)


def xlsb_sheets(path: Path, formats: Formats, where: str, limits: Limits = Limits()) -> list[Sheet]:  # noqa: B008
    """All worksheets.

    Raises:
        RejectedFileError: now or while blocks are read, it is damaged, or its records are none.
    """
    book = _Book(where, formats)
    listed: list[tuple[str, str, bool]] = []
    with Package(path, limits, where) as package:
        targets = targets_of(package, _WORKBOOK, where)
        for number, content in _records(package.pieces(_WORKBOOK), where):
            if number == _BOOK:
                book.epoch_1904 = bool(content[:1] and content[0] & 1)
            elif number == _SHEET:
                link, end = _wide(content, 8, where)
                kind, part = targets.get(link, ("", ""))
                if kind == "worksheet" and part in package:
                    listed.append((_wide(content, end, where)[0], part, any(content[:4])))
        for kind, part in targets.values():
            if kind == "sharedStrings" and part in package:
                book.strings = [
                    _wide(content, 1, where)[0]
                    for number, content in _records(package.pieces(part), where)
                    if number == _STRING
                ]
            elif kind == "styles" and part in package:
                book.styles = list(_styles(_records(package.pieces(part), where), book))
    if not listed:
        raise broken_sheet("no worksheet", where)

    def pieces(part: str) -> Iterator[bytes]:
        with Package(path, limits, where) as package:
            yield from package.pieces(part)

    return [_sheet(name, partial(pieces, part), is_hidden, book) for name, part, is_hidden in listed]


def _sheet(name: str, pieces: Callable[[], Iterator[bytes]], is_hidden: bool, book: _Book) -> Sheet:
    """A sheet, and what is merged in it; before it was read to its end, it is gone through once more for that."""
    found: list[list[Merge]] = []

    def blocks() -> Iterator[Block]:
        records = _records(pieces(), book.where)
        yield from row_blocks(_rows(records, book), book.formats)
        found.append(_merges(records))

    def merges() -> list[Merge]:
        return found[0] if found else _merges(_records(pieces(), book.where))

    return Sheet(name, blocks(), is_hidden, merges=merges)


def _merges(records: Iterable[Record]) -> list[Merge]:
    places = (struct.unpack_from("<4I", content) for number, content in records if number == _MERGED and content[15:])
    return [Merge(top + 1, bottom + 1, left, right) for top, bottom, left, right in places]


def _records(pieces: Iterable[bytes], where: str) -> Iterator[Record]:
    """Each record's number and content."""
    held, at = b"", 0
    for piece in pieces:
        held, at = held[at:] + piece, 0
        while (header := _header(held, at)) is not None:
            number, size, start = header
            if size > _MAX_RECORD:
                raise broken_sheet(f"a record of {size:,} bytes", where)
            if start + size > len(held):
                break
            yield number, held[start : start + size]
            at = start + size
    if at < len(held):
        raise broken_sheet("a record that breaks off", where)


def _header(data: bytes, at: int) -> tuple[int, int, int] | None:
    """Number and size of the record at a place, and where its content begins; None if not all of that is here yet."""
    try:
        number, at = data[at], at + 1
        if number & 0x80:
            number, at = (number & 0x7F) | data[at] << 7, at + 1
        size = 0
        for shift in (0, 7, 14, 21):
            byte, at = data[at], at + 1
            size |= (byte & 0x7F) << shift
            if not byte & 0x80:
                break
    except IndexError:
        return None
    return number, size, at


def _wide(content: bytes, at: int, where: str) -> tuple[str, int]:
    """A text with its length before it, and where it ends; half a surrogate pair is kept for the reader of cells."""
    length = int.from_bytes(content[at : at + 4], "little")
    if length == 0xFFFFFFFF:
        return "", at + 4
    end = at + 4 + 2 * length
    if len(content) < at + 4 or end > len(content):
        raise broken_sheet("a text that breaks off", where)
    return content[at + 4 : end].decode("utf-16-le", "surrogatepass"), end


def _styles(records: Iterable[Record], book: _Book) -> Iterator[NumberStyle]:
    codes = dict(BUILTIN_FORMATS)
    is_inside = False
    for number, content in records:
        if number == _FORMAT:
            codes[int.from_bytes(content[:2], "little")] = _wide(content, 2, book.where)[0]
        elif number in (_BEGIN_CELL_XFS, _END_CELL_XFS):
            is_inside = number == _BEGIN_CELL_XFS
        elif number == _XF and is_inside:
            yield NumberStyle(codes.get(int.from_bytes(content[2:4], "little")), book.formats)


def _rows(records: Iterable[Record], book: _Book) -> Iterator[NumberedRow]:
    row: list[RawCell] = []
    last = written = 0
    spread = Spread(book.where)
    for number, content in records:
        if number == _ROW:
            spread.check(row, written)
            yield NumberedRow(last, row)
            row, written = [], 0
            index = int.from_bytes(content[:4], "little") + 1
            if index <= last:
                raise broken_sheet(f"row {index} behind row {last}", book.where)
            last = index
        elif number == _END_SHEET_DATA:
            break
        elif _BLANK <= number <= _RICH and (kind := _kind_of(number)) is not None:
            is_short = number in _SHORT
            column = len(row) if is_short else int.from_bytes(content[:4], "little")
            if not last or not len(row) <= column < MAX_COLUMNS:
                raise broken_sheet(f"a cell in column {column + 1} behind {len(row)} others", book.where)
            written += 1
            if kind != _BLANK or is_short:
                row += [None] * (column - len(row))
                row.append(_cell(kind, content[0 if is_short else 4 :], number == _RICH, book))
    spread.check(row, written)
    yield NumberedRow(last, row)


def _kind_of(number: int) -> int | None:
    if number <= _SHARED:
        return number
    return _TEXT if number == _RICH else _SHORT.get(number, _FORMULAS.get(number))


def _cell(kind: int, content: bytes, is_rich: bool, book: _Book) -> RawCell:
    """A cell; its content begins with the number of its style in three bytes, and one of flags."""
    style = int.from_bytes(content[:3], "little")
    value = content[4:]
    code = book.formats.code
    try:
        match kind:
            case 1:
                return None
            case 2:
                return book.style(style).cell(of_rk(value[:4]), book.epoch_1904)
            case 3:
                return ERRORS.get(value[0], "#N/A"), code(CellFormat(Kind.ERROR))
            case 4:
                return ("TRUE" if value[0] else "FALSE"), code(CellFormat(Kind.BOOL))
            case 5:
                return book.style(style).cell(struct.unpack_from("<d", value)[0], book.epoch_1904)
            case 6:
                return text_cell(_wide(value, 1 if is_rich else 0, book.where)[0])
        return text_cell(book.strings[struct.unpack_from("<I", value)[0]])
    except (struct.error, IndexError):
        raise broken_sheet(f"a cell of type {kind} that breaks off, or a text that is not there", book.where) from None
