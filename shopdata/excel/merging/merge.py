"""Merges the saved tables of several shops into one workbook for people and one Parquet file."""

from __future__ import annotations

import unicodedata
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from shopdata.excel.contract import Contract
from shopdata.excel.limits import MAX_COLUMNS
from shopdata.excel.merging.parquet import ParquetWriter
from shopdata.excel.names import normalise
from shopdata.excel.tables import CellFormat, Finding, Formats, Kind, Table
from shopdata.excel.workbook import MAX_DATA_ROWS, NOTES_SHEET, WorkbookWriter, sheet_names
from shopdata.excel.workbook.cells import Shape
from shopdata.excel.workbook.piece import Layout, Piece, render
from shopdata.excel.workbook.styles import TEXT_STYLE, Styles
from shopdata.excel.workbook.zip import Deflated
from shopdata.exceptions import RejectedFileError
from shopdata.files import discard, put_in_place

#: Rows are written in pieces of about so many cells: what a call costs by itself is paid once per piece and column,
#: but some pieces are in memory at once. A shop of 2,000 x 112 is one piece.
PIECE_CELLS = 256_000
#: Pieces that may be in work or, deflated, wait for their turn in the file: some, so that nobody waits for the next.
LOOK_AHEAD = 8


@dataclass(frozen=True)
class Part:
    """One shop's rows; `table` is a saved `Table`."""

    shop_id: str
    shop_name: str
    table: Path


@dataclass
class Merged:
    """What was written, and where; `warnings` and `drift` are what was found in the file of a shop, by its id."""

    workbook: Path
    parquet: Path | None
    rows: int
    columns: list[str]
    sheets: list[str]
    rows_by_shop: dict[str, int]
    #: Where each file's header was found, and how sure that is; '' where it has none.
    header_by_shop: dict[str, str]
    #: Columns that no file has: those of the contract, and of earlier periods.
    unseen: list[str]
    warnings: list[tuple[str, Finding]] = field(default_factory=list)
    drift: list[tuple[str, Finding]] = field(default_factory=list)


def merge_tables(
    parts: Sequence[Part],
    contract: Contract | None,
    *,
    workbook: Path,
    parquet: Path | None,
    seen_columns: Sequence[str] = (),
    notes: Sequence[tuple[str, str]] = (),
    missing: Sequence[tuple[str, str]] = (),
    remarks: Sequence[tuple[str, Finding]] = (),
    workers: Executor | None = None,
    put: Callable[[Path, Path], Path] = put_in_place,
) -> Merged:
    """Writes both files, beside and then in place: on an error the old ones stay as they were.

    Args:
        parts: the shops in the order they are published.
        contract: what is agreed about its columns; None to take the columns as they come.
        workbook: where the workbook goes.
        parquet: where the Parquet object goes; None to write none.
        seen_columns: columns of earlier days (a receipt's `columns`): once seen, a column stays.
        notes: label and text for the top of the sheet 说明, such as source and time of fetching.
        missing: shop and reason for 说明, for the shops that are not in it.
        remarks: shop id and what else is to be said of its file in 说明, beside what the merge finds.
        workers: who makes the XML and deflates it; by default two threads.
        put: puts a file in place, and returns where that is.

    Returns:
        what was written. The first column of both files is `shop`, then the contract's, then others as they came; in
        Parquet every column is `string`.

    Raises:
        RejectedFileError: the files have more different columns than a sheet can hold.
        OSError: a file could not be read or written.

    Equal input gives equal bytes.
    """
    tables = [_Head.of(Table.load(part.table)) for part in parts]
    plan = _Plan(parts, tables, contract, seen_columns)
    beside = workbook.with_name(f"{workbook.name}.part")
    beside_parquet = parquet.with_name(f"{parquet.name}.part") if parquet is not None else None
    merged = Merged(
        workbook=workbook,
        parquet=parquet,
        rows=sum(table.rows for table in tables),
        columns=plan.columns,
        sheets=[],
        unseen=plan.unseen,
        rows_by_shop={part.shop_id: table.rows for part, table in zip(parts, tables, strict=True)},
        header_by_shop={part.shop_id: table.header for part, table in zip(parts, tables, strict=True)},
        warnings=_found(parts, [table.warnings for table in tables]),
        drift=_found(parts, [table.drift for table in tables]),
    )
    writer = WorkbookWriter(beside, plan.columns, plan.widths())
    try:
        with ThreadPoolExecutor(3, "merge") as threads:
            lake = threads.submit(plan.write_parquet, beside_parquet) if beside_parquet is not None else None
            pieces = plan.pieces(workers or threads)
            left = merged.rows
            for name in sheet_names(merged.rows):
                writer.write_data(name, min(left, MAX_DATA_ROWS), _take_sheet(pieces))
                left -= MAX_DATA_ROWS
            writer.write_notes(_notes(merged, parts, notes, missing, remarks))
            merged.sheets = writer.finish(plan.styles)
            if lake is not None and lake.result() != merged.rows:
                raise AssertionError(f"{lake.result()} rows for the lake, of {merged.rows}")
        merged.workbook = put(beside, workbook)
        if beside_parquet is not None and parquet is not None:
            merged.parquet = put(beside_parquet, parquet)
    except BaseException:
        writer.abandon()
        discard(beside)
        if beside_parquet is not None:
            discard(beside_parquet)
        raise
    return merged


