"""Numbers, dates and times as text: what a person sees in the cell, without what Excel's storage adds."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from shopdata.excel.tables import CellFormat, Kind

_NOWHERE = np.zeros(0, np.intp)

#: Integers from here on do not all fit into the 15 digits that Excel keeps.
IMPRECISE_FROM = Decimal(10) ** 15

ZERO, POINT, MINUS = b"0.-"

_PLAIN_NUMBER = re.compile(r"(?!-0$)-?(?:0|[1-9]\d*)(?:\.\d*[1-9])?", re.ASCII)
_ANY_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
#: Quoted text, escaped characters, colours and conditions; what is left decides about dates.
_FORMAT_NOISE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)


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
        shortest = _fraction_texts(values)
    large = np.zeros(len(raw), np.bool_)
    if by_hand.any():
        mask = pa.array(by_hand)
        texts = [number_text(value.strip()) for value in raw.filter(mask).to_pylist()]
        shortest = pc.replace_with_mask(shortest, mask, pa.array(texts, pa.string()))
        large[by_hand] = [len(text) > 15 and is_imprecise(text) for text in texts]
    return shortest, large


def _fraction_texts(values: pa.Array) -> pa.Array:
    """`float_text` of many floats that are not whole.

    Arrow's digits are those of Python's repr, but below 1e-6 and from 1e10 on it writes an exponent.
    """
    shortest = values.cast(pa.string())
    has_exponent = pc.match_substring(shortest, "e")
    if not pc.any(has_exponent, min_count=0).as_py():
        return shortest
    texts = [float_text(value) for value in values.filter(has_exponent).to_pylist()]
    return pc.replace_with_mask(shortest, has_exponent, pa.array(texts, pa.string()))


def is_imprecise(text: str) -> bool:
    """True for a whole number of more than 15 digits: as a number cell, its last digits can't be trusted."""
    return "." not in text and abs(Decimal(text)) >= IMPRECISE_FROM


def is_date_format(number_format: str) -> bool:
    """True if Excel shows a number in this format as a date or a time."""
    bare = _FORMAT_NOISE.sub("", number_format.split(";")[0]).lower()
    # 年月日时分秒 alone are units of a number: `0.0分` is a score, and Excel too reads only the letters.
    return bool(re.search(r"[ymdhs]", bare)) and "general" not in bare


def has_time(number_format: str) -> bool:
    """True if a date format shows hours or seconds."""
    return bool(re.search(r"[hs时秒]", _FORMAT_NOISE.sub("", number_format).lower()))


def has_date(number_format: str) -> bool:
    """True if a date format shows a year, a day, or a month that is not minutes."""
    bare = _FORMAT_NOISE.sub("", number_format).lower()
    return bool(re.search(r"[yd年月日]", bare)) or ("m" in bare and not re.search(r"[hs]", bare))


def is_elapsed(number_format: str) -> bool:
    """True if a format shows hours beyond 24, or minutes or seconds beyond 60."""
    return bool(_ELAPSED.search(number_format))


_DAY_MS = 86_400_000
#: The day that never was, and day 0: a time without a day, or a number that became a date. As Excel shows them.
_LEAP_DAY = 60
_DAYS_OF_NO_CALENDAR = {0: "1900-01-00", _LEAP_DAY: "1900-02-29"}


def serial_text(raw: str, number_format: str, *, epoch_1904: bool = False) -> str:
    """Excel's day count as `YYYY-MM-DD`, `YYYY-MM-DD HH:MM:SS` or, for a time of day or a duration, `HH:MM:SS`.

    The blank between date and time is SQL's form of ISO 8601: Dremio, DuckDB and pandas cast it as it is. Day 0 and day
    60 are no days of the calendar (`1900-01-00`, `1900-02-29`).

    Raises ValueError before day 0, OverflowError after the year 9999.
    """
    days = float(raw)
    if not has_date(number_format) and (days < 1 or is_elapsed(number_format)):
        return duration_text(days)
    if epoch_1904:
        days += 1462
    if days < 0:
        raise ValueError(raw)
    day, rest = divmod(round(days * _DAY_MS), _DAY_MS)
    # Lotus 1-2-3 had a 29 February 1900, so Excel has one too; before it the count is one less.
    start = datetime(1899, 12, 31) if day < _LEAP_DAY else datetime(1899, 12, 30)  # noqa: DTZ001 - a cell has no zone
    shown = _DAYS_OF_NO_CALENDAR.get(day)
    moment = start + timedelta(days=1 if shown else day, milliseconds=rest)
    # A whole day that shows but a clock is a day: in other languages of Excel, some of these formats show one.
    text = moment_text(moment, show_time=has_time(number_format) and has_date(number_format))
    return shown + text[len(shown) :] if shown else text


