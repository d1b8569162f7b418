"""Reads a list of shops out of a workbook or a CSV: which rows, and what stands in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from shopdata.excel import Limits, read_cells
from shopdata.excel.assembly.plain import PlainRow, PlainSheet
from shopdata.excel.names import column_letters
from shopdata.exceptions import RejectedFileError
from shopdata.shops.entered import Entered
from shopdata.shops.fields import REQUIRED, field_of, field_title
from shopdata.shops.mistakes import Mistake, OddValueError, Place
from shopdata.shops.values import cell_text, trimmed
from shopdata.wording import Texts
from shopdata.wording.texts import TAGS

#: A list of ten thousand shops is nobody's; what is packed in a small file may be.
LIMITS = Limits(file_bytes=8 << 20, unpacked_bytes=64 << 20, rows=10_000, columns=200, text_bytes=16 << 20)
#: Rows in which the header is looked for; above it there may be a title.
_HEADER_WITHIN = 20


@dataclass
class ShopList:
    """What a file holds."""

    rows: list[Entered] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)
    #: What a person should know, though nothing is wrong.
    hints: list[Mistake] = field(default_factory=list)


def read_list(path: Path, where: str = "") -> ShopList:
    """Reads a file by its content.

    Raises:
        RejectedFileError: it is no workbook and no CSV, or there is no list of shops in it.
        OSError: it can't be read.
    """
    sheets = read_cells(path, limits=LIMITS, where=where or path.name)
    found = [(sheet, header) for sheet in sheets if (header := _header_of(sheet)) is not None]
    if not found:
        titles = "、".join(field_title(Texts("zh"), name) for name in REQUIRED)
        raise RejectedFileError(
            "no row of this file names the columns of a list of shops",
            where=where or path.name,
            expected=f"{titles}, or {', '.join(field_title(Texts('en'), name) for name in REQUIRED)}",
            todo="Begin with the file that `scrapy shops template` makes.",
        )
    shops = ShopList()
    for sheet, header in found:
        _read_sheet(sheet, header, shops, name=sheet.name if len(found) > 1 else "")
    if not shops.rows and not shops.mistakes:
        shops.mistakes.append(Mistake(Place(), "mistake.no_rows"))
    return shops


def _header_of(sheet: PlainSheet) -> PlainRow | None:
    """The row that names most fields, if it names at least two."""
    rows = sheet.rows[:_HEADER_WITHIN]
    best = max(rows, key=lambda row: len(_fields_in(row)), default=None)
    return best if best is not None and len(_fields_in(best)) >= 2 else None


def _fields_in(row: PlainRow) -> set[str]:
    return {name for cell in row.cells.values() if (name := field_of(cell.text))}


def _read_sheet(sheet: PlainSheet, header: PlainRow, shops: ShopList, name: str) -> None:
    top = Place(row=header.number, sheet=name)
    columns: dict[int, str] = {}
    for number, cell in sorted(header.cells.items()):
        found, letters = field_of(cell.text), column_letters(number)
        if found is None:
            shops.hints.append(Mistake(top, "hint.unknown_column", {"column": letters, "found": cell.text[:40]}))
        elif found in columns.values():
            shops.mistakes.append(Mistake(top.at(found, letters), "mistake.column_twice"))
        else:
            columns[number] = found
    letters_of = {found: column_letters(number) for number, found in columns.items()}
    for row in sheet.rows:
        if row.number > header.number:
            _read_row(row, columns, Entered(Place(row=row.number, sheet=name), {}, letters_of), shops)


def _read_row(row: PlainRow, columns: Mapping[int, str], entered: Entered, shops: ShopList) -> None:
    texts: dict[str, str] = {}
    mistakes: list[Mistake] = []
    for number, name in columns.items():
        cell = row.cells.get(number)
        if cell is None or not trimmed(cell.text):
            continue
        try:
            texts[name] = cell_text(cell, name)
        except OddValueError as odd:
            texts[name] = ""
            mistakes.append(Mistake(entered.at(name), odd.key, odd.params))
    if not texts:
        return
    if trimmed(texts.get("name", "")) in example_names():
        shops.hints.append(Mistake(entered.place, "hint.example"))
        return
    shops.mistakes += mistakes
    shops.rows.append(Entered(entered.place, texts, entered.letters))


def example_names() -> set[str]:
    """What the shop of the template's example row is called."""
    return {Texts(code)("shop_example.name") for code in TAGS}
