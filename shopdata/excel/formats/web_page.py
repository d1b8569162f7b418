"""Tables of web pages: HTML that calls itself .xls."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import lxml.etree  # type: ignore[import-untyped]
import lxml.html  # type: ignore[import-untyped]

from shopdata.excel.blocks.merged_ranges import Merge
from shopdata.excel.blocks.rows import RawCell, row_blocks, text_cell
from shopdata.excel.blocks.sheet import Sheet
from shopdata.excel.contract import Contract
from shopdata.excel.formats.csv_text import decode
from shopdata.excel.formats.page_layout import SAMPLE_ROWS, is_data, is_login_page
from shopdata.excel.tables import Formats
from shopdata.exceptions import RejectedFileError

_CHARSET = re.compile(rb"""charset\s*=\s*["']?([\w-]+)""", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\r\n\f\xa0]+")
#: Stands for `<br>` until blanks are dealt with; Unicode has it for this.
_LINE_BREAK = "\u2028"
#: Stands for half a surrogate pair, which lxml does not take, until the cell is read; nobody may use it as a sign.
_HALF = "\ufdd0"
_HALF_PAIR = re.compile("[\ud800-\udfff]")
#: A cell of a web page may claim to cover more columns than any table has.
_MAX_SPAN = 1000


def html_sheets(path: Path, formats: Formats, where: str, contract: Contract | None = None) -> list[Sheet]:
    """Every table of a web page as one sheet; merged cells have their text in the first one, as in Excel.

    Without a contract that names the columns, a table that only puts the page's parts in their places is none.

    Raises:
        RejectedFileError: there is no table: it is a login or error page.
    """
    content = path.read_bytes()
    declared = _CHARSET.search(content[:4096])
    text = decode(content, where, declared[1].decode().lower() if declared else None)
    try:
        page = lxml.html.document_fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", _HALF_PAIR.sub(_HALF, text)))
    except (lxml.etree.LxmlError, ValueError) as error:
        raise _no_table(f"{type(error).__name__}: {error}", where) from None
    if is_login_page(page):
        raise _no_table(describe_page(page, "a login page"), where)
    if text.lower().rfind("</table") < text.lower().rfind("<table"):
        raise RejectedFileError(
            "the web page is cut short",
            code="file_damaged",
            where=where,
            found="a table without an end",
            expected="a whole page",
            todo="Download it again; if it stays so, the portal made it badly.",
        )
    tables = [table for table in page.iter("table") if table.find(".//table") is None]
    if contract is None:
        tables = [table for table in tables if is_data(table, list(islice(_table_rows(table), SAMPLE_ROWS)))]
    if not tables:
        raise _no_table(describe_page(page), where)
    sheets = []
    for number, table in enumerate(tables, start=1):
        merges: list[Merge] = []
        rows = row_blocks(_table_rows(table, merges), formats)
        sheets.append(Sheet(f"table {number}", rows, merges=merges.copy))
    return sheets


def describe_page(page: Any, kind: str = "a web page") -> str:
    """The title of a page, for the sentence about it; never its content."""
    title = _BLANKS.sub(" ", page.findtext(".//title") or "").strip()[:80]
    return f"{kind} with the title '{title}'" if title else f"{kind} without a title"


def _no_table(found: str, where: str) -> RejectedFileError:
    return RejectedFileError(
        "a web page came instead of a workbook",
        code="web_page",
        where=where,
        found=found,
        expected="a page with a table of data",
        todo="The session may have ended: sign in again with `scrapy login`.",
    )


def _table_rows(table: Any, merges: list[Merge] | None = None) -> Iterator[list[RawCell]]:
    """The rows of a table; cells that cover others go into `merges` as they come."""
    held: dict[int, int] = {}  # column -> rows that a merged cell from above still covers
    for number, row in enumerate(table.iter("tr"), start=1):
        cells: list[RawCell] = []
        for element in row:
            if element.tag not in ("td", "th"):
                continue
            while held.get(len(cells), 0):
                held[len(cells)] -= 1
                cells.append(None)
            width, height = _span(element, "colspan"), _span(element, "rowspan")
            text = _shown_text(element)
            if merges is not None and (width > 1 or height > 1):
                merges.append(Merge(number, number + height - 1, len(cells), len(cells) + width - 1))
            for place in range(width):
                held[len(cells)] = height - 1
                cells.append(text_cell(text) if place == 0 else None)
        for place in [place for place in held if place >= len(cells)]:
            held[place] = max(held[place] - 1, 0)
        yield cells


def _shown_text(element: Any) -> str:
    """A cell's text as a browser shows it: runs of blanks are one, `<br>` begins a line."""
    lines = "".join(_texts(element)).replace(_HALF, "\ud800").split(_LINE_BREAK)
    return "\n".join(_BLANKS.sub(" ", line).strip() for line in lines).strip()


def _texts(element: Any) -> Iterator[str]:
    if isinstance(element.tag, str):  # a comment's is none
        yield _LINE_BREAK if element.tag == "br" else element.text or ""
        for child in element:
            yield from _texts(child)
            yield child.tail or ""


def _span(element: Any, name: str) -> int:
    value = element.get(name, "1").strip()
    return min(int(value), _MAX_SPAN) if value.isdecimal() and int(value) > 0 else 1
