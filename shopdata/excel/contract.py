"""What the engine is told about a table: the contract of its columns, and what to do where there is a choice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Literal, Self

#: What is done with rows that are no data: totals, footers, headers that come again.
Totals = Literal["keep", "drop", "mark"]


@dataclass(frozen=True)
class Contract:
    """What is agreed about a table. Names are those that are published; a file may use an alias of them.

    `shopdata.config.Dataset` says more, and says there what each of these means for a dataset.
    """

    #: In the order they are published.
    columns: tuple[str, ...]
    #: Other names that a column has had: {name: (other, ...)}.
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: Columns that are text from the first read to the last write.
    ids: tuple[str, ...] = ()
    #: Columns that tell one row from another.
    keys: tuple[str, ...] = ()
    #: Without these a file is refused; others may be missing, and are then null.
    required: tuple[str, ...] = ()
    #: Columns of JSON rows that come as seconds since 1970 and become times in Shanghai.
    epoch_seconds: tuple[str, ...] = ()
    #: Texts that become null.
    null_texts: tuple[str, ...] = ()
    #: Whether a file that only says that there is nothing is a table without rows: as a good answer, or as "not yet".
    allow_empty: bool = False
    empty_is_not_ready: bool = False
    #: As in `Rules`.
    totals: Totals | None = None
    merged_cells: Literal["keep", "fill"] | None = None
    zip_parts: Literal["refuse", "join"] = "refuse"
    sheet: str | int | None = None

    @classmethod
    def of(cls, source: object) -> Self:
        """That of anything that has these fields as attributes, such as a dataset of the configuration."""
        return cls(**{entry.name: getattr(source, entry.name) for entry in fields(cls)})


@dataclass(frozen=True)
class Rules:
    """How a table is taken out of a file, where that is a matter of choice. None means: as it is, with a warning."""

    #: False if the first row is one of values already.
    has_header: bool = True
    totals: Totals | None = None
    #: What cells hold that are merged with the one above: its value, or nothing.
    merged_cells: Literal["keep", "fill"] | None = None
    #: Whether workbooks of equal header in one zip are one table.
    zip_parts: Literal["refuse", "join"] = "refuse"
    #: The sheet of a workbook that is read, by its name or its place among those that are shown, from 1; None: the one
    #: that has the table.
    sheet: str | int | None = None

    @classmethod
    def of(cls, contract: Contract | None) -> Self:
        """Those of a contract."""
        if contract is None:
            return cls()
        return cls(
            totals=contract.totals,
            merged_cells=contract.merged_cells,
            zip_parts=contract.zip_parts,
            sheet=contract.sheet,
        )


NO_RULES = Rules()


def is_sheet(wanted: str | int | None, name: str, number: int) -> bool:
    """True for the sheet that a rule names: `name` is a sheet's, `number` its place among those that are shown."""
    return wanted is None or number == wanted or (isinstance(wanted, str) and name.strip() == wanted.strip())
