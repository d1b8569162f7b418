"""The raw files that we write ourselves: rows of a portal's JSON answers, one a line."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from shopdata.excel.assembly.records import table_of_records
from shopdata.excel.contract import Contract
from shopdata.excel.limits import Limits
from shopdata.excel.names import column_of
from shopdata.excel.tables import Finding, Table
from shopdata.exceptions import RejectedFileError
from shopdata.periods import SHANGHAI
from shopdata.texts import read_json

#: The first line says what the file is: {"shopdata": {"dataset": …, "dt": …, "format": 2}}.
ABOUT_KEY = "shopdata"

#: Since then a row is an object and a mark of ours a list, so that neither can pass for the other. Before, a mark was
#: an object with `ABOUT_KEY` alone.
FORMAT = 2

#: Characters of a value: records know no cells. The workbook shows the beginning of what is longer than a cell.
MAX_LENGTH = 4 << 20

#: A row as a portal sends it. Of a message we write all of it and its content, so that ours may be thrice as long.
MAX_ROW_BYTES = 8 << 20

#: What portals write where others write seconds.
_WRITTEN_TIME = re.compile(r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?([ T]\d{1,2}:\d{2}.*)?", re.DOTALL)
_LATEST_SECONDS = int(datetime(9999, 12, 30, tzinfo=SHANGHAI).timestamp())
#: From here on it is milliseconds that are counted.
_FIRST_MILLISECONDS = 10**11


# -- writing ----------------------------------------------------------------------------------------------------------


def first_line(about: Mapping[str, Any]) -> bytes:
    """What every such file begins with."""
    return row_line({ABOUT_KEY: {**about, "format": FORMAT}})


def mark_line(mark: Mapping[str, Any]) -> bytes:
    """Something that we say in the middle of a file, or at its end. `messages` is how many rows came before it."""
    return json.dumps([ABOUT_KEY, dict(mark)], ensure_ascii=False).encode() + b"\n"


def row_line(row: Mapping[str, Any]) -> bytes:
    """A row as it came. Half a surrogate pair has no form in UTF-8: its row is written with escapes."""
    try:
        return json.dumps(row, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:
        return json.dumps(row).encode() + b"\n"


def mark_in(line: Any, file_format: int) -> dict[str, Any] | None:
    """What a line after the first says, if it is a mark of ours; None for a row."""
    if file_format >= FORMAT:
        return line[1] if isinstance(line, list) and len(line) == 2 and isinstance(line[1], dict) else None
    mark = line.get(ABOUT_KEY) if isinstance(line, dict) and len(line) == 1 else None
    return mark if isinstance(mark, dict) else None


# -- reading ----------------------------------------------------------------------------------------------------------


def read_json_lines(path: Path, contract: Contract, limits: Limits, where: str) -> Table:
    """The rows as a table: lists and objects as JSON text, the contract's `epoch_seconds` as times in Shanghai.

    A value that is no number, or no time where one belongs, is null, and told.

    Raises:
        RejectedFileError: a line is no JSON, the first line does not say what the file is, or rows are missing.
    """
    records = _Records(path, contract, where)
    limits = replace(limits, cell_length=max(limits.cell_length, MAX_LENGTH))
    table = table_of_records(records, contract, limits=limits, where=where, spill_folder=path.parent)
    for field, count in records.odd.items():
        text = f"{count} values are no numbers, or no times where times belong, and are blank"
        table.warnings.append(Finding("odd_value", column_of(field, contract), count, text))
    if records.rows > table.rows:
        count = records.rows - table.rows
        table.warnings.append(Finding("blank_row", "", count, f"{count} rows without any value are left out"))
    return table


def time_text(value: Any) -> str | None:
    """Seconds or milliseconds since 1970, also as a text, as a time in Shanghai; None if it is no such thing."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    seconds = value // 1000 if value > _FIRST_MILLISECONDS else value
    if not 0 <= seconds <= _LATEST_SECONDS:
        return None
    return datetime.fromtimestamp(seconds, SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


class _Records(Iterable[dict[str, Any]]):
    """The rows of a file, read anew each time; counted then are rows, and by field the values that were odd."""

    def __init__(self, path: Path, contract: Contract, where: str) -> None:
        self._path, self._where = path, where
        self._times = {
            name for column in contract.epoch_seconds for name in (column, *contract.aliases.get(column, ()))
        }
        self.odd: Counter[str] = Counter()
        self.rows = 0

    def __iter__(self) -> Iterator[dict[str, Any]]:
        self.odd.clear()
        self.rows = marked = 0
        about: dict[str, Any] | None = None
        with self._path.open("rb") as file:
            lines = iter(lambda: file.readline(3 * MAX_ROW_BYTES), b"")
            for number, line in enumerate(lines, start=1):
                data = self._read(line, number)
                if about is None:
                    about = data.get(ABOUT_KEY) if isinstance(data, dict) else None
                    if not isinstance(about, dict):
                        raise self._refused(line, number)
                    continue
                file_format = FORMAT if about.get("format") == FORMAT else 1
                if (mark := mark_in(data, file_format)) is not None:
                    marked += mark.get("messages", 0)
                elif isinstance(data, dict):
                    self.rows += 1
                    yield {field: self._plain(field, value) for field, value in data.items()}
                else:
                    raise self._refused(line, number)
        if about is None:
            raise self._refused(b"", 1)
        told = about.get("rows", marked)
        if about.get("format") == FORMAT and told != self.rows:
            raise RejectedFileError(
                "the file does not hold the rows that it says",
                code="row_count_differs",
                params={"rows": self.rows, "expected": told},
                where=self._where,
                found=f"{self.rows} rows",
                expected=f"{told}",
                todo="Collect it again with `-a force=1`.",
            )

    def _read(self, line: bytes, number: int) -> Any:
        try:
            return read_json(line)
        except ValueError:
            raise self._refused(line, number) from None

    def _refused(self, line: bytes, number: int) -> RejectedFileError:
        return RejectedFileError(
            "this is not a file of rows",
            code="unreadable",
            where=f"{self._where}, line {number}",
            found=repr(_shown(line[:120])[:60]),
            expected="rows of JSON, the first of them saying what they are",
            todo="Look at the file: it may be an answer of the portal that says what went wrong.",
        )

    def _plain(self, field: str, value: Any) -> Any:
        if isinstance(value, list | dict):
            value = json.dumps(value, ensure_ascii=False)
        if field in self._times and value not in (None, ""):
            if isinstance(value, str) and _WRITTEN_TIME.fullmatch(value):
                return value
            value = time_text(value)
        elif isinstance(value, float) and value - value != 0:
            value = None  # infinite, or no number
        else:
            return value
        if value is None:
            self.odd[field] += 1
        return value


def _shown(line: bytes) -> str:
    """The beginning of a line that may be in any encoding."""
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        return line.decode("utf-8" if error.end >= len(line) - 1 else "gb18030", "replace")
