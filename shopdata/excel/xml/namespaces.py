"""Elements of a workbook's XML told apart by namespace.

A part is written in one namespace, that of its outermost element: Excel's usual one, that of strict Open XML, with a
prefix or without. Extensions use the same local names in others (`x14:workbookPr`, `xm:row`), and mean other things.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from xml.etree import ElementTree

from shopdata.excel.xml.strings import UnsupportedXmlError

_COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
#: What a reader that knows no extension takes the `FALLBACK` of.
ALTERNATIVES, FALLBACK = f"{_COMPATIBILITY}AlternateContent", f"{_COMPATIBILITY}Fallback"
_UNPREFIXED = re.compile(rb"</?[A-Za-z_][\w.-]*[\s/>]")


def local(tag: str) -> str:
    """An element's name without its namespace."""
    return tag.rpartition("}")[2]


def namespace(tag: str) -> str:
    """The namespace of an element in braces, as it stands before its name; '' for none."""
    return tag[: tag.rfind("}") + 1]


def children(element: ElementTree.Element, name: str, space: str) -> Iterator[ElementTree.Element]:
    """The children of one name in one namespace, also those that stand in the fallback of an alternative."""
    wanted = space + name
    for child in element:
        if child.tag == wanted:
            yield child
        elif child.tag == ALTERNATIVES:
            for fallback in child.iterfind(FALLBACK):
                yield from children(fallback, name, space)


def without_prefix(pieces: Iterable[bytes], root: bytes) -> Iterator[bytes]:
    """The XML of a part whose names all have one prefix (`x:row`, as the Open XML SDK writes them), without it.

    Any other XML, and elements of other prefixes, stay as they are. Raises UnsupportedXmlError for elements that have
    no prefix where those of the part have one: they are of no namespace, or of another.
    """
    pieces = iter(pieces)
    first = next(pieces, b"")
    opened = re.match(rb"[^<]*(?:<\?[^>]*>[^<]*)*<([\w.-]+):" + root + rb"\s[^>]*>", first)
    if opened is None or not re.search(rb"\sxmlns:" + opened[1] + rb"\s*=", opened[0]):
        yield first
        yield from pieces
        return
    begin, end = b"<%b:" % opened[1], b"</%b:" % opened[1]
    held = b""
    for piece in chain([first], pieces):
        whole = held + piece
        cut = whole.rfind(b"<")
        whole, held = whole[:cut], whole[cut:]
        if _UNPREFIXED.search(whole):
            raise UnsupportedXmlError("elements without the prefix of the part")
        yield whole.replace(end, b"</").replace(begin, b"<")
    yield held.replace(end, b"</").replace(begin, b"<")
