"""Worksheets of an .xlsx or .xlsm file: the fast reader, and a full XML parser where a sheet is of an odd form."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

from shopdata.excel.blocks.block import Block
from shopdata.excel.blocks.merged_ranges import Behind, FindMerges, find_merges
from shopdata.excel.blocks.scanned import ScannedBlock
from shopdata.excel.blocks.shapes import SheetContext
from shopdata.excel.blocks.sheet import Sheet, first_block
from shopdata.excel.containers.zip_package import Package
from shopdata.excel.formats.workbook_parts import Workbook, find_workbook_part, read_workbook
from shopdata.excel.formats.xml_fallback import ParseContext, parse_rows, parse_strings
from shopdata.excel.limits import Limits
from shopdata.excel.tables import Finding, Formats
from shopdata.excel.xml.namespaces import without_prefix
from shopdata.excel.xml.row_pieces import row_pieces
from shopdata.excel.xml.scan import scan_rows
from shopdata.excel.xml.shared_strings import SharedStrings
from shopdata.excel.xml.strings import UnsupportedXmlError


def fast_sheets(package: Package, formats: Formats, where: str) -> list[Sheet]:
    """All worksheets, read by the fast reader.

    Raises:
        UnsupportedXmlError: now or while blocks are read, it can't.
    """
    workbook = _workbook(package, where)
    context = SheetContext(formats, styles=workbook.styles, epoch_1904=workbook.epoch_1904, where=where)
    if workbook.strings_part is not None:
        strings = SharedStrings(without_prefix(package.pieces(workbook.strings_part), b"sst"))
        context.strings, context.illegal_strings = strings.texts, strings.illegal

    def read(part: str) -> tuple[Iterator[Block], FindMerges]:
        behind = Behind(partial(package.pieces, part))
        return _scan_sheet(package, part, context, behind), behind.merges

    return _sheets(workbook, read)


def sheet_titles(path: Path) -> list[str]:
    """The names of a workbook's sheets in their order. Raises RejectedFileError if it is no workbook."""
    with Package(path, Limits(), path.name) as package:
        return [entry.name for entry in _workbook(package, path.name).sheets]


def first_cell(path: Path) -> str:
    """The text of the first cell of a workbook's first sheet that has any. Raises RejectedFileError."""
    with Package(path, Limits(), path.name) as package:
        for reader in (fast_sheets, parsed_sheets, sorted_sheets):
            with suppress(UnsupportedXmlError):
                block = first_block(reader(package, Formats(), path.name)[0])
                return block.preview(1)[0][0] if block is not None else ""
    return ""


def _workbook(package: Package, where: str) -> Workbook:
    part = find_workbook_part(package, where)
    if part is None:
        raise package.broken("no list of sheets")
    return read_workbook(package, part, where)


def _scan_sheet(package: Package, part: str, context: SheetContext, behind: Behind) -> Iterator[Block]:
    last_row = 0
    for piece in row_pieces(without_prefix(package.pieces(part), b"worksheet"), behind=behind.xml):
        scan = scan_rows(piece, last_row)
        if scan is not None:
            yield ScannedBlock(scan, context)
            last_row = scan.last_row
        else:
            last_row += piece.count(b"<row")
    behind.is_whole = True


def parsed_sheets(package: Package, formats: Formats, where: str, *, is_sorted: bool = True) -> list[Sheet]:
    """All worksheets, read by a full XML parser: slower by far, but whatever is XML is read.

    Raises:
        RejectedFileError: now or while blocks are read, what is there is no XML or no worksheet.
    """
    workbook = _workbook(package, where)
    context = ParseContext(formats, where, styles=workbook.styles, epoch_1904=workbook.epoch_1904)
    if workbook.strings_part is not None:
        context.strings = parse_strings(package.pieces(workbook.strings_part), where)

    def read(part: str) -> tuple[Iterator[Block], FindMerges]:
        pieces = partial(package.pieces, part)
        return parse_rows(pieces(), context, is_sorted=is_sorted), partial(find_merges, pieces)

    return _sheets(workbook, read)


def sorted_sheets(package: Package, formats: Formats, where: str) -> list[Sheet]:
    """As `parsed_sheets`, where rows do not stand in their order: all of a sheet is held at a time."""
    return parsed_sheets(package, formats, where, is_sorted=False)


def _sheets(workbook: Workbook, read: Callable[[str], tuple[Iterator[Block], FindMerges]]) -> list[Sheet]:
    """All sheets of a workbook; one whose part is missing holds nothing, and a person is told."""
    lost = [
        Sheet(
            name, iter(()), findings=[Finding("missing_sheet", text=f"sheet '{name}' is listed, but not in the file")]
        )
        for name in workbook.missing
    ]
    sheets = []
    for entry in workbook.sheets:
        blocks, merges = read(entry.part)
        sheets.append(Sheet(entry.name, blocks, entry.is_hidden, merges=merges))
    return sheets + lost
