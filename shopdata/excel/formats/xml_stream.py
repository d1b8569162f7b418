"""XML as a stream of elements: documents and parts that are too large to be held as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import cast
from xml.etree import ElementTree

from shopdata.excel.blocks.rows import RawCell
from shopdata.excel.limits import MAX_GAP_PER_CELL, MAX_GRID_CELLS
from shopdata.excel.xml.namespaces import ALTERNATIVES, FALLBACK, local, namespace
from shopdata.exceptions import RejectedFileError

Event = tuple[str, ElementTree.Element, list[ElementTree.Element]]


def broken_sheet(found: str, where: str) -> RejectedFileError:
    """The refusal of XML that is no worksheet."""
    return RejectedFileError(
        "the workbook can't be read",
        code="unreadable",
        where=where,
        found=found,
        expected="worksheets as Excel writes them",
        todo="Open it in Excel; if that can't either, the portal made it badly.",
    )


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


def elements(pieces: Iterable[bytes], names: Sequence[str], where: str) -> Iterator[ElementTree.Element]:
    """Each whole element of one kind, out of XML without a document type; it lives until the next one.

    `names` are those from the outermost element down to the wanted one, all in the namespace of the outermost.
    """
    wanted: list[str] = []
    inside = 0  # how many elements are open from the wanted one on
    for kind, element, path in events(_without_type(pieces, where), where):
        if kind == "start":
            wanted = wanted or _names_in(element, names, where)
            above = [parent.tag for parent in path if parent.tag not in (ALTERNATIVES, FALLBACK)]
            inside += bool(inside or [*above, element.tag] == wanted)
            continue
        if inside == 1:
            yield element
        inside = max(inside - 1, 0)
        if not inside and path:
            path[-1].remove(element)


def _without_type(pieces: Iterable[bytes], where: str) -> Iterator[bytes]:
    for piece in pieces:
        if b"<!DOCTYPE" in piece or b"<!ENTITY" in piece:
            raise broken_sheet("a document type", where)
        yield piece


def _names_in(root: ElementTree.Element, names: Sequence[str], where: str) -> list[str]:
    """The names as they are written in the namespace of the outermost element."""
    if local(root.tag) != names[0]:
        raise broken_sheet(f"<{local(root.tag)}> where <{names[0]}> was expected", where)
    return [namespace(root.tag) + name for name in names]


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
