"""Is a text a table, and which sign separates its columns? Only what the lines themselves prove is believed."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shopdata.excel.contract import Contract
from shopdata.excel.layout.head import Row, is_label_row
from shopdata.excel.layout.header import find_header
from shopdata.excel.layout.notices import says_nothing
from shopdata.excel.names import HEADER_WITHIN_ROWS
from shopdata.exceptions import RejectedFileError

#: Signs that may separate columns; where two fit alike, the first is it. The last two are those of Hive and of ASCII.
SEPARATORS = "\t,;|^~¦§\x01\x1f"
#: Sentences have these too, with a blank behind them.
_IN_SENTENCES = ",;"
#: So much of a text is looked at.
_SAMPLE = 1 << 20
#: Of the lines from the header on, so many have as many cells as the header; a remark within is another.
_REGULAR = 0.9
#: Characters of a name in a header.
_LONGEST_NAME = 40
#: Lines below the table that belong to it no more.
_FOOTER_LINES = 20
#: Signs that no text has. A few may have got into a cell; more of them are another format.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_FEW_CONTROLS, _CONTROLS_SHARE = 5, 0.001
_RULE = re.compile(r"[\s|+:=-]*[-=]{3,}[\s|+:=-]*")


@dataclass(frozen=True)
class TextLayout:
    """How a text is a table: its separator, how many cells its header has, and in which row (from 0) that is."""

    separator: str
    width: int
    first_row: int


def layout_of(text: str, contract: Contract | None, where: str) -> TextLayout:
    """The layout that a text has by its contract's names, or by lines that all have the same number of cells.

    Raises:
        RejectedFileError: nothing shows that it is a table.
    """
    sample = text[:_SAMPLE]
    if len(text) > _SAMPLE:
        sample = sample[: max(sample.rfind("\n"), sample.rfind("\r")) + 1] or sample
    split = {sign: rows for sign in SEPARATORS if sign in sample and (rows := _rows(sample, sign))}
    if contract is not None and (named := _by_names(split, sample, contract)) is not None:
        return named
    controls = _CONTROLS.findall(sample)
    best = max(_proofs(split, sample), default=None)
    if best is not None:
        controls = [sign for sign in controls if sign != best.layout.separator]
    if len(controls) > max(_FEW_CONTROLS, len(sample) * _CONTROLS_SHARE):
        raise _no_table("bytes that no text has", where)
    if best is None and says_nothing(sample.strip()):
        return TextLayout(",", 1, 0)  # one cell, which is looked at like that of a workbook
    if best is None:
        raise _no_table(_oddness(split, sample), where)
    return best.layout


def _rows(sample: str, sign: str) -> list[list[str]]:
    """The rows that are not blank; none at all where the sign makes no sense of them."""
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=sign)
    try:
        return [row for row in reader if any(cell.strip() for cell in row)]
    except csv.Error:
        return []


def _by_names(split: dict[str, list[list[str]]], sample: str, contract: Contract) -> TextLayout | None:
    best, found = 0, None
    # A table of one column has no separator: then any will do that is not in it.
    for sign, rows in (split | ({} if split else {",": _rows(sample, ",")})).items():
        header = find_header([Row(number, row) for number, row in enumerate(rows[:HEADER_WITHIN_ROWS])], contract)
        if header is not None and header.score > best:
            best, found = header.score, TextLayout(sign, _width(rows[header.last]), header.last)
    return found


@dataclass(frozen=True, order=True)
class _Proof:
    """Ordered by how many lines have their cells where they should, and how many cells that are."""

    lines: float
    cells: int
    rank: int
    layout: TextLayout


def _proofs(split: dict[str, list[list[str]]], sample: str) -> Iterator[_Proof]:
    for sign, rows in split.items():
        if any(_RULE.fullmatch(sign.join(row)) for row in rows[:HEADER_WITHIN_ROWS]):
            continue  # drawn for people to look at
        is_punctuation = sign in _IN_SENTENCES and not re.search(rf"{sign}(?!\s|$)", sample)
        proof = _by_shape(sign, rows, is_punctuation) or (None if is_punctuation else _by_header(sign, rows))
        if proof is not None:
            yield proof


def _by_shape(sign: str, rows: Sequence[Sequence[str]], is_punctuation: bool) -> _Proof | None:
    """Nearly all lines from some line on have the same number of cells."""
    widths = [_width(row) for row in rows]
    full = [len(row) for row in rows]
    counts = Counter(width for width in full if width > 1)
    if not counts:
        return None
    width = max(counts, key=lambda wide: (counts[wide], wide))
    first = full.index(width)
    above = [Row(number, row) for number, row in enumerate(rows[:first], start=1) if widths[number - 1] * 2 > width]
    if first >= HEADER_WITHIN_ROWS or not all(is_label_row(row) for row in above):
        return None
    body = full[first:]
    while len(body) > 1 and body[-1] < width and len(full) - first - len(body) < _FOOTER_LINES:
        body.pop()
    regular = body.count(width)
    if regular < 2 or regular < len(body) * _REGULAR or regular * (width - 1) < len(rows) - regular:
        return None
    if not _goes_on([row for row in rows[first:] if len(row) == width]):
        return None
    if is_punctuation and (width < 3 or regular < 3):
        return None
    return _Proof(regular / len(rows), regular * width, -SEPARATORS.index(sign), TextLayout(sign, width, first))


def _by_header(sign: str, rows: Sequence[Sequence[str]]) -> _Proof | None:
    """The first line with the sign has names alone, and none has more cells: Excel leaves out blank ends of lines."""
    first = next((number for number, row in enumerate(rows) if len(row) > 1), len(rows))
    if first + 1 >= len(rows) or first >= HEADER_WITHIN_ROWS:
        return None
    header = [cell.strip() for cell in rows[first]]
    while not header[-1]:
        header.pop()
    names = {name for name in header if 0 < len(name) <= _LONGEST_NAME and not re.fullmatch(r"[\d.,:%/ -]+", name)}
    if not _goes_on(rows[first:]):
        return None
    below = [_width(row) for row in rows[first + 1 :] if len(row) > 1]
    if len(names) < max(len(header), 3) or len(below) < len(rows) - first - 1 or max(below) > len(header):
        return None
    return _Proof(len(below) / len(rows), sum(below), -SEPARATORS.index(sign), TextLayout(sign, len(header), first))


def _goes_on(rows: Sequence[Sequence[str]]) -> bool:
    """True if there is more than one column: the first row names two, and some rows have two values. A sign at each
    line's end makes no column, nor do lines that are set in."""
    filled = [sum(1 for cell in row if cell.strip()) for row in rows]
    return filled[0] > 1 and sum(count > 1 for count in filled) * 5 >= len(filled)


