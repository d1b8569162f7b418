"""Reads what portals send, by content and never by name, into tables under the names of a dataset's contract."""

from __future__ import annotations

import codecs
import zipfile
from pathlib import Path

from shopdata.config.models import Dataset
from shopdata.exceptions import RejectedFileError
from shopdata.lake.contract import HEADER_WITHIN_ROWS, find_header, map_columns, no_header
from shopdata.lake.excel_builder import TableBuilder
from shopdata.lake.excel_container import Limits, Package
from shopdata.lake.excel_xlsx import OddXmlError, Sheet, fast_sheets, first_block, parsed_sheets
from shopdata.lake.tables import Finding, Formats, Table

__all__ = ["Limits", "read_table", "sniff"]


def sniff(path: Path) -> str:
    """The extension that fits a file's content: xlsx, xlsm, xlsb, xls, zip, html, json, xml, csv, or bin for none."""
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith(b"PK\x03\x04") or head.startswith(b"PK\x05\x06"):
        return _sniff_zip(path)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") or head[:2] in (b"\x09\x08", b"\x09\x04", b"\x09\x02"):
        return "xls"
    text = _as_text(head)
    if text is None:
        return "bin"
    start = text.lstrip("\ufeff \t\r\n").lower()
    if start.startswith(("{", "[")):
        return "json"
    if start.startswith("<"):
        is_html = any(mark in start for mark in ("<html", "<!doctype html", "<table", "<body", "<head", "<div"))
        return "html" if is_html else "xml"
    return "csv"


def _sniff_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as package:
            names = set(package.namelist())
            if "xl/workbook.bin" in names:
                return "xlsb"
            if "xl/workbook.xml" in names:
                types = package.getinfo("[Content_Types].xml") if "[Content_Types].xml" in names else None
                small = types is not None and types.file_size < 1 << 20
                return "xlsm" if small and b"macroEnabled" in package.read("[Content_Types].xml") else "xlsx"
            return "xlsx" if "[Content_Types].xml" in names else "zip"
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, UnicodeDecodeError):
        return "zip"


def _as_text(head: bytes) -> str | None:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return head[: len(head) & ~1].decode("utf-16", "replace")
    if b"\0" in head:
        return None
    return head.decode("utf-8", "replace")


def read_table(
    path: Path,
    dataset: Dataset | None,
    *,
    limits: Limits = Limits(),
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
    ext = sniff(path)
    if ext in ("xlsx", "xlsm"):
        return _read_xlsx(path, dataset, limits, where)
    raise RejectedFileError(
        "the file is no table",
        where=where,
        found=f"{ext or 'nothing'}, {size:,} bytes",
        expected="a workbook, a CSV or a zip with one of them",
        todo="Look at the file: it may be an answer of the portal that says what went wrong.",
    )


def _read_xlsx(path: Path, dataset: Dataset | None, limits: Limits, where: str) -> Table:
    with Package(path, limits, where) as package:
        formats = Formats()
        try:
            return table_of_sheets(fast_sheets(package, formats, where), dataset, formats, limits, where)
        except OddXmlError:
            pass
    formats = Formats()
    return table_of_sheets(parsed_sheets(path, formats, where), dataset, formats, limits, where)


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
    builder.findings += [Finding("ignored_sheet", text=f"sheet '{name}' holds no table") for name in ignored]
    for sheet, first_row, _, _ in data:
        for number, block in enumerate(sheet.blocks):
            builder.add(block, first_row + 1 if number == 0 else 0)
    return builder.finish()
