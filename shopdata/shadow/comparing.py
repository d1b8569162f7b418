"""Holds the rows of one shop and period against those that somebody else has saved: row by row, cell by cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from shopdata.excel.layout.odd_rows import KIND_COLUMN
from shopdata.excel.values.numbers import convert_distinct
from shopdata.lake.privacy import mask_value
from shopdata.shadow.matching import Codes, Marks, Pairs, joined, numbered, pair, pair_equal
from shopdata.shadow.rows import Places, Rows
from shopdata.shadow.spelling import one_form, same_days

Mask = npt.NDArray[np.bool_]

#: Characters of a value that are shown of it.
_MOST_SHOWN = 1_000
#: Columns that tell what a row is, where no key does.
_NAMING = 3


class Kind(StrEnum):
    """What differs."""

    CELL = "cell"
    #: The same value, written otherwise: told where that counts.
    SPELLING = "spelling"
    ONLY_OURS = "only_ours"
    ONLY_THEIRS = "only_theirs"
    COLUMN = "column"


@dataclass(frozen=True)
class Difference:
    """One of them: `row` says which row by its keys; `column` is empty where it is all of a row."""

    kind: Kind
    row: str
    column: str = ""
    ours: str | None = None
    theirs: str | None = None


@dataclass(frozen=True)
class How:
    """How one dataset is compared."""

    keys: tuple[str, ...]
    ids: frozenset[str]
    #: Columns that are left out.
    ignored: frozenset[str] = frozenset()
    #: Whether another spelling of the same value is a difference.
    is_exact: bool = False
    #: Whether telephone numbers and addresses of theirs are masked first, as ours are.
    is_masked: bool = False
    #: So many differences of one shop and period are told one by one.
    most_told: int = 1_000


@dataclass
class Compared:
    """What came of it: counts of rows and cells; `told` are the first of the differences, of each column some."""

    rows_ours: int
    rows_theirs: int
    #: The keys that rows were matched by; none where a row is itself or another.
    keys: tuple[str, ...]
    paired: int = 0
    only_ours: int = 0
    only_theirs: int = 0
    #: Rows of theirs that are no data (totals, remarks, the header once more), and that we have not.
    no_data: int = 0
    #: Rows of either side that share their keys with another.
    double: int = 0
    #: Columns that both have and that were compared.
    columns: int = 0
    #: Changed cells by column, and those that are only spelled otherwise, or equal once they are masked.
    cells: dict[str, int] = field(default_factory=dict)
    spelled: dict[str, int] = field(default_factory=dict)
    masked: int = 0
    columns_ours: tuple[str, ...] = ()
    columns_theirs: tuple[str, ...] = ()
    told: list[Difference] = field(default_factory=list)

    @property
    def differing(self) -> int:
        """How many rows, cells and columns differ. A column that only we have is none: nothing of theirs is missing."""
        return self.only_ours + self.only_theirs + sum(self.cells.values()) + len(self.columns_theirs)


def compare(ours: Rows, theirs: Rows, how: How) -> Compared:
    """Compares two tables of text under the names of one contract; null is a value.

    Keys that one side lacks are left out; without any, rows are compared as wholes, each as often as it is there.
    """
    return _Comparison(ours, theirs, how).run()


class _Comparison:
    def __init__(self, ours: Rows, theirs: Rows, how: How) -> None:
        self._ours, self._theirs, self._how = ours, theirs, how
        there = set(theirs.columns) - how.ignored - {KIND_COLUMN}
        self._common = [name for name in ours.columns if name in there]
        self._keys = tuple(name for name in how.keys if name in self._common)
        self._found = Compared(len(ours), len(theirs), self._keys, columns=len(self._common))

    def run(self) -> Compared:
        found = self._found
        pairs = self._pairs()
        pairs = self._without_what_is_no_data(pairs)
        found.paired, found.only_ours, found.only_theirs = map(len, (pairs.ours, pairs.only_ours, pairs.only_theirs))
        found.columns_ours = self._only_in(self._ours, self._theirs)
        found.columns_theirs = self._only_in(self._theirs, self._ours)
        found.told += [Difference(Kind.COLUMN, "", name) for name in found.columns_theirs]
        self._tell_rows(Kind.ONLY_THEIRS, self._theirs, pairs.only_theirs)
        self._tell_rows(Kind.ONLY_OURS, self._ours, pairs.only_ours)
        # Keys that are paired, and rows without keys, may still be spelled otherwise.
        self._compare_cells(pairs)
        return found

    def _pairs(self) -> Pairs:
        if not self._keys:
            return pair_equal(*self._marks(np.arange(len(self._ours)), np.arange(len(self._theirs))))
        keys = joined(self._in_one_form(list(self._keys)))
        counts = (np.bincount(codes)[codes] > 1 for codes in keys)
        self._found.double = sum(int(np.count_nonzero(is_double)) for is_double in counts)
        return pair(*keys, self._marks)

    def _in_one_form(self, names: Sequence[str]) -> Iterator[tuple[Codes, Codes]]:
        ours, theirs = self._ours.read(names), self._theirs.read(names)
        for name in names:
            is_id = name in self._how.ids
            yield numbered(one_form(ours[name], is_id=is_id), one_form(theirs[name], is_id=is_id))

    def _marks(self, ours: Places, theirs: Places) -> tuple[Codes, Codes]:
        marks = Marks(len(ours), len(theirs))
        left, right = pa.array(ours), pa.array(theirs)
        for names in self._ours.in_turn(self._common, self._theirs):
            a, b = self._ours.read(names), self._theirs.read(names)
            for name in names:
                is_id, other = name in self._how.ids, b[name].take(right)
                if self._how.is_masked and not is_id:
                    other = _masked(other)
                marks.add(one_form(a[name].take(left), is_id=is_id), one_form(other, is_id=is_id))
        return marks.codes

    def _without_what_is_no_data(self, pairs: Pairs) -> Pairs:
        """Rows of theirs that are no data and that we have not are no difference: somebody has summed up."""
        if KIND_COLUMN not in self._theirs.columns or not len(pairs.only_theirs):
            return pairs
        kinds = self._theirs.read([KIND_COLUMN])[KIND_COLUMN].take(pa.array(pairs.only_theirs))
        is_data = kinds.is_null().to_numpy(zero_copy_only=False)
        self._found.no_data = int(np.count_nonzero(~is_data))
        return Pairs(pairs.ours, pairs.theirs, pairs.only_ours, pairs.only_theirs[is_data])

    def _only_in(self, side: Rows, other: Rows) -> tuple[str, ...]:
        """Columns with a value that the other side has not."""
        left_out = {*other.columns, *self._how.ignored, KIND_COLUMN}
        names = [name for name in side.columns if name not in left_out]
        found = [
            name
            for some in side.in_turn(names, other)
            for name, column in side.read(some).items()
            if column.null_count < len(column)
        ]
        return tuple(name for name in names if name in found)

    def _compare_cells(self, pairs: Pairs) -> None:
        left, right = pa.array(pairs.ours), pa.array(pairs.theirs)
        for names in self._ours.in_turn(self._common, self._theirs):
            a, b = self._ours.read(names), self._theirs.read(names)
            for name in names:
                self._compare_column(name, a[name].take(left), b[name].take(right), pairs)

    def _compare_column(self, name: str, ours: pa.Array, theirs: pa.Array, pairs: Pairs) -> None:
        places = np.flatnonzero(~_same(ours, theirs))
        if not len(places):
            return
        x, y = (column.take(pa.array(places)) for column in (ours, theirs))
        is_id = name in self._how.ids
        is_same = _same_value(x, y, is_id=is_id)
        if self._how.is_masked and not is_id and not is_same.all():
            is_masked = ~is_same & _same_value(x, _masked(y), is_id=False)
            self._found.masked += int(np.count_nonzero(is_masked))
            y = pc.if_else(pa.array(is_masked), x, y)
            # What is equal but for our masks is equal, however exact.
            x, y = _chosen((x, y), ~is_masked)
            places, is_same = places[~is_masked], is_same[~is_masked]
        if count := int(np.count_nonzero(is_same)):
            self._found.spelled[name] = count
        differs = np.ones(len(is_same), np.bool_) if self._how.is_exact else ~is_same
        if count := int(np.count_nonzero(differs)):
            self._found.cells[name] = count
            ours, theirs = _chosen((x, y), differs)
            self._tell_cells(name, pairs.ours[places[differs]], ours, theirs, is_same[differs])

    # -- what is told one by one --------------------------------------------------------------------------------------

    def _tell_cells(self, name: str, places: Places, ours: pa.Array, theirs: pa.Array, spelled: Mask) -> None:
        for number, row in enumerate(self._named(self._ours, places[: self._room])):
            kind = Kind.SPELLING if spelled[number] else Kind.CELL
            told = [self._shown(column[number].as_py()) for column in (ours, theirs)]
            self._found.told.append(Difference(kind, row, name, *told))

    def _tell_rows(self, kind: Kind, side: Rows, places: Places) -> None:
        self._found.told += [Difference(kind, row) for row in self._named(side, places[: self._room])]

    @property
    def _room(self) -> int:
        """How many of one kind or column may still be told: half of what is left, so that others get some."""
        left = self._how.most_told - len(self._found.told)
        return max(0, -(-left // 2))

    def _named(self, side: Rows, places: Places) -> list[str]:
        """Rows by their keys, or by their first columns: `SKU 123, RDC 北京`."""
        if not len(places):
            return []
        names = self._keys or tuple(self._common[:_NAMING])
        chosen = pa.array(places)
        columns = {name: column.take(chosen) for name, column in side.read(names).items()}
        return [
            ", ".join(f"{name} {self._shown(columns[name][number].as_py()) or '-'}" for name in names)
            for number in range(len(places))
        ]

    def _shown(self, text: str | None) -> str | None:
        """A value as it may be told; theirs may hold what ours must not."""
        if text is not None and self._how.is_masked:
            text = str(mask_value(text))
        return text if text is None or len(text) <= _MOST_SHOWN else f"{text[: _MOST_SHOWN - 1]}…"


def _same(ours: pa.Array, theirs: pa.Array) -> Mask:
    """Where two columns are equal, null with null."""
    both = pc.and_(ours.is_null(), theirs.is_null())
    is_same: Mask = pc.or_(pc.equal(ours, theirs).fill_null(False), both).to_numpy(zero_copy_only=False)
    return is_same


def _same_value(ours: pa.Array, theirs: pa.Array, *, is_id: bool) -> Mask:
    """Where they mean the same."""
    x, y = one_form(ours, is_id=is_id), one_form(theirs, is_id=is_id)
    is_same = _same(x, y)
    return is_same if is_id else is_same | same_days(x, y).to_numpy(zero_copy_only=False)


def _masked(texts: pa.Array) -> pa.Array:
    return convert_distinct(texts, lambda text: str(mask_value(text)))


def _chosen(columns: Sequence[pa.Array], mask: Mask) -> list[pa.Array]:
    return [column.filter(pa.array(mask)) for column in columns]
