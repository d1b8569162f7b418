"""Reads what portals send, by content and never by name, into tables under the names of a dataset's contract."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from shopdata.exceptions import RejectedFileError
from shopdata.lake.contract import HEADER_WITHIN_ROWS, find_header, map_columns, no_header
from shopdata.lake.excel.builder import TableBuilder, with_numbers
from shopdata.lake.excel.container import Limits, Package
from shopdata.lake.excel.json_lines import read_json_lines
from shopdata.lake.excel.kinds import kind_of
from shopdata.lake.excel.magics import LOOK, FileKind
from shopdata.lake.excel.ods import fods_sheets, ods_sheets
from shopdata.lake.excel.strings import OddXmlError
from shopdata.lake.excel.text import csv_sheets
from shopdata.lake.excel.web_page import html_sheets
from shopdata.lake.excel.xls import xls_sheets
from shopdata.lake.excel.xlsx import Sheet, fast_sheets, first_block, parsed_sheets, sorted_sheets
from shopdata.lake.excel.xml2003 import xml2003_sheets
from shopdata.lake.tables import Finding, Formats, Table

if TYPE_CHECKING:  # its import takes longer than reading a small file
    from shopdata.config import Dataset

_TABLE_SUFFIXES = {".xlsx", ".xlsm", ".xls", ".csv", ".tsv", ".txt", ".htm", ".html"}


def read_table(
    path: Path,
    dataset: Dataset | None,
    *,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    where: str = "",
) -> Table:
    """Reads one raw file by its content and maps its columns to the contract.

    Args:
        path: the raw file; its name means nothing.
        dataset: the contract, or None to take all columns as they come.
        limits: what a file may hold at most; checked before or while it is unpacked.
        where: what a refusal names, for example `jd_store flagship 2026-03-01`; by default the file's name.

    Raises:
        RejectedFileError: the file is not what it should be; the sentence says what to do.
    """
    where = where or path.name
    size = path.stat().st_size
    if size > limits.file_bytes:
        raise RejectedFileError(
            "the file is too large",
            where=where,
            found=f"{size:,} bytes",
            expected=f"at most {limits.file_bytes:,}",
            todo="If the report is meant to be like this, raise the limits.",
        )
    kind = kind_of(path)
    match kind.reader:
        case "xlsx":
            return _read_xlsx(path, dataset, limits, where)
        case "xls":
            return _read_by(xls_sheets, path, dataset, limits, where)
        case "ods":
            return _read_by(partial(ods_sheets, limits=limits), path, dataset, limits, where)
        case "fods":
            return _read_by(fods_sheets, path, dataset, limits, where)
        case "xml2003":
            return _read_by(xml2003_sheets, path, dataset, limits, where)
        case "csv":
            return with_numbers(_read_by(partial(csv_sheets, dataset=dataset), path, dataset, limits, where), dataset)
        case "html":
            return with_numbers(_read_by(partial(html_sheets, dataset=dataset), path, dataset, limits, where), dataset)
        case "zip":
            return _read_zip(path, dataset, limits, where)
        case "json" if dataset is not None:
            return read_json_lines(path, dataset, limits, where)
        case _:
            raise _no_table(kind, size, where)


def _no_table(kind: FileKind, size: int, where: str) -> RejectedFileError:
    return RejectedFileError(
        "the file is no table",
        where=where,
        found=f"{kind.name}, {size:,} bytes" if size else "an empty file",
        expected="a workbook, a CSV or a zip with one of them",
        todo=kind.remedy or LOOK,
    )


def _read_by(
    reader: Callable[[Path, Formats, str], list[Sheet]],
    path: Path,
    dataset: Dataset | None,
    limits: Limits,
    where: str,
) -> Table:
    formats = Formats()
    return table_of_sheets(reader(path, formats, where), dataset, formats, limits, where)


def _read_xlsx(path: Path, dataset: Dataset | None, limits: Limits, where: str) -> Table:
    with Package(path, limits, where) as package:
        for reader in (fast_sheets, parsed_sheets, sorted_sheets):
            formats = Formats()
            # A sheet may turn out odd after many rows: then all of it is read again, by the full parser.
            with suppress(OddXmlError):
                return table_of_sheets(reader(package, formats, where), dataset, formats, limits, where)
        raise package.broken("a worksheet that can't be read")


def _read_zip(path: Path, dataset: Dataset | None, limits: Limits, where: str) -> Table:
    """Reads the one table in a zip; what a system puts beside it (`__MACOSX`, readme) is passed over."""
    with Package(path, limits, where) as package:
        names = [
            name for name in package.names if Path(name).suffix.lower() in _TABLE_SUFFIXES and "__MACOSX" not in name
        ]
        if len(names) != 1:
            raise RejectedFileError(
                "the zip does not hold one table",
                where=where,
                found=", ".join(f"'{name}'" for name in (names or package.names)[:5]) or "nothing",
                expected="one workbook or CSV",
                todo="Look which file is meant; the report may have been split.",
            )
        with tempfile.TemporaryDirectory(prefix="shopdata-") as folder:
            inner = Path(folder, "inner")
            with inner.open("wb") as file:
                for piece in package.pieces(names[0]):
                    file.write(piece)
            if (kind := kind_of(inner)).reader == "zip":
                raise _no_table(kind, inner.stat().st_size, where)
            return read_table(inner, dataset, limits=limits, where=where)


def table_of_sheets(
    sheets: list[Sheet], dataset: Dataset | None, formats: Formats, limits: Limits, where: str
) -> Table:
    """Finds the sheet, or the like sheets, that hold the data, and reads them.

    Raises:
        RejectedFileError: none holds data, or several do that are not alike.
    """
    found: list[tuple[Sheet, int, int, list[str]]] = []
    ignored: list[str] = []
    seen = "no cell with a value"
    for sheet in sheets:
        if sheet.is_hidden or (block := first_block(sheet)) is None:
            continue
        rows = block.preview(HEADER_WITHIN_ROWS)
        header = find_header(rows, dataset)
        if header is None:
            ignored.append(sheet.name)
            seen = ", ".join(cell for cell in rows[0] if cell)[:120]
        else:
            found.append((sheet, header[0], header[1], rows[header[0]]))
    if not found:
        raise no_header(seen, dataset, where=where)
    best = max(score for _, _, score, _ in found)
    data = [entry for entry in found if entry[2] * 2 > best]
    ignored += [entry[0].name for entry in found if entry[2] * 2 <= best]
    mapped = [map_columns(header, dataset, where=where) for _, _, _, header in data]
    if any(header.places != mapped[0].places for header in mapped):
        raise RejectedFileError(
            "several sheets hold different tables",
            where=where,
            found=", ".join(f"'{entry[0].name}'" for entry in data),
            expected="one table, or sheets with the same header",
            todo="Look which sheet is meant; the report may have been changed.",
        )
    builder = TableBuilder(mapped[0], dataset, formats, limits, where)
    builder.findings += [finding for sheet in sheets for finding in sheet.findings]
    builder.findings += [Finding("ignored_sheet", text=f"sheet '{name}' holds no table") for name in ignored]
    for sheet, first_row, _, _ in data:
        for number, block in enumerate(sheet.blocks):
            builder.add(block, first_row + 1 if number == 0 else 0)
    return builder.finish()
