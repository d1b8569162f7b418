"""The first rows of a sheet: what stands in them, what it looks like, and which of them belong over others."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from shopdata.excel.blocks.merged_ranges import FindMerges, Merge
from shopdata.excel.layout.looks import VALUES, Look, is_year, look_of, name_likeness, unit_of
from shopdata.excel.names import normalise
from shopdata.excel.tables import Kind

#: So many rows with values are held against a header; a sheet of thousands tells nothing more.
SAMPLE_ROWS = 12
#: Rows of groups above the names of the columns.
MAX_GROUP_ROWS = 3
#: Longer texts are titles or notes, and no names of groups.
_MAX_GROUP_LENGTH = 20
#: What stands alone below some of the names, in a row of its own.
_UNITS = re.compile(
    r"[(（\[]?(?:元|万元|亿元|美元|[%‰]|件|个|人|次|单|秒|分|分钟|小时|天|日|周|月|年|克|千克|公斤|吨|米|厘米|毫米|平方米|箱|盒|瓶|台|套|张|条|笔"
    r"|万|亿|kg|g|t|m|cm|mm|pcs|usd|cny|rmb|eur|s|min|h|d)[)）\]]?"
)


@dataclass(frozen=True)
class Row:
    """A row that holds a value: its number in the sheet (from 1), its texts ('' = blank) and their kinds."""

    number: int
    texts: Sequence[str]
    kinds: Sequence[Kind | None] = ()

    @cached_property
    def looks(self) -> list[Look]:
        """What each cell looks like."""
        kinds = self.kinds or [None] * len(self.texts)
        return [look_of(text, kind) if text else Look.BLANK for text, kind in zip(self.texts, kinds, strict=True)]

    @cached_property
    def filled(self) -> list[int]:
        """The columns in which something stands that can be seen."""
        return [place for place, text in enumerate(self.texts) if text and (text[0].isalnum() or normalise(text))]

    def text(self, place: int) -> str:
        """A cell's text without what is around it; '' also right of the last cell."""
        return self.texts[place].strip() if place < len(self.texts) and normalise(self.texts[place]) else ""

    def look(self, place: int) -> Look:
        """A cell's look."""
        return self.looks[place] if place < len(self.texts) else Look.BLANK

    def kind(self, place: int) -> Kind | None:
        """A cell's kind, None where it has none or its file knows none."""
        return self.kinds[place] if place < len(self.kinds) else None


def is_label_row(row: Row) -> bool:
    """True for names with their values beside them: `账号, 6200…, 户名, 张三`."""
    values = [number for number, place in enumerate(row.filled) if row.look(place) in VALUES]
    labels = [place for place in row.filled if row.look(place) is Look.LABEL]
    if not values:
        return bool(labels)
    if any(number == 0 or row.look(row.filled[number - 1]) is not Look.WORD for number in values):
        return False
    return all(is_label(row.text(row.filled[number - 1])) for number in values)


def is_label(text: str) -> bool:
    """True for a word that may stand before a value."""
    return text.endswith((":", "：")) or name_likeness([text]) > 0


