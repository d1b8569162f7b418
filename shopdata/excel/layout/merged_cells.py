"""Cells that are merged with the one above: they hold nothing, and mean what stands in the first of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shopdata.excel.blocks.merged_ranges import Merge
from shopdata.excel.contract import Rules
from shopdata.excel.tables import Batch, Column, Finding
from shopdata.excel.tables.spill import Spill

_TEXTS = {
    None: "{cells} blank because the one above is merged over {it} ({where}); `merged_cells: fill` in the contract, or "
    "--fill-merged, gives {it} its value",
    "fill": "{cells} filled with the value of the one above, which is merged over {it}",
}

Rows = npt.NDArray[np.int64]


@dataclass
class MergedCells:
    """Fills them, or counts them, as the contract says."""

    rules: Rules
    #: The rows' numbers of each batch of the sheet that is being read.
    numbers: list[Rows] = field(default_factory=list)

    def settle(
        self,
        batches: list[Batch] | Spill,
        merges: Sequence[Merge],
        header_row: int,
        places: Mapping[int, tuple[int, str]],
    ) -> list[Finding]:
        """Sees to the last batches, of which `numbers` are known. `places` has place and name of a file's columns."""
        numbers, self.numbers = self.numbers, []
        by_column: dict[int, list[Merge]] = defaultdict(list)
        for merge in merges:
            if merge.bottom > merge.top > header_row and merge.left in places:
                by_column[merge.left].append(merge)
        if not by_column or not numbers:
            return []
        sheet = batches[-len(numbers) :]
        rows = np.concatenate(numbers)
        findings = []
        for column in sorted(by_column):
            number, name = places[column]
            findings += self._settle(sheet, rows, by_column[column], number, name)
        if findings and self.rules.merged_cells == "fill":
            for place, batch in enumerate(sheet, start=len(batches) - len(sheet)):
                batches[place] = batch
        return findings

    def _settle(
        self, sheet: Sequence[Batch], rows: Rows, merges: Sequence[Merge], number: int, name: str
    ) -> list[Finding]:
        # A column that came late is not in the first batches.
        columns = [batch.columns[number] if number < len(batch.columns) else None for batch in sheet]
        texts = pa.concat_arrays(
            [pa.nulls(b.rows, pa.string()) if c is None else c.text for b, c in zip(sheet, columns, strict=True)]
        )
        is_blank = texts.is_null().to_numpy(zero_copy_only=False)
        source = np.arange(len(rows))
        tops = np.array([merge.top for merge in merges], np.int64)
        bottoms = np.array([merge.bottom for merge in merges], np.int64)
        first, end = np.searchsorted(rows, tops), np.searchsorted(rows, bottoms, "right")
        for merge, begin, behind in zip(merges, first.tolist(), end.tolist(), strict=True):
            if behind > begin + 1 and rows[begin] == merge.top and not is_blank[begin]:
                below = np.arange(begin + 1, behind)
                source[below[is_blank[begin + 1 : behind]]] = begin
        filled = np.flatnonzero(source != np.arange(len(rows)))
        if not len(filled) or self.rules.merged_cells == "keep":
            return []
        if self.rules.merged_cells == "fill":
            self._fill(sheet, columns, texts, source, number)
        count = len(filled)
        where = ", ".join(str(row) for row in rows[filled[:5]].tolist()) + (" …" if count > 5 else "")
        cells = f"{count} cells are" if count > 1 else "1 cell is"
        text = _TEXTS[self.rules.merged_cells].format(
            cells=cells, it="them" if count > 1 else "it", where=f"rows {where}" if count > 1 else f"row {where}"
        )
        return [Finding("merged_cells", name, len(filled), text)]

    @staticmethod
    def _fill(
        sheet: Sequence[Batch], columns: Sequence[Column | None], texts: pa.Array, source: Rows, number: int
    ) -> None:
        codes = np.concatenate(
            [np.zeros(b.rows, np.uint8) if c is None else c.code_array() for b, c in zip(sheet, columns, strict=True)]
        )
        texts, codes = texts.take(pa.array(source)), codes[source]
        start = 0
        for batch in sheet:
            batch.columns += [Column(pa.nulls(batch.rows, pa.string()))] * (number + 1 - len(batch.columns))
            stretch = slice(start, start + batch.rows)
            batch.columns[number] = Column(texts.slice(start, batch.rows), codes[stretch])
            start += batch.rows
