"""Some rows of one shop as they stand in the merged workbook: described in a few words, made in any process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from shopdata.excel.names import column_letters
from shopdata.excel.tables import Batch, Column, Table, null_column
from shopdata.excel.workbook.cells import Shape
from shopdata.excel.workbook.rows import rows_xml
from shopdata.excel.workbook.zip import Deflated, deflate


@dataclass(frozen=True)
class Layout:
    """Where a shop's columns stand in the workbook, and how its cells are written.

    `places` has for each column of the workbook behind the first one its place in the shop's table, None where the shop
    has no such column; `shapes` has for each code of the cells its shape; `texts` are columns written as text whatever
    their cells are.
    """

    shop_name: str
    places: tuple[int | None, ...]
    shapes: tuple[Shape, ...]
    texts: frozenset[int]
    text_shape: Shape

    def arrange(self, batch: Batch) -> list[Column]:
        """A batch's columns in the order of the workbook's, without the first one."""
        return [null_column(batch.rows) if place is None else batch.columns[place] for place in self.places]


@dataclass(frozen=True)
class Piece:
    """`rows` rows of a saved table's batch from `start`; the first one becomes row `first_row` of a sheet."""

    table: Path
    batch: int
    start: int
    rows: int
    first_row: int
    layout: Layout


def render(piece: Piece) -> Deflated:
    """The XML of the rows, deflated."""
    layout = piece.layout
    cells: list[tuple[str, Column, Sequence[Shape]]] = []
    for number, column in enumerate(layout.arrange(Table.load(piece.table).batches[piece.batch])):
        stretch = _stretch(column, piece.start, piece.rows)
        if number in layout.texts:
            cells.append((column_letters(number + 1), Column(stretch.text), [layout.text_shape]))
        else:
            cells.append((column_letters(number + 1), stretch, layout.shapes))
    return deflate(rows_xml(piece.first_row, piece.rows, layout.shop_name, cells))


def _stretch(column: Column, start: int, rows: int) -> Column:
    codes = column.codes if isinstance(column.codes, int) else column.codes[start : start + rows]
    return Column(column.text.slice(start, rows), codes)
