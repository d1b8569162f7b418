"""Workbooks of Excel 2003 as one XML document (SpreadsheetML), which many programs still write and call .xls."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import Element

from shopdata.excel.blocks.merged_ranges import Merge
from shopdata.excel.blocks.rows import NumberedRow, RawCell, row_blocks, text_cell
from shopdata.excel.blocks.sheet import Sheet
from shopdata.excel.formats.csv_text import decode
from shopdata.excel.formats.xml_stream import Spread, broken_sheet, events
from shopdata.excel.limits import MAX_COLUMNS
from shopdata.excel.tables import CellFormat, Formats, Kind
from shopdata.excel.values.iso_times import iso_text
from shopdata.excel.values.numbers import number_text
from shopdata.excel.values.times import format_of, serial_text

_SS = "{urn:schemas-microsoft-com:office:spreadsheet}"
_X = "{urn:schemas-microsoft-com:office:excel}"
_DECLARED = re.compile(rb"""<\?xml[^>]*encoding\s*=\s*["']([\w-]+)""")
_PIECE = 1 << 20
_GENERAL = CellFormat(Kind.NUMBER)
#: Formats that go by a name here.
_NAMED_FORMATS = {
    "General Number": "General",
    "General Date": "yyyy-mm-dd hh:mm:ss",
    "Long Date": "yyyy-mm-dd",
    "Medium Date": "yyyy-mm-dd",
    "Short Date": "yyyy-mm-dd",
    "Long Time": "h:mm:ss",
    "Medium Time": "h:mm AM/PM",
    "Short Time": "h:mm",
    "Percent": "0.00%",
    "Fixed": "0.00",
    "Standard": "#,##0.00",
    "Scientific": "0.00E+00",
}


@dataclass
class _Workbook:
    """What is known of the whole document before its rows are read."""

    text: str
    sheets: list[list[str]] = field(default_factory=list)  # name, visibility
    styles: dict[str, CellFormat] = field(default_factory=dict)
    epoch_1904: bool = False

    def pieces(self) -> Iterator[str]:
        for start in range(0, len(self.text), _PIECE):
            yield self.text[start : start + _PIECE]


def xml2003_sheets(path: Path, formats: Formats, where: str) -> list[Sheet]:
    """All worksheets of the document.

    Raises:
        RejectedFileError: now or while blocks are read, it is not well-formed, or no such workbook.
    """
    content = path.read_bytes()
    declared = _DECLARED.search(content[:200])
    text = decode(content, where, declared[1].decode().lower() if declared else None)
    book = _Workbook(re.sub(r"^\s*<\?xml[^>]*\?>", "", text))
    for kind, element, path_to in events(book.pieces(), where):
        _look_at(kind, element, path_to, book)
    if not book.sheets:
        raise broken_sheet("no worksheet", where)
    sheets = []
    for number, (name, visible) in enumerate(book.sheets):
        merges: list[Merge] = []
        blocks = row_blocks(_rows(book, number, formats, where, merges), formats)
        sheets.append(Sheet(name, blocks, visible != "", merges=merges.copy))
    return sheets


def _look_at(kind: str, element: Element, path: list[Element], book: _Workbook) -> None:
    """Takes up sheets and styles; rows are passed over here."""
    if kind == "start":
        if element.tag == f"{_SS}Worksheet" and len(path) == 1:
            book.sheets.append([element.get(f"{_SS}Name", ""), ""])
        return
    if element.tag == f"{_SS}Style":
        book.styles[element.get(f"{_SS}ID", "")] = _style(element, book)
    elif element.tag == f"{_X}Visible" and book.sheets:
        book.sheets[-1][1] = (element.text or "").strip().replace("SheetVisible", "")
    elif element.tag == f"{_X}Date1904":
        book.epoch_1904 = True
    elif element.tag == f"{_SS}Row" and path:
        path[-1].remove(element)


def _style(element: Element, book: _Workbook) -> CellFormat:
    number_format = element.find(f"{_SS}NumberFormat")
    if number_format is None:
        return book.styles.get(element.get(f"{_SS}Parent", ""), _GENERAL)
    code = number_format.get(f"{_SS}Format", "General")
    return format_of(_NAMED_FORMATS.get(code, code))


def _rows(book: _Workbook, sheet: int, formats: Formats, where: str, merges: list[Merge]) -> Iterator[NumberedRow]:
    """The rows of a sheet; what is merged goes into `merges` as it comes."""
    number, last = -1, 0
    spread = Spread(where)
    for kind, element, path in events(book.pieces(), where):
        if kind == "start":
            number += element.tag == f"{_SS}Worksheet" and len(path) == 1
        elif element.tag == f"{_SS}Row" and path:
            if number == sheet:
                last = _count(element, "Index", last + 1)
                row = _row(element, book, formats, where)
                spread.check(row, len(element))
                merges += _merges(element, last)
                yield NumberedRow(last, row)
            path[-1].remove(element)
        elif element.tag == f"{_SS}Worksheet" and number == sheet:
            return


def _row(element: Element, book: _Workbook, formats: Formats, where: str) -> list[RawCell]:
    cells: list[RawCell] = []
    for cell in element.iterfind(f"{_SS}Cell"):
        place = _count(cell, "Index", len(cells) + 1) - 1
        if not len(cells) <= place < MAX_COLUMNS:
            raise broken_sheet(f"a cell in column {place + 1} behind {len(cells)} others", where)
        cells += [None] * (place - len(cells))
        style = cell.get(f"{_SS}StyleID") or element.get(f"{_SS}StyleID") or ""
        data = cell.find(f"{_SS}Data")
        cells.append(None if data is None else _cell(data, book.styles.get(style, _GENERAL), book, formats, where))
        cells += [None] * min(_count(cell, "MergeAcross", 0), MAX_COLUMNS - len(cells))
    return cells


def _merges(row: Element, number: int) -> Iterator[Merge]:
    place = 0
    for cell in row.iterfind(f"{_SS}Cell"):
        place = _count(cell, "Index", place + 1) - 1
        height, width = (_count(cell, f"Merge{way}", 0) for way in ("Down", "Across"))
        if height or width:
            yield Merge(number, number + height, place, place + width)
        place += 1 + width


def _count(cell: Element, name: str, default: int) -> int:
    value = cell.get(_SS + name, "")
    return int(value) if value.isdecimal() and value.isascii() and len(value) < 9 else default


def _cell(data: Element, style: CellFormat, book: _Workbook, formats: Formats, where: str) -> RawCell:
    # Parts of a text may have formats of their own: <B>, <Font>.
    value = "".join(data.itertext())
    kind = data.get(f"{_SS}Type", "String")
    if not value.strip() and kind != "String":
        return None
    with suppress(ValueError, OverflowError):
        match kind:
            case "String":
                return text_cell(value)
            case "Number" if style.kind is Kind.DATE:
                text = serial_text(value.strip(), style.number_format, epoch_1904=book.epoch_1904)
                return text, formats.code(style)
            case "Number":
                return number_text(value.strip()), formats.code(style)
            case "DateTime":
                text, style = iso_text(value.strip(), style, epoch_1904=book.epoch_1904)
                return text, formats.code(style)
            case "Boolean":
                text = "TRUE" if value.strip().lower() in ("1", "true") else "FALSE"
                return text, formats.code(CellFormat(Kind.BOOL))
            case "Error":
                return value.strip(), formats.code(CellFormat(Kind.ERROR))
    raise broken_sheet(f"{value[:40]!r} in a cell of type {kind!r}", where)
