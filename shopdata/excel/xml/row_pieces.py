"""The XML of a worksheet in pieces of whole rows, for `scan`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from shopdata.excel.xml.strings import Frame, UnsupportedXmlError, has_other_encoding


def row_pieces(
    pieces: Iterable[bytes], max_row_bytes: int = 64 << 20, behind: list[bytes] | None = None
) -> Iterator[bytes]:
    """Cuts the XML of a sheet into pieces that hold whole rows; all that is not `sheetData` is left out.

    What stands behind the rows is put into `behind`, where that is given.

    Raises UnsupportedXmlError where it can't be told what a row is, or if the sheet ends too early.
    """
    held, is_inside, is_done = b"", False, False
    around = Frame()

    def put_behind(xml: bytes) -> None:
        around.add(xml)
        if behind is not None:
            behind.append(xml)

    for piece in pieces:
        if is_done:
            put_behind(piece)
            continue
        held += piece
        if not is_inside:
            begin = re.search(rb"<sheetData\s*(/?)>", held)
            if begin is None:
                if len(held) > max_row_bytes:
                    raise UnsupportedXmlError("no sheetData")
                continue
            _check_head(held[: begin.start()])
            around.add(held[: begin.end()])
            held, is_inside, is_done = held[begin.end() :], True, begin[1] == b"/"
            if is_done:
                put_behind(held)
                continue
        end = held.find(b"</sheetData")
        is_done = end >= 0
        cut = end if is_done else held.rfind(b"<row")
        if is_done:
            put_behind(held[cut:])
        if cut > 0:
            yield held[:cut]
            held = held[cut:]
        elif len(held) > max_row_bytes:
            raise UnsupportedXmlError("a row without an end")
    if not is_done:
        raise UnsupportedXmlError("the sheet ends too early")
    around.add(b"", is_last=True)


def _check_head(head: bytes) -> None:
    """What stands before the rows must leave no doubt which elements are the worksheet's own."""
    root = re.search(rb"<worksheet[\s>]", head)
    end = -1 if root is None else head.find(b">", root.start())
    if end < 0 or b"<!" in head or has_other_encoding(head):
        raise UnsupportedXmlError("another root, a document type, a comment or another encoding")
    behind = head[end:]
    if b"xmlns=" in behind or b":AlternateContent" in behind:
        raise UnsupportedXmlError("elements of another namespace before the rows")
