"""Which column of which shop goes where, and how the rows are cut into pieces."""

from __future__ import annotations

import unicodedata
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass

from shopdata.excel.contract import Contract
from shopdata.excel.limits import MAX_COLUMNS
from shopdata.excel.merging.merged import Part
from shopdata.excel.merging.parquet import LakeRows
from shopdata.excel.names import normalise
from shopdata.excel.tables import CellFormat, Finding, Formats, Kind, Table
from shopdata.excel.workbook import MAX_DATA_ROWS
from shopdata.excel.workbook.cells import Shape
from shopdata.excel.workbook.piece import Layout, Piece, render
from shopdata.excel.workbook.styles import TEXT_STYLE, Styles
from shopdata.excel.workbook.zip import Deflated
from shopdata.exceptions import RejectedFileError

#: Rows are written in pieces of about so many cells: what a call costs by itself is paid once per piece and column,
#: but some pieces are in memory at once. A shop of 2,000 x 112 is one piece.
PIECE_CELLS = 256_000
#: Pieces that may be in work or, deflated, wait for their turn in the file: some, so that nobody waits for the next.
LOOK_AHEAD = 8


@dataclass(frozen=True)
class TableHead:
    """What must be known of every table before the first row is written; the rows are mapped one table at a time."""

    columns: tuple[str, ...]
    rows: int
    formats: tuple[CellFormat, ...]
    warnings: list[Finding]
    drift: list[Finding]
    header: str

    @classmethod
    def of(cls, table: Table) -> TableHead:
        """That of a saved table."""
        return cls(table.columns, table.rows, table.formats, table.warnings, table.drift, table.header)


class MergePlan:
    """Which column of which shop goes where, and how its cells are written."""

    def __init__(
        self, parts: Sequence[Part], tables: Sequence[TableHead], contract: Contract | None, seen_columns: Sequence[str]
    ) -> None:
        self._parts, self._tables = parts, tables
        own = list(contract.columns) if contract else []
        names = {normalise(name): name for name in reversed(own)}
        for name in [*seen_columns, *(name for table in tables for name in table.columns)]:
            if name != "shop" and names.setdefault(normalise(name), name) == name and name not in own:
                own.append(name)
        #: Those of all files, `shop` first.
        self.columns = ["shop", *own]
        seen = {names[normalise(name)] for table in tables for name in table.columns if name != "shop"}
        self.unseen = [name for name in own if name not in seen]
        if len(self.columns) > MAX_COLUMNS:
            raise RejectedFileError(
                "the files have more different columns than a sheet can hold",
                code="file_too_large",
                where=f"{len(parts)} files",
                found=f"{len(self.columns):,}",
                expected=f"at most {MAX_COLUMNS:,}",
                todo="Merge files of one kind only; look which of them has other columns than the rest.",
            )
        self.styles = Styles()
        texts = frozenset(number for number, name in enumerate(own) if contract is not None and name in contract.ids)
        self._layouts = []
        for part, table in zip(parts, tables, strict=True):
            places = {names[normalise(name)]: place for place, name in enumerate(table.columns)}
            self._layouts.append(
                Layout(
                    shop_name=part.shop_name,
                    places=tuple(places.get(name) for name in own),
                    shapes=tuple(Shape(entry.kind, self.styles.number(entry)) for entry in table.formats or Formats()),
                    texts=texts,
                    text_shape=Shape(Kind.TEXT, TEXT_STYLE),
                )
            )

    def widths(self) -> list[int]:
        """Widths in characters, from the names and the first rows of the first shop that has any."""
        widths = [_width(name) for name in self.columns]
        widths[0] = max([widths[0], *(_width(part.shop_name) for part in self._parts)])
        for part, layout, table in zip(self._parts, self._layouts, self._tables, strict=True):
            if table.rows:
                for number, column in enumerate(layout.arrange(Table.load(part.table).batches[0]), start=1):
                    sample = column.text.slice(0, 50).to_pylist()
                    widths[number] = max([widths[number], *(_width(text or "") for text in sample)])
                break
        return [min(max(width + 2, 8), 40) for width in widths]

    def rows_of(self, places: Sequence[int]) -> int:
        """How many rows the shops at these places have."""
        return sum(self._tables[place].rows for place in places)

    def ids_of(self, places: Sequence[int]) -> tuple[str, ...]:
        """The ids of the shops at these places."""
        return tuple(self._parts[place].shop_id for place in places)

    def pieces(self, workers: Executor, places: Sequence[int]) -> Iterator[tuple[bool, Deflated]]:
        """The XML of all rows of these shops in order, and whether it is the last of its sheet."""
        waiting: deque[tuple[bool, Future[Deflated]]] = deque()
        for piece in self._cut(places):
            is_last = piece.first_row - 2 + piece.rows == MAX_DATA_ROWS
            waiting.append((is_last, workers.submit(render, piece)))
            if len(waiting) > LOOK_AHEAD:
                is_last, made = waiting.popleft()
                yield is_last, made.result()
        for is_last, made in waiting:
            yield is_last, made.result()

    def _cut(self, places: Sequence[int]) -> Iterator[Piece]:
        """All rows of these shops, in pieces that end where a sheet must end."""
        size = max(1, PIECE_CELLS // len(self.columns))
        done = 0
        for part, layout in ((self._parts[place], self._layouts[place]) for place in places):
            for number, batch in enumerate(Table.load(part.table).batches):
                start = 0
                while start < batch.rows:
                    rows = min(size, batch.rows - start, MAX_DATA_ROWS - done % MAX_DATA_ROWS)
                    yield Piece(part.table, number, start, rows, 2 + done % MAX_DATA_ROWS, layout)
                    start += rows
                    done += rows

    def lake_rows(self) -> LakeRows:
        """All rows for the lake."""
        tables = [part.table for part in self._parts]
        return LakeRows(tuple(self.columns), tuple(zip(tables, self._layouts, strict=True)))


def _width(text: str) -> int:
    """How wide a text is shown: wide characters count twice."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text[:60])
