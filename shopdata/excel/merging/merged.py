"""What goes into a merge, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from shopdata.excel.merging.volumes import Volume
from shopdata.excel.tables import Finding


@dataclass(frozen=True)
class Part:
    """One shop's rows; `table` is a saved `Table`."""

    shop_id: str
    shop_name: str
    table: Path


@dataclass
class Merged:
    """What was written, and where; `warnings` and `drift` are what was found in the file of a shop, by its id."""

    #: The workbook; where it has volumes, their overview, with no sheet of data.
    workbook: Path
    parquet: Path | None
    rows: int
    columns: list[str]
    sheets: list[str]
    rows_by_shop: dict[str, int]
    #: Where each file's header was found, and how sure that is; '' where it has none.
    header_by_shop: dict[str, str]
    #: Columns that no file has: those of the contract, and of earlier periods.
    unseen: list[str]
    warnings: list[tuple[str, Finding]] = field(default_factory=list)
    drift: list[tuple[str, Finding]] = field(default_factory=list)
    #: The workbooks that hold the rows, where `workbook` does not.
    volumes: list[Volume] = field(default_factory=list)
    #: True where the workbook holds no rows: there were more than it may have.
    is_split: bool = False

    @property
    def workbook_rows(self) -> int:
        """How many rows stand in `workbook` itself."""
        return 0 if self.is_split else self.rows
