"""Worksheets by the standard library's XML parser: for what the fast reader does not know, such as prefixed names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from operator import itemgetter
from xml.etree import ElementTree

from shopdata.excel.blocks.rows import NumberedRow, RawCell, RowsBlock, row_blocks, text_cell
from shopdata.excel.formats.xml_stream import broken_sheet, elements
from shopdata.excel.limits import MAX_COLUMNS, MAX_GAP_PER_CELL, MAX_GRID_CELLS
from shopdata.excel.names import column_number
from shopdata.excel.tables import NUMBER, CellFormat, Formats, Kind
from shopdata.excel.values.iso_times import iso_text
from shopdata.excel.values.numbers import number_text
from shopdata.excel.values.times import serial_text
from shopdata.excel.xml.namespaces import children, namespace
from shopdata.excel.xml.strings import UnsupportedXmlError, plain_text, rich_parts
from shopdata.exceptions import RejectedFileError

_PLACE = re.compile(r"([A-Za-z]{1,3})\d+", re.ASCII)


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


def parse_strings(pieces: Iterable[bytes], where: str) -> list[str]:
    """The shared strings of a workbook."""
    return [_text_of(element) for element in elements(pieces, ("sst", "si"), where)]


def _text_of(element: ElementTree.Element) -> str:
    """All runs of a string; phonetic hints are no part of it."""
    space = namespace(element.tag)
    found = []
    for child in element:
        if child.tag == f"{space}t":
            found.append(child.text or "")
        elif child.tag == f"{space}r":
            found += [part.text or "" for part in children(child, "t", space)]
    return rich_parts(found)


def parse_rows(pieces: Iterable[bytes], context: ParseContext, *, is_sorted: bool = True) -> Iterator[RowsBlock]:
    """The rows of a worksheet in blocks.

    Raises UnsupportedXmlError where a row stands behind a later one. With `is_sorted` false they are put in their
    order, which takes all of them at a time.
    """
    unvalued = [0]
    rows: Iterable[tuple[int, list[RawCell]]] = _rows(pieces, context, unvalued, is_sorted=is_sorted)
    if not is_sorted:
        rows = sorted(rows, key=itemgetter(0))
    for block in row_blocks((NumberedRow(number, row) for number, row in rows), context.formats):
        block.unvalued_formulas, unvalued[0] = unvalued[0], 0
        yield block


def _rows(
    pieces: Iterable[bytes], context: ParseContext, unvalued: list[int], *, is_sorted: bool
) -> Iterator[tuple[int, list[RawCell]]]:
    """The rows one by one with their numbers. Refused are cells with far more blanks between them than cells."""
    last = cells = gaps = 0
    for element in elements(pieces, ("worksheet", "sheetData", "row"), context.where):
        number = int(place) if (place := element.get("r", "")).isdecimal() else last + 1
        if number < last and is_sorted:
            raise UnsupportedXmlError(f"row {number} behind row {last}")
        last = number
        row = _row(element, context, unvalued)
        cells += len(element)
        gaps += max(len(row) - len(element), 0)
        if gaps > max(MAX_GRID_CELLS, cells * MAX_GAP_PER_CELL):
            raise context.broken(f"{cells:,} cells with {gaps:,} blanks between them")
        yield number, row


def _row(row: ElementTree.Element, context: ParseContext, unvalued: list[int]) -> list[RawCell]:
    """The cells of a row, from column A on; each stands where it says, in whatever order, or else behind the last."""
    space = namespace(row.tag)
    value_tag, formula_tag, inline_tag = f"{space}v", f"{space}f", f"{space}is"
    cells: list[RawCell] = []
    place = -1
    for cell in children(row, "c", space):
        place += 1
        if (reference := cell.get("r")) is not None:
            match = _PLACE.fullmatch(reference)
            place = -1 if match is None else column_number(match[1].upper())
        if not 0 <= place < MAX_COLUMNS:
            raise context.broken(f"a cell at {reference!r}")
        parts = {part.tag: part for part in cell}
        value = parts[value_tag].text if value_tag in parts else None
        if value is None and formula_tag in parts:
            unvalued[0] += 1
        content = _cell(cell.get("t", "n"), cell.get("s", "0"), value, parts.get(inline_tag), context)
        cells += [None] * (place + 1 - len(cells))
        if content is not None and cells[place] is not None:
            raise context.broken(f"two cells at {reference!r}")
        cells[place] = content or cells[place]
    return cells


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
                text, cell_format = iso_text(value.strip(), cell_format, epoch_1904=context.epoch_1904)
                return text, code(cell_format)
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