def moment_text(moment: datetime, *, show_time: bool) -> str:
    """A moment in ISO form; the time is left out if it is midnight and nobody asked for it."""
    if not show_time and moment.time() == time():
        return moment.date().isoformat()
    # What Excel keeps is a float of days: a few microseconds off are noise.
    if moment.microsecond and min(moment.microsecond, 1_000_000 - moment.microsecond) <= 1000:
        moment = (moment + timedelta(microseconds=500_000)).replace(microsecond=0)
    return moment.isoformat(sep=" ", timespec="milliseconds" if moment.microsecond else "seconds")


def duration_text(days: float) -> str:
    """Days as hours, minutes and seconds; the hours may be more than 24."""
    seconds = round(abs(days) * 86_400)
    sign = "-" if days < 0 and seconds else ""
    return f"{sign}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def text_serial(text: str) -> str:
    """The way back: Excel's day count (1900) of a text that `serial_text` made. Raises ValueError for others."""
    if match := re.fullmatch(r"(-?)(\d+):(\d\d):(\d\d)", text):
        seconds = int(match[2]) * 3600 + int(match[3]) * 60 + int(match[4])
        return match[1] + float_text(seconds / 86_400)
    for day, shown in _DAYS_OF_NO_CALENDAR.items():
        if text.startswith(shown):
            since = datetime.fromisoformat(f"1900-01-01{text[len(shown) :]}") - datetime(1900, 1, 1)  # noqa: DTZ001
            return float_text(day + since / timedelta(days=1))
    moment = datetime.fromisoformat(text)
    start = datetime(1899, 12, 31) if moment.date() < date(1900, 3, 1) else datetime(1899, 12, 30)  # noqa: DTZ001
    return float_text((moment - start) / timedelta(days=1))


#: Days from Excel's day 0 to 1970-01-01, and the first day from which its count is right.
_TO_1970, _FIRST_RIGHT, _LAST = 25_569, 61, 2_958_465


def date_column(raw: pa.Array, number_format: str, *, epoch_1904: bool) -> pa.Array:
    """A column of n day counts (Arrow `string`) as n texts, as `serial_text` writes them, whole days all at once.

    Raises:
        ValueError, OverflowError: as `serial_text` does.
    """
    if not epoch_1904 and not has_time(number_format) and has_date(number_format) and _all_between(raw, b"0", b"9"):
        counts = raw.cast(pa.int32())
        if pc.min(counts).as_py() >= _FIRST_RIGHT and pc.max(counts).as_py() <= _LAST:
            return pc.subtract(counts, pa.scalar(_TO_1970, pa.int32())).cast(pa.date32()).cast(pa.string())
    return convert_distinct(raw, partial(serial_text, number_format=number_format, epoch_1904=epoch_1904))


def serial_column(texts: pa.Array) -> pa.Array:
    """The way back: texts of `date_column` as day counts. Nulls stay."""
    lengths = pc.min_max(pc.binary_length(texts)).as_py()
    if lengths["min"] == lengths["max"] == len("2026-03-01") and pc.min(texts).as_py() >= "1900-03-01":
        days = texts.cast(pa.date32()).cast(pa.int32())
        return pc.add(days, pa.scalar(_TO_1970, pa.int32())).cast(pa.string())
    return convert_distinct(texts, text_serial)


def _all_between(texts: pa.Array, low: bytes, high: bytes) -> bool:
    """True if there are texts, short enough for an int32, and every byte of them is between these two."""
    offsets = np.frombuffer(texts.buffers()[1], np.int32, len(texts) + 1, texts.offset * 4)
    if not len(texts) or texts.null_count or np.diff(offsets).max() > 7 or np.diff(offsets).min() < 1:
        return False
    data = np.frombuffer(texts.buffers()[2], np.uint8)[offsets[0] : offsets[-1]]
    return bool((data >= low[0]).all() and (data <= high[0]).all())


def convert_distinct(raw: pa.Array, convert: Callable[[str], str]) -> pa.Array:
    """Applies a function to every different value of a column (Arrow `string` of n, in and out); nulls stay."""
    encoded = raw.dictionary_encode()
    values = [convert(value) for value in encoded.dictionary.cast(pa.string()).to_pylist()]
    return pa.array(values, pa.string()).take(encoded.indices)


def format_of(number_format: str) -> CellFormat:
    """What a numeric cell in this number format is."""
    kind = Kind.DATE if is_date_format(number_format) else Kind.NUMBER
    return CellFormat(kind, number_format or "General")
