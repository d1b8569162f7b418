"""Workbooks of several sheets, as bytes."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import openpyxl


def workbook_of(sheets: Mapping[str, Sequence[Sequence[object]]]) -> bytes:
    """Sheets by their names, each as rows."""
    book, file = openpyxl.Workbook(), io.BytesIO()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(file)
    return file.getvalue()
