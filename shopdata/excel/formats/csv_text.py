"""Tables as text: CSV, tab-separated text and their kin, in the encodings of Chinese portals."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from shopdata.excel.blocks.block import Block
from shopdata.excel.blocks.rows import RawCell, row_blocks, text_cell
from shopdata.excel.blocks.sheet import Sheet
from shopdata.excel.contract import Contract
from shopdata.excel.formats.separators import TextLayout, layout_of
from shopdata.excel.limits import MAX_COLUMNS
from shopdata.excel.tables import Formats
from shopdata.exceptions import RejectedFileError


def decode(content: bytes, where: str, declared: str | None = None) -> str:
    """The text of a file: by its byte order mark, as UTF-8, as what it declares, or as GB18030.

    Raises:
        RejectedFileError: it is none of these.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ["utf-16"]
    else:
        candidates = ["utf-8-sig", "gb18030" if declared in (None, "gbk", "gb2312") else declared, "gb18030"]
    for encoding in candidates:
        try:
            # Portals that cut a text cut signs in half; a reader of cells sees to them.
            text = content.decode(encoding, "surrogatepass" if encoding.startswith("utf") else "strict")
        except UnicodeDecodeError as error:
            if encoding == "utf-8-sig" and _is_cut_short(content, error):
                break
            continue
        except LookupError:
            continue
        if "\0" not in text:
            return text.lstrip("\ufeff")  # a program that adds a mark to what has one already
    raise RejectedFileError(
        "the text can't be decoded",
        code="unreadable",
        where=where,
        found=f"bytes {content[:8].hex(' ')} …",
        expected="UTF-8, UTF-16 or GB18030",
        todo="Look at the file: it may be cut short, or be no text at all.",
    )


def _is_cut_short(content: bytes, error: UnicodeDecodeError) -> bool:
    """True for UTF-8 that ends within a character; as GB18030 it would be read as other characters."""
    is_marked = content.startswith(codecs.BOM_UTF8)
    return is_marked or (error.reason == "unexpected end of data" and not content[: error.start].isascii())


def csv_sheets(path: Path, formats: Formats, where: str, contract: Contract | None = None) -> list[Sheet]:
    """A text with separated columns as one sheet. All its cells are text.

    Raises:
        RejectedFileError: it can't be decoded, nothing shows that it is a table, or its quotes do not match.
    """
    text = decode(path.read_bytes(), where)
    return [Sheet("csv", _csv_rows(text, layout_of(text, contract, where), formats, where))]


def _csv_rows(text: str, layout: TextLayout, formats: Formats, where: str) -> Iterator[Block]:
    sign = layout.separator
    if sign != "\t" and '"\t' in text:
        # A tab behind the quotes is how exporters keep Excel from making a number of an id.
        text = re.sub(rf'"\t+(?=[{re.escape(sign)}\r\n]|\Z)', '"', text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=True)
    has_end = text.endswith(("\n", "\r"))

    def rows() -> Iterator[list[RawCell]]:
        width, narrowest, seen = 0, MAX_COLUMNS, 0
        for row in reader:
            if width:
                narrowest = min(narrowest, width)
            width = len(row)
            if width > layout.width and seen > layout.first_row and any(cell.strip() for cell in row[layout.width :]):
                raise _too_wide(reader.line_num, width, layout.width, where)
            seen += any(cell.strip() for cell in row)
            yield [_csv_cell(cell) for cell in row]
        if not has_end and narrowest < MAX_COLUMNS and width < narrowest:
            raise RejectedFileError(
                "the last line is cut short",
                code="file_damaged",
                where=where,
                found=f"{width} cells and no line end",
                expected=f"{narrowest} cells, as above it",
                todo="Download it again; if it stays so, the portal made it badly.",
            )

    try:
        yield from row_blocks(rows(), formats)
    except csv.Error as error:
        raise RejectedFileError(
            f"line {reader.line_num} is no CSV",
            code="unreadable",
            where=where,
            found=str(error),
            expected="cells in matching quotes",
            todo="Download it again; it may be cut short.",
        ) from None


def _too_wide(line: int, found: int, expected: int, where: str) -> RejectedFileError:
    return RejectedFileError(
        f"line {line} is no CSV: it has more cells than the header",
        code="unreadable",
        where=where,
        found=f"{found}",
        expected=f"at most {expected}",
        todo="A text in it may hold the sign that separates the cells, without quotes around it: fix the line.",
    )


def _csv_cell(text: str) -> RawCell:
    # ="00123" is how exporters keep Excel from eating zeros: the quotes are no part of the value. A tab is another way.
    if text.startswith('="') and text.endswith('"'):
        text = text[2:-1].replace('""', '"')
    return text_cell(text.strip("\t"))
