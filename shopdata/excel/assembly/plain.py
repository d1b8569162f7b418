"""The cells of a small file as they stand there, each with its place: for lists that a person has typed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shopdata.excel.blocks.sheet import Sheet
from shopdata.excel.limits import Limits, require_at_most
from shopdata.excel.tables import CellFormat, Formats


@dataclass(frozen=True)
class PlainCell:
    """The text of a value, digit for digit, and what kind of cell it stands in."""

    text: str
    format: CellFormat


@dataclass(frozen=True)
class PlainRow:
    """A row that holds a value: its number in the sheet, from 1, and its cells by column, from 0."""

    number: int
    cells: dict[int, PlainCell]


@dataclass(frozen=True)
class PlainSheet:
    """One that is not hidden."""

    name: str
    rows: list[PlainRow]


def plain_sheets(sheets: Sequence[Sheet], formats: Formats, limits: Limits, where: str) -> list[PlainSheet]:
    """All that stands in them. Raises RejectedFileError if that is too much."""
    return [PlainSheet(sheet.name, _rows(sheet, formats, limits, where)) for sheet in sheets if not sheet.is_hidden]


def _rows(sheet: Sheet, formats: Formats, limits: Limits, where: str) -> list[PlainRow]:
    rows: list[PlainRow] = []
    for block in sheet.blocks:
        require_at_most(limits.rows, len(rows) + block.rows, "rows", where)
        cells: list[dict[int, PlainCell]] = [{} for _ in range(block.rows)]
        columns = block.columns(0)
        require_at_most(limits.columns, len(columns), "columns", where)
        # A reader may add formats as it goes.
        known = list(formats)
        for place, raw in columns.items():
            codes = raw.column.code_array()
            for row, text in enumerate(raw.column.text.to_pylist()):
                if text is not None:
                    cells[row][place] = PlainCell(text, known[codes[row]])
        rows += [PlainRow(number, cell) for number, cell in zip(block.numbers.tolist(), cells, strict=True) if cell]
    return rows
