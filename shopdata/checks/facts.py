"""What a table says about itself, in one pass over what was read: Arrow alone, and no value becomes a Python object."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from isal import isal_zlib

from shopdata.config import Dataset
from shopdata.config.checks import Bounds
from shopdata.excel import Table

_crc32: Callable[[Any, int], int] = isal_zlib.crc32

#: So many keys that stand twice are named.
_MOST_KEYS = 3
#: Stands between the parts of a key: no text of a portal holds it.
_BETWEEN = "\x1f"
_NUMBER = r"^\s*[-+]?(?:(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?\s*$"
_IS_NUMBER, _DIGITS = re.compile(_NUMBER, re.ASCII), re.compile(r"\d+", re.ASCII)


@dataclass(frozen=True)
class Facts:
    """About one file; columns are those that are published."""

    rows: int
    #: In how many rows each column is filled.
    filled: Mapping[str, int] = field(default_factory=dict)
    #: Equal for files whose values are equal, but for those of `period_column`.
    digest: str = ""
    #: How many rows have a key that an earlier row has, and the first of these keys, their parts with ` / ` between.
    double_keys: int = 0
    doubled: tuple[str, ...] = ()
    #: In how many rows a column does not look as its pattern says, or lies outside of its range.
    odd: Mapping[str, int] = field(default_factory=dict)
    outside: Mapping[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As the ledger keeps it."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """What `as_json` has made."""
        return cls(**{**kept, "doubled": tuple(kept.get("doubled", ()))})


def facts_of(table: Table, dataset: Dataset) -> Facts:
    """Looks at each batch once; only the keys of all rows are in memory at a time."""
    checks, columns = dataset.checks, table.columns
    patterns = {name: pattern for name, pattern in checks.pattern.columns.items() if checks.pattern.action != "off"}
    ranges = {name: bounds for name, bounds in checks.range.columns.items() if checks.range.action != "off"}
    filled = np.zeros(len(columns), np.int64)
    odd, outside = dict.fromkeys(patterns, 0), dict.fromkeys(ranges, 0)
    sums = [0] * len(columns)
    keys = [name for name in dataset.keys if name not in table.missing] if checks.keys.action != "off" else []
    places = {name: place for place, name in enumerate(columns)}
    seen: list[pa.Array] = []
    for batch in table.batches:
        for place, column in enumerate(batch.columns):
            filled[place] += batch.rows - column.text.null_count
            if columns[place] != dataset.period_column:
                sums[place] = _sum_of(column.text, sums[place])
        for name, pattern in patterns.items():
            odd[name] += _count_odd(batch.columns[places[name]].text, pattern)
        for name, bounds in ranges.items():
            outside[name] += _count_outside(batch.columns[places[name]].text, bounds)
        if keys:
            seen.append(_keys_of([batch.columns[places[name]].text for name in keys]))
    double_keys, doubled = _doubles(seen, table.rows)
    told = {name: int(count) for name, count in zip(columns, filled, strict=True)}
    return Facts(
        rows=table.rows,
        filled={name: count for name, count in told.items() if name not in table.missing},
        digest=_joined(columns, sums, table.rows),
        double_keys=double_keys,
        doubled=doubled,
        odd=odd,
        outside=outside,
    )


def _sum_of(text: pa.Array, before: int) -> int:
    """Goes on with a column's sum: half of it is of the texts, half of their lengths, for "ab", "c" is not "a", "bc".
    As they are apart, it does not show where the batches end. A null is as long as an empty text: no table has one."""
    if isinstance(text, pa.NullArray):
        text = text.cast(pa.string())
    of_texts, of_lengths = divmod(before, 1 << 32)
    _, offsets, data = text.buffers()
    ends = np.frombuffer(offsets, np.int32, len(text) + 1, text.offset * 4)
    if data is not None and text.null_count < len(text):
        of_texts = _crc32(memoryview(data)[int(ends[0]) : int(ends[-1])], of_texts)
    return of_texts << 32 | _crc32(ends[1:] - ends[:-1], of_lengths)


def _joined(columns: Sequence[str], sums: Sequence[int], rows: int) -> str:
    """One text of all sums: the columns' names belong to it, but not their order."""
    parts = "\n".join(f"{name}\t{total:016x}" for name, total in sorted(zip(columns, sums, strict=True)))
    return f"{rows:x}-{_crc32(parts.encode(), 0):08x}-{_crc32(parts[::-1].encode(), 0):08x}"


