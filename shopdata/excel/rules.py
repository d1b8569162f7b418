"""How a table is taken out of a file, where that is a matter of choice: a contract says it, or who merges a folder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:  # its import takes longer than reading a small file
    from shopdata.config import Dataset

#: What is done with rows that are no data: totals, footers, headers that come again.
Totals = Literal["keep", "drop", "mark"]


@dataclass(frozen=True)
class Rules:
    """The choices. None means: as it is, with a warning."""

    #: False if the first row is one of values already.
    has_header: bool = True
    totals: Totals | None = None
    #: What cells hold that are merged with the one above: its value, or nothing.
    merged_cells: Literal["keep", "fill"] | None = None
    #: Whether workbooks of equal header in one zip are one table.
    zip_parts: Literal["refuse", "join"] = "refuse"

    @classmethod
    def of(cls, dataset: Dataset | None) -> Rules:
        """Those of a contract."""
        if dataset is None:
            return cls()
        return cls(totals=dataset.totals, merged_cells=dataset.merged_cells, zip_parts=dataset.zip_parts)


NO_RULES = Rules()
