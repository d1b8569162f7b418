"""Which cells of a sheet are merged, as its XML says. What becomes of them: `layout.merged_cells`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from shopdata.excel.names import column_number

#: More of them than this are not read: nobody merges so many cells by hand, and a file may claim any number.
MAX_MERGES = 200_000

_ROOT = re.compile(rb"</((?:[\w.-]+:)?)worksheet\s*>\s*\Z")
_EXTENSIONS = re.compile(rb"<(?:[\w.-]+:)?extLst\b")
_MERGE = rb"<%bmergeCell\s(?![^>]*xmlns)[^>]*?ref=[\"']\$?([A-Z]{1,3})\$?(\d{1,7}):\$?([A-Z]{1,3})\$?(\d{1,7})[\"']"


class Merge(NamedTuple):
    """A block of merged cells: rows from 1, columns from 0, all inclusive."""

    top: int
    bottom: int
    left: int
    right: int


#: Finds the merged cells of a sheet, which may cost another look into the file.
FindMerges = Callable[[], Sequence[Merge]]


@dataclass
class Behind:
    """What stands behind the rows of a worksheet, as far as it was read; among it are the merged cells."""

    pieces: Callable[[], Iterable[bytes]]
    xml: list[bytes] = field(default_factory=list)
    is_whole: bool = False

    def merges(self) -> list[Merge]:
        """The merged cells; before the sheet was read to its end, it is gone through once more for them."""
        return read_merges(b"".join(self.xml)) if self.is_whole else find_merges(self.pieces)


def read_merges(xml: bytes) -> list[Merge]:
    """The merged cells in what stands behind the rows of a worksheet, to its end."""
    found = []
    # Elements of another prefix, and all in extensions, are of another namespace.
    root = _ROOT.search(xml)
    prefix = re.escape(root[1]) if root else b""
    extensions = _EXTENSIONS.search(xml)
    for match in re.finditer(_MERGE % prefix, xml[: extensions.start()] if extensions else xml):
        left, top, right, bottom = (part.decode() for part in match.groups())
        found.append(Merge(int(top), int(bottom), column_number(left), column_number(right)))
        if len(found) == MAX_MERGES:
            break
    return found


def find_merges(pieces: Callable[[], Iterable[bytes]]) -> list[Merge]:
    """The merged cells of a whole worksheet's XML."""
    return read_merges(b"".join(_behind_rows(pieces())))


def _behind_rows(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """What stands behind the rows; it is small, and the rows are not kept."""
    held, is_behind = b"", False
    for piece in pieces:
        if is_behind:
            yield piece
            continue
        held = held[-20:] + piece
        place = held.find(b"<mergeCells")
        if place < 0:
            place = held.find(b":mergeCells")
        if place >= 0:
            is_behind = True
            yield held[place:]
