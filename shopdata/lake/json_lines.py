"""Reads the raw files that we write ourselves: rows of a portal's JSON answers, one a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from shopdata.config import Dataset
from shopdata.exceptions import RejectedFileError
from shopdata.lake.excel_container import Limits
from shopdata.lake.excel_records import table_of_records
from shopdata.lake.tables import Table
from shopdata.periods import SHANGHAI

#: The first line says what the file is: {"shopdata": {"dataset": …, "dt": …, "total": …}}.
ABOUT_KEY = "shopdata"


def read_json_lines(path: Path, dataset: Dataset, limits: Limits, where: str) -> Table:
    """The rows as a table: lists and objects as JSON text, the contract's `epoch_seconds` as times in Shanghai.

    Raises:
        RejectedFileError: a line is no JSON object, or the first line does not say what the file is.
    """
    return table_of_records(_records(path, dataset, where), dataset, limits=limits, where=where)


def _records(path: Path, dataset: Dataset, where: str) -> Iterator[dict[str, Any]]:
    times = {name for column in dataset.epoch_seconds for name in (column, *dataset.aliases.get(column, ()))}
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file):
            try:
                row = json.loads(line)
            except ValueError:
                row = None
            if not isinstance(row, dict) or (number == 0 and ABOUT_KEY not in row):
                raise RejectedFileError(
                    "this is not a file of rows",
                    where=f"{where}, line {number + 1}",
                    found=repr(line[:60]),
                    expected="rows of JSON, the first of them saying what they are",
                    todo="Look at the file: it may be an answer of the portal that says what went wrong.",
                )
            # Lines of our own say what the file is, and which part of it is complete.
            if ABOUT_KEY not in row:
                yield {key: _plain(value, is_time=key in times) for key, value in row.items()}


def _plain(value: Any, *, is_time: bool) -> Any:
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    if is_time and str(value).isdigit():
        return datetime.fromtimestamp(int(value), SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
    return value
