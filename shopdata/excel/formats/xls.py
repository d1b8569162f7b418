"""Old .xls workbooks (BIFF 2 to 8), by xlrd: it knows number formats, which tell dates from numbers.

What it refuses is read from the records, by `biff`. calamine reads most of it too, but it tells neither formats nor
errors, gives a blank for a text that is not there, and one wrong count in a file makes it end the whole process.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import xlrd
import xlrd.biffh
import xlrd.book
import xlrd.sheet
from xlrd.biffh import error_text_from_code

from shopdata.excel.blocks.block import Block
from shopdata.excel.blocks.merged_ranges import Merge
from shopdata.excel.blocks.rows import RawCell, row_blocks, text_cell
from shopdata.excel.blocks.sheet import Sheet
from shopdata.excel.containers.ole import BrokenContainerError, workbook_stream
from shopdata.excel.containers.passwords import protected, without_password
from shopdata.excel.formats.biff import BrokenRecordsError, NumberStyle, read_book
from shopdata.excel.formats.biff_cells import read_cells
from shopdata.excel.formats.workbook_parts import BUILTIN_FORMATS
from shopdata.excel.tables import CellFormat, Finding, Formats, Kind
from shopdata.exceptions import RejectedFileError


def _decoded(data: bytes, encoding: str) -> str:
    """Also half a surrogate pair: portals cut texts in the middle of a sign, and xlrd puts long ones together of parts.
    A reader of cells sees to it."""
    return data.decode(encoding, "surrogatepass" if encoding == "utf_16_le" else "strict")


# xlrd's own would refuse the whole file. There will be no other version of it that could change under this.
xlrd.biffh.unicode = xlrd.book.unicode = _decoded
# A formatted cell without a value is a cell to xlrd: a sheet of them takes half a minute and gigabytes.
xlrd.sheet.XL_BLANK = xlrd.sheet.XL_BLANK_B2 = xlrd.sheet.XL_MULBLANK = None

#: The stream that holds a workbook under a password, as its name stands in the file.
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def xls_sheets(path: Path, formats: Formats, where: str) -> list[Sheet]:
    """All worksheets of a .xls file.

    Raises:
        RejectedFileError: it is damaged or under a password.
    """
    content = path.read_bytes()
    if _ENCRYPTED in content:  # in a container that is too damaged to be known for what it is
        raise protected(where)
    try:
        return _by_xlrd(content, formats, where)
    except _EncryptedError:
        try:
            return _by_xlrd(without_password(content, where), formats, where)
        except _EncryptedError:
            raise protected(where) from None


class _EncryptedError(Exception):
    """Raised when a workbook is encrypted."""


def _by_xlrd(content: bytes, formats: Formats, where: str) -> list[Sheet]:
    try:
        # xlrd itself follows a container's chain of sectors round and round.
        stream, _ = workbook_stream(content)
        # It prints what it finds odd; that is of no use to anybody here.
        with open(os.devnull, "w") as silence:  # noqa: PTH123 - os.devnull is no file to have a Path for
            book = xlrd.open_workbook(file_contents=stream, formatting_info=True, ragged_rows=True, logfile=silence)
    except Exception as error:  # noqa: BLE001 - a damaged file makes xlrd raise whatever its parts raise
        if "encrypted" in str(error):
            raise _EncryptedError from None
        return _by_records(content, formats, where)
    known = [_style(book, number, formats) for number in range(len(book.xf_list))]
    return [
        Sheet(sheet.name, _rows(book, sheet, known, formats), bool(sheet.visibility), merges=partial(_merges, sheet))
        for sheet in book.sheets()
    ]


def _merges(sheet: Any) -> list[Merge]:
    return [Merge(top + 1, end, left, right - 1) for top, end, left, right in sheet.merged_cells]


def _by_records(content: bytes, formats: Formats, where: str) -> list[Sheet]:
    """The worksheets of a file that xlrd refuses, if it is whole: each sheet has its end, and each cell its text."""
    try:
        stream, _ = workbook_stream(content)
        book = read_book(stream)
        if book.is_encrypted:
            raise _EncryptedError
        if book.version < 0x0500:
            raise BrokenRecordsError
        read = [(sheet, read_cells(stream, book, sheet.place, formats)) for sheet in book.sheets]
    except (BrokenContainerError, BrokenRecordsError):
        raise RejectedFileError(
            "the workbook can't be read",
            code="unreadable",
            where=where,
            found="an old workbook whose parts break off or do not belong together",
            expected="a whole .xls workbook",
            todo="Download it again; if Excel opens it, save it there as .xlsx.",
        ) from None
    text = "the workbook is not written as Excel writes it: it was read by a second reader; compare it with Excel"
    note = [Finding("second_reader", text=text)]
    return [
        Sheet(
            sheet.name,
            row_blocks(found.rows(), formats),
            sheet.is_hidden,
            findings=[] if number else note,
            merges=partial(list, found.merges),
        )
        for number, (sheet, found) in enumerate(read)
    ]


def _style(book: Any, number: int, formats: Formats) -> NumberStyle:
    """A cell format of the book, as ours."""
    key = book.xf_list[number].format_key
    entry = book.format_map.get(key)
    # xlrd knows of formats whose code depends on the language of Excel, but not their codes.
    return NumberStyle((entry and entry.format_str) or BUILTIN_FORMATS.get(key), formats)


def _rows(book: Any, sheet: Any, known: list[NumberStyle], formats: Formats) -> Iterator[Block]:
    epoch_1904 = book.datemode == 1
    plain = known[0] if known else NumberStyle(None, formats)

    def convert(cell_type: int, value: Any, style: int) -> RawCell:
        match cell_type:
            case xlrd.XL_CELL_TEXT:
                return text_cell(value)
            case xlrd.XL_CELL_NUMBER | xlrd.XL_CELL_DATE:
                return (known[style] if 0 <= style < len(known) else plain).cell(value, epoch_1904)
            case xlrd.XL_CELL_BOOLEAN:
                return ("TRUE" if value else "FALSE"), formats.code(CellFormat(Kind.BOOL))
            case xlrd.XL_CELL_ERROR:
                return error_text_from_code.get(value, "#N/A"), formats.code(CellFormat(Kind.ERROR))
        return None

    def rows() -> Iterator[list[RawCell]]:
        for number in range(sheet.nrows):
            types = sheet.row_types(number)
            row: list[RawCell] = [None] * len(types)
            values, styles = sheet.row_values(number), sheet._cell_xf_indexes[number]
            for place in np.flatnonzero(np.array(types, np.uint8)).tolist():
                row[place] = convert(types[place], values[place], styles[place])
            yield row

    yield from row_blocks(rows(), formats)
