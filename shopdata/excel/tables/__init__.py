"""A file's rows as columns of text, each cell with its kind: `Table`, in memory or mapped from disk."""

from shopdata.excel.tables.cells import (
    MAX_CELL_LENGTH,
    NUMBER,
    PLAIN_FORMATS,
    TEXT,
    CellFormat,
    Codes,
    Formats,
    Kind,
    cell_length,
)
from shopdata.excel.tables.table import Batch, Column, Finding, Table, null_column

__all__ = [
    "MAX_CELL_LENGTH",
    "NUMBER",
    "PLAIN_FORMATS",
    "TEXT",
    "Batch",
    "CellFormat",
    "Codes",
    "Column",
    "Finding",
    "Formats",
    "Kind",
    "Table",
    "cell_length",
    "null_column",
]
