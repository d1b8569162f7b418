"""Old .xls workbooks (BIFF 2 to 8), by xlrd: it knows number formats, which tell dates from numbers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import xlrd
import xlrd.biffh
import xlrd.book
from xlrd.biffh import error_text_from_code

from shopdata.exceptions import RejectedFileError
from shopdata.lake.excel.blocks import Block
from shopdata.lake.excel.numbers import float_text, format_of, serial_text
from shopdata.lake.excel.passwords import protected
from shopdata.lake.excel.rows import RawCell, row_blocks, text_cell
from shopdata.lake.excel.xlsx import Sheet
from shopdata.lake.tables import CellFormat, Formats, Kind


def _decoded(data: bytes, encoding: str) -> str:
    """Also half a surrogate pair: portals cut texts in the middle of a sign, and xlrd puts long ones together of parts.
    A reader of cells sees to it."""
    return data.decode(encoding, "surrogatepass" if encoding == "utf_16_le" else "strict")


# xlrd's own would refuse the whole file. There will be no other version of it that could change under this.
xlrd.biffh.unicode = xlrd.book.unicode = _decoded

#: The stream that holds a workbook under a password, as its name stands in the file.
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def xls_sheets(path: Path, formats: Formats, where: str) -> list[Sheet]:
    """All worksheets of a .xls file.

    Raises:
        RejectedFileError: it is damaged or under a password.
    """
    content = path.read_bytes()
    if _ENCRYPTED in content:
        raise protected(where)
    try:
        # xlrd prints what it finds odd; it is of no use to anybody here.
        with open(os.devnull, "w") as silence:  # noqa: PTH123 - os.devnull is no file to have a Path for
            book = xlrd.open_workbook(file_contents=content, formatting_info=True, logfile=silence)
    except Exception as error:  # noqa: BLE001 - a damaged file makes xlrd raise whatever its parts raise
        if "encrypted" in str(error):
            raise protected(where) from None
        raise RejectedFileError(
            "the workbook can't be read",
            where=where,
            found=f"{type(error).__name__}: {error}",
            expected="a whole .xls workbook",
            todo="Download it again; if it stays so, the portal made it badly.",
        ) from None
    known = [_Format(book, number, formats) for number in range(len(book.xf_list))]
    return [Sheet(sheet.name, _rows(book, sheet, known, formats), bool(sheet.visibility)) for sheet in book.sheets()]


class _Format:
    """A cell format of the book, as ours."""

    def __init__(self, book: Any, number: int, formats: Formats) -> None:
        entry = book.format_map.get(book.xf_list[number].format_key)
        self.cell_format = format_of(entry.format_str if entry is not None else "General")
        self._formats = formats

    def cell(self, value: float, epoch_1904: bool) -> RawCell:
        """A number, or the date that it means."""
        code = self._formats.code(self.cell_format)
        if self.cell_format.kind is Kind.DATE:
            try:
                return serial_text(repr(value), self.cell_format.number_format, epoch_1904=epoch_1904), code
            except (ValueError, OverflowError):
                code = self._formats.code(CellFormat(Kind.NUMBER))
        return float_text(value), code


def _rows(book: Any, sheet: Any, known: list[_Format], formats: Formats) -> Iterator[Block]:
    epoch_1904 = book.datemode == 1

    def convert(cell: Any) -> RawCell:
        match cell.ctype:
            case xlrd.XL_CELL_TEXT:
                return text_cell(cell.value)
            case xlrd.XL_CELL_NUMBER | xlrd.XL_CELL_DATE:
                plain = cell.xf_index is None or cell.xf_index >= len(known)
                return known[0 if plain else cell.xf_index].cell(cell.value, epoch_1904)
            case xlrd.XL_CELL_BOOLEAN:
                return ("TRUE" if cell.value else "FALSE"), formats.code(CellFormat(Kind.BOOL))
            case xlrd.XL_CELL_ERROR:
                return error_text_from_code.get(cell.value, "#N/A"), formats.code(CellFormat(Kind.ERROR))
        return None

    yield from row_blocks(([convert(cell) for cell in sheet.row(number)] for number in range(sheet.nrows)), formats)
