"""How far apart the cells of a workbook are: a reader that holds all between them may need more than all memory."""

from __future__ import annotations

import re
from pathlib import Path

from shopdata.excel.containers.zip_package import Package
from shopdata.excel.limits import Limits

_ROW = re.compile(rb"""<(?:[\w.-]+:)?row\s(?:[^>]*\s)?r=["'](\d+)""")
#: The last column of a step, and what is written of columns right of it.
_COLUMNS = (
    (26, re.compile(rb"""\sr=["'][A-Z]{2,3}\d""")),
    (104, re.compile(rb"""\sr=["'](?:[D-Z][A-Z]|[A-Z]{3})\d""")),
    (260, re.compile(rb"""\sr=["'](?:[J-Z][A-Z]|[A-Z]{3})\d""")),
    (702, re.compile(rb"""\sr=["'][A-Z]{3}\d""")),
)
_LAST_COLUMN = 16_384
#: No opened tag of a cell or row is longer.
_OVERLAP = 256


def cells_spanned(path: Path) -> int:
    """About how many cells lie between A1 and the last one of the largest sheet of an .xlsx, blank ones included.

    Raises RejectedFileError if it is no whole zip.
    """
    most = 0
    with Package(path, Limits(), path.name) as package:
        for name in package.names:
            if "sheet" not in name.lower() or not name.lower().endswith(".xml"):
                continue
            rows, step, tail = 1, 0, b""
            for piece in package.pieces(name):
                seen = tail + piece
                rows = max(rows, *map(int, _ROW.findall(seen)), 1)
                while step < len(_COLUMNS) and _COLUMNS[step][1].search(seen):
                    step += 1
                tail = seen[-_OVERLAP:]
            most = max(most, rows * (_COLUMNS[step][0] if step < len(_COLUMNS) else _LAST_COLUMN))
    return most
