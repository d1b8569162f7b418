"""From the sheets of a file to its table: which of them hold data, and under which names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from shopdata.excel.assembly.builder import TableBuilder
from shopdata.excel.blocks.sheet import Sheet, first_block
from shopdata.excel.contract import NO_RULES, Contract, Rules, is_sheet
from shopdata.excel.layout.head import Row
from shopdata.excel.layout.header import HeaderRows, find_header
from shopdata.excel.layout.notices import no_table, only_says, says_nothing, without_notice
from shopdata.excel.layout.odd_rows import OddRows, key_places
from shopdata.excel.limits import Limits
from shopdata.excel.names import HEADER_WITHIN_ROWS, map_columns, no_header
from shopdata.excel.tables import Finding, Formats, Table
from shopdata.exceptions import RejectedFileError


@dataclass
class _Found:
    """A sheet in which something stands."""

    sheet: Sheet
    rows: list[Row]
    header: HeaderRows | None
    #: What it says in place of a table, if it does no more.
    said: str | None = None

    @property
    def score(self) -> int:
        """How much of a table it is: columns of the contract, or columns at all."""
        return self.header.score if self.header is not None else max(len(row.filled) for row in self.rows)

    @property
    def shown(self) -> str:
        """The beginning of it, for a refusal."""
        return ", ".join(cell for cell in self.rows[0].texts if cell)[:120]


def table_of_sheets(
    sheets: list[Sheet],
    contract: Contract | None,
    formats: Formats,
    limits: Limits,
    where: str,
    rules: Rules = NO_RULES,
    spill_folder: Path | None = None,
) -> Table:
    """Finds the sheet, or the like sheets, that hold the data, and reads them.

    Rows of a large table lie in `spill_folder` until it is saved; None keeps them in memory.

    Raises:
        RejectedFileError: none holds data, or several do that are not alike.
    """
    shown = [_found(sheet, contract, rules) for sheet in _wanted(sheets, rules, where)]
    found = [entry for entry in shown if entry is not None]
    if contract is not None and _say_nothing(found) and (contract.allow_empty or contract.empty_is_not_ready):
        return TableBuilder(
            map_columns(contract.columns, contract, where=where), contract, formats, limits, where
        ).finish()
    data, ignored = _data_of(found, contract, where)
    mapped = [map_columns(header.names, contract, where=where) for _, header in data]
    if any(header.places != mapped[0].places for header in mapped) or (len(data) > 1 and not rules.has_header):
        raise _different([sheet for sheet, _ in data], where)
    odd_rows = OddRows(
        [row for _, header in data for row in header.rows], rules.totals, key_places(data[0][1].names, contract)
    )
    builder = TableBuilder(mapped[0], contract, formats, limits, where, spill_folder, rules, odd_rows)
    builder.findings += [finding for sheet in sheets for finding in sheet.findings]
    builder.findings += [Finding("ignored_sheet", text=f"sheet '{name}' holds no table") for name in ignored]
    for sheet, header in data:
        builder.findings += header.findings
        for number, block in enumerate(sheet.blocks):
            builder.add(block, header.last + 1 if number == 0 else 0)
        builder.end_sheet(sheet.merges(), header.last_number)
    return without_notice(replace(builder.finish(), header=data[0][1].place))


def _wanted(sheets: Sequence[Sheet], rules: Rules, where: str) -> list[Sheet]:
    """Those that are shown; of a file with several, the one that the rules name."""
    shown = [sheet for sheet in sheets if not sheet.is_hidden]
    if len(shown) < 2:
        return shown
    wanted = [sheet for number, sheet in enumerate(shown, start=1) if is_sheet(rules.sheet, sheet.name, number)]
    if not wanted:
        raise RejectedFileError(
            "the workbook has no such sheet",
            code="several_tables",
            params={"sheets": [sheet.name for sheet in shown]},
            where=where,
            found=", ".join(f"'{sheet.name}'" for sheet in shown),
            expected=f"sheet {rules.sheet!r}",
            todo="Look which sheet holds the table, and write its name or number under `sheet`.",
        )
    return wanted


def _say_nothing(found: Sequence[_Found]) -> bool:
    """True for a file that says nothing but 暂无数据 or the like."""
    return bool(found) and all(entry.said is not None and says_nothing(entry.said) for entry in found)


def _found(sheet: Sheet, contract: Contract | None, rules: Rules) -> _Found | None:
    block = first_block(sheet)
    if block is None:
        return None
    texts, kinds = block.preview(HEADER_WITHIN_ROWS), block.preview_kinds(HEADER_WITHIN_ROWS)
    numbers = block.numbers[: len(texts)].tolist()
    rows = [Row(number, text, kind) for number, text, kind in zip(numbers, texts, kinds, strict=True)]
    if not rules.has_header:
        return _Found(sheet, rows, HeaderRows(-1, -1, [], max(len(row.filled) for row in rows)))
    header = find_header(rows, contract, cache(sheet.merges))
    said = only_says(texts, block.rows) if header is None or contract is None else None
    return _Found(sheet, rows, header if said is None else None, said)


def _data_of(
    found: Sequence[_Found], contract: Contract | None, where: str
) -> tuple[list[tuple[Sheet, HeaderRows]], list[str]]:
    """The sheets of the table with their headers, and the names of those that are passed over."""
    best = max((entry.score for entry in found if entry.header is not None), default=0)
    data: list[tuple[Sheet, HeaderRows]] = []
    ignored = []
    for entry in found:
        if entry.score * 2 <= best or (best and entry.header is None and (contract is not None or entry.said)):
            ignored.append(entry.sheet.name)
        elif entry.said is not None:
            raise no_table(entry.said, where)
        elif entry.header is None:
            raise no_header(entry.shown, contract, where=f"{where} sheet '{entry.sheet.name}'" if best else where)
        else:
            data.append((entry.sheet, entry.header))
    if not data:
        raise no_header("no cell with a value", contract, where=where)
    return data, ignored


def _different(sheets: Sequence[Sheet], where: str) -> RejectedFileError:
    return RejectedFileError(
        "several sheets hold different tables",
        code="several_tables",
        params={"sheets": [sheet.name for sheet in sheets]},
        where=where,
        found=", ".join(f"'{sheet.name}'" for sheet in sheets),
        expected="one table, or sheets with the same header",
        todo="Look which sheet is meant; the report may have been changed.",
    )
