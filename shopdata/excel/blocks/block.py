"""Blocks of rows with their columns still numbered: what every reader of a format gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from shopdata.excel.tables import Codes, Column, Kind

Mask = npt.NDArray[np.bool_]

RowNumbers = npt.NDArray[np.int64]


@dataclass
class RawColumn:
    """A column of a block, with what was seen while it was read."""

    column: Column
    #: Whole numbers of more than 15 digits, illegal characters replaced: the number of each.
    imprecise: int = 0
    illegal: int = 0
    errors: int = 0


class Block(Protocol):
    """Some thousand rows in the order of the file. Rows without any value are left out."""

    rows: int
    unvalued_formulas: int
    #: The number of each row in its sheet, from 1.
    numbers: RowNumbers

    def preview(self, limit: int) -> list[list[str]]:
        """The first rows as text; blank cells are ''."""
        ...

    def preview_kinds(self, limit: int) -> list[list[Kind | None]]:
        """The kinds of the cells of the first rows; blank cells are None."""
        ...

    def columns(self, first_row: int) -> dict[int, RawColumn]:
        """All columns that hold a value in or after `first_row`, by number from 0."""
        ...


def simplified(codes: Codes, missing: Mask) -> int | Codes:
    """One code if all cells that hold a value have the same."""
    present = codes[~missing]
    return int(present[0]) if len(present) and (present == present[0]).all() else codes
