"""Elements of a workbook's XML told apart by namespace.

A part is written in one namespace, that of its outermost element: Excel's usual one, that of strict Open XML, with a
prefix or without. Extensions use the same local names in others (`x14:workbookPr`, `xm:row`), and mean other things.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree

_COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
#: What a reader that knows no extension takes the `FALLBACK` of.
ALTERNATIVES, FALLBACK = f"{_COMPATIBILITY}AlternateContent", f"{_COMPATIBILITY}Fallback"


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
