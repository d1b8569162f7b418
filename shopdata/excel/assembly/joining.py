"""One table out of several of equal header: the parts of a report that a portal has split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from shopdata.excel.limits import Limits, require_at_most
from shopdata.excel.tables import Batch, Column, Finding, Formats, Table
from shopdata.exceptions import RejectedFileError


def joined(parts: Sequence[tuple[str, Table]], limits: Limits, where: str) -> Table:
    """The rows of all parts, one after the other. `parts` are named tables of one contract.

    Raises:
        RejectedFileError: their columns differ, or they are larger together than is safe.
    """
    first_name, first = parts[0]
    for name, table in parts[1:]:
        if table.columns != first.columns or table.missing != first.missing:
            raise _different(first_name, first, name, table, where)
    require_at_most(limits.rows, sum(table.rows for _, table in parts), f"rows in {len(parts)} parts", where)
    formats = Formats()
    batches = [batch for _, table in parts for batch in _recoded(table, formats)]
    warnings = [replace(found, text=f"'{name}': {found.text}") for name, table in parts for found in table.warnings]
    shown = ", ".join(f"'{name}'" for name, _ in parts[:5]) + (" …" if len(parts) > 5 else "")
    warnings.insert(0, Finding("joined_zip", count=len(parts), text=f"{len(parts)} parts of a zip are joined: {shown}"))
    renamed = {alias: name for _, table in parts for alias, name in table.renamed.items()}
    return replace(first, batches=batches, formats=tuple(formats), warnings=warnings, renamed=renamed)


def _recoded(table: Table, formats: Formats) -> list[Batch]:
    codes = np.array([formats.code(entry) for entry in table.formats], np.uint8)
    return [
        Batch(
            batch.rows,
            [
                Column(column.text, int(codes[column.codes]) if isinstance(column.codes, int) else codes[column.codes])
                for column in batch.columns
            ],
        )
        for batch in table.batches
    ]


def _different(first_name: str, first: Table, name: str, table: Table, where: str) -> RejectedFileError:
    more = [column for column in table.columns if column not in first.columns or column in first.missing]
    less = [column for column in first.columns if column not in table.columns or column in table.missing]
    what = [f"only '{name}' has '{column}'" for column in more[:2]]
    what += [f"only '{first_name}' has '{column}'" for column in less[:2]]
    return RejectedFileError(
        "the parts of the zip are different tables",
        code="several_tables",
        where=where,
        found=", ".join(what) or f"the columns of '{name}' in another order than those of '{first_name}'",
        expected="the same header in all of them",
        todo="Look which of them is meant; take the others out of the zip.",
    )
