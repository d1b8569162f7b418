"""Counts rows anew, by readers that are not the ones we publish with, so that a mistake of ours shows."""

from __future__ import annotations

import json
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from shopdata.excel import read_table
from shopdata.excel.containers.extent import cells_spanned
from shopdata.excel.containers.ole import BrokenContainerError, workbook_stream
from shopdata.excel.contract import Contract, is_sheet
from shopdata.excel.formats.biff import BrokenRecordsError, read_book
from shopdata.excel.formats.json_lines import ABOUT_KEY
from shopdata.excel.layout.head import Row
from shopdata.excel.layout.header import HeaderRows, find_header
from shopdata.excel.layout.notices import is_notice_row
from shopdata.excel.layout.odd_rows import OddRows, key_places
from shopdata.excel.names import HEADER_WITHIN_ROWS
from shopdata.excel.tables import Column
from shopdata.excel.workbook import NOTES_SHEET

#: calamine holds all cells between a sheet's first and last one, and takes room for as many texts as an .xls tells of;
#: where that is more than memory, it ends the process.
_MOST_CELLS = 32_000_000


def count_raw(path: Path, ext: str, contract: Contract) -> int:
    """The data rows of a raw file: workbooks by calamine, rows of JSON as lines, the rest by our own reader.

    Raises:
        RejectedFileError: it is no table that fits the contract.
    """
    if ext == "json":
        with path.open("rb") as file:
            is_old = b'"format": 2' not in next(file, b"")
            return sum(1 for line in file if line.strip() and _is_row(line, is_old=is_old))
    if _is_safe(path, ext):
        try:
            # By content: from_path would go by the name.
            with path.open("rb") as file:
                return _count_workbook(CalamineWorkbook.from_filelike(file), contract)
        except CalamineError:
            # What it can't read, we may: files that Excel fixes too.
            pass
        except BaseException as error:
            if type(error).__name__ != "PanicException":  # of its Rust, and no Exception
                raise
    return read_table(path, contract).rows


def _is_safe(path: Path, ext: str) -> bool:
    """False for what calamine does not read, or may take more memory for than there is."""
    if ext == "xls":
        try:
            book = read_book(workbook_stream(path.read_bytes())[0])
        except (BrokenContainerError, BrokenRecordsError):
            return False
        return book.told_texts == len(book.texts)
    return ext == "xlsx" and zipfile.is_zipfile(path) and cells_spanned(path) <= _MOST_CELLS


def _is_row(line: bytes, *, is_old: bool) -> bool:
    """False for lines of our own: a list, or in old files an object that holds nothing but `shopdata`."""
    try:
        row = json.loads(line)
    except ValueError:
        return True  # damaged, and there all the same
    if not is_old:
        return not isinstance(row, list)
    return not (isinstance(row, dict) and row.keys() == {ABOUT_KEY})


def _count_workbook(book: CalamineWorkbook, contract: Contract) -> int:
    """Rows below the header of every sheet that names as many columns of the contract as the best one, or nearly."""
    found: list[tuple[int, int]] = []
    shown = [about for about in book.sheets_metadata if about.visible is SheetVisibleEnum.Visible]
    for place, about in enumerate(shown, start=1):
        if len(shown) > 1 and not is_sheet(contract.sheet, about.name, place):
            continue
        rows = book.get_sheet_by_name(about.name).to_python(skip_empty_area=False)
        head = [
            Row(number, ["" if cell is None else str(cell) for cell in row])
            for number, row in enumerate(rows[:HEADER_WITHIN_ROWS], start=1)
        ]
        header = find_header(head, contract)
        if header is not None:
            found.append((header.score, _filled(rows[header.last + 1 :], header, contract)))
    best = max((score for score, _ in found), default=0)
    return sum(count for score, count in found if score * 2 > best)


def _filled(rows: Iterable[Sequence[object]], header: HeaderRows, contract: Contract) -> int:
    """Rows with a value; without one that only says that there is nothing, and those that the contract drops."""
    filled = [row for row in rows if any(cell not in (None, "") for cell in row)]
    if len(filled) == 1 and is_notice_row("" if cell is None else str(cell) for cell in filled[0]):
        return 0
    if contract.totals != "drop":
        return len(filled)
    texts = [[None if cell in (None, "") else str(cell) for cell in row] for row in filled]
    columns = {place: Column(pa.array(cells, pa.string())) for place, cells in enumerate(zip(*texts, strict=True))}
    there = {place: column for place, column in columns.items() if column.text.null_count < len(filled)}
    return len(filled) - len(OddRows(header.rows, keys=key_places(header.names, contract)).find(there, len(filled)))


def count_merged(path: Path, sheets: Iterable[str]) -> Counter[str]:
    """Rows by shop of the data sheets among these of a merged workbook, by openpyxl, row after row.

    Raises:
        KeyError: a sheet is not there.
    """
    with path.open("rb") as file:
        book = openpyxl.load_workbook(file, read_only=True)
        return Counter(name for sheet in sheets if sheet != NOTES_SHEET for name in _first_cells(book[sheet]))


def _first_cells(sheet: object) -> Iterator[str]:
    rows = sheet.iter_rows(min_row=2, max_col=1, values_only=True)  # type: ignore[attr-defined]
    return (str(row[0]) for row in rows if row and row[0] is not None)


def count_parquet(path: Path) -> tuple[list[str], Counter[str]]:
    """The columns, and the rows by shop, of a partition."""
    file = pq.ParquetFile(path)
    counts: Counter[str] = Counter()
    for batch in file.iter_batches(columns=["shop"]):
        for entry in batch.column("shop").value_counts().to_pylist():
            counts[str(entry["values"])] += entry["counts"]
    return file.schema_arrow.names, counts
