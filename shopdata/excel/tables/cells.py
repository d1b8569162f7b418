"""What a cell of a source is, apart from its text: its kind, and the number format that Excel shows it in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.uint8]

#: Codes that every table has: text, and a number in the format "General".
TEXT, NUMBER = 0, 1

#: What a cell of Excel can hold, as Excel counts it: a sign outside of Unicode's first plane (most emoji) is two.
MAX_CELL_LENGTH = 32_767


def cell_length(text: str) -> int:
    """As Excel counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


class Kind(StrEnum):
    """What a cell of the source is, apart from its text."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    BOOL = "bool"
    ERROR = "error"


@dataclass(frozen=True)
class CellFormat:
    """A kind of cell with the number format that Excel shows it in."""

    kind: Kind
    number_format: str = "General"


#: How a kind is shown when its source says nothing better.
PLAIN_FORMATS = {
    Kind.TEXT: "General",
    Kind.NUMBER: "General",
    Kind.DATE: "yyyy-mm-dd",
    Kind.BOOL: "General",
    Kind.ERROR: "General",
}


class Formats:
    """The formats of one file; a cell refers to them by a code from 0 to 255."""

    def __init__(self) -> None:
        self._codes: dict[CellFormat, int] = {}
        self.code(CellFormat(Kind.TEXT))
        self.code(CellFormat(Kind.NUMBER))

    def code(self, cell_format: CellFormat) -> int:
        """The code of a format; from the 251st on a kind's plain format stands for the rest of its kind."""
        if cell_format not in self._codes and len(self._codes) > 250:
            cell_format = CellFormat(cell_format.kind, PLAIN_FORMATS[cell_format.kind])
        return self._codes.setdefault(cell_format, len(self._codes))

    def __iter__(self) -> Iterator[CellFormat]:
        return iter(self._codes)

    def __len__(self) -> int:
        return len(self._codes)
