"""Reads the raw files that we write ourselves: rows of a portal's JSON answers, one a line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shopdata.exceptions import RejectedFileError
from shopdata.lake.excel.container import Limits
from shopdata.lake.excel.records import table_of_records
from shopdata.lake.tables import Table
from shopdata.periods import SHANGHAI

if TYPE_CHECKING:  # its import takes longer than reading a small file
    from shopdata.config import Dataset

#: The first line says what the file is: {"shopdata": {"dataset": …, "dt": …, "total": …}}.
ABOUT_KEY = "shopdata"

#: Characters of a value: records know no cells. The workbook shows the beginning of what is longer than a cell.
MAX_LENGTH = 4 << 20

#: The rows of a larger file are not all in memory at a time.
IN_MEMORY_BYTES = 8 << 20


def read_json_lines(path: Path, dataset: Dataset, limits: Limits, where: str) -> Table:
    """The rows as a table: lists and objects as JSON text, the contract's `epoch_seconds` as times in Shanghai.

    Raises:
        RejectedFileError: a line is no JSON object, or the first line does not say what the file is.
    """
    records = _Records(path, dataset, where)
    spill_folder = path.parent if path.stat().st_size > IN_MEMORY_BYTES else None
    limits = replace(limits, cell_length=max(limits.cell_length, MAX_LENGTH))
    return table_of_records(records, dataset, limits=limits, where=where, spill_folder=spill_folder)


class _Records(Iterable[dict[str, Any]]):
    """The rows of a file, read anew each time."""

    def __init__(self, path: Path, dataset: Dataset, where: str) -> None:
        self._path, self._where = path, where
        self._times = {name for column in dataset.epoch_seconds for name in (column, *dataset.aliases.get(column, ()))}

    def __iter__(self) -> Iterator[dict[str, Any]]:
        with self._path.open(encoding="utf-8") as file:
            for number, line in enumerate(file):
                try:
                    row = json.loads(line)
                except ValueError:
                    row = None
                if not isinstance(row, dict) or (number == 0 and ABOUT_KEY not in row):
                    raise RejectedFileError(
                        "this is not a file of rows",
                        where=f"{self._where}, line {number + 1}",
                        found=repr(line[:60]),
                        expected="rows of JSON, the first of them saying what they are",
                        todo="Look at the file: it may be an answer of the portal that says what went wrong.",
                    )
                # Lines of our own say what the file is, and which part of it is complete.
                if ABOUT_KEY not in row:
                    yield {key: _plain(value, is_time=key in self._times) for key, value in row.items()}


def _plain(value: Any, *, is_time: bool) -> Any:
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    if is_time and str(value).isdigit():
        return datetime.fromtimestamp(int(value), SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
    return value
