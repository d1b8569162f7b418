"""What a file is, and what is seen of its table: columns and what is in them, never a row."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from shopdata.excel.reading import read_table
from shopdata.exceptions import RejectedFileError

_MAGIC = ((b"PK\x03\x04", "xlsx"), (b"\xd0\xcf\x11\xe0", "xls"), (b"\x1f\x8b", "any"))
_MOST_ROWS = 20_000


def kind_and_table(content: bytes) -> tuple[str, Mapping[str, Any]]:
    """The kind of a file by its first bytes, and its columns: name, whether each value is another, how many are
    empty, and whether all are numbers of twelve digits or more."""
    kind = next((kind for magic, kind in _MAGIC if content.startswith(magic)), "csv" if content else "any")
    if kind == "xlsx" and b"xl/" not in content and b"[Content_Types]" not in content:
        kind = "zip"
    with tempfile.TemporaryDirectory(prefix="shopdata-record-") as folder:
        path = Path(folder, "file")
        path.write_bytes(content)
        try:
            table = read_table(path, None).to_arrow()
        except (RejectedFileError, OSError):
            return kind, {}
    names = list(table.column_names)
    columns = [_column(name, table.column(name).slice(0, _MOST_ROWS).to_pylist()) for name in names]
    return kind, {"rows": table.num_rows, "columns": columns}


def _column(name: str, values: Sequence[str | None]) -> dict[str, Any]:
    there = [value for value in values if value is not None]
    return {
        "name": name,
        "is_unique": len(set(there)) == len(values) > 0,
        "is_constant": len(set(there)) == 1 and len(there) == len(values),
        "has_gaps": len(there) < len(values),
        "is_long_number": bool(there) and all(re.fullmatch(r"[\d-]{12,}", value) for value in there),
    }
