"""Worksheets of an .xlsx or .xlsm file: the fast reader, and a full XML parser where a sheet is of an odd form."""

from __future__ import annotations

import datetime as dt
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import openpyxl

from shopdata.exceptions import RejectedFileError
from shopdata.lake.excel_blocks import Block, ScannedBlock, SheetContext
from shopdata.lake.excel_container import Limits, Package
from shopdata.lake.excel_numbers import float_text, has_time, moment_text, serial_text
from shopdata.lake.excel_package import Workbook, find_workbook_part, read_workbook
from shopdata.lake.excel_rows import RawCell, row_blocks, text_cell
from shopdata.lake.excel_scan import row_pieces, scan_rows
from shopdata.lake.excel_strings import OddXmlError, SharedStrings
from shopdata.lake.tables import CellFormat, Formats, Kind


@dataclass
class Sheet:
    """One sheet of a file with its rows still to be read."""

    name: str
    blocks: Iterator[Block]
    is_hidden: bool = False


def fast_sheets(package: Package, formats: Formats, where: str) -> list[Sheet]:
    """All worksheets, read by the fast reader. Raises OddXmlError, now or while blocks are read, where it can't."""
    workbook = _workbook(package, where)
    context = SheetContext(formats, styles=workbook.styles, epoch_1904=workbook.epoch_1904)
    if workbook.strings_part is not None:
        context.strings = SharedStrings(package.pieces(workbook.strings_part)).texts
    return [Sheet(entry.name, _scan_sheet(package, entry.part, context), entry.is_hidden) for entry in workbook.sheets]


def _workbook(package: Package, where: str) -> Workbook:
    part = find_workbook_part(package, where)
    if part is None:
        raise package.broken("no list of sheets")
    return read_workbook(package, part, where)


def _scan_sheet(package: Package, part: str, context: SheetContext) -> Iterator[Block]:
    for piece in row_pieces(package.pieces(part)):
        scan = scan_rows(piece)
        if scan is not None:
            yield ScannedBlock(scan, context)


def parsed_sheets(path: Path, formats: Formats, where: str) -> list[Sheet]:
    """All worksheets, read by openpyxl: slower by far, but a full parser.

    Raises:
        RejectedFileError: openpyxl can't read it either.
    """
    _refuse_entities(path, where)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception as error:  # noqa: BLE001 - a damaged file makes openpyxl raise whatever its parts raise
        raise _unreadable(error, where) from None
    return [
        Sheet(sheet.title, _parse_sheet(sheet, formats, book.epoch, where), sheet.sheet_state != "visible")
        for sheet in book.worksheets
    ]


def _refuse_entities(path: Path, where: str) -> None:
    with Package(path, Limits(), where) as package:
        for name in package.names:
            if name.endswith((".xml", ".rels")):
                head = next(package.pieces(name, 1 << 16), b"")
                if re.search(rb"<!(?:DOCTYPE|ENTITY)", head):
                    raise RejectedFileError(
                        "the workbook declares XML entities",
                        where=where,
                        found=name,
                        expected="plain XML",
                        todo="Do not open it.",
                    )


def _unreadable(error: Exception, where: str) -> RejectedFileError:
    return RejectedFileError(
        "the workbook can't be read",
        where=where,
        found=f"{type(error).__name__}: {error}",
        expected="a whole .xlsx workbook",
        todo="Open it in Excel; if that repairs it, the portal made it badly.",
    )


def _parse_sheet(sheet: Any, formats: Formats, epoch: dt.datetime, where: str) -> Iterator[Block]:
    sheet.reset_dimensions()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            rows = ([_openpyxl_cell(cell, formats) for cell in row] for row in sheet.iter_rows())
            yield from row_blocks(rows, formats)
    except RejectedFileError:
        raise
    except Exception as error:  # noqa: BLE001 - as above
        raise _unreadable(error, where) from None


def _openpyxl_cell(cell: Any, formats: Formats) -> RawCell:
    value = cell.value
    number_format = getattr(cell, "number_format", None) or "General"
    match value:
        case None:
            return None
        case bool():
            return ("TRUE" if value else "FALSE"), formats.code(CellFormat(Kind.BOOL))
        case int():
            return str(value), formats.code(CellFormat(Kind.NUMBER, number_format))
        case float():
            return float_text(value), formats.code(CellFormat(Kind.NUMBER, number_format))
        case dt.datetime():
            code = formats.code(CellFormat(Kind.DATE, number_format))
            return moment_text(value, show_time=has_time(number_format)), code
        case dt.date():
            return value.isoformat(), formats.code(CellFormat(Kind.DATE, number_format))
        case dt.time():
            value = dt.timedelta(hours=value.hour, minutes=value.minute, seconds=value.second)
    if isinstance(value, dt.timedelta):
        days = repr(value / dt.timedelta(days=1))
        return serial_text(days, "[h]:mm:ss"), formats.code(CellFormat(Kind.DATE, number_format))
    if cell.data_type == "e":
        return str(value), formats.code(CellFormat(Kind.ERROR))
    return text_cell(str(value))


def first_block(sheet: Sheet) -> Block | None:
    """The first block of a sheet, which stays the first of its blocks; None if nothing stands in the sheet."""
    block = next(sheet.blocks, None)
    if block is not None:
        sheet.blocks = chain([block], sheet.blocks)
    return block


__all__ = ["OddXmlError", "Sheet", "fast_sheets", "first_block", "parsed_sheets"]
