"""Tables out of records that a portal sent as JSON: no file format between, but the same contract."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any

from shopdata.config import Dataset
from shopdata.lake.contract import map_columns
from shopdata.lake.excel_builder import TableBuilder
from shopdata.lake.excel_container import Limits
from shopdata.lake.excel_numbers import float_text
from shopdata.lake.excel_rows import RawCell, RowsBlock, text_cell
from shopdata.lake.tables import NUMBER, CellFormat, Formats, Kind, Table


def table_of_records(
    records: Iterable[Mapping[str, Any]],
    dataset: Dataset,
    *,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    where: str = "",
) -> Table:
    """A table with one row per record; keys are column names or aliases. No record makes an empty table.

    Values are texts, numbers, booleans or None; whatever else is there is kept as its text.

    Raises:
        RejectedFileError: a required column is in no record, or two keys mean one column.
    """
    rows = list(records)
    names = list(dict.fromkeys(key for row in rows for key in row)) or list(dataset.columns)
    formats = Formats()
    formats.code(CellFormat(Kind.BOOL))
    builder = TableBuilder(map_columns(names, dataset, where=where), dataset, formats, limits, where)
    cells = [[_cell(row.get(name), formats) for name in names] for row in rows]
    builder.add(RowsBlock(cells, formats), 0)
    return builder.finish()


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
