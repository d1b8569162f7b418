"""Files with names, telephone numbers and addresses: as they come they are kept nowhere, as chats are not."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from shopdata.excel.contract import Contract
from shopdata.excel.formats.json_lines import first_line, row_line
from shopdata.excel.reading import read_table
from shopdata.excel.tables import Table
from shopdata.files import write_durably
from shopdata.lake.privacy import mask_text

#: What stands in a personal column in the place of a value.
MARK = "[已隐去]"


def mask_file(path: Path, contract: Contract, personal: Collection[str], about: Mapping[str, Any], where: str) -> None:
    """Writes the rows of a workbook or CSV in its place, as JSON Lines, without what says who somebody is.

    In columns that are `personal` all goes; in the others telephone numbers and addresses, but for identifiers. What
    the cells held is kept as text: of a masked file, the workbook's formats are lost.

    Raises:
        RejectedFileError: it is no table.
    """
    table = read_table(path, contract, where=where)
    kept = frozenset(contract.ids) - frozenset(personal)
    lines = _lines(table, frozenset(personal), kept, {**about, "rows": table.rows})
    write_durably(path, lines)


def _lines(table: Table, personal: frozenset[str], kept: frozenset[str], about: Mapping[str, Any]) -> Iterator[bytes]:
    yield first_line(about)
    for batch in table.to_arrow().to_batches():
        for row in batch.to_pylist():
            yield row_line({name: _masked(name, value, personal, kept) for name, value in row.items()})


def _masked(name: str, value: str | None, personal: frozenset[str], kept: frozenset[str]) -> str | None:
    if value is None or name in kept:
        return value
    return MARK if name in personal else mask_text(value)
