"""Names of columns: which of a file's is which of its contract's, and what a new one may be called."""

from __future__ import annotations

import difflib
import functools
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from shopdata.columns import RESERVED_COLUMNS
from shopdata.excel.contract import Contract
from shopdata.exceptions import RejectedFileError
from shopdata.texts import one_line, replace_illegal

#: A header stands in one of the first rows; above it there may be titles.
HEADER_WITHIN_ROWS = 40
#: What is to be done about a file in which no row is a header, where there is no contract.
NO_HEADER = "If its first row is one of values, `scrapy merge --no-header` takes it; else give its columns names."
#: Below this likeness (0 to 1) a name is not offered as a renamed column.
LIKENESS = 0.6

#: Marks that nobody sees and that take no place: byte order marks, directions of writing, joiners, fillers, variants.
_UNSEEN = (
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff"
    "\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff"
)
#: Controls and breaks, which part words as blanks do.
_PARTING = "\x00-\x1f\x7f-\x9f\u2028\u2029\u2800"
_GONE = re.compile(f"[{_UNSEEN}]+")
_UNUSABLE = re.compile(rf'[."\[\]\s{_PARTING}]+')
_IGNORED = re.compile(rf"[\s{_UNSEEN}{_PARTING}]+")


@functools.lru_cache(maxsize=1024)
def normalise(name: str) -> str:
    """A column name without what portals write now so, now so: width of characters, blanks, case, unseen marks."""
    return _IGNORED.sub("", unicodedata.normalize("NFKC", name).casefold())


def usable_name(name: str) -> str:
    """A new column's name as the lake can hold it: no dots, quotes, brackets or breaks, none of the lake's own."""
    cleaned = _UNUSABLE.sub(" ", _GONE.sub("", replace_illegal(name)[0])).strip() or "column"
    return f"{cleaned}_" if cleaned.lower() in RESERVED_COLUMNS else cleaned


def column_of(name: str, contract: Contract) -> str:
    """The column that a name or alias of a file's header means."""
    return known_names(contract).get(normalise(name)) or usable_name(name)


@dataclass
class Header:
    """Which column of a file is which column of the table.

    `places` holds (name, number of the file's column or None if it is missing): the contract's in order, then new ones.
    """

    places: list[tuple[str, int | None]]
    new: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)
    #: Characters in the names of new columns that had to be replaced.
    illegal: dict[str, int] = field(default_factory=dict)


def known_names(contract: Contract) -> dict[str, str]:
    """Normalised name or alias -> column."""
    names = {normalise(alias): column for column, aliases in contract.aliases.items() for alias in aliases}
    return names | {normalise(column): column for column in contract.columns}


def map_columns(header: Sequence[str], contract: Contract | None, *, where: str) -> Header:
    """Matches the names of a header with the contract's names and aliases.

    Raises:
        RejectedFileError: a name stands there twice, or a required column is missing.
    """
    known = known_names(contract) if contract else {}
    found: dict[str, int] = {}
    sources: dict[str, str] = {}
    mapped = Header([])
    for number, cell in enumerate(header):
        if not (key := normalise(cell)):
            continue
        column = known.get(key) or usable_name(cell)
        if (twin := sources.get(normalise(column))) is not None:
            raise _duplicate(column, twin, cell, where)
        found[column] = number
        sources[normalise(column)] = cell.strip()
        if key not in known:
            mapped.new.append(column)
            if count := replace_illegal(cell)[1]:
                mapped.illegal[column] = count
        elif key != normalise(column):
            mapped.renamed[one_line(cell.strip())] = column
    if contract is None:
        return Header([(name, found[name]) for name in mapped.new], illegal=mapped.illegal)
    mapped.missing = [name for name in contract.columns if name not in found]
    required = set(contract.required).intersection(mapped.missing)
    if required:
        raise _missing([name for name in contract.columns if name in required], header, mapped, where)
    mapped.places = [(name, found.get(name)) for name in contract.columns]
    mapped.places += [(name, found[name]) for name in mapped.new]
    return mapped


def _duplicate(column: str, first: str, second: str, where: str) -> RejectedFileError:
    todo = "If they are two things, take the one out of `aliases` and give it a place under `columns`."
    if normalise(first) == normalise(second):
        todo = "Rename one of them where the report is made; a reader can't tell them apart."
    return RejectedFileError(
        f"two columns are both '{column}'",
        code="column_twice",
        params={"column": column},
        where=where,
        found=f"'{first}' and '{second.strip()}'",
        expected="every name once",
        todo=todo,
    )


def _missing(columns: Sequence[str], header: Sequence[str], mapped: Header, where: str) -> RejectedFileError:
    column = columns[0]
    more = f" (and {len(columns) - 1} more)" if len(columns) > 1 else ""
    names = [cell.strip() for cell in header if cell.strip()]
    shown = ", ".join(names[:8]) + (" …" if len(names) > 8 else "")
    todo = hint(column, mapped.new) or "If the portal renamed it, add the new name under `aliases`."
    return RejectedFileError(
        f"required column '{column}'{more} is not in the file",
        code="missing_columns",
        params={"columns": columns},
        where=where,
        found=shown,
        todo=todo,
    )


def suggest(column: str, candidates: Iterable[str]) -> tuple[str, float] | None:
    """The candidate that is most like a column's name, with the likeness (0 to 1), if one is like it at all."""
    matcher = difflib.SequenceMatcher(autojunk=False)
    matcher.set_seq2(normalise(column))
    best: tuple[str, float] | None = None
    for candidate in candidates:
        matcher.set_seq1(normalise(candidate))
        likeness = matcher.ratio()
        if likeness >= LIKENESS and (best is None or likeness > best[1]):
            best = (candidate, likeness)
    return best


def hint(column: str, candidates: Iterable[str]) -> str:
    """What a person may do about a column that is missing; '' if no new one is like it."""
    close = suggest(column, candidates)
    return "" if close is None else f"'{close[0]}' looks like '{column}' ({close[1]:.2f}): add it to `aliases`?"


def no_header(found: str, contract: Contract | None, *, where: str) -> RejectedFileError:
    """The refusal of a file in which no row is a header."""
    expected = "a row with column names"
    if contract is not None:
        names = contract.required or contract.columns
        expected = "a row with " + ", ".join(f"'{name}'" for name in names[:4]) + (" …" if len(names) > 4 else "")
    return RejectedFileError(
        "no header was found",
        code="no_header",
        where=where,
        found=found,
        expected=expected,
        todo="Look at the file: is it another report, or was every column renamed?"
        if contract is not None
        else NO_HEADER,
    )


def free_name(name: str, taken: Sequence[str]) -> str:
    """A name, or one like it that no column has."""
    while name in taken:
        name += "_"
    return name


def column_letters(place: int) -> str:
    """The letters of a column of Excel, from 0 = A."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_number(letters: str) -> int:
    """The number of a column of Excel, from A = 0."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1
