"""Is a table of a web page one of data, or does it only hold the page's parts in their places?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from shopdata.excel.blocks.rows import RawCell
from shopdata.excel.layout.notices import is_notice_row

#: What stands in the cells of a page's layout and never in those of data.
_HEADINGS_AND_LISTS = ("h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "hr", "nav", "header", "footer")
_FORMS_AND_FRAMES = ("form", "textarea", "select", "button", "iframe", "frame", "object", "embed", "video")
_LAYOUT_TAGS = frozenset((*_HEADINGS_AND_LISTS, *_FORMS_AND_FRAMES))
_DATA_INPUTS = frozenset(("hidden", "checkbox", "radio"))
_PASSWORD_NAMES = ("password", "passwd", "pwd", "密码")
#: So many rows of a table are looked at.
SAMPLE_ROWS = 200


def is_login_page(page: Any) -> bool:
    """True if a password can be typed into it, whatever else is on the page."""
    for field in page.iter("input"):
        said = f"{field.get('name', '')} {field.get('id', '')} {field.get('placeholder', '')}".lower()
        kind = field.get("type", "text").strip().lower()
        if kind == "password" or (kind == "text" and any(name in said for name in _PASSWORD_NAMES)):
            return True
    return False


def is_data(table: Any, rows: Sequence[Sequence[RawCell]]) -> bool:
    """True if a table has a header and columns that go on.

    Args:
        table: its element.
        rows: the cells of its first rows; None for blank ones, and where a cell from the left or above goes on.
    """
    if table.get("role", "").lower() in ("presentation", "none") or any(_is_of_layout(e) for e in table.iter()):
        return False
    filled = [sum(cell is not None for cell in row) for row in rows]
    first = next((number for number, count in enumerate(filled) if count > 1), len(rows))
    body = [number for number in range(first, len(rows)) if filled[number]]
    full = [number for number in body if filled[number] > 1]
    if len(full) == 1:
        # A report without rows is a row of names.
        head = list(table.iter("tr"))[full[0]]
        others = ([cell and cell[0] for cell in rows[number]] for number in body[1:])
        return all(map(is_notice_row, others)) and all(cell.tag == "th" for cell in head if cell.tag in ("td", "th"))
    width, count = Counter(len(rows[number]) for number in full).most_common(1)[0] if full else (0, 0)
    return width > 1 and count * 5 >= len(body) * 4 and not _is_menu(table)


def _is_of_layout(element: Any) -> bool:
    if element.tag == "input":
        return element.get("type", "text").strip().lower() not in _DATA_INPUTS
    return element.tag in _LAYOUT_TAGS


def _is_menu(table: Any) -> bool:
    """True if all that it says is links."""
    said = "".join(table.itertext())
    linked = "".join("".join(link.itertext()) for link in table.iter("a"))
    return len("".join(said.split())) == len("".join(linked.split()))
