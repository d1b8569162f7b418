"""Worksheets by the standard library's XML parser: for what the fast reader does not know, such as prefixed names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast
from xml.etree import ElementTree

from shopdata.exceptions import RejectedFileError
from shopdata.lake.excel.numbers import has_time, moment_text, number_text, serial_text
from shopdata.lake.excel.package import local
from shopdata.lake.excel.rows import RawCell, RowsBlock, row_blocks, text_cell
from shopdata.lake.excel.scan import MAX_GRID_CELLS
from shopdata.lake.excel.strings import plain_text, rich_parts
from shopdata.lake.tables import NUMBER, CellFormat, Formats, Kind

#: Cells right of this are none (Excel's last column is XFD).
MAX_COLUMNS = 16_384
#: In a sheet with more than `MAX_GRID_CELLS` blanks between its cells, so many per cell are still a table.
MAX_GAP_PER_CELL = 100

Events = Iterator[tuple[str, ElementTree.Element]]

_PLACE = re.compile(r"([A-Z]{1,3})\d+")


@dataclass
class ParseContext:
    """What the cells of a workbook refer to."""

    formats: Formats
    where: str
    strings: list[str] = field(default_factory=list)
    styles: Sequence[CellFormat] = ()
    epoch_1904: bool = False

    def broken(self, found: str) -> RejectedFileError:
        """The refusal of a workbook that is zipped well but not written well."""
        return broken_sheet(found, self.where)


def broken_sheet(found: str, where: str) -> RejectedFileError:
    """The refusal of XML that is no worksheet."""
    return RejectedFileError(
        "the workbook can't be read",
        where=where,
        found=found,
        expected="worksheets as Excel writes them",
        todo="Open it in Excel; if that can't either, the portal made it badly.",
    )


def elements(pieces: Iterable[bytes], root: str, wanted: str, where: str) -> Iterator[ElementTree.Element]:
    """Each whole element of one name, out of XML whose outermost element is `root`; it lives until the next one."""
    parser: ElementTree.XMLPullParser[ElementTree.Element] = ElementTree.XMLPullParser(("start", "end"))
    depth = 0
    path: list[ElementTree.Element] = []
    try:
        for piece in pieces:
            if b"<!DOCTYPE" in piece or b"<!ENTITY" in piece:
                raise broken_sheet("a document type", where)
            parser.feed(piece)
            for event, element in cast(Events, parser.read_events()):
                if event == "start":
                    if not path and local(element.tag) != root:
                        raise broken_sheet(f"<{local(element.tag)}> where <{root}> was expected", where)
                    path.append(element)
                    depth += local(element.tag) == wanted
                    continue
                path.pop()
                if local(element.tag) == wanted:
                    depth -= 1
                    yield element
                if not depth and path:
                    path[-1].remove(element)
        parser.close()
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise broken_sheet(str(error), where) from None


def parse_strings(pieces: Iterable[bytes], where: str) -> list[str]:
    """The shared strings of a workbook."""
    return [_text_of(element) for element in elements(pieces, "sst", "si", where)]


def _text_of(element: ElementTree.Element) -> str:
    """All runs of a string; phonetic hints are no part of it."""
    found = []
    for child in element:
        if local(child.tag) == "t":
            found.append(child.text or "")
        elif local(child.tag) == "r":
            found += [part.text or "" for part in child if local(part.tag) == "t"]
    return rich_parts(found)


def parse_rows(pieces: Iterable[bytes], context: ParseContext) -> Iterator[RowsBlock]:
    """The rows of a worksheet in blocks."""
    unvalued = [0]
    for block in row_blocks(_rows(pieces, context, unvalued), context.formats):
        block.unvalued_formulas, unvalued[0] = unvalued[0], 0
        yield block


def _rows(pieces: Iterable[bytes], context: ParseContext, unvalued: list[int]) -> Iterator[list[RawCell]]:
    """The rows one by one. Refused are rows that go back, and cells with far more blanks between them than cells."""
    last = cells = gaps = 0
    for element in elements(pieces, "worksheet", "row", context.where):
        number = int(place) if (place := element.get("r", "")).isdecimal() else last + 1
        if number < last:
            raise context.broken(f"row {number} behind row {last}")
        last = number
        row = _row(element, context, unvalued)
        cells += len(element)
        gaps += max(len(row) - len(element), 0)
        if gaps > max(MAX_GRID_CELLS, cells * MAX_GAP_PER_CELL):
            raise context.broken(f"{cells:,} cells with {gaps:,} blanks between them")
        yield row


def _row(row: ElementTree.Element, context: ParseContext, unvalued: list[int]) -> list[RawCell]:
    cells: list[RawCell] = []
    for cell in row:
        if local(cell.tag) != "c":
            continue
        place = len(cells)
        if (reference := cell.get("r")) is not None:
            match = _PLACE.fullmatch(reference)
            place = -1 if match is None else _column_number(match[1])
        if not len(cells) <= place < MAX_COLUMNS:
            raise context.broken(f"a cell at {reference!r} behind {len(cells)} others")
        cells += [None] * (place - len(cells))
        parts = {local(part.tag): part for part in cell}
        value = parts["v"].text if "v" in parts else None
        if value is None and "f" in parts:
            unvalued[0] += 1
        cells.append(_cell(cell.get("t", "n"), cell.get("s", "0"), value, parts.get("is"), context))
    return cells


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _cell(
    cell_type: str, style: str, value: str | None, inline: ElementTree.Element | None, context: ParseContext
) -> RawCell:
    if cell_type == "inlineStr" and inline is not None:
        return text_cell(_text_of(inline))
    if value is None or not value:
        return None
    known = style.isdigit() and int(style) < len(context.styles)
    cell_format = context.styles[int(style)] if known else CellFormat(Kind.NUMBER)
    code = context.formats.code
    try:
        match cell_type:
            case "s":
                if int(value) < 0:
                    raise ValueError(value)
                return text_cell(context.strings[int(value)])
            case "str" | "inlineStr":
                return text_cell(plain_text(value, is_decoded=True))
            case "b":
                return ("TRUE" if value.strip() in ("1", "true") else "FALSE"), code(CellFormat(Kind.BOOL))
            case "e":
                return value, code(CellFormat(Kind.ERROR))
            case "d":
                # A cell has no zone: the time is the one that is shown.
                moment = datetime.fromisoformat(value.strip()).replace(tzinfo=None)
                shown = has_time(cell_format.number_format) or "T" in value
                if cell_format.kind is not Kind.DATE:
                    cell_format = CellFormat(Kind.DATE, "yyyy-mm-dd hh:mm:ss" if "T" in value else "yyyy-mm-dd")
                return moment_text(moment, show_time=shown), code(cell_format)
            case "n" if cell_format.kind is Kind.DATE:
                with suppress(ValueError, OverflowError):  # no day of any calendar: then it is a number
                    text = serial_text(value.strip(), cell_format.number_format, epoch_1904=context.epoch_1904)
                    return text, code(cell_format)
                return number_text(value.strip()), NUMBER
            case "n":
                return number_text(value.strip()), code(cell_format)
    except (ValueError, IndexError, OverflowError):
        pass
    raise context.broken(f"{value[:40]!r} in a cell of type {cell_type!r}")
