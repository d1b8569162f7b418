"""Workbooks by python-calamine: the kinds that it alone reads, and old ones that the first reader refuses.

It gives Python values and nothing beside them: no number format, and an error such as #N/A is a blank to it. Who knows
better about some cells, from the file's own records, says so by `exact`. It holds the whole rectangle between a sheet's
first and last cell, and where that is more than memory it ends the process: whoever gives it sheets that may be larger
than those of an .xls must know before how far apart their cells are.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from math import isfinite
from typing import Any

import python_calamine
from python_calamine import SheetTypeEnum, SheetVisibleEnum

from shopdata.exceptions import RejectedFileError
from shopdata.lake.excel.numbers import duration_text, float_text, moment_text
from shopdata.lake.excel.passwords import protected
from shopdata.lake.excel.rows import RawCell, row_blocks, text_cell
from shopdata.lake.excel.xlsx import Sheet
from shopdata.lake.tables import NUMBER, CellFormat, Formats, Kind

#: Cells that are known better than calamine tells them: row -> column -> cell, both from 0.
ExactCells = Mapping[int, Mapping[int, RawCell]]

_DAY = CellFormat(Kind.DATE, "yyyy-mm-dd")
_MOMENT = CellFormat(Kind.DATE, "yyyy-mm-dd hh:mm:ss")
_TIME = CellFormat(Kind.DATE, "hh:mm:ss")
_ELAPSED = CellFormat(Kind.DATE, "[h]:mm:ss")


def calamine_cell(value: Any, formats: Formats) -> RawCell:
    """A value of python-calamine as the lake holds it; '' is a blank cell.

    Ids stay the texts that they are, whole floats are whole numbers, a moment at midnight is a day, durations are
    `HH:MM:SS` and may have more than 24 hours.
    """
    match value:
        case str():
            return text_cell(value)
        case bool():
            return ("TRUE" if value else "FALSE"), formats.code(CellFormat(Kind.BOOL))
        case int():
            return str(value), NUMBER
        case float() if isfinite(value):
            return float_text(value), NUMBER
        case datetime():
            text = moment_text(value.replace(tzinfo=None), show_time=False)
            return text, formats.code(_MOMENT if " " in text else _DAY)
        case date():
            return value.isoformat(), formats.code(_DAY)
        case time():
            since = timedelta(hours=value.hour, minutes=value.minute, seconds=value.second + value.microsecond / 1e6)
            return duration_text(since / timedelta(days=1)), formats.code(_TIME)
        case timedelta():
            return duration_text(value / timedelta(days=1)), formats.code(_ELAPSED)
        case None:
            return None
    return text_cell(str(value))


def calamine_sheets(
    content: bytes,
    formats: Formats,
    where: str,
    exact: Callable[[int], ExactCells] = lambda place: {},
) -> list[Sheet]:
    """All worksheets of a workbook that calamine knows: .xls, .xlsb, .ods and .xlsx. Each is read when it is asked for.

    Args:
        content: the whole file.
        formats: the formats of the file, to which those of its cells are added.
        where: what a refusal names.
        exact: for the place of a sheet among all of the workbook, from 0, the cells that are known better.

    Raises:
        RejectedFileError: now or while blocks are read, it is no such workbook, damaged, or under a password.
    """
    with _refusing(where):
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        listed = book.sheets_metadata
    return [
        Sheet(
            entry.name,
            row_blocks(_rows(book, place, formats, where, exact), formats),
            entry.visible is not SheetVisibleEnum.Visible,
        )
        for place, entry in enumerate(listed)
        if entry.typ is SheetTypeEnum.WorkSheet
    ]


def _rows(
    book: Any, place: int, formats: Formats, where: str, exact: Callable[[int], ExactCells]
) -> Iterator[list[RawCell]]:
    """The rows of a sheet from its first one on, each from column A on."""
    with _refusing(where):
        sheet = book.get_sheet_by_index(place)
        if sheet.start is None:
            return
        known = exact(place)
        left = sheet.start[1]
        for number, values in enumerate(sheet.iter_rows()):
            row: list[RawCell] = [None] * left
            row += [calamine_cell(value, formats) if value != "" else None for value in values]
            for column, cell in known.get(number, {}).items():
                if column < len(row):
                    row[column] = cell
            yield row


@contextmanager
def _refusing(where: str) -> Iterator[None]:
    """Makes one sentence of whatever calamine raises, a panic of its Rust among it."""
    try:
        yield
    except python_calamine.PasswordError:
        raise protected(where) from None
    except (KeyboardInterrupt, SystemExit, GeneratorExit, RejectedFileError):
        raise
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise RejectedFileError(
            "the workbook can't be read",
            where=where,
            found="parts that break off or do not belong together",
            expected="a whole workbook",
            todo="Open it in Excel and save it anew; if Excel can't either, download it again.",
        ) from None
