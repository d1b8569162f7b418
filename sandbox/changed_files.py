"""Pinduoduo's KPI file as the portal would make it once it had changed."""

from __future__ import annotations

import importlib
import io
import tempfile
from pathlib import Path
from typing import Any

from sandbox.changes import ChangeBoard
from sandbox.pdd.kpi_contents import ACCOUNT
from sandbox.xlsx import CellRenderer, column_letters, write_workbook

RENAMED_ACCOUNT = "客服昵称账号"


def changed_workbook(content: bytes, changes: ChangeBoard) -> bytes:
    """The same file, or one with another name of its first id, or of another kind."""
    if changes.is_on("pdd_kpi_column"):
        content = _renamed(content)
    return _as_xlsx(content) if changes.is_on("pdd_kpi_xlsx") else content


def _rows(content: bytes) -> tuple[str, list[list[Any]]]:
    xlrd: Any = importlib.import_module("xlrd")
    sheet = xlrd.open_workbook(file_contents=content).sheet_by_index(0)
    return sheet.name, [sheet.row_values(number) for number in range(sheet.nrows)]


def _renamed(content: bytes) -> bytes:
    name, rows = _rows(content)
    xlwt: Any = importlib.import_module("xlwt")
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet(name)
    for number, row in enumerate(rows):
        for place, value in enumerate(row):
            sheet.write(number, place, RENAMED_ACCOUNT if (number, value) == (0, ACCOUNT) else value)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _as_xlsx(content: bytes) -> bytes:
    _, rows = _rows(content)
    renderer = CellRenderer(is_shared=False)
    letters = column_letters(len(rows[0]))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file.xlsx")
        lines = (renderer.cells(letters, row) for row in rows)
        write_workbook(path, lines, renderer, columns=len(letters), rows=len(rows))
        return path.read_bytes()
