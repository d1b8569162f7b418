"""One sheet of a file, whatever its format, with its rows still to be read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

from shopdata.excel.blocks.block import Block
from shopdata.excel.blocks.merged_ranges import FindMerges
from shopdata.excel.tables import Finding


@dataclass
class Sheet:
    """One sheet of a file with its rows still to be read."""

    name: str
    blocks: Iterator[Block]
    is_hidden: bool = False
    #: What a person should know of how it was read.
    findings: list[Finding] = field(default_factory=list)
    #: Finds its merged cells, where its kind of file has any.
    merges: FindMerges = list


def first_block(sheet: Sheet) -> Block | None:
    """The first block of a sheet, which stays the first of its blocks; None if nothing stands in the sheet."""
    block = next(sheet.blocks, None)
    if block is not None:
        sheet.blocks = chain([block], sheet.blocks)
    return block
