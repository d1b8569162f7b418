"""Merges the shops of a partition into one workbook for people and one Parquet object for the lake."""

from __future__ import annotations

import unicodedata
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from shopdata.lake.contract import normalise
from shopdata.lake.excel_builder import column_letters
from shopdata.lake.parquet import ParquetWriter
from shopdata.lake.tables import TEXT, Batch, CellFormat, Column, Finding, Formats, Kind, Table, null_column
from shopdata.lake.workbook import MAX_DATA_ROWS, NOTES_SHEET, WorkbookWriter, sheet_names
from shopdata.lake.workbook_cells import Shape, rows_xml
from shopdata.lake.workbook_styles import TEXT_STYLE, Styles
from shopdata.lake.workbook_zip import Deflated, deflate

if TYPE_CHECKING:  # its import takes longer than reading a small file
    from shopdata.config import Dataset

#: Rows are written in pieces of about so many cells: what a call costs by itself is paid once per piece and column,
#: but some pieces are in memory at once. A shop of 2,000 x 112 is one piece.
PIECE_CELLS = 256_000
#: Pieces that may be in work or waiting for their turn in the file.
LOOK_AHEAD = 2


@dataclass(frozen=True)
class Part:
    """One shop's rows; `table` is a saved `Table`."""

    shop_id: str
    shop_name: str
    table: Path


@dataclass
class Merged:
    """What was written. `warnings` and `drift` are entries of a receipt, as `_entry` has them."""

    rows: int
    columns: list[str]
    sheets: list[str]
    rows_by_shop: dict[str, int]
    warnings: list[dict[str, Any]] = field(default_factory=list)
    drift: list[dict[str, Any]] = field(default_factory=list)


def merge_partition(
    parts: Sequence[Part],
    dataset: Dataset | None,
    *,
    workbook: Path,
    parquet: Path | None,
    seen_columns: Sequence[str] = (),
    notes: Sequence[tuple[str, str]] = (),
    missing: Sequence[tuple[str, str]] = (),
    threads: int = 2,
) -> Merged:
    """Writes both files, beside and then in place: on an error the old ones stay as they were.

    Args:
        parts: the shops in the order they are published.
        dataset: the contract; None to take the columns as they come.
        workbook: where the workbook goes.
        parquet: where the Parquet object goes; None to write none.
        seen_columns: columns of earlier days (a receipt's `columns`): once seen, a column stays.
        notes: label and text for the top of the sheet 说明, such as source and time of fetching.
        missing: shop and reason for 说明, for the shops that are not in it.
        threads: how many make XML and deflate it; Arrow and isal let them run side by side.

    Equal input gives equal bytes.
    """
    tables = [_Head.of(Table.load(part.table)) for part in parts]
    plan = _Plan(parts, tables, dataset, seen_columns)
    beside = workbook.with_name(f"{workbook.name}.part")
    beside_parquet = parquet.with_name(f"{parquet.name}.part") if parquet is not None else None
    merged = Merged(
        rows=sum(table.rows for table in tables),
        columns=plan.columns,
        sheets=[],
        rows_by_shop={part.shop_id: table.rows for part, table in zip(parts, tables, strict=True)},
        warnings=[_entry(part, found) for part, table in zip(parts, tables, strict=True) for found in table.warnings],
        drift=[_entry(part, found) for part, table in zip(parts, tables, strict=True) for found in table.drift],
    )
    writer = WorkbookWriter(beside, plan.columns, plan.widths())
    lake = ParquetWriter(beside_parquet, plan.columns) if beside_parquet is not None else None
    try:
        with ThreadPoolExecutor(threads, thread_name_prefix="merge") as pool:
            pieces = plan.pieces(pool, lake)
            left = merged.rows
            for name in sheet_names(merged.rows):
                writer.write_data(name, min(left, MAX_DATA_ROWS), _take_sheet(pieces))
                left -= MAX_DATA_ROWS
        writer.write_notes(_notes(merged, parts, notes, missing))
        merged.sheets = writer.finish(plan.styles)
        if lake is not None:
            lake.close()
    except BaseException:
        writer.abandon()
        beside.unlink(missing_ok=True)
        if beside_parquet is not None:
            beside_parquet.unlink(missing_ok=True)
        raise
    beside.replace(workbook)
    if beside_parquet is not None and parquet is not None:
        beside_parquet.replace(parquet)
    return merged


def _entry(part: Part, found: Finding) -> dict[str, Any]:
    return {"shop": part.shop_id, "kind": found.kind, "column": found.column, "count": found.count, "text": found.text}


def _take_sheet(pieces: Iterator[tuple[bool, Future[Deflated]]]) -> Iterator[Future[Deflated]]:
    """The pieces up to the last one of a sheet."""
    for is_last, piece in pieces:
        yield piece
        if is_last:
            return


@dataclass(frozen=True)
class _Head:
    """What must be known of every table before the first row is written; the rows are mapped one table at a time."""

    columns: tuple[str, ...]
    rows: int
    formats: tuple[CellFormat, ...]
    warnings: list[Finding]
    drift: list[Finding]

    @classmethod
    def of(cls, table: Table) -> _Head:
        return cls(table.columns, table.rows, table.formats, table.warnings, table.drift)