def _found(parts: Sequence[Part], findings: Sequence[Sequence[Finding]]) -> list[tuple[str, Finding]]:
    return [(part.shop_id, found) for part, of_part in zip(parts, findings, strict=True) for found in of_part]


def _take_sheet(pieces: Iterator[tuple[bool, Deflated]]) -> Iterator[Deflated]:
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
    header: str

    @classmethod
    def of(cls, table: Table) -> _Head:
        return cls(table.columns, table.rows, table.formats, table.warnings, table.drift, table.header)


class _Plan:
    """Which column of which shop goes where, and how its cells are written."""

    def __init__(
        self, parts: Sequence[Part], tables: Sequence[_Head], contract: Contract | None, seen_columns: Sequence[str]
    ) -> None:
        self._parts, self._tables = parts, tables
        own = list(contract.columns) if contract else []
        names = {normalise(name): name for name in reversed(own)}
        for name in [*seen_columns, *(name for table in tables for name in table.columns)]:
            if name != "shop" and names.setdefault(normalise(name), name) == name and name not in own:
                own.append(name)
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

    def pieces(self, workers: Executor) -> Iterator[tuple[bool, Deflated]]:
        """The XML of all rows in order, and whether it is the last of its sheet."""
        waiting: deque[tuple[bool, Future[Deflated]]] = deque()
        for piece in self._cut():
            is_last = piece.first_row - 2 + piece.rows == MAX_DATA_ROWS
            waiting.append((is_last, workers.submit(render, piece)))
            if len(waiting) > LOOK_AHEAD:
                is_last, made = waiting.popleft()
                yield is_last, made.result()
        for is_last, made in waiting:
            yield is_last, made.result()

    def _cut(self) -> Iterator[Piece]:
        """All rows, in pieces that end where a sheet must end."""
        size = max(1, PIECE_CELLS // len(self.columns))
        done = 0
        for part, layout in zip(self._parts, self._layouts, strict=True):
            for number, batch in enumerate(Table.load(part.table).batches):
                start = 0
                while start < batch.rows:
                    rows = min(size, batch.rows - start, MAX_DATA_ROWS - done % MAX_DATA_ROWS)
                    yield Piece(part.table, number, start, rows, 2 + done % MAX_DATA_ROWS, layout)
                    start += rows
                    done += rows

    def write_parquet(self, path: Path) -> int:
        """All rows for the lake; returns how many they were."""
        lake = ParquetWriter(path, self.columns)
        try:
            for layout, part in zip(self._layouts, self._parts, strict=True):
                for batch in Table.load(part.table).batches:
                    shop = pa.array([layout.shop_name], pa.string()).take(pa.array([0] * batch.rows, pa.int8()))
                    lake.write([shop, *(column.text for column in layout.arrange(batch))])
        finally:
            lake.close()
        return lake.rows


def _width(text: str) -> int:
    """How wide a text is shown: wide characters count twice."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text[:60])


def _notes(
    merged: Merged,
    parts: Sequence[Part],
    notes: Sequence[tuple[str, str]],
    missing: Sequence[tuple[str, str]],
    remarks: Sequence[tuple[str, Finding]],
) -> list[list[str]]:
    """What 说明 says: where it comes from, rows per shop, missing shops, warnings and drift."""
    rows = [[NOTES_SHEET], *([label, text] for label, text in notes), ["店铺数", str(len(parts))]]
    rows += [["行数", str(merged.rows)], [], ["店铺"]]
    rows += [[part.shop_name, part.shop_id, str(merged.rows_by_shop[part.shop_id])] for part in parts]
    if missing:
        rows += [[], ["缺失店铺"], *([shop, reason] for shop, reason in missing)]
    names = {part.shop_id: part.shop_name for part in parts}
    for title, entries in (("存疑", remarks), ("警告", merged.warnings), ("列变化", merged.drift)):
        if entries:
            rows += [[], [title]]
            rows += [[names[shop], e.column, str(e.count or ""), e.text] for shop, e in entries]
    return rows
