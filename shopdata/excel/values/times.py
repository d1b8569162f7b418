"""Dates, times and durations: Excel's day counts as text, and back; one by one, and as whole columns.

What Excel keeps is a count of days, as a float. A column is taken as whole milliseconds: exact, whatever the day.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from shopdata.excel.tables import CellFormat, Kind
from shopdata.excel.values.numbers import convert_distinct, float_text, float_texts

#: Quoted text, escaped characters, colours and conditions; what is left decides about dates.
_FORMAT_NOISE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)


def format_of(number_format: str) -> CellFormat:
    """What a numeric cell in this number format is."""
    kind = Kind.DATE if is_date_format(number_format) else Kind.NUMBER
    return CellFormat(kind, number_format or "General")


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


#: Days from Excel's day 0 to 1970-01-01, where other programs count from, and the last day that Excel knows.
_TO_1970, _LAST = 25_569, 2_958_465
#: Longer ones are no hours, minutes and seconds of whole numbers that a float holds.
_MAX_DURATION = len("-123456789:00:00")

_Mask = npt.NDArray[np.bool_]
_Part = tuple[_Mask, Callable[[_Mask], pa.Array]]


def date_column(raw: pa.Array, number_format: str, *, epoch_1904: bool) -> pa.Array:
    """A column of n day counts (Arrow `string`) as n texts, as `serial_text` writes them. Nulls stay.

    Raises:
        ValueError, OverflowError: as `serial_text` does.
    """
    one_by_one = partial(serial_text, number_format=number_format, epoch_1904=epoch_1904)
    try:
        days = raw.cast(pa.float64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:  # a blank, a plus
        return convert_distinct(raw, one_by_one)
    shows_date = has_date(number_format)
    is_known = np.abs(days) <= _LAST
    is_duration = is_known & (not shows_date) & ((days < 1) | is_elapsed(number_format))
    moments = np.rint((np.where(is_known, days, 0) + 1462 * epoch_1904) * _DAY_MS).astype(np.int64)
    number = moments // _DAY_MS
    is_moment = is_known & ~is_duration & (number > 0) & (number != _LEAP_DAY) & (number < _LAST)
    moments -= (_TO_1970 - (number < _LEAP_DAY)) * _DAY_MS
    # All of this as in `moment_text`.
    is_day = is_moment & (moments % _DAY_MS == 0) & (not (shows_date and has_time(number_format)))
    left = moments % 1000
    moments += (left == 999).astype(np.int64) - (left == 1)
    is_whole = is_moment & ~is_day & (moments % 1000 == 0)
    return _by_parts(
        raw,
        (is_day, lambda where: _cast((moments[where] // _DAY_MS).astype(np.int32), pa.date32())),
        (is_whole, lambda where: _cast(moments[where] // 1000, pa.timestamp("s"))),
        (is_moment & ~is_day & ~is_whole, lambda where: _cast(moments[where], pa.timestamp("ms"))),
        (is_duration, lambda where: _duration_texts(days[where])),
        (~is_moment & ~is_duration, lambda where: convert_distinct(raw.filter(pa.array(where)), one_by_one)),
    )


def _by_parts(texts: pa.Array, *parts: _Part) -> pa.Array:
    """The texts, in place of those in each part what its function makes of them."""
    for where, make in parts:
        if where.all():
            return make(where)
        if where.any():
            texts = pc.replace_with_mask(texts, pa.array(where), make(where))
    return texts


def _cast(numbers: npt.NDArray[Any], kind: pa.DataType) -> pa.Array:
    return pa.array(numbers).cast(kind).cast(pa.string())


def _duration_texts(days: npt.NDArray[np.float64]) -> pa.Array:
    """`duration_text` of many."""
    seconds = np.rint(np.abs(days) * 86_400).astype(np.int64)
    signs = pa.array(["", "-"]).take(pa.array(((days < 0) & (seconds > 0)).astype(np.int8)))
    hours = pc.utf8_lpad(pa.array(seconds // 3600).cast(pa.string()), 2, "0")
    behind = pc.utf8_slice_codeunits(_cast((seconds % 3600).astype(np.int32), pa.time32("s")), len("00"))
    return pc.binary_join_element_wise(signs, hours, behind, "")


def serial_column(texts: pa.Array) -> pa.Array:
    """The way back: texts of `date_column` as day counts, as `text_serial` writes them. Nulls stay."""
    with suppress(pa.ArrowInvalid):
        return _moment_serials(texts)
    is_duration, is_of_no_calendar = (
        pc.fill_null(pc.match_substring_regex(texts, form), False).to_numpy(zero_copy_only=False)
        for form in (r"^-?\d+:", "^(?:" + "|".join(_DAYS_OF_NO_CALENDAR.values()) + ")")
    )
    return _by_parts(
        texts,
        (is_duration, lambda where: _duration_serials(texts.filter(pa.array(where)))),
        (is_of_no_calendar, lambda where: convert_distinct(texts.filter(pa.array(where)), text_serial)),
        (~is_duration & ~is_of_no_calendar, lambda where: _moment_serials(texts.filter(pa.array(where)))),
    )


def _moment_serials(texts: pa.Array) -> pa.Array:
    """Raises ArrowInvalid, a ValueError, if one of them is no day of the calendar."""
    moments = texts.cast(pa.timestamp("ms"))
    is_early = pc.less(moments, pa.scalar(datetime(1900, 3, 1), moments.type))  # noqa: DTZ001 - a cell has no zone
    to_1970 = pc.multiply(pc.if_else(is_early, _TO_1970 - 1, _TO_1970), _DAY_MS)
    return float_texts(pc.divide(pc.add(moments.cast(pa.int64()), to_1970).cast(pa.float64()), _DAY_MS))


def _duration_serials(texts: pa.Array) -> pa.Array:
    if pc.max(pc.binary_length(texts)).as_py() > _MAX_DURATION:
        return convert_distinct(texts, text_serial)
    parts = ((0, -6, 3600), (-5, -3, 60), (-2, None, 1))
    hours, minutes, seconds = (
        pc.multiply(pc.abs(pc.utf8_slice_codeunits(texts, start, stop).cast(pa.int64())), unit)
        for start, stop, unit in parts
    )
    days = pc.divide(pc.add(pc.add(hours, minutes), seconds).cast(pa.float64()), 86_400)
    return float_texts(pc.if_else(pc.starts_with(texts, "-"), pc.negate(days), days))
