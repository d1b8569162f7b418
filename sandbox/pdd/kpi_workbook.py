"""Writes the KPI report as what it really is, a BIFF workbook (docs/portals.md 0.1)."""

from __future__ import annotations

import importlib
import importlib.util
import io
from typing import Any

from sandbox.faults import Fault
from sandbox.pdd.kpi_contents import KpiKey, kpi_truth

# docs/portals.md 5.2 [S]
SHEET = "Sheet0"
XLS_TYPE = "application/vnd.ms-excel"
# The first sector of the workbook stream lies behind the file's header of one sector.
_SECTOR_BYTES = 512


def require_writer() -> None:
    """Makes sure that .xls files can be written.

    Raises `ModuleNotFoundError` with what to do about it.
    """
    if importlib.util.find_spec("xlwt") is None:
        raise ModuleNotFoundError(
            "the sandbox writes Pinduoduo's .xls files with the package xlwt, which is not installed: "
            "pip install xlwt, or do without Pinduoduo's shops (pdd_shops=0)",
            name="xlwt",
        )


def make_workbook(key: KpiKey) -> bytes:
    """The file. Equal keys give equal bytes."""
    # Imported here: who has JD's shops only does not need it.
    xlwt: Any = importlib.import_module("xlwt")
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet(SHEET)
    truth = kpi_truth(key)
    for number, row in enumerate([truth.header, *truth.rows]):
        for place, value in enumerate(row):
            sheet.write(number, place, value)
    file = io.BytesIO()
    book.save(file)
    content = file.getvalue()
    return _damaged(content) if Fault.CORRUPT_WORKBOOK in key.variant else content


def _damaged(content: bytes) -> bytes:
    """The same length and beginning, but the workbook's first records are gone."""
    spoilt = bytes(byte ^ 0x5A for byte in content[_SECTOR_BYTES : 2 * _SECTOR_BYTES])
    return content[:_SECTOR_BYTES] + spoilt + content[2 * _SECTOR_BYTES :]