@dataclass
class Body:
    """What the rows with values look like, by column."""

    rows: Sequence[Row]
    looks: dict[int, Look] = field(init=False)
    _names: dict[int, set[int]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        lower = self.rows[len(self.rows) // 2 :]
        self.looks = {}
        for place in range(max((len(row.texts) for row in lower), default=0)):
            counts: Counter[Look] = Counter()
            for row in reversed(lower):  # of equally many the lowest
                if (look := row.look(place)) is not Look.BLANK:
                    counts[look] += 1
            if counts:
                self.looks[place] = counts.most_common(1)[0][0]

    @cached_property
    def typed(self) -> set[int]:
        """Columns of numbers, dates or the like."""
        return {place for place, look in self.looks.items() if look in VALUES or look is Look.UNIT}

    def names(self, row: Row) -> set[int]:
        """The columns in which a row holds what may be the name of a column with these values."""
        if row.number not in self._names:
            self._names[row.number] = self._find_names(row)
        return self._names[row.number]

    def _find_names(self, row: Row) -> set[int]:
        found = {place for place in row.filled if row.look(place) in (Look.WORD, Look.UNIT)}
        found -= {place for place in found if row.look(place) is Look.UNIT and self._has_unit(place, row)}
        return found | self._in_series(row) | self._texts_over_numbers(row)

    def _has_unit(self, place: int, row: Row) -> bool:
        below = (other.text(place) for other in self.rows if other.number > row.number)
        return self.looks.get(place) is Look.UNIT and unit_of(row.text(place)) in (*map(unit_of, below), "")

    def _in_series(self, row: Row) -> set[int]:
        """Years, days or numbers that count up may be names: `2024, 2025`. Not if the rows below hold such too."""
        values = [place for place in row.filled if row.look(place) in VALUES]
        days = {place for place in values if self._is_day_over_others(place, row)}
        years = {place for place in values if is_year(row.text(place)) and not self._holds_years(place, row)}
        if len(days) == len(values) or len(years) == len(values):
            return set(values)
        if _counts_up(row, values) and not self._are_named_above(values, row):
            others = [other for other in self.rows if other.number > row.number]
            if (others or len(self.rows) == 1) and not any(_counts_up(other, values) for other in others):
                return set(values)
        return set()

    def _are_named_above(self, places: Sequence[int], row: Row) -> bool:
        """True if a row above has words over most of these columns: then the numbers are values."""
        above = (other for other in self.rows if other.number < row.number)
        return any(sum(other.look(place) is Look.WORD for place in places) * 2 > len(places) for other in above)

    def _is_day_over_others(self, place: int, row: Row) -> bool:
        is_day = row.look(place) is Look.DATE and ":" not in row.text(place)
        return is_day and self.looks.get(place) is not Look.DATE

    def _holds_years(self, place: int, row: Row) -> bool:
        below = [text for other in self.rows if other.number > row.number and (text := other.text(place))]
        return sum(map(is_year, below)) * 2 > len(below)

    def _texts_over_numbers(self, row: Row) -> set[int]:
        """A text of digits over number cells: somebody has made a name of it."""
        found = set()
        for place in row.filled:
            if row.look(place) is Look.NUMBER and row.kind(place) is Kind.TEXT:
                below = {other.kind(place) for other in self.rows if other.number > row.number and other.text(place)}
                if below == {Kind.NUMBER}:
                    found.add(place)
        return found


def _counts_up(row: Row, places: Sequence[int]) -> bool:
    texts = [row.text(place) for place in places]
    if len(texts) < 3 or not all(text.isdecimal() and len(text) < 5 for text in texts):
        return False
    return all(int(after) - int(before) == 1 for before, after in pairwise(texts))


@dataclass(frozen=True)
class Names:
    """Names of columns out of one row, or out of several one above the other; '' where none stands.

    `levels[place]` are a column's own name and those of the groups over it, the outermost first.
    """

    first: int
    last: int
    levels: list[tuple[str, ...]]
    #: Where the joined names come from: cells that are merged, or blanks that are taken for them.
    is_merged: bool = False

    @property
    def texts(self) -> list[str]:
        """The names, `组/列` where there are groups."""
        return ["/".join(level) for level in self.levels]


def single(rows: Sequence[Row], place: int) -> Names:
    """The names in one row."""
    row = rows[place]
    return Names(place, place, [(row.text(column),) if row.text(column) else () for column in range(len(row.texts))])


def with_groups(rows: Sequence[Row], place: int, merges: FindMerges) -> Names:
    """The names in one row, with the groups that stand over them."""
    names = single(rows, place)
    if any(rows[place].look(column) is Look.BLANK for column in rows[place].filled):  # dashes are no names
        return names
    while names.first > 0 and names.last - names.first < MAX_GROUP_ROWS:
        joined = _joined(rows, names, merges)
        if joined is None:
            break
        names = joined
    return names


def _joined(rows: Sequence[Row], names: Names, find_merges: FindMerges) -> Names | None:
    """The names with the row above them, if that is a row of groups. Rows of titles and labels are none."""
    above = rows[names.first - 1]
    if above.number + 1 != rows[names.first].number or len(above.filled) < 2 or not _may_be_groups(above):
        return None
    width = max([place + 1 for place in above.filled] + [len(names.levels)])
    levels = names.levels + [()] * (width - len(names.levels))
    merges = find_merges()
    groups = _spread(above, levels, merges)
    joined = [(group, *level) if group else level for group, level in zip(groups, levels, strict=True)]
    texts = [level for level in joined if level]
    if len(set(texts)) < len(texts):
        return None
    lone = [place for place in above.filled if not levels[place]]
    sizes = [_size(groups, place) for place in above.filled if levels[place]]
    own = [level for level in levels if level]
    is_merged = any(merge.top <= above.number <= merge.bottom for merge in merges)
    is_wide = len(sizes) > 1 and min(sizes) > 1
    is_over_some = lone and all(above.look(place) is Look.WORD for place in above.filled)
    has_gaps = is_merged or max(sizes, default=0) > 1 or all(_UNITS.fullmatch(level[-1].casefold()) for level in own)
    if not sizes or not (is_wide or len(set(own)) < len(own) or (is_over_some and has_gaps)):
        return None
    if not is_merged and names.last + 1 == len(rows):  # the only row below names, with blanks in it
        return None
    return Names(names.first - 1, names.last, joined, is_merged or names.is_merged)


def _spread(row: Row, levels: Sequence[tuple[str, ...]], merges: Sequence[Merge]) -> list[str]:
    """The group over each column: as far as its cell is merged; where none is, up to the next one.

    Over a column without a name of its own a cell is merged downwards: it is that column's name, and no group.
    """
    spans = {merge.left: merge.right for merge in merges if merge.top <= row.number <= merge.bottom}
    is_strict = any(right > left for left, right in spans.items())
    groups = [""] * len(levels)
    held, until = "", -1
    for place, level in enumerate(levels):
        if text := row.text(place):
            held, until = text, spans.get(place, place) if is_strict else len(levels)
            if not level:
                groups[place], held = text, ""
        if level and place <= until:
            groups[place] = held
    return groups


def _size(groups: Sequence[str], start: int) -> int:
    size = 1
    while start + size < len(groups) and groups[start + size] == groups[start]:
        size += 1
    return size


def _may_be_groups(row: Row) -> bool:
    for place in row.filled:
        look, text = row.look(place), row.text(place)
        is_name = look in (Look.WORD, Look.UNIT, Look.DATE) or is_year(text)
        if not is_name or len(text) > _MAX_GROUP_LENGTH:
            return False
    return True