def _count_odd(text: pa.Array, pattern: str) -> int:
    fits = pc.sum(pc.match_substring_regex(text, pattern)).as_py() or 0
    return len(text) - int(text.null_count) - int(fits)


def _count_outside(text: pa.Array, bounds: Bounds) -> int:
    numbers = _numbers_of(text)
    inside = pc.is_valid(numbers)
    if bounds.min is not None:
        inside = pc.and_(inside, pc.greater_equal(numbers, bounds.min))
    if bounds.max is not None:
        inside = pc.and_(inside, pc.less_equal(numbers, bounds.max))
    fits = pc.sum(inside).as_py() or 0
    return len(text) - int(text.null_count) - int(fits)


def _numbers_of(text: pa.Array) -> pa.Array:
    """As numbers; null where there is none."""
    if _is_first(_IS_NUMBER, text):
        with suppress(pa.ArrowInvalid):
            numbers = text.cast(pa.float64())
            # Arrow reads `inf` and `nan`, too.
            return pc.if_else(pc.is_finite(numbers), numbers, pa.scalar(None, pa.float64()))
    # One of them is no number: the way to find out which takes ten times as long.
    is_number = pc.match_substring_regex(text, _NUMBER)
    plain = pc.replace_substring(pc.utf8_trim_whitespace(text), ",", "")
    return pc.if_else(is_number, plain, pa.scalar(None, pa.string())).cast(pa.float64())


def _is_first(pattern: re.Pattern[str], text: pa.Array) -> bool:
    """True if the first text that is there looks so, or none is. Arrow spends long on each that it can't cast."""
    if len(text) == text.null_count:
        return True
    first = text[0] if not text.null_count else text[int(np.argmax(text.is_valid()))]
    return pattern.fullmatch(first.as_py()) is not None


def _are_all_whole_and_one_time(keys: Sequence[pa.Array]) -> bool:
    """True if all keys are whole numbers, no two alike: then no two texts are. False says nothing.

    Numbers are sorted in a tenth of the time that texts are counted in.
    """
    numbers = []
    for part in keys:
        if not _is_first(_DIGITS, part):
            return False
        try:
            numbers.append(part.drop_null().cast(pa.int64()).to_numpy())
        except pa.ArrowInvalid:
            return False
    every = np.sort(np.concatenate(numbers))
    return not np.any(every[1:] == every[:-1])


def _keys_of(parts: Sequence[pa.Array]) -> pa.Array:
    """The key of each row; null where none of its parts is filled."""
    if len(parts) == 1:
        # A copy: what is read from disk is one buffer for all columns of a batch, and would stay as a whole.
        return pa.concat_arrays([parts[0], parts[0].slice(0, 0)])
    joined = pc.binary_join_element_wise(*parts, _BETWEEN, null_handling="replace", null_replacement="")
    is_blank = pc.equal(joined, _BETWEEN * (len(parts) - 1))
    return pc.if_else(is_blank, pa.scalar(None, pa.string()), joined)


def _doubles(keys: Sequence[pa.Array], rows: int) -> tuple[int, tuple[str, ...]]:
    if not rows or not keys:
        return 0, ()
    if _are_all_whole_and_one_time(keys):
        return 0, ()
    every = pa.chunked_array(keys, pa.string())
    doubles = len(every) - every.null_count - len(pc.unique(every.drop_null()))
    if not doubles:
        return 0, ()
    counted = pc.value_counts(every.drop_null())
    more = counted.filter(pc.greater(counted.field("counts"), 1)).field("values")
    first = more.slice(0, _MOST_KEYS).to_pylist()
    return doubles, tuple(str(key).replace(_BETWEEN, " / ") for key in first)
