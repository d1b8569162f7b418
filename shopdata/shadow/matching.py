"""Which row of one side is which of the other: by their keys, and where several have one key, equal ones first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shopdata.shadow.rows import Places

Codes = npt.NDArray[np.int64]

#: What makes numbers of columns one number for each row, so that two rows that differ have two of them.
_ODD = np.uint64(0x9E3779B97F4A7C15)
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


@dataclass(frozen=True)
class Pairs:
    """Numbers of rows: those of `ours` and `theirs` at the same place are one row."""

    ours: Places
    theirs: Places
    only_ours: Places
    only_theirs: Places


def numbered(ours: pa.Array, theirs: pa.Array) -> tuple[Codes, Codes]:
    """Both columns as numbers: equal values, nulls among them, have equal ones on both sides."""
    # Both together may have more text than offsets of 32 bits can tell.
    both = pa.concat_arrays([ours.cast(pa.large_string()), theirs.cast(pa.large_string())])
    encoded = both.dictionary_encode(null_encoding="encode")
    codes = encoded.indices.to_numpy().astype(np.int64)
    return codes[: len(ours)], codes[len(ours) :]


def joined(columns: Iterable[tuple[Codes, Codes]]) -> tuple[Codes, Codes]:
    """Several numbered columns as one: rows have equal numbers where all their columns do."""
    left: Codes | None = None
    right: Codes | None = None
    for a, b in columns:
        if left is None or right is None:
            left, right = a, b
            continue
        width = int(max(a.max(initial=0), b.max(initial=0))) + 1
        both = np.concatenate([left * width + a, right * width + b])
        # Dense again, so that the next column does not make them too large.
        _, codes = np.unique(both, return_inverse=True)
        left, right = codes[: len(a)], codes[len(a) :]
    assert left is not None
    assert right is not None
    return left, right


class Marks:
    """A number of 64 bits for each row of both sides, made of all columns that are added: equal for equal rows."""

    def __init__(self, ours: int, theirs: int) -> None:
        self._marks = np.zeros(ours, np.uint64), np.zeros(theirs, np.uint64)

    def add(self, ours: pa.Array, theirs: pa.Array) -> None:
        """Takes a column of both sides in."""
        with np.errstate(over="ignore"):
            for mark, codes in zip(self._marks, numbered(ours, theirs), strict=True):
                mixed = (codes.astype(np.uint64) + np.uint64(1)) * _ODD
                for factor, shift in zip(_MIX, (30, 27), strict=True):
                    mixed = (mixed ^ (mixed >> np.uint64(shift))) * factor
                mark *= _ODD
                mark ^= mixed ^ (mixed >> np.uint64(31))
                mark += _MIX[0]

    @property
    def codes(self) -> tuple[Codes, Codes]:
        """The numbers of both sides."""
        left, right = self._marks
        return left.view(np.int64), right.view(np.int64)


def pair(ours: Codes, theirs: Codes, marks_of: Callable[[Places, Places], tuple[Codes, Codes]]) -> Pairs:
    """Pairs rows by the numbers of their keys.

    Args:
        marks_of: gives the numbers of whole rows at these places of both sides. It is asked only of rows that share
            their key with another of their side: those that are equal are one row, and the rest goes by its order.
    """
    several = _several(ours, theirs)
    alone = _paired(np.flatnonzero(~several[0]), np.flatnonzero(~several[1]), ours, theirs)
    left, right = (np.flatnonzero(mask) for mask in several)
    if not len(left) and not len(right):
        return _pairs(alone, len(ours), len(theirs))
    whole = joined([(ours[left], theirs[right]), _dense(*marks_of(left, right))])
    a, b = _paired(np.arange(len(left)), np.arange(len(right)), *whole)
    equal = left[a], right[b]
    left, right = np.setdiff1d(left, equal[0]), np.setdiff1d(right, equal[1])
    by_order = _paired(left, right, ours, theirs)
    left, right = (np.concatenate(parts) for parts in zip(alone, equal, by_order, strict=True))
    return _pairs((left, right), len(ours), len(theirs))


def pair_equal(ours: Codes, theirs: Codes) -> Pairs:
    """Pairs rows of equal numbers, as many as either side has of them."""
    codes = _dense(ours, theirs)
    return _pairs(_paired(np.arange(len(ours)), np.arange(len(theirs)), *codes), len(ours), len(theirs))


def _dense(a: Codes, b: Codes) -> tuple[Codes, Codes]:
    _, codes = np.unique(np.concatenate([a, b]), return_inverse=True)
    return codes[: len(a)], codes[len(a) :]


def _several(ours: Codes, theirs: Codes) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """For each row of both sides whether either side has its key more than once."""
    most = int(max(ours.max(initial=-1), theirs.max(initial=-1))) + 1
    is_shared = (np.bincount(ours, minlength=most) > 1) | (np.bincount(theirs, minlength=most) > 1)
    return is_shared[ours], is_shared[theirs]


def _paired(left: Places, right: Places, ours: Codes, theirs: Codes) -> tuple[Places, Places]:
    """Of rows at these places those of equal numbers, the first with the first, the second with the second."""
    a, b = ours[left], theirs[right]
    turns = _turns(a), _turns(b)
    width = int(max(turns[0].max(initial=0), turns[1].max(initial=0))) + 1
    _, x, y = np.intersect1d(a * width + turns[0], b * width + turns[1], assume_unique=True, return_indices=True)
    return left[x], right[y]


def _turns(codes: Codes) -> Codes:
    """For each row how many before it have the same number."""
    order = np.argsort(codes, kind="stable")
    grouped = codes[order]
    places = np.arange(len(codes))
    starts = np.where(np.diff(grouped, prepend=grouped[:1] - 1) != 0, places, 0)
    turns = np.empty(len(codes), np.int64)
    turns[order] = places - np.maximum.accumulate(starts)
    return turns


def _pairs(found: tuple[Places, Places], ours: int, theirs: int) -> Pairs:
    def rest(count: int, taken: Places) -> Places:
        is_left = np.ones(count, np.bool_)
        is_left[taken] = False
        return np.flatnonzero(is_left)

    order = np.argsort(found[0], kind="stable")
    return Pairs(found[0][order], found[1][order], rest(ours, found[0]), rest(theirs, found[1]))
