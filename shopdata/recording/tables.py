"""What a file is, and what is seen of its table: columns and what is in them, never a row."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from shopdata.config.recipes.steps import Unpack
from shopdata.crawling.recipes.unpacking import unpack_file
from shopdata.excel.containers.zip_package import Package
from shopdata.excel.contract import Rules
from shopdata.excel.formats.kinds import kind_of
from shopdata.excel.limits import Limits
from shopdata.excel.reading import read_table
from shopdata.exceptions import RejectedFileError
from shopdata.lake.check import day_in

#: What recipes call files; everything else is `any`.
_KINDS = frozenset({"xlsx", "xls", "csv", "zip"})
#: What is looked for in a zip, the likeliest first: texts and pages stand beside tables.
_IN_ZIPS = (("xlsx", "xlsm", "xlsb", "xls", "csv", "tsv"), ("txt", "htm", "html"))
_MOST_ROWS = 20_000


def kind_and_table(content: bytes) -> tuple[str, Mapping[str, Any]]:
    """The kind of a file by its content, and its columns: name, whether each value is another, how many are empty,
    whether all are numbers of twelve digits or more, and the day that all of them are ("" for no one day).

    Besides, where it is so: `unpack` (what is taken out of a zip, as recipes write it), `has_totals` (rows that are no
    data stand in it). Of a workbook with several tables it is all that of each, with its name, under `sheets`.
    """
    with tempfile.TemporaryDirectory(prefix="shopdata-record-") as folder:
        path = Path(folder, "file")
        path.write_bytes(content)
        kind, unpack = _kind(path), None
        with suppress(RejectedFileError, OSError):
            if kind == "zip" and (unpack := _unpack(path)) is not None:
                unpack_file(path, Unpack.model_validate(unpack), "")
                kind = "zip" if unpack.get("all") else _kind(path)
        more: dict[str, Any] = {} if unpack is None else {"unpack": unpack}
        rules = Rules(zip_parts="join" if unpack and unpack.get("all") else "refuse")
        try:
            return kind, {**_table(path, rules), **more}
        except RejectedFileError as error:
            return kind, {**_sheets(path, rules, error.params.get("sheets", ())), **more}
        except OSError:
            return kind, more


def _table(path: Path, rules: Rules) -> dict[str, Any]:
    table = read_table(path, None, rules=rules).to_arrow()
    data = read_table(path, None, rules=replace(rules, totals="drop")).to_arrow()
    more = {"has_totals": True} if data.num_rows < table.num_rows else {}
    names = list(data.column_names)
    columns = [_column(name, data.column(name).slice(0, _MOST_ROWS).to_pylist()) for name in names]
    return {"rows": data.num_rows, "columns": columns, **more}


def _sheets(path: Path, rules: Rules, names: Sequence[str]) -> dict[str, Any]:
    """Of a workbook with several tables each one, under `sheets`."""
    found = []
    for name in names:
        with suppress(RejectedFileError):
            found.append({"name": name, **_table(path, replace(rules, sheet=name))})
    return {"sheets": found} if found else {}


def _kind(path: Path) -> str:
    if not path.stat().st_size:
        return "any"
    found = kind_of(path).ext
    return found if found in _KINDS else "any"


def _unpack(path: Path) -> dict[str, Any] | None:
    """What is meant in a zip: the files of the only kind of table in it."""
    with Package(path, Limits(), "") as package:
        names = [PurePosixPath(name).suffix.lower()[1:] for name in package.names if "__MACOSX" not in name]
    for kinds in _IN_ZIPS:
        found = Counter(name for name in names if name in kinds)
        if len(found) == 1:
            ((kind, count),) = found.items()
            return {"match": f"*.{kind}"} | ({"all": True} if count > 1 else {})
        if found:
            return None
    return None


def _column(name: str, values: Sequence[str | None]) -> dict[str, Any]:
    there = [value for value in values if value is not None]
    return {
        "name": name,
        "is_unique": len(set(there)) == len(values) > 0,
        "is_constant": len(set(there)) == 1 and len(there) == len(values),
        "has_gaps": len(there) < len(values),
        "day": one_day(there) if len(there) == len(values) else "",
        "is_long_number": bool(there) and all(re.fullmatch(r"[\d-]{12,}", value) for value in there),
    }


def one_day(values: Sequence[str]) -> str:
    """The day that all of them are, as contracts read it; empty for none and for several."""
    different = set(values)
    day = day_in(different.pop()) if len(different) == 1 else None
    return "" if day is None else day.isoformat()