def _width(row: Sequence[str]) -> int:
    """Cells up to the last that is not blank."""
    return max((place for place, cell in enumerate(row, start=1) if cell.strip()), default=0)


def _oddness(split: dict[str, list[list[str]]], sample: str) -> str:
    """What a text has in place of columns: for the sentence."""
    begin = next((line.strip() for line in sample.splitlines() if line.strip()), "")[:60]
    rows = max(split.values(), key=lambda rows: sum(len(row) - 1 for row in rows), default=[])
    widths = [len(row) for row in rows]
    if len(set(widths)) < 2:
        return f"'{begin}'" + ("" if len(rows) > 1 or "\n" in sample.strip() else ", one line")
    usual = Counter(widths).most_common(1)[0][0]
    number, odd = next((number, width) for number, width in enumerate(widths, start=1) if width != usual)
    return f"'{begin}', with {usual} cells in most lines and {odd} in line {number}"


def _no_table(found: str, where: str) -> RejectedFileError:
    return RejectedFileError(
        "the text is no table: nothing proves its columns",
        code="unreadable",
        where=where,
        found=found,
        expected="a header and rows with the same number of commas, semicolons, tabs or pipes in each line",
        todo="Look at the file: it may say what went wrong. If it is a table, save it as .xlsx.",
    )
