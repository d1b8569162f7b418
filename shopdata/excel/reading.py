"""Reads what portals send, by content and never by name, into tables under the names of a dataset's contract."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from shopdata.excel.assembly.builder import with_numbers
from shopdata.excel.assembly.joining import joined
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
) -> Table:
    """Reads one raw file by its content and maps its columns to the contract.

    Args:
        path: the raw file; its name means nothing.
        contract: what is agreed about its columns, or None to take all columns as they come.
        limits: what a file may hold at most; checked before or while it is unpacked.
        where: what a refusal names, for example `shop_orders flagship 2026-03-01`; by default the file's name.
        rules: how the table is taken out of the file; by default as the contract says.

    Raises:
        RejectedFileError: the file is not what it should be; the sentence says what to do.
    """
    where = where or path.name
    rules = rules or Rules.of(contract)
    size = path.stat().st_size
    if size > limits.file_bytes:
        raise RejectedFileError(
            "the file is too large",
            code="file_too_large",
            params={"bytes": size},
            where=where,
            found=f"{size:,} bytes",
            expected=f"at most {limits.file_bytes:,}",
            todo="If the report is meant to be like this, raise the limits.",
        )
    kind = kind_of(path)
    match kind.reader:
        case "xlsx":
            return _read_xlsx(path, contract, limits, where, rules)
        case "xls":
            return _read_by(xls_sheets, path, contract, limits, where, rules)
        case "encrypted":
            return _read_encrypted(path, contract, limits, where, rules)
        case "xlsb":
            return _read_by(partial(xlsb_sheets, limits=limits), path, contract, limits, where, rules)
        case "ods":
            return _read_by(partial(ods_sheets, limits=limits), path, contract, limits, where, rules)
        case "fods":
            return _read_by(fods_sheets, path, contract, limits, where, rules)
        case "xml2003":
            return _read_by(xml2003_sheets, path, contract, limits, where, rules)
        case "csv":
            return with_numbers(
                _read_by(partial(csv_sheets, contract=contract), path, contract, limits, where, rules), contract
            )
        case "html":
            return with_numbers(
                _read_by(partial(html_sheets, contract=contract), path, contract, limits, where, rules), contract
            )
        case "zip":
            return _read_zip(path, contract, limits, where, rules)
        case "json" if contract is not None:
            return read_json_lines(path, contract, limits, where)
        case _:
            raise _no_table(kind, size, where)


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


def _read_by(
    reader: Callable[[Path, Formats, str], list[Sheet]],
    path: Path,
    contract: Contract | None,
    limits: Limits,
    where: str,
    rules: Rules,
) -> Table:
    formats = Formats()
    return table_of_sheets(reader(path, formats, where), contract, formats, limits, where, rules)


def _read_xlsx(path: Path, contract: Contract | None, limits: Limits, where: str, rules: Rules) -> Table:
    with Package(path, limits, where) as package:
        for reader in (fast_sheets, parsed_sheets, sorted_sheets):
            formats = Formats()
            # A sheet may turn out odd after many rows: then all of it is read again, by the full parser.
            with suppress(UnsupportedXmlError):
                return table_of_sheets(reader(package, formats, where), contract, formats, limits, where, rules)
        raise package.broken("a worksheet that can't be read")


def _read_encrypted(path: Path, contract: Contract | None, limits: Limits, where: str, rules: Rules) -> Table:
    """Reads the workbook that the password opens which Excel tries by itself."""
    content = without_password(path.read_bytes(), where)
    with tempfile.TemporaryDirectory(prefix="shopdata-") as folder:
        inner = Path(folder, "inner")
        inner.write_bytes(content)
        return read_table(inner, contract, limits=limits, where=where, rules=rules)


def _read_zip(path: Path, contract: Contract | None, limits: Limits, where: str, rules: Rules) -> Table:
    """Reads the one table in a zip; what a system puts beside it (`__MACOSX`, readme) is passed over."""
    with Package(path, limits, where) as package:
        names = [
            name for name in package.names if Path(name).suffix.lower() in _TABLE_SUFFIXES and "__MACOSX" not in name
        ]
        if len(names) > 1 and rules.zip_parts == "join":
            return _read_parts(package, names, contract, limits, where, rules)
        if len(names) != 1:
            raise RejectedFileError(
                "the zip does not hold one table",
                code="several_tables",
                where=where,
                found=", ".join(f"'{name}'" for name in (names or package.names)[:5]) or "nothing",
                expected="one workbook or CSV",
                todo=_PARTS if len(names) > 1 else "Look which file is meant; the report may have been split.",
            )
        return _read_part(package, names[0], contract, limits, where, rules)


def _read_part(
    package: Package, name: str, contract: Contract | None, limits: Limits, where: str, rules: Rules
) -> Table:
    with tempfile.TemporaryDirectory(prefix="shopdata-") as folder:
        inner = Path(folder, "inner")
        with inner.open("wb") as file:
            for piece in package.pieces(name):
                file.write(piece)
        if (kind := kind_of(inner)).reader == "zip":
            raise _no_table(kind, inner.stat().st_size, where)
        return read_table(inner, contract, limits=limits, where=where, rules=rules)


def _read_parts(
    package: Package, names: list[str], contract: Contract | None, limits: Limits, where: str, rules: Rules
) -> Table:
    """Reads several tables of equal header as one. The same file twice would be its rows twice."""
    sizes: dict[tuple[int, int], str] = {}
    for name in names:
        if (twin := sizes.setdefault(package.mark(name), name)) != name:
            raise RejectedFileError(
                "the zip holds one file twice",
                code="several_tables",
                where=where,
                found=f"'{twin}' and '{name}', byte for byte",
                expected="parts of one table",
                todo="Take one of them out of the zip.",
            )
    parts = [(name, _read_part(package, name, contract, limits, f"{where} '{name}'", rules)) for name in names]
    return joined(parts, limits, where)
