"""Reads what portals send, by content and never by name, into tables under the names of a dataset's contract."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from shopdata.excel.builder import with_numbers
from shopdata.excel.container import Limits, Package
from shopdata.excel.joining import joined
from shopdata.excel.json_lines import read_json_lines
from shopdata.excel.kinds import kind_of
from shopdata.excel.magics import LOOK, FileKind
from shopdata.excel.ods import fods_sheets, ods_sheets
from shopdata.excel.passwords import without_password
from shopdata.excel.rules import Rules
from shopdata.excel.sheets import table_of_sheets
from shopdata.excel.strings import OddXmlError
from shopdata.excel.tables import Formats, Table
from shopdata.excel.text import csv_sheets
from shopdata.excel.web_page import html_sheets
from shopdata.excel.xls import xls_sheets
from shopdata.excel.xlsb import xlsb_sheets
from shopdata.excel.xlsx import Sheet, fast_sheets, parsed_sheets, sorted_sheets
from shopdata.excel.xml2003 import xml2003_sheets
from shopdata.exceptions import RejectedFileError

if TYPE_CHECKING:  # its import takes longer than reading a small file
    from shopdata.config import Dataset

_PARTS = (
    "Look which of them is meant. If they are parts of one table, `zip_parts: join` in the contract, or --join-zips of "
    "`scrapy merge`, takes them together."
)
#: What is taken out of a zip; the rest (`readme.md`, pictures) is passed over.
_TABLE_SUFFIXES = {".xlsx", ".xlsm", ".xlsb", ".xls", ".et", ".ods", ".csv", ".tsv", ".txt", ".htm", ".html"}


def read_table(
    path: Path,
    dataset: Dataset | None,
    *,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    where: str = "",
    rules: Rules | None = None,
) -> Table:
    """Reads one raw file by its content and maps its columns to the contract.

    Args:
        path: the raw file; its name means nothing.
        dataset: the contract, or None to take all columns as they come.
        limits: what a file may hold at most; checked before or while it is unpacked.
        where: what a refusal names, for example `jd_store flagship 2026-03-01`; by default the file's name.
        rules: how the table is taken out of the file; by default as the contract says.

    Raises:
        RejectedFileError: the file is not what it should be; the sentence says what to do.
    """
    where = where or path.name
    rules = rules or Rules.of(dataset)
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
            return _read_xlsx(path, dataset, limits, where, rules)
        case "xls":
            return _read_by(xls_sheets, path, dataset, limits, where, rules)
        case "encrypted":
            return _read_encrypted(path, dataset, limits, where, rules)
        case "xlsb":
            return _read_by(partial(xlsb_sheets, limits=limits), path, dataset, limits, where, rules)
        case "ods":
            return _read_by(partial(ods_sheets, limits=limits), path, dataset, limits, where, rules)
        case "fods":
            return _read_by(fods_sheets, path, dataset, limits, where, rules)
        case "xml2003":
            return _read_by(xml2003_sheets, path, dataset, limits, where, rules)
        case "csv":
            return with_numbers(
                _read_by(partial(csv_sheets, dataset=dataset), path, dataset, limits, where, rules), dataset
            )
        case "html":
            return with_numbers(
                _read_by(partial(html_sheets, dataset=dataset), path, dataset, limits, where, rules), dataset
            )
        case "zip":
            return _read_zip(path, dataset, limits, where, rules)
        case "json" if dataset is not None:
            return read_json_lines(path, dataset, limits, where)
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
    dataset: Dataset | None,
    limits: Limits,
    where: str,
    rules: Rules,
) -> Table:
    formats = Formats()
    return table_of_sheets(reader(path, formats, where), dataset, formats, limits, where, rules)


def _read_xlsx(path: Path, dataset: Dataset | None, limits: Limits, where: str, rules: Rules) -> Table:
    with Package(path, limits, where) as package:
        for reader in (fast_sheets, parsed_sheets, sorted_sheets):
            formats = Formats()
            # A sheet may turn out odd after many rows: then all of it is read again, by the full parser.
            with suppress(OddXmlError):
                return table_of_sheets(reader(package, formats, where), dataset, formats, limits, where, rules)
        raise package.broken("a worksheet that can't be read")


def _read_encrypted(path: Path, dataset: Dataset | None, limits: Limits, where: str, rules: Rules) -> Table:
    """Reads the workbook that the password opens which Excel tries by itself."""
    content = without_password(path.read_bytes(), where)
    with tempfile.TemporaryDirectory(prefix="shopdata-") as folder:
        inner = Path(folder, "inner")
        inner.write_bytes(content)
        return read_table(inner, dataset, limits=limits, where=where, rules=rules)


def _read_zip(path: Path, dataset: Dataset | None, limits: Limits, where: str, rules: Rules) -> Table:
    """Reads the one table in a zip; what a system puts beside it (`__MACOSX`, readme) is passed over."""
    with Package(path, limits, where) as package:
        names = [
            name for name in package.names if Path(name).suffix.lower() in _TABLE_SUFFIXES and "__MACOSX" not in name
        ]
        if len(names) > 1 and rules.zip_parts == "join":
            return _read_parts(package, names, dataset, limits, where, rules)
        if len(names) != 1:
            raise RejectedFileError(
                "the zip does not hold one table",
                code="several_tables",
                where=where,
                found=", ".join(f"'{name}'" for name in (names or package.names)[:5]) or "nothing",
                expected="one workbook or CSV",
                todo=_PARTS if len(names) > 1 else "Look which file is meant; the report may have been split.",
            )
        return _read_part(package, names[0], dataset, limits, where, rules)


def _read_part(package: Package, name: str, dataset: Dataset | None, limits: Limits, where: str, rules: Rules) -> Table:
    with tempfile.TemporaryDirectory(prefix="shopdata-") as folder:
        inner = Path(folder, "inner")
        with inner.open("wb") as file:
            for piece in package.pieces(name):
                file.write(piece)
        if (kind := kind_of(inner)).reader == "zip":
            raise _no_table(kind, inner.stat().st_size, where)
        return read_table(inner, dataset, limits=limits, where=where, rules=rules)


def _read_parts(
    package: Package, names: list[str], dataset: Dataset | None, limits: Limits, where: str, rules: Rules
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
    parts = [(name, _read_part(package, name, dataset, limits, f"{where} '{name}'", rules)) for name in names]
    return joined(parts, limits, where)
