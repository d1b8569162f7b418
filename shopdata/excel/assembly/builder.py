"""Puts the blocks of a file together into a `Table`: named columns, ids as text, blank rows left out, findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from shopdata.excel.assembly.marks import count_apostrophes, count_blank_ends
from shopdata.excel.blocks.block import Block, RawColumn, RowNumbers
from shopdata.excel.blocks.merged_ranges import Merge
from shopdata.excel.contract import NO_RULES, Contract, Rules
from shopdata.excel.layout.merged_cells import MergedCells
from shopdata.excel.layout.odd_rows import KIND_COLUMN, OddRows
from shopdata.excel.limits import Limits, require_at_most
from shopdata.excel.names import Header, column_letters, free_name
from shopdata.excel.tables import (
    MAX_CELL_LENGTH,
    NUMBER,
    TEXT,
    Batch,
    Column,
    Finding,
    Formats,
    Table,
    cell_length,
    null_column,
)
from shopdata.excel.tables.spill import Spill

#: More text than this is not in memory at a time, where there is a folder for it.
IN_MEMORY_BYTES = 16 << 20

_PLAIN_NUMBER = r"^-?(0|[1-9]\d{0,10})(\.\d{1,6})?$"
_TEXTS = {
    "imprecise_number": "{count} whole numbers of more than 15 digits are number cells: their last digits may be lost",
    "illegal_character": "{count} characters that no workbook may hold were replaced by \ufffd",
    "error_cell": "{count} cells hold an error such as #N/A; it is kept as text",
    "too_long": "{count} texts are longer than a cell of Excel: the workbook has their beginning, the Parquet file all",
    "apostrophe": "{count} texts begin with an apostrophe, which is kept: it is part of the text, and not Excel's mark",
    "blank_ends": "{count} ids begin or end with a blank, or hold a sign that nobody sees; they are kept as they are",
    "formula_without_value": "{count} formulas came without a value and are blank",
}


class TableBuilder:
    """Takes blocks in the order of the file; with a `spill_folder` many batches are kept there and not in memory."""

    def __init__(
        self,
        header: Header,
        contract: Contract | None,
        formats: Formats,
        limits: Limits,
        where: str,
        spill_folder: Path | None = None,
        rules: Rules = NO_RULES,
        odd_rows: OddRows | None = None,
    ) -> None:
        self._header, self._formats, self._limits, self._where = header, formats, limits, where
        self._rules, self._odd_rows = rules, odd_rows
        self._merged = MergedCells(rules)
        require_at_most(limits.columns, sum(place is not None for _, place in header.places), "columns", where)
        self._names = [name for name, _ in header.places]
        if rules.totals == "mark":
            self._kind_place = len(self._names)
            self._names.append(free_name(KIND_COLUMN, self._names))
        self._places = {place: number for number, (_, place) in enumerate(header.places) if place is not None}
        self._ids = set(contract.ids) if contract else set()
        nulls = contract.null_texts if contract else ()
        self._null_texts = pa.array(nulls, pa.string()) if nulls else None
        self._spill_folder = spill_folder
        self._batches: list[Batch] | Spill = []
        self._counts = Counter({("illegal_character", name): count for name, count in header.illegal.items()})
        self.findings: list[Finding] = []
        self._rows = self._text_bytes = 0

    def add(self, block: Block, first_row: int) -> None:
        """Takes the rows of a block from `first_row` on."""
        rows = block.rows - first_row
        self._counts["formula_without_value", ""] += block.unvalued_formulas
        if rows <= 0:
            return
        require_at_most(self._limits.rows, self._rows + rows, "rows", self._where)
        columns: list[Column | None] = [None] * len(self._names)
        for place, raw in block.columns(first_row).items():
            number = self._places.get(place)
            if number is None:
                number = self._add_unnamed(place)
                columns.append(None)
            columns[number] = self._finished(self._names[number], raw)
        whole = [null_column(rows) if column is None else column for column in columns]
        batch, numbers = Batch(rows, whole), block.numbers[first_row:]
        if (keep := _filled_rows(batch)) is not None:
            batch, numbers = _filtered(batch, keep), numbers[keep]
        if self._odd_rows is not None and batch.rows:
            batch, numbers = self._without_odd_rows(self._odd_rows, batch, numbers)
        if batch.rows:
            self._batches.append(batch)
            self._merged.numbers.append(numbers)
            self._rows += batch.rows
            self._text_bytes += sum(column.text.nbytes for column in batch.columns)
            require_at_most(self._limits.text_bytes, self._text_bytes, "bytes of text", self._where)
            if isinstance(self._batches, list) and self._spill_folder and self._text_bytes > IN_MEMORY_BYTES:
                self._batches = Spill(self._spill_folder, self._batches)

    def _without_odd_rows(self, odd_rows: OddRows, batch: Batch, numbers: RowNumbers) -> tuple[Batch, RowNumbers]:
        """A batch after what the contract says about totals."""
        columns = {place: batch.columns[number] for place, number in self._places.items()}
        treated = odd_rows.treat(batch, columns, numbers)
        if treated.kinds:
            batch.columns[self._kind_place] = Column(pa.array(treated.kinds, pa.string()))
        if treated.keep is not None:
            return _filtered(batch, treated.keep), numbers[treated.keep]
        return batch, numbers

    def end_sheet(self, merges: Sequence[Merge], header_row: int) -> None:
        """Sees to the cells of the sheet just read that are merged with the one above; `header_row` is the last one
        of its header."""
        places = {place: (number, self._names[number]) for place, number in self._places.items()}
        self.findings += self._merged.settle(self._batches, merges, header_row, places)

    def _add_unnamed(self, place: int) -> int:
        """Values without a name above them are kept under the letters of their column."""
        name = free_name(f"column_{column_letters(place)}", self._names)
        require_at_most(self._limits.columns, len(self._names) + 1, "columns", self._where)
        self._names.append(name)
        if self._rules.has_header:
            self._header.new.append(name)
        self._places[place] = len(self._names) - 1
        return len(self._names) - 1

    def _finished(self, name: str, raw: RawColumn) -> Column:
        column = raw.column
        for kind, count in (
            ("imprecise_number", raw.imprecise),
            ("illegal_character", raw.illegal),
            ("error_cell", raw.errors),
        ):
            if count:
                self._counts[kind, name] += count
        self._check_cell_length(name, column)
        is_id = name in self._ids
        if is_id or not isinstance(column.codes, int) or column.codes == TEXT:
            self._counts["apostrophe", name] += count_apostrophes(column.text, is_id=is_id)
        if is_id:
            self._counts["blank_ends", name] += count_blank_ends(column.text)
            column = Column(_without_point_zero(column.text), TEXT)
        if self._null_texts is not None:
            gone = pc.is_in(column.text, value_set=self._null_texts)
            if pc.any(gone).as_py():
                column = Column(pc.if_else(gone, pa.scalar(None, pa.string()), column.text), column.codes)
        return column

    def _check_cell_length(self, name: str, column: Column) -> None:
        few = min(MAX_CELL_LENGTH, self._limits.cell_length)
        # What all of them have together, no single one exceeds.
        if _bytes_of(column.text) <= few:
            return
        bytes_each = pc.binary_length(column.text)
        if (pc.max(bytes_each).as_py() or 0) > few:
            long = column.text.filter(pc.greater(bytes_each, few))
            longest = pc.max(pc.utf8_length(long)).as_py()
            what = f"characters in a cell of column '{name}'"
            require_at_most(self._limits.cell_length, longest, what, self._where)
            self._counts["too_long", name] += sum(cell_length(text) > MAX_CELL_LENGTH for text in long.to_pylist())

    def finish(self) -> Table:
        """The table of all blocks."""
        batches: Sequence[Batch] = self._batches
        if isinstance(batches, Spill):
            batches.width = len(self._names)
        else:
            batches = [
                Batch(batch.rows, batch.columns + [null_column(batch.rows)] * (len(self._names) - len(batch.columns)))
                for batch in batches
            ]
        if self._odd_rows is not None:
            self.findings += self._odd_rows.findings()
        self.findings += [
            Finding(kind, column, count, _TEXTS[kind].format(count=count))
            for (kind, column), count in self._counts.items()
            if count
        ]
        return Table(
            columns=tuple(self._names),
            batches=batches,
            formats=tuple(self._formats),
            warnings=self.findings,
            new=tuple(self._header.new),
            missing=tuple(self._header.missing),
            renamed=self._header.renamed,
        )


def with_numbers(table: Table, contract: Contract | None) -> Table:
    """Makes number cells of a text format's numbers, so that people can add them up; the texts stay as they are.

    A column becomes one of numbers if all that stands in it is a number or a dash, no id, and no number is so long
    that Excel would show it rounded, or begins with a zero.
    """
    ids = set(contract.ids) if contract else set()
    for place, name in enumerate(table.columns):
        columns = [batch.columns[place] for batch in table.batches]
        if name in ids or not columns:
            continue
        numbers = [pc.match_substring_regex(column.text, _PLAIN_NUMBER) for column in columns]
        dashes = [pc.is_in(column.text, value_set=pa.array(["-", "--"])) for column in columns]
        if all(pc.all(pc.or_(number, dash), min_count=0).as_py() for number, dash in zip(numbers, dashes, strict=True)):
            for column, number in zip(columns, numbers, strict=True):
                codes = number.fill_null(False).to_numpy(zero_copy_only=False).astype(np.uint8) * NUMBER
                column.codes = NUMBER if codes.all() else codes
    return table


def _without_point_zero(texts: pa.Array) -> pa.Array:
    """Ids that went through a float somewhere end in `.0`; it was never part of them."""
    if pc.any(pc.ends_with(texts, ".0")).as_py():
        return pc.replace_substring_regex(texts, r"^(\d+)\.0$", r"\1")
    return texts


def _filled_rows(batch: Batch) -> npt.NDArray[np.bool_] | None:
    """The rows that hold a value; None if all do."""
    if not batch.columns or any(column.text.null_count == 0 for column in batch.columns):
        return None
    keep = np.zeros(batch.rows, np.bool_)
    for column in batch.columns:
        if column.text.null_count < batch.rows:
            keep |= column.text.is_valid().to_numpy(zero_copy_only=False)
            if keep.all():
                return None
    return keep


def _filtered(batch: Batch, keep: npt.NDArray[np.bool_]) -> Batch:
    return Batch(int(keep.sum()), [column.filter(keep) for column in batch.columns])


def _bytes_of(texts: pa.Array) -> int:
    """Of all texts together."""
    if texts.null_count == len(texts):
        return 0
    offsets = np.frombuffer(texts.buffers()[1], np.int32, len(texts) + 1, texts.offset * 4)
    return int(offsets[-1] - offsets[0])
