"""The readers that `corpus` compares, each a process that is told paths and answers with cells, a line of JSON each.

All values become texts of one form, so that only what differs differs.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import math
import os
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

Sheets = list[list[list[str]]]

#: Memory of a reader.
_MOST_BYTES = 6 << 30


class RefusedError(Exception):
    """A reader says no."""


def shown(value: Any) -> str:
    """A value of any reader as our lake holds it; readers that know no difference between days and moments agree."""
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case int():
            return _number(float(value)) if abs(value) < 10**15 else f"{float(value):.14e}"
        case float():
            return _number(value)
        case dt.datetime():
            return _moment(value)
        case dt.date():
            return value.isoformat()
        case dt.time():
            return _seconds(value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6)
        case dt.timedelta():
            return _seconds(value.total_seconds())
    return _text(str(value))


def _number(value: float) -> str:
    if not math.isfinite(value):
        return str(value)
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.14e}"


def _moment(value: dt.datetime) -> str:
    value = (value.replace(tzinfo=None) + dt.timedelta(milliseconds=500)).replace(microsecond=0)
    return value.isoformat(sep=" ").removesuffix(" 00:00:00")


def _seconds(value: float) -> str:
    whole = round(abs(value))
    return f"{'-' if value < 0 and whole else ''}{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


_DURATION = re.compile(r"PT(\d+)H(\d+)M(\d+)(?:\.\d+)?S")


def _text(text: str) -> str:
    """Texts alike, whatever a reader does with line ends; calamine gives durations of an .ods as they are written."""
    if match := _DURATION.fullmatch(text):
        return _seconds(int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3]))
    return text.replace("\r\n", "\n").replace("\r", "\n")


def ours(path: Path) -> Sheets:
    """The visible sheets, as the reader that the file gets takes them."""
    from shopdata.excel import read_table, reading

    taken: Sheets = []

    def take(sheets: Any, dataset: object, formats: Any, *_: object, **__: object) -> None:
        taken.clear()  # another reader may have tried before
        for sheet in sheets:
            if not sheet.is_hidden:
                rows = [row for block in sheet.blocks for row in _rows_of(block, formats)]
                taken.append(rows)
        raise _TakenError

    usual = reading.table_of_sheets
    reading.table_of_sheets = take  # type: ignore[assignment]
    try:
        read_table(path, None)
    except _TakenError:
        return taken
    finally:
        reading.table_of_sheets = usual
    raise RefusedError("no reader")


class _TakenError(Exception):
    """Raised where the cells are known."""


def _rows_of(block: Any, formats: Any) -> list[list[str]]:
    columns = block.columns(0)
    rows = [[""] * (max(columns, default=-1) + 1) for _ in range(block.rows)]
    kinds = [entry.kind.value for entry in formats]
    for place, raw in columns.items():
        codes = raw.column.code_array().tolist()
        for row, text, code in zip(rows, raw.column.text.to_pylist(), codes, strict=True):
            row[place] = _ours(text, kinds[code])
    return rows


def verdict(path: Path) -> dict[str, Any]:
    """Whether a merge takes the file, and its cells where it can be opened at all."""
    from shopdata.excel import read_table
    from shopdata.exceptions import RejectedFileError

    told: dict[str, Any] = {"state": "read"}
    try:
        read_table(path, None)
    except RejectedFileError as error:
        told = {"state": "refused", "text": str(error)}
    except Exception as error:  # noqa: BLE001 - this is what is looked for
        told = {"state": "traceback", "text": f"{type(error).__name__}: {error}"[:300]}
    with suppress(Exception):
        told["sheets"] = ours(path)
    return told


def _ours(text: str | None, kind: str) -> str:
    if text is None:
        return ""
    if kind == "number":
        return shown(int(text)) if text.lstrip("-").isdecimal() else _number(float(text))
    if kind == "error":
        return ""  # the peers are not of one mind about errors
    if kind == "date" and len(text) > len("2026-03-01"):
        return _moment(dt.datetime.fromisoformat(text))
    return _text(text)


def calamine(path: Path) -> Sheets:
    """The visible worksheets."""
    import python_calamine

    with path.open("rb") as file:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(file.read()))
    visible = [
        about.name
        for about in book.sheets_metadata
        if about.visible is python_calamine.SheetVisibleEnum.Visible
        and about.typ is python_calamine.SheetTypeEnum.WorkSheet
    ]
    return [[[shown(cell) for cell in row] for row in book.get_sheet_by_name(name).to_python()] for name in visible]


def openpyxl(path: Path) -> Sheets:
    """The visible worksheets, with the values that formulas had."""
    import openpyxl as library

    with path.open("rb") as file:
        book = library.load_workbook(io.BytesIO(file.read()), data_only=True, read_only=False)
    sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    return [
        [["" if cell.data_type == "e" else shown(cell.value) for cell in row] for row in sheet.iter_rows()]
        for sheet in sheets
    ]


def xlrd(path: Path) -> Sheets:
    """The visible worksheets of an .xls."""
    import xlrd as library

    with open(os.devnull, "w") as silence:  # noqa: PTH123 - os.devnull is no file to have a Path for
        book = library.open_workbook(file_contents=path.read_bytes(), logfile=silence, formatting_info=True)
    return [
        [[_xlrd_cell(library, book, cell) for cell in sheet.row(number)] for number in range(sheet.nrows)]
        for sheet in book.sheets()
        if not sheet.visibility
    ]


def _xlrd_cell(library: Any, book: Any, cell: Any) -> str:
    match cell.ctype:
        case library.XL_CELL_BOOLEAN:
            return shown(bool(cell.value))
        case library.XL_CELL_ERROR | library.XL_CELL_EMPTY | library.XL_CELL_BLANK:
            return ""
        case library.XL_CELL_DATE if cell.value < 1 or _is_elapsed(book, cell):
            return _seconds(cell.value * 86_400)
        case library.XL_CELL_DATE:
            try:
                return shown(library.xldate.xldate_as_datetime(cell.value, book.datemode))
            except (ValueError, OverflowError):
                return shown(cell.value)
    return shown(cell.value)


def _is_elapsed(book: Any, cell: Any) -> bool:
    known = book.format_map.get(book.xf_list[cell.xf_index].format_key)
    return known is not None and known.format_str.lower().startswith(("[h", "[m", "[s"))


READERS: dict[str, Callable[[Path], Sheets]] = {
    "shopdata": ours,
    "calamine": calamine,
    "openpyxl": openpyxl,
    "xlrd": xlrd,
}


def answer(name: str, path: Path) -> dict[str, Any]:
    """What a reader makes of a file: cells, a refusal, or what went wrong."""
    if name == "shopdata":
        return verdict(path)
    try:
        return {"state": "read", "sheets": READERS[name](path)}
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        return {"state": "refused", "text": f"{type(error).__name__}: {error}"[:300]}


def main() -> None:
    """Answers paths, one a line, until there are no more."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MOST_BYTES, _MOST_BYTES))
    except (ImportError, ValueError, OSError):
        pass  # Windows has no such limit
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print is no answer
    for line in sys.stdin.buffer:
        out.write(json.dumps(answer(sys.argv[1], Path(json.loads(line))), default=str).encode() + b"\n")
        out.flush()


if __name__ == "__main__":
    main()
