"""Reads what portals send, by content and never by name, into tables under the names of a dataset's contract."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from shopdata.excel.assembly.builder import with_numbers
from shopdata.excel.assembly.joining import joined
from shopdata.excel.assembly.plain import PlainSheet, plain_sheets
from shopdata.excel.assembly.sheets import table_of_sheets
from shopdata.excel.blocks.sheet import Sheet
from shopdata.excel.containers.passwords import without_password
from shopdata.excel.containers.zip_package import Package
from shopdata.excel.contract import Contract, Rules
from shopdata.excel.formats.csv_text import csv_sheets
from shopdata.excel.formats.foreign import LOOK, FileKind
from shopdata.excel.formats.json_lines import read_json_lines
from shopdata.excel.formats.kinds import kind_of
from shopdata.excel.formats.ods import fods_sheets, ods_sheets
from shopdata.excel.formats.web_page import html_sheets
from shopdata.excel.formats.xls import xls_sheets
from shopdata.excel.formats.xlsb import xlsb_sheets
from shopdata.excel.formats.xlsx import fast_sheets, parsed_sheets, sorted_sheets
from shopdata.excel.formats.xml2003 import xml2003_sheets
from shopdata.excel.limits import Limits
from shopdata.excel.tables import Formats, Table
from shopdata.excel.xml.strings import UnsupportedXmlError
from shopdata.exceptions import RejectedFileError

_PARTS = (
    "Look which of them is meant. If they are parts of one table, `zip_parts: join` in the contract, or --join-zips of "
    "`scrapy merge`, takes them together."
)
#: What is taken out of a zip; the rest (`readme.md`, pictures) is passed over.
_TABLE_SUFFIXES = {".xlsx", ".xlsm", ".xlsb", ".xls", ".et", ".ods", ".csv", ".tsv", ".txt", ".htm", ".html"}


def read_table(
    path: Path,
    contract: Contract | None,
    *,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    where: str = "",
    rules: Rules | None = None,
    spill_folder: Path | None = None,
) -> Table:
    """Reads one raw file by its content and maps its columns to the contract.

    Args:
        path: the raw file; its name means nothing.
        contract: what is agreed about its columns, or None to take all columns as they come.
        limits: what a file may hold at most; checked before or while it is unpacked.
        where: what a refusal names, for example `shop_orders flagship 2026-03-01`; by default the file's name.
        rules: how the table is taken out of the file; by default as the contract says.
        spill_folder: where the rows of a large workbook may lie until the table is saved; None keeps them in memory.

    Returns:
        a table of n rows (the header is none): the contract's columns in order, then new ones as they came, each of n
        texts (null = missing) and n kinds.

    Raises:
        RejectedFileError: the file is not what it should be; the sentence says what to do.
        OSError: it can't be read.
    """
    return _Reader(contract, limits, where or path.name, rules or Rules.of(contract), spill_folder).read(path)


def read_cells(path: Path, *, limits: Limits = Limits(), where: str = "") -> list[PlainSheet]:  # noqa: B008 - frozen
    """Reads all cells of a small file by its content, each with its place: nothing is looked for in it.

    Args:
        path, limits, where: as in `read_table`.

    Raises:
        RejectedFileError: the file is no workbook and no CSV, or too large; the sentence says what to do.
        OSError: it can't be read.
    """
    return _Reader(None, limits, where or path.name, Rules()).cells(path)


@dataclass(frozen=True)
class _Reader:
    """Reads a file, and what is packed in it, all in one way."""

    contract: Contract | None
    limits: Limits
    where: str
    rules: Rules
    spill_folder: Path | None = None

    def cells(self, path: Path) -> list[PlainSheet]:
        size = self._require_size(path)
        kind, formats = kind_of(path), Formats()
        if kind.reader == "xlsx":
            with Package(path, self.limits, self.where) as package:
                for reader in (fast_sheets, parsed_sheets, sorted_sheets):
                    formats = Formats()
                    with suppress(UnsupportedXmlError):
                        return plain_sheets(reader(package, formats, self.where), formats, self.limits, self.where)
                raise package.broken("a worksheet that can't be read")
        sheets = self._sheets(kind.reader, path, formats)
        if sheets is None:
            raise _no_table(kind, size, self.where)
        return plain_sheets(sheets, formats, self.limits, self.where)

    def _require_size(self, path: Path) -> int:
        size = path.stat().st_size
        if size > self.limits.file_bytes:
            raise RejectedFileError(
                "the file is too large",
                code="file_too_large",
                params={"bytes": size},
                where=self.where,
                found=f"{size:,} bytes",
                expected=f"at most {self.limits.file_bytes:,}",
                todo="If the report is meant to be like this, raise the limits.",
            )
        return size

    def read(self, path: Path) -> Table:
        size = self._require_size(path)
        kind = kind_of(path)
        match kind.reader:
            case "xlsx":
                table = self._of_xlsx(path)
            case "encrypted":
                table = self._of_encrypted(path)
            case "zip":
                table = self._of_zip(path)
            case "json" if self.contract is not None:
                table = read_json_lines(path, self.contract, self.limits, self.where)
            case reader:
                formats = Formats()
                sheets = self._sheets(reader, path, formats)
                if sheets is None:
                    raise _no_table(kind, size, self.where)
                is_text = reader in ("csv", "html")
                table = self._table(sheets, formats, None if is_text else self.spill_folder)
                if is_text:
                    table = with_numbers(table, self.contract)
        return replace(table, ext=kind.ext)

    def _table(self, sheets: list[Sheet], formats: Formats, spill_folder: Path | None) -> Table:
        return table_of_sheets(sheets, self.contract, formats, self.limits, self.where, self.rules, spill_folder)

    def _sheets(self, reader: str, path: Path, formats: Formats) -> list[Sheet] | None:
        """The sheets of a file that one reader reads as a whole; None if none does."""
        match reader:
            case "xls":
                return xls_sheets(path, formats, self.where)
            case "xlsb":
                return xlsb_sheets(path, formats, self.where, self.limits)
            case "ods":
                return ods_sheets(path, formats, self.where, self.limits)
            case "fods":
                return fods_sheets(path, formats, self.where)
            case "xml2003":
                return xml2003_sheets(path, formats, self.where)
            case "csv":
                return csv_sheets(path, formats, self.where, self.contract)
            case "html":
                return html_sheets(path, formats, self.where, self.contract)
        return None

    def _of_xlsx(self, path: Path) -> Table:
        with Package(path, self.limits, self.where) as package:
            for reader in (fast_sheets, parsed_sheets, sorted_sheets):
                formats = Formats()
                # A sheet may turn out odd after many rows: then all of it is read again, by the full parser.
                with suppress(UnsupportedXmlError):
                    return self._table(reader(package, formats, self.where), formats, self.spill_folder)
            raise package.broken("a worksheet that can't be read")

    def _of_encrypted(self, path: Path) -> Table:
        """The table of the workbook that the password opens which Excel tries by itself."""
        content = without_password(path.read_bytes(), self.where)
        with tempfile.TemporaryDirectory(prefix="shopdata-") as folder:
            inner = Path(folder, "inner")
            inner.write_bytes(content)
            return self.read(inner)

    def _of_zip(self, path: Path) -> Table:
        """The one table in a zip; what a system puts beside it (`__MACOSX`, readme) is passed over."""
        with Package(path, self.limits, self.where) as package:
            names = [
                name
                for name in package.names
                if Path(name).suffix.lower() in _TABLE_SUFFIXES and "__MACOSX" not in name
            ]
            if len(names) > 1 and self.rules.zip_parts == "join":
                return self._of_parts(package, names)
            if len(names) != 1:
                raise RejectedFileError(
                    "the zip does not hold one table",
                    code="several_tables",
                    where=self.where,
                    found=", ".join(f"'{name}'" for name in (names or package.names)[:5]) or "nothing",
                    expected="one workbook or CSV",
                    todo=_PARTS if len(names) > 1 else "Look which file is meant; the report may have been split.",
                )
            return self._of_part(package, names[0])

    def _of_part(self, package: Package, name: str) -> Table:
        with tempfile.TemporaryDirectory(prefix="shopdata-") as folder:
            inner = Path(folder, "inner")
            with inner.open("wb") as file:
                for piece in package.pieces(name):
                    file.write(piece)
            if (kind := kind_of(inner)).reader == "zip":
                raise _no_table(kind, inner.stat().st_size, self.where)
            return self.read(inner)

    def _of_parts(self, package: Package, names: list[str]) -> Table:
        """Several tables of equal header as one. The same file twice would be its rows twice."""
        sizes: dict[tuple[int, int], str] = {}
        for name in names:
            if (twin := sizes.setdefault(package.mark(name), name)) != name:
                raise RejectedFileError(
                    "the zip holds one file twice",
                    code="several_tables",
                    where=self.where,
                    found=f"'{twin}' and '{name}', byte for byte",
                    expected="parts of one table",
                    todo="Take one of them out of the zip.",
                )
        parts = [(name, replace(self, where=f"{self.where} '{name}'")._of_part(package, name)) for name in names]
        return joined(parts, self.limits, self.where)


def _no_table(kind: FileKind, size: int, where: str) -> RejectedFileError:
    return RejectedFileError(
        "the file is no table",
        code="unreadable",
        params={"kind": kind.name},
        where=where,
        found=f"{kind.name}, {size:,} bytes" if size else "an empty file",
        expected="a workbook, a CSV or a zip with one of them",
        todo=kind.remedy or LOOK,
    )
