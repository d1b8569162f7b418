"""Tables out of records that a portal sent as JSON: no file format between, but the same contract."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isfinite
from pathlib import Path
from typing import Any

from shopdata.excel.assembly.builder import TableBuilder
from shopdata.excel.blocks.rows import RawCell, row_blocks, text_cell
from shopdata.excel.contract import Contract
from shopdata.excel.limits import Limits
from shopdata.excel.names import map_columns
from shopdata.excel.tables import NUMBER, CellFormat, Formats, Kind, Table
from shopdata.excel.values.numbers import float_text
from shopdata.exceptions import RejectedFileError

#: Few enough that rows stay small together, also such with long texts.
BLOCK_ROWS, BLOCK_CHARACTERS = 2_000, 4 << 20


def table_of_records(
    records: Iterable[Mapping[str, Any]],
    contract: Contract,
    *,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    where: str = "",
    spill_folder: Path | None = None,
) -> Table:
    """A table with one row per record; keys are column names or aliases. No record makes an empty table.

    Values are texts, numbers, booleans or None; whatever else is there is kept as its text.

    Args:
        records: gone through twice, first for the names of the columns; so no generator.
        spill_folder: where the rows may lie until the table is saved; None keeps them in memory.

    Raises:
        RejectedFileError: a required column is in no record, or two keys mean one column.
    """
    names = _names_of(records, limits, where) or list(contract.columns)
    header = map_columns(names, contract, where=where)
    formats = Formats()
    formats.code(CellFormat(Kind.BOOL))
    builder = TableBuilder(header, contract, formats, limits, where, spill_folder)
    rows = ([_cell(row.get(name), formats) for name in names] for row in records)
    for block in row_blocks(rows, formats, BLOCK_ROWS, BLOCK_CHARACTERS):
        builder.add(block, 0)
    return builder.finish()


def _names_of(records: Iterable[Mapping[str, Any]], limits: Limits, where: str) -> list[str]:
    """All keys, in the order in which they come first."""
    names: dict[str, None] = {}
    for row in records:
        names.update(dict.fromkeys(row))
        if len(names) > limits.columns:
            raise RejectedFileError(
                "the rows have more different fields than is safe",
                code="file_too_large",
                where=where,
                found=f"{len(names):,}",
                expected=f"at most {limits.columns:,}",
                todo="Look at the file: has the portal changed what it sends?",
            )
    return list(names)


def _cell(value: Any, formats: Formats) -> RawCell:
    match value:
        case None:
            return None
        case str():
            return text_cell(value)
        case bool():
            return ("TRUE" if value else "FALSE"), formats.code(CellFormat(Kind.BOOL))
        case int():
            return str(value), NUMBER
        case float() if isfinite(value):
            return float_text(value), NUMBER
    return text_cell(str(value))
