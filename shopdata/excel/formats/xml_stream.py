"""XML as a stream of elements, for spreadsheets that are one long document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast
from xml.etree import ElementTree

from shopdata.excel.blocks.rows import RawCell
from shopdata.excel.formats.xml_fallback import broken_sheet
from shopdata.excel.limits import MAX_GAP_PER_CELL, MAX_GRID_CELLS

Event = tuple[str, ElementTree.Element, list[ElementTree.Element]]


def events(pieces: Iterable[str | bytes], where: str) -> Iterator[Event]:
    """(`start` or `end`, the element, the elements that it stands in). What is done with is the caller's to clear.

    Raises:
        RejectedFileError: it is not well-formed to its end, or declares entities.
    """
    parser: ElementTree.XMLPullParser[ElementTree.Element] = ElementTree.XMLPullParser(("start", "end"))
    path: list[ElementTree.Element] = []
    try:
        for piece in pieces:
            if ("<!ENTITY" if isinstance(piece, str) else b"<!ENTITY") in piece:  # type: ignore[operator]
                raise broken_sheet("a document with entities of its own", where)
            parser.feed(piece)
            for kind, element in cast(Iterator[tuple[str, ElementTree.Element]], parser.read_events()):
                if kind == "start":
                    yield kind, element, path
                    path.append(element)
                else:
                    path.pop()
                    yield kind, element, path
        parser.close()
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise broken_sheet(str(error), where) from None


class Spread:
    """Counts cells that are there against those that a few words make of them: a bomb is refused early."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._written = self._made = 0

    def check(self, row: list[RawCell], written: int, times: int = 1) -> None:
        """Raises RejectedFileError if `written` cells of the file become far too many."""
        self._written += written
        self._made += len(row) * times
        if self._made > max(MAX_GRID_CELLS, self._written * MAX_GAP_PER_CELL):
            raise broken_sheet(f"{self._written:,} cells that stand for {self._made:,}", self._where)
