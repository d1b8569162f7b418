"""The cells of one worksheet of an old workbook (.xls, BIFF 5 and 8), for files that xlrd refuses."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from shopdata.excel.blocks.merged_ranges import MAX_MERGES, Merge
from shopdata.excel.blocks.rows import NumberedRow, RawCell, text_cell
from shopdata.excel.formats.biff import CONTINUE, ERRORS, Book, BrokenRecordsError, NumberStyle, of_rk, records
from shopdata.excel.tables import CellFormat, Formats, Kind

_NUMBER, _RK, _MANY_RK, _BOOL_OR_ERROR, _FORMULA = 0x0203, 0x027E, 0x00BD, 0x0205, 0x0006
_SHARED_TEXT, _TEXT, _RICH_TEXT, _TEXT_OF_FORMULA, _MERGED = 0x00FD, 0x0204, 0x00D6, 0x0207, 0x00E5


@dataclass
class SheetCells:
    """The cells of a worksheet that hold a value, by row and column from 0, and its merged cells."""

    cells: dict[int, dict[int, RawCell]] = field(default_factory=dict)
    merges: list[Merge] = field(default_factory=list)

    def rows(self) -> Iterator[NumberedRow]:
        """The rows that hold a value, in their order."""
        for number in sorted(self.cells):
            cells = self.cells[number]
            row: list[RawCell] = [None] * (max(cells) + 1)
            for column, cell in cells.items():
                row[column] = cell
            yield NumberedRow(number + 1, row)


def read_cells(stream: bytes, book: Book, place: int, formats: Formats) -> SheetCells:
    """Reads a worksheet whose records begin there.

    Raises BrokenRecordsError if it has no end, or a cell refers to a text that is not in the file.
    """
    reader = _Reader(book, formats)
    parts: list[bytes] = []
    last = 0
    try:
        for number, content in records(stream, place):
            if number == CONTINUE:
                parts.append(content)
                continue
            reader.take(last, parts)
            last, parts = number, [content]
        reader.take(last, parts)
    except (struct.error, IndexError):
        raise BrokenRecordsError from None
    return reader.found


class _Reader:
    def __init__(self, book: Book, formats: Formats) -> None:
        self._book = book
        self._styles = [NumberStyle(book.format_codes.get(number), formats) for number in book.styles]
        self._plain = NumberStyle(None, formats)
        self._bool, self._error = (formats.code(CellFormat(kind)) for kind in (Kind.BOOL, Kind.ERROR))
        #: The formula whose text comes in a record of its own.
        self._waiting: tuple[int, int] | None = None
        self.found = SheetCells()

    def take(self, number: int, parts: list[bytes]) -> None:
        """Takes a record with those that continue it."""
        content = parts[0] if parts else b""
        if number == _NUMBER:
            row, column, style, value = struct.unpack_from("<HHHd", content)
            self._put_number(row, column, style, value)
        elif number == _RK:
            row, column, style = struct.unpack_from("<HHH", content)
            self._put_number(row, column, style, of_rk(content[6:10]))
        elif number == _MANY_RK:
            row, column = struct.unpack_from("<HH", content)
            for step, place in enumerate(range(4, len(content) - 2, 6)):
                style = struct.unpack_from("<H", content, place)[0]
                self._put_number(row, column + step, style, of_rk(content[place + 2 : place + 6]))
        elif number == _BOOL_OR_ERROR:
            row, column, _, value, is_error = struct.unpack_from("<HHHBB", content)
            self._put(row, column, self._flag(value, is_error=bool(is_error)))
        elif number == _FORMULA:
            self._take_formula(content)
        elif number == _SHARED_TEXT:
            row, column, _, text = struct.unpack_from("<HHHI", content)
            self._put(row, column, text_cell(self._book.texts[text]))
        elif number in (_TEXT, _RICH_TEXT):
            row, column = struct.unpack_from("<HH", content)
            self._put(row, column, text_cell(self._book.text([content[6:], *parts[1:]])))
        elif number == _TEXT_OF_FORMULA and self._waiting is not None:
            self._put(*self._waiting, text_cell(self._book.text(parts)))
            self._waiting = None
        elif number == _MERGED:
            for place in range(2, len(content) - 7, 8):
                top, bottom, left, right = struct.unpack_from("<HHHH", content, place)
                self.found.merges.append(Merge(top + 1, bottom + 1, left, right))
            del self.found.merges[MAX_MERGES:]

    def _take_formula(self, content: bytes) -> None:
        row, column, style, value = struct.unpack_from("<HHHd", content)
        if content[12:14] != b"\xff\xff":
            self._put_number(row, column, style, value)
        elif content[6] == 0:
            self._waiting = row, column
        elif content[6] in (1, 2):
            self._put(row, column, self._flag(content[8], is_error=content[6] == 2))

    def _flag(self, value: int, *, is_error: bool) -> RawCell:
        if is_error:
            return ERRORS.get(value, "#N/A"), self._error
        return ("TRUE" if value else "FALSE"), self._bool

    def _put_number(self, row: int, column: int, style: int, value: float) -> None:
        entry = self._styles[style] if style < len(self._styles) else self._plain
        self._put(row, column, entry.cell(value, self._book.epoch_1904))

    def _put(self, row: int, column: int, cell: RawCell) -> None:
        if cell is not None:
            self.found.cells.setdefault(row, {})[column] = cell