class _Plan:
    """Which column of which shop goes where, and how its cells are written."""

    def __init__(
        self, parts: Sequence[Part], tables: Sequence[_Head], dataset: Dataset | None, seen_columns: Sequence[str]
    ) -> None:
        self._parts, self._tables = parts, tables
        own = list(dataset.columns) if dataset else []
        names = {normalise(name): name for name in reversed(own)}
        for name in [*seen_columns, *(name for table in tables for name in table.columns)]:
            if name != "shop" and names.setdefault(normalise(name), name) == name and name not in own:
                own.append(name)
        self.columns = ["shop", *own]
        self.styles = Styles()
        self._ids = set(dataset.ids) if dataset else set()
        self._places = [
            [places.get(name) for name in own]
            for places in ({names[normalise(name)]: place for place, name in enumerate(t.columns)} for t in tables)
        ]
        self._shapes = [self._shapes_of(table) for table in tables]
        self._id_shapes = [[Shape(Kind.TEXT, TEXT_STYLE)] * max(len(shapes), 1) for shapes in self._shapes]

    def _shapes_of(self, table: _Head) -> list[Shape]:
        return [Shape(entry.kind, self.styles.number(entry)) for entry in table.formats or Formats()]

    def widths(self) -> list[int]:
        """Widths in characters, from the names and the first rows of the first shop that has any."""
        widths = [_width(name) for name in self.columns]
        widths[0] = max([widths[0], *(_width(part.shop_name) for part in self._parts)])
        for part, places, table in zip(self._parts, self._places, self._tables, strict=True):
            if table.rows:
                batch = Table.load(part.table).batches[0]
                for number, place in enumerate(places, start=1):
                    if place is not None:
                        sample = batch.columns[place].text.slice(0, 50).to_pylist()
                        widths[number] = max([widths[number], *(_width(text or "") for text in sample)])
                break
        return [min(max(width + 2, 8), 40) for width in widths]

    def pieces(self, pool: ThreadPoolExecutor, lake: ParquetWriter | None) -> Iterator[tuple[bool, Future[Deflated]]]:
        """The XML of all rows in order, and whether it is the last of its sheet; Parquet is written on the way."""
        waiting: deque[tuple[bool, Future[Deflated]]] = deque()
        row = 2
        for number, part in enumerate(self._parts):
            for batch in self._cut(number):
                if row - 2 + batch.rows > MAX_DATA_ROWS:
                    raise AssertionError("a piece must end where its sheet ends")
                waiting.append((row - 2 + batch.rows == MAX_DATA_ROWS, pool.submit(self._piece, number, row, batch)))
                row = 2 if waiting[-1][0] else row + batch.rows
                if len(waiting) > LOOK_AHEAD:
                    yield waiting.popleft()
                if lake is not None:
                    shop = pa.array([part.shop_name], pa.string()).take(pa.array([0] * batch.rows, pa.int8()))
                    lake.write([shop, *(column.text for column in batch.columns)])
        yield from waiting

    def _cut(self, number: int) -> Iterator[Batch]:
        """A shop's rows in the order of the output's columns, in pieces that end where a sheet must end."""
        table, places = Table.load(self._parts[number].table), self._places[number]
        done = sum(other.rows for other in self._tables[:number])
        size = max(1, PIECE_CELLS // len(self.columns))
        for batch in table.batches:
            whole = [null_column(batch.rows) if place is None else batch.columns[place] for place in places]
            start = 0
            while start < batch.rows:
                rows = min(size, batch.rows - start, MAX_DATA_ROWS - done % MAX_DATA_ROWS)
                yield Batch(rows, [_stretch(column, start, rows) for column in whole])
                start += rows
                done += rows

    def _piece(self, number: int, first_row: int, batch: Batch) -> Deflated:
        cells = [
            (
                column_letters(place),
                Column(column.text, TEXT) if name in self._ids else column,
                self._id_shapes[number] if name in self._ids else self._shapes[number],
            )
            for place, (name, column) in enumerate(zip(self.columns[1:], batch.columns, strict=True), start=1)
        ]
        return deflate(rows_xml(first_row, batch.rows, self._parts[number].shop_name, cells))


def _stretch(column: Column, start: int, rows: int) -> Column:
    codes = column.codes if isinstance(column.codes, int) else column.codes[start : start + rows]
    return Column(column.text.slice(start, rows), codes)


def _width(text: str) -> int:
    """How wide a text is shown: wide characters count twice."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text[:60])


def _notes(
    merged: Merged, parts: Sequence[Part], notes: Sequence[tuple[str, str]], missing: Sequence[tuple[str, str]]
) -> list[list[str]]:
    """What 说明 says: where it comes from, rows per shop, missing shops, warnings and drift."""
    rows = [[NOTES_SHEET], *([label, text] for label, text in notes), ["店铺数", str(len(parts))]]
    rows += [["行数", str(merged.rows)], [], ["店铺"]]
    rows += [[part.shop_name, part.shop_id, str(merged.rows_by_shop[part.shop_id])] for part in parts]
    if missing:
        rows += [[], ["缺失店铺"], *([shop, reason] for shop, reason in missing)]
    names = {part.shop_id: part.shop_name for part in parts}
    for title, entries in (("警告", merged.warnings), ("列变化", merged.drift)):
        if entries:
            rows += [[], [title]]
            rows += [[names[e["shop"]], e["column"], str(e["count"] or ""), e["text"]] for e in entries]
    return rows
