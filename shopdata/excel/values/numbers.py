"""Numbers as text: what a person sees in the cell, without what Excel's storage adds."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

_NOWHERE = np.zeros(0, np.intp)

#: Integers from here on do not all fit into the 15 digits that Excel keeps.
IMPRECISE_FROM = Decimal(10) ** 15

ZERO, POINT, MINUS = b"0.-"

_PLAIN_NUMBER = re.compile(r"(?!-0$)-?(?:0|[1-9]\d*)(?:\.\d*[1-9])?", re.ASCII)
_ANY_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)


def number_text(raw: str) -> str:
    """A number of the source as plain decimal text: no exponent, no trailing zeros, the shortest float.

    Whole numbers keep all the digits that stand in the source. Raises ValueError if it is no number.
    """
    if _PLAIN_NUMBER.fullmatch(raw) and len(raw) <= 16:
        return raw
    if not _ANY_NUMBER.fullmatch(raw):
        raise ValueError(raw)
    exact = Decimal(raw)
    if not exact:
        return "0"
    if exact == exact.to_integral_value():
        return f"{exact.quantize(Decimal(1)):f}" if exact.adjusted() < 28 else f"{int(exact)}"
    return float_text(float(raw))


def float_text(value: float) -> str:
    """The shortest plain decimal text that reads back as this float; zero has no sign."""
    shortest = repr(value)
    if "e" in shortest:
        return f"{Decimal(shortest):f}"
    return shortest.removesuffix(".0") if value else "0"


def number_column(raw: pa.Array) -> tuple[pa.Array, npt.NDArray[np.intp]]:
    """A column of n raw numbers (Arrow `string`) as n texts, and the places (`intp`) of those too large to be exact.

    Nulls stay.

    Nearly all numbers are in their final form already; only those that may not be are looked at one by one.
    Raises ValueError if one of them is no number.
    """
    count = len(raw)
    offsets = np.frombuffer(raw.buffers()[1], np.int32, count + 1, raw.offset * 4)
    data = np.frombuffer(raw.buffers()[2] or b"", np.uint8)[offsets[0] : offsets[-1]]
    if not len(data):
        return raw, _NOWHERE
    offsets = offsets - offsets[0]
    lengths = np.diff(offsets)
    first = data[np.minimum(offsets[:-1], len(data) - 1)]
    second = data[np.minimum(offsets[:-1] + 1, len(data) - 1)]
    odd = (lengths > 15) | ((first == ZERO) & (lengths > 1) & (second != POINT))
    others = np.flatnonzero((data - ZERO) > 9)  # unsigned: everything that is no digit
    if len(others):
        owners = np.searchsorted(offsets, others, "right") - 1
        is_point = data[others] == POINT
        is_sign = (data[others] == MINUS) & (others == offsets[owners])
        odd[owners[~(is_point | is_sign)]] = True
        odd |= (first == MINUS) & (second == ZERO)
        points = np.bincount(owners[is_point], minlength=count)
        last = data[offsets[1:] - 1]
        odd |= (points > 1) | ((points == 1) & ((last == ZERO) | (last == POINT) | (first == POINT)))
    odd &= lengths > 0
    if not odd.any():
        return raw, _NOWHERE
    return _replace_odd(raw, odd)


def _replace_odd(raw: pa.Array, odd: npt.NDArray[np.bool_]) -> tuple[pa.Array, npt.NDArray[np.intp]]:
    mask = pa.array(odd)
    distinct = raw.filter(mask).dictionary_encode()
    texts, large = _odd_texts(distinct.dictionary)
    replaced = pc.replace_with_mask(raw, mask, texts.take(distinct.indices))
    return replaced, np.flatnonzero(odd)[large[distinct.indices.to_numpy()]] if large.any() else _NOWHERE


def _odd_texts(raw: pa.Array) -> tuple[pa.Array, npt.NDArray[np.bool_]]:
    """The plain texts of numbers, and which of them are too large to be exact."""
    by_hand = np.ones(len(raw), np.bool_)
    shortest = raw
    with suppress(pa.ArrowInvalid):
        values = raw.cast(pa.float64())
        floats = values.to_numpy()
        by_hand = ~np.isfinite(floats) | (floats == np.rint(floats))
        shortest = float_texts(values)
    large = np.zeros(len(raw), np.bool_)
    if by_hand.any():
        mask = pa.array(by_hand)
        texts = [number_text(value.strip()) for value in raw.filter(mask).to_pylist()]
        shortest = pc.replace_with_mask(shortest, mask, pa.array(texts, pa.string()))
        large[by_hand] = [len(text) > 15 and is_imprecise(text) for text in texts]
    return shortest, large


def float_texts(values: pa.Array) -> pa.Array:
    """`float_text` of many finite floats; nulls stay. None may be a zero with a sign.

    Arrow's digits are those of Python's repr, but below 1e-6 and from 1e10 on it writes an exponent.
    """
    shortest = values.cast(pa.string())
    data = shortest.buffers()[2]
    if data is None or b"e" not in data.to_pybytes():
        return shortest
    has_exponent = pc.match_substring(shortest, "e")
    texts = [float_text(value) for value in values.filter(has_exponent).to_pylist()]
    return pc.replace_with_mask(shortest, has_exponent, pa.array(texts, pa.string()))


def is_imprecise(text: str) -> bool:
    """True for a whole number of more than 15 digits: as a number cell, its last digits can't be trusted."""
    return "." not in text and abs(Decimal(text)) >= IMPRECISE_FROM


def convert_distinct(raw: pa.Array, convert: Callable[[str], str]) -> pa.Array:
    """Applies a function to every different value of a column (Arrow `string` of n, in and out); nulls stay."""
    encoded = raw.dictionary_encode()
    values = [convert(value) for value in encoded.dictionary.cast(pa.string()).to_pylist()]
    return pa.array(values, pa.string()).take(encoded.indices)
