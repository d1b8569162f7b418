"""OpenDocument spreadsheets, as LibreOffice and many web services write them: packed (.ods) or in one piece (.fods).

Read by hand and not by calamine: it takes errors for blanks and numbers for floats, and holds the whole rectangle that
a few words can span.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from xml.etree.ElementTree import Element

from shopdata.excel.blocks.merged_ranges import Merge
from shopdata.excel.blocks.rows import NumberedRow, RawCell, row_blocks, text_cell
from shopdata.excel.blocks.sheet import Sheet
from shopdata.excel.containers.passwords import protected
from shopdata.excel.containers.zip_package import PIECE_BYTES, Package
from shopdata.excel.formats.xml_stream import Spread, broken_sheet, events
from shopdata.excel.limits import MAX_COLUMNS, Limits
from shopdata.excel.tables import NUMBER, CellFormat, Formats, Kind
from shopdata.excel.values.iso_times import iso_text
from shopdata.excel.values.numbers import number_text

_OFFICE, _TABLE, _TEXT, _STYLE = (
    f"{{urn:oasis:names:tc:opendocument:xmlns:{name}:1.0}}" for name in ("office", "table", "text", "style")
)
_CALC = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
_BLANKS = re.compile(r"[ \t\r\n]+")
_ERROR = re.compile(r"#(?:N/A|DIV/0!|VALUE!|REF!|NAME\?|NUM!|NULL!)|Err:\d{3}")
_TRUTHS = {"of:=TRUE()": "TRUE", "of:=FALSE()": "FALSE"}
_GENERAL, _PERCENT = CellFormat(Kind.NUMBER), CellFormat(Kind.NUMBER, "0.00%")
#: More rows than a sheet has stand for its blank end.
_MAX_ROWS = 1 << 20
_BLOCK_CHARACTERS = 8 << 20

Pieces = Callable[[], Iterable[bytes]]


def ods_sheets(path: Path, formats: Formats, where: str, limits: Limits = Limits()) -> list[Sheet]:  # noqa: B008
    """All sheets of a packed document.

    Raises:
        RejectedFileError: now or while blocks are read, it is damaged, under a password, or not well-formed.
    """
    with Package(path, limits, where) as package:
        if "META-INF/manifest.xml" in package and b"encryption-data" in package.read("META-INF/manifest.xml"):
            raise protected(where)
        if "content.xml" not in package:
            raise package.broken("no 'content.xml' in it")

    def pieces() -> Iterator[bytes]:
        with Package(path, limits, where) as package:
            yield from package.pieces("content.xml")

    return _sheets(pieces, formats, where)


def fods_sheets(path: Path, formats: Formats, where: str) -> list[Sheet]:
    """All sheets of a document that is one file. Raises RejectedFileError as `ods_sheets` does."""

    def pieces() -> Iterator[bytes]:
        with path.open("rb") as file:
            while piece := file.read(PIECE_BYTES):
                yield piece

    return _sheets(pieces, formats, where)


def _sheets(pieces: Pieces, formats: Formats, where: str) -> list[Sheet]:
    listed: list[tuple[str, str]] = []
    hidden: set[str] = set()
    for kind, element, path in events(pieces(), where):
        if kind == "start" and _is_sheet(element, path):
            listed.append((element.get(f"{_TABLE}name", ""), element.get(f"{_TABLE}style-name", "")))
        elif kind == "end" and element.tag == f"{_STYLE}style":
            shown = element.find(f"{_STYLE}table-properties")
            if shown is not None and shown.get(f"{_TABLE}display") == "false":
                hidden.add(element.get(f"{_STYLE}name", ""))
        elif kind == "end" and element.tag == f"{_TABLE}table-row" and path:
            path[-1].remove(element)
    if not listed:
        raise broken_sheet("no sheet", where)
    sheets = []
    for number, (name, style) in enumerate(listed):
        merges: list[Merge] = []
        rows = _rows(pieces, number, formats, where, merges)
        blocks = row_blocks(rows, formats, block_characters=8 << 20)
        sheets.append(Sheet(name, blocks, style in hidden, merges=merges.copy))
    return sheets


def _is_sheet(element: Element, path: list[Element]) -> bool:
    return element.tag == f"{_TABLE}table" and bool(path) and path[-1].tag == f"{_OFFICE}spreadsheet"


def _rows(pieces: Pieces, sheet: int, formats: Formats, where: str, merges: list[Merge]) -> Iterator[NumberedRow]:
    """The rows of a sheet; what is merged goes into `merges` as it comes."""
    number, last = -1, 0
    spread = Spread(where)
    for kind, element, path in events(pieces(), where):
        if kind == "start":
            number += _is_sheet(element, path)
        elif element.tag == f"{_TABLE}table-row" and path:
            # A table within a cell has rows of its own.
            if number == sheet and sum(parent.tag == f"{_TABLE}table" for parent in path) == 1:
                times = _count(element, "number-rows-repeated", _MAX_ROWS)
                last += times
                row = _row(element, formats, where)
                if row and last <= _MAX_ROWS:
                    spread.check(row, len(element), times)
                    merges += _merges(element, last)
                    for number_in_sheet in range(last - times + 1, last + 1):
                        yield NumberedRow(number_in_sheet, row)
            path[-1].remove(element)
        elif _is_sheet(element, path) and number == sheet:
            return


def _merges(row: Element, number: int) -> Iterator[Merge]:
    place = 0
    for cell in row:
        height, width = (_count(cell, f"number-{what}-spanned", _MAX_ROWS) for what in ("rows", "columns"))
        if height > 1 or width > 1:
            yield Merge(number, number + height - 1, place, place + width - 1)
        place += _count(cell, "number-columns-repeated", MAX_COLUMNS)


def _count(element: Element, name: str, most: int) -> int:
    value = element.get(_TABLE + name, "1")
    return min(int(value), most) if value.isdecimal() and value.isascii() and int(value[:9]) > 0 else 1


def _row(element: Element, formats: Formats, where: str) -> list[RawCell]:
    """The cells up to the last that holds a value."""
    cells: list[RawCell] = []
    blank = 0
    for cell in element:
        times = _count(cell, "number-columns-repeated", MAX_COLUMNS)
        value = _cell(cell, formats, where) if cell.tag == f"{_TABLE}table-cell" else None
        if value is None:
            blank += times
            continue
        if len(cells) + blank + times > MAX_COLUMNS:
            raise broken_sheet(f"a cell behind {len(cells) + blank} others", where)
        cells += [None] * blank + [value] * times
        blank = 0
    return cells


def _cell(cell: Element, formats: Formats, where: str) -> RawCell:
    kind = cell.get(f"{_OFFICE}value-type", "")
    shown = "\n".join(_shown(part) for part in cell if part.tag in (f"{_TEXT}p", f"{_TEXT}h"))
    is_error = cell.get(f"{_CALC}value-type") == "error" or (
        cell.get(f"{_TABLE}formula") is not None and kind == "string" and _ERROR.fullmatch(shown)
    )
    if is_error:
        return (shown or "#N/A"), formats.code(CellFormat(Kind.ERROR))
    value = cell.get(f"{_OFFICE}{_ATTRIBUTES.get(kind, 'string-value')}")
    if kind in ("string", "") or value is None:
        return text_cell(shown if value is None else value)
    with suppress(ValueError, OverflowError):
        match kind:
            case "float" if cell.get(f"{_TABLE}formula") in _TRUTHS:  # LibreOffice's, out of a workbook of Excel
                return _TRUTHS[cell.get(f"{_TABLE}formula", "")], formats.code(CellFormat(Kind.BOOL))
            case "float" | "currency":
                return number_text(value), NUMBER
            case "percentage":
                return number_text(value), formats.code(_PERCENT)
            case "boolean":
                return ("TRUE" if value == "true" else "FALSE"), formats.code(CellFormat(Kind.BOOL))
            case "date" | "time":
                text, style = iso_text(value.removesuffix("T00:00:00"), _GENERAL)
                return text, formats.code(style)
    raise broken_sheet(f"{value[:40]!r} in a cell of type {kind!r}", where)


#: Where the value of each type stands.
_ATTRIBUTES = {
    "float": "value",
    "currency": "value",
    "percentage": "value",
    "boolean": "boolean-value",
    "date": "date-value",
    "time": "time-value",
}


def _shown(part: Element) -> str:
    """The text of a paragraph: runs of blanks are one, and elements stand for more of them."""
    found = [_BLANKS.sub(" ", part.text or "")]
    for child in part:
        if child.tag == f"{_TEXT}s":
            count = child.get(f"{_TEXT}c", "1")
            found.append(" " * (min(int(count), 32_767) if count.isdecimal() else 1))
        elif child.tag in (f"{_TEXT}tab", f"{_TEXT}line-break"):
            found.append("\t" if child.tag == f"{_TEXT}tab" else "\n")
        elif child.tag in (f"{_TEXT}span", f"{_TEXT}a"):
            found.append(_shown(child))
        elif child.tag != f"{_OFFICE}annotation" and child.tag.startswith(_TEXT):
            found.append("".join(child.itertext()))
        found.append(_BLANKS.sub(" ", child.tail or ""))
    return "".join(found)
