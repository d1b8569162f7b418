"""Which rows of a sheet are its header: the contract's names decide, and without a contract the rows below."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from shopdata.excel.blocks.merged_ranges import FindMerges
from shopdata.excel.contract import Contract
from shopdata.excel.layout.head import SAMPLE_ROWS, Body, Names, Row, is_label_row, with_groups
from shopdata.excel.layout.looks import Look, name_likeness
from shopdata.excel.names import known_names, normalise
from shopdata.excel.tables import Finding

#: From this share of names that end as names of columns do, a row of nothing but words is likely a header.
_LIKELY_NAMES = 0.5


class Certainty(StrEnum):
    """How sure it is that a row is the header."""

    #: The contract knows its names, or values of other kinds stand below them.
    CERTAIN = "certain"
    #: Nothing speaks against it.
    LIKELY = "likely"
    #: Another row could be it, or none.
    GUESS = "guess"


@dataclass
class HeaderRows:
    """Where the header stands, and what its columns are called.

    `first` and `last` are places among the rows that were looked at; data begins behind `last`. `score` tells sheets of
    one file apart: columns of the contract that are named, or columns that are named at all.
    """

    first: int
    last: int
    names: list[str]
    score: int
    certainty: Certainty = Certainty.CERTAIN
    #: The texts of its rows by column: a row that repeats one of them is no data.
    rows: list[dict[int, str]] = field(default_factory=list)
    #: The number of its last row in the sheet, from 1.
    last_number: int = 0
    #: What a person should know about it.
    findings: list[Finding] = field(default_factory=list)

    @property
    def place(self) -> str:
        """Where it is and how sure that is, for people."""
        first = self.last_number - (self.last - self.first)
        which = f"rows {first} to {self.last_number}" if self.last > self.first else f"row {self.last_number}"
        return f"{which}, {self.certainty}" if self.last_number else ""


def find_header(rows: Sequence[Row], contract: Contract | None, merges: FindMerges = list) -> HeaderRows | None:
    """The rows that are the header; None if none is. Few rows are looked at, however long the sheet is.

    Args:
        rows: the first rows of a sheet that hold a value.
        contract: what is agreed about its columns: the row that names most of its columns is the header.
        merges: finds the merged cells of the sheet; asked only where rows may belong together.
    """
    if contract is not None:
        return _with_rows(_by_contract(rows, contract, merges), rows)
    found = _by_evidence(rows, rows[: _first_wide(rows) + SAMPLE_ROWS], merges)
    return _with_rows(found or _by_evidence(rows, rows, merges), rows)


def _with_rows(found: HeaderRows | None, rows: Sequence[Row]) -> HeaderRows | None:
    if found is not None:
        header = rows[found.first : found.last + 1]
        found.rows = [{place: row.texts[place] for place in row.filled} for row in header]
        found.last_number = rows[found.last].number
    return found


def _by_contract(rows: Sequence[Row], contract: Contract, merges: FindMerges) -> HeaderRows | None:
    known = known_names(contract)
    has_groups = any("/" in name for name in known)
    best: tuple[int, float] = (0, 0.0)
    found: HeaderRows | None = None
    for number, row in enumerate(rows):
        score = len({normalise(text) for text in row.texts if text} & known.keys())
        if not has_groups and score < max(best[0], 1):
            continue
        names = with_groups(rows, number, merges)
        texts = _known_of(names, known)
        score = len({normalise(text) for text in texts} & known.keys())
        rank = (score, score / max(len(row.filled), 1))
        if score and rank > best:
            best = rank
            found = HeaderRows(names.first, names.last, texts, score)
        if score >= len(contract.columns):
            break
    return found


def _known_of(names: Names, known: dict[str, str]) -> list[str]:
    """For each column the shortest of its names, with its groups or without, that the contract knows.

    What two columns would be called keeps its groups, and so does what the contract does not know.
    """
    chosen = []
    for level in names.levels:
        tails = ["/".join(level[start:]) for start in reversed(range(len(level)))]
        whole = tails[-1] if tails else ""
        chosen.append(next((tail for tail in tails[::-1] if normalise(tail) in known), whole))
    counts = Counter(normalise(name) for name in chosen if name)
    return [whole if counts[normalise(name)] > 1 else name for name, whole in zip(chosen, names.texts, strict=True)]


def _first_wide(rows: Sequence[Row]) -> int:
    wide = _wide(rows)
    return wide[0] if wide else 0


def _wide(rows: Sequence[Row]) -> list[int]:
    """The rows that fill more than half of what the widest one fills: titles and notes are narrower."""
    widest = max((len(row.filled) for row in rows), default=0)
    return [number for number, row in enumerate(rows) if row.filled and len(row.filled) * 2 > widest]


def _by_evidence(rows: Sequence[Row], sample: Sequence[Row], merges: FindMerges) -> HeaderRows | None:
    wide = _wide(sample)
    if not wide:
        return None
    body = Body([sample[number] for number in wide])
    candidates, begin = _candidates(sample, wide, body)
    if not candidates:
        return None
    chosen, clean = _chosen([with_groups(sample, number, merges) for number in candidates], sample, body, begin)
    rivals = [block for block in clean if block.first > chosen.last and _denies(sample, block, body)]
    if rivals and _likeness(rivals[0]) > _likeness(chosen):
        chosen, rivals = rivals[0], []
    return _judged(rows, sample, chosen, body, bool(clean), rivals)


def _candidates(sample: Sequence[Row], wide: Sequence[int], body: Body) -> tuple[list[int], int]:
    """The rows that may be the header, or its last row, and where the values begin at the latest."""
    if not body.typed:
        found = [number for number in wide if _is_words(sample[number], body)]
        above = wide[: wide.index(found[0])] if found else []
        # A row with values above them is no header, and may be lost as one only if it is no row of the table.
        return (found, found[0] + 1) if found and all(is_label_row(sample[number]) for number in above) else ([], 0)
    found = []
    for number in wide:
        row = sample[number]
        names = body.names(row)
        there = {place for place in row.filled if place in body.typed and row.look(place) is not Look.BLANK}
        if len(there & names) * 2 > len(there):
            found.append(number)
        elif len(there & names) * 2 < len(there) and not is_label_row(row):
            return found, number
    if len(wide) > 1 or not found:
        return found, wide[-1] + 1
    return found, len(sample)


def _is_words(row: Row, body: Body) -> bool:
    """True if all that stands in a row may be names; what ends in a colon stands before a value."""
    names = body.names(row)
    return not any(row.text(place).endswith((":", "：")) for place in row.filled) and all(
        place in names or row.look(place) is Look.BLANK for place in row.filled
    )


def _is_clean(block: Names, sample: Sequence[Row], body: Body, used: Counter[int]) -> bool:
    """True for names, each once, over all columns in which values stand."""
    texts = [normalise(text) for text in block.texts if text]
    if len(set(texts)) < len(texts) or not all(_is_words(row, body) for row in sample[block.first : block.last + 1]):
        return False
    named = {place for place, level in enumerate(block.levels) if level}
    return all(place in named for place, count in used.items() if count > sum(used.values()) / len(used) / 2)


def _chosen(blocks: Sequence[Names], sample: Sequence[Row], body: Body, begin: int) -> tuple[Names, list[Names]]:
    """The header among the rows that may be it, and all of them that are clean."""
    used = Counter(place for row in sample[begin:] for place in row.filled)
    if not body.typed:
        # Rows of values look the same: only such a row below is taken that the first one stands over as its groups.
        blocks = [block for block in blocks if block.first <= blocks[0].first]
    clean = [block for block in blocks if _is_clean(block, sample, body, used)]
    if not clean:
        return max(blocks, key=lambda block: sum(map(bool, block.levels))), clean
    first, *others = clean
    groups = [block for block in others if block.first <= first.first and body.typed]
    return (groups or [first])[-1], clean


def _denies(sample: Sequence[Row], block: Names, body: Body) -> bool:
    """True if a row below the header holds names, too, in all of several columns of numbers and dates."""
    row = sample[block.last]
    if len(body.typed) < 2 or not body.typed <= body.names(row):
        return False
    return not any(
        other.text(place) == row.text(place)
        for other in sample[block.last + 1 :]
        for place in row.filled
        if other.text(place) and other.texts != row.texts
    )


def _likeness(block: Names) -> float:
    return name_likeness([level[-1] for level in block.levels if level])


def _judged(
    rows: Sequence[Row], sample: Sequence[Row], chosen: Names, body: Body, is_clean: bool, rivals: Sequence[Names]
) -> HeaderRows | None:
    """How sure it is, and what a person should know; None if the row is rather one of the values."""
    names = chosen.texts
    found = HeaderRows(chosen.first, chosen.last, names, sum(map(bool, names)))
    last = rows[chosen.last]
    doubt = ""
    if chosen.last + 1 == len(rows):
        found.certainty = Certainty.LIKELY
        if _likeness(chosen) <= _LIKELY_NAMES and chosen.first == chosen.last:
            doubt = "no row stands below it"
    elif not body.typed:
        again = _repeated(rows, chosen.last)
        if again > 1:
            return None
        is_likely = _likeness(chosen) > _LIKELY_NAMES or _differs(rows, chosen)
        found.certainty = Certainty.LIKELY if is_likely else Certainty.GUESS
        if again:
            doubt = f"'{_first_repeated(rows, chosen.last)}' stands below it again"
        elif found.certainty is Certainty.GUESS:
            doubt = "all columns hold words"
    elif not is_clean:
        found.certainty = Certainty.LIKELY
    if rivals:
        doubt = f"row {sample[rivals[0].last].number} could be one as well"
    if doubt:
        found.certainty = Certainty.GUESS
        text = f"row {last.number} is taken for the header, and nothing proves it: {doubt}. If it is none: --no-header"
        found.findings.append(Finding("unsure_header", text=text))
    if chosen.last > chosen.first:
        found.certainty = found.certainty if chosen.is_merged else max(found.certainty, Certainty.LIKELY, key=_doubt)
        groups = f"rows {rows[chosen.first].number} to {last.number} are the header, joined as '组/列'"
        found.findings.append(Finding("joined_header", text=groups))
    found.findings += _passed_over(rows, chosen)
    return found


def _differs(rows: Sequence[Row], chosen: Names) -> bool:
    """True if all texts below a name are of another kind: codes with digits, or letters where the name is Chinese."""
    below = rows[chosen.last + 1 :]
    for place, level in enumerate(chosen.levels):
        texts = [row.text(place) for row in below if row.text(place)]
        if len(texts) > 2 and level:
            has_digits = [any(map(str.isdigit, text)) for text in (level[-1], *texts)]
            is_ascii = [text.isascii() for text in (level[-1], *texts)]
            if any(all(flags[1:]) and not flags[0] for flags in (has_digits, is_ascii)):
                return True
    return False


def _doubt(certainty: Certainty) -> int:
    return list(Certainty).index(certainty)


def _repeated(rows: Sequence[Row], header: int) -> int:
    """How many cells below hold the name that stands over them; rows that repeat the whole header don't count."""
    row = rows[header]
    below = [other for other in rows[header + 1 :] if other.texts != row.texts]
    return sum(other.text(place) == row.text(place) for other in below for place in row.filled)


def _first_repeated(rows: Sequence[Row], header: int) -> str:
    row = rows[header]
    return next(
        row.text(place)
        for other in rows[header + 1 :]
        for place in row.filled
        if other.texts != row.texts and other.text(place) == row.text(place)
    )


def _passed_over(rows: Sequence[Row], chosen: Names) -> list[Finding]:
    """Rows above the header that are as wide as a table's: they are named, because they go into no column."""
    if not chosen.first:
        return []
    wide = [rows[number] for number in _wide(rows) if number < chosen.first]
    if not wide:
        return []
    shown = ", ".join(f"'{wide[0].text(place)}'" for place in wide[0].filled[:4])
    which = f"row {wide[0].number}" if len(wide) == 1 else f"{len(wide)} rows from row {wide[0].number} on"
    return [Finding("rows_above_header", text=f"{which} above the header: no part of the table. There stands {shown}")]
