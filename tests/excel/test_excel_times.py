"""Dates, times and durations: whole columns become what single cells become, in both date systems, and come back."""

from __future__ import annotations

from math import inf, nextafter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopdata.excel.values.times import (
    date_column,
    has_date,
    is_date_format,
    is_elapsed,
    serial_column,
    serial_text,
    text_serial,
)

FORMATS = ("yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss", "h:mm", "[h]:mm:ss", "mm:ss.0", "yyyy年m月d日 hh时")
DAY_MS = 86_400_000
#: The last day that Excel knows, 9999-12-31; that of the 1904 system is as many days less as it began later.
LAST, LATER = 2_958_465, 1462

DAYS = st.one_of(
    st.integers(-1, 62), st.integers(LAST - 2, LAST + 1), st.integers(LAST - LATER - 2, LAST + 1), st.integers(0, LAST)
)
#: Where a text changes: full seconds and what is next to them, midnight, the middle between two milliseconds.
MILLISECONDS = st.one_of(
    st.integers(0, DAY_MS - 1),
    st.builds(lambda second, off: second * 1000 + off, st.integers(0, 86_399), st.sampled_from((0, 1, 2, 998, 999))),
    st.sampled_from((0, 0.5, 1, 1.5, DAY_MS - 1.5, DAY_MS - 1, DAY_MS - 0.5)),
)
NOISE = st.sampled_from((-inf, 0, inf))


def as_written(day: int, of_day: float, noise: float) -> str:
    serial = day + of_day / DAY_MS
    return repr(nextafter(serial, noise) if noise else serial)


SERIALS = st.one_of(
    st.builds(as_written, DAYS, MILLISECONDS, NOISE),
    st.floats(-1e6, 1e9).map(repr),
    st.sampled_from(
        ("5", "+5", " 46082 ", "5.", ".5", "4.6082E4", "-0.0", "1e-9", "1e300", "-1e-12", "nan", "inf", "1_0")
    ),
)


def alone(raw: str, number_format: str, *, epoch_1904: bool) -> str | None:
    """What a cell by itself becomes; None for no date."""
    try:
        return serial_text(raw, number_format, epoch_1904=epoch_1904)
    except (ValueError, OverflowError):
        return None


@given(st.lists(SERIALS, min_size=1, max_size=20), st.sampled_from(FORMATS), st.booleans())
def test_a_column_becomes_what_its_cells_become(raws: list[str], number_format: str, epoch_1904: bool) -> None:
    expected = [alone(raw, number_format, epoch_1904=epoch_1904) for raw in raws]
    for raw, text in zip(raws, expected, strict=True):
        if text is None:
            with pytest.raises((ValueError, OverflowError)):
                date_column(pa.array([raw]), number_format, epoch_1904=epoch_1904)
    good = [(raw, text) for raw, text in zip(raws, expected, strict=True) if text is not None]
    texts = date_column(pa.array([raw for raw, _ in good], pa.string()), number_format, epoch_1904=epoch_1904)
    assert texts.to_pylist() == [text for _, text in good]
    assert serial_column(texts).to_pylist() == [text_serial(text) for _, text in good if text]


@pytest.mark.parametrize("epoch_1904", [False, True], ids=["1900", "1904"])
def test_each_day_of_both_systems_is_that_of_the_calendar(epoch_1904: bool) -> None:
    """Each at another millisecond; the calendar is numpy's, which knows nothing of Excel."""
    for days in np.array_split(np.arange(61, LAST + 1), 100):
        of_day = days * 7_777_777 % DAY_MS
        of_day[days % 100 == 0] = 0
        serials = pa.array(days - LATER * epoch_1904 + of_day / DAY_MS).cast(pa.string())
        of_day += (of_day % 1000 == 999).astype(int) - (of_day % 1000 == 1)
        moments = np.datetime64("1899-12-30", "ms") + days * DAY_MS + of_day
        shown = [str(moment).replace("T", " ").removesuffix(".000") for moment in np.datetime_as_string(moments)]
        texts = date_column(serials, "yyyy-mm-dd hh:mm:ss.000", epoch_1904=epoch_1904)
        assert texts.to_pylist() == shown
        assert serial_column(texts).cast(pa.float64()).to_pylist() == ((days * DAY_MS + of_day) / DAY_MS).tolist()


@pytest.mark.parametrize("number_format", FORMATS)
def test_days_around_the_one_that_never_was(number_format: str) -> None:
    raws = [f"{day}{part}" for day in range(63) for part in ("", ".25", ".999999999")]
    texts = date_column(pa.array(raws), number_format, epoch_1904=False)
    assert texts.to_pylist() == [serial_text(raw, number_format) for raw in raws]
    assert serial_column(texts).to_pylist() == [text_serial(text) for text in texts.to_pylist()]
    assert is_elapsed(number_format) or "1900-02-29" in texts.to_pylist() or "1900-02-29 00:00:00" in texts.to_pylist()


@pytest.mark.parametrize("days", ["-0.5", "-1.5", "-0.000001", "0", "1.5", "4.25", "123.456", "2958465", "1e13"])
def test_durations_may_be_long_and_negative(days: str) -> None:
    text = serial_text(days, "[h]:mm:ss")
    texts = date_column(pa.array([days, "0.5"]), "[h]:mm:ss", epoch_1904=True)
    assert texts.to_pylist() == [text, "12:00:00"]
    assert serial_column(texts).to_pylist() == [text_serial(text), "0.5"]


def test_what_is_missing_stays_missing() -> None:
    texts = date_column(pa.array(["46082.5", None, "0.25"]), "h:mm", epoch_1904=False)
    assert texts.to_pylist() == ["2026-03-01 12:00:00", None, "06:00:00"]
    assert serial_column(texts).to_pylist() == ["46082.5", None, "0.25"]
    assert serial_column(texts.slice(0, 2)).to_pylist() == ["46082.5", None]


@pytest.mark.parametrize("text", ["2026-02-30", "tomorrow", "1:00:00 "])
def test_a_text_that_is_no_date_of_ours_has_no_day_count(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whose ever it is
        serial_column(pa.array(["2026-03-01", text]))


@pytest.mark.parametrize(
    "serial", ["0", "1", "59", "60", "60.25", "61", "46082", "46082.354166666664", "2958465", "0.5"]
)
def test_dates_come_back_as_the_day_count_they_were(serial: str) -> None:
    text = serial_text(serial, "yyyy-mm-dd hh:mm:ss" if serial != "0.5" else "h:mm:ss")
    assert float(text_serial(text)) == pytest.approx(float(serial), abs=1e-8)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("yyyy-mm-dd", True), ("m/d/yy h:mm", True), ("[h]:mm", True), ("mm:ss.0", True), ('yyyy"年"', True),
        ("[$-804]yyyy年m月d日", True), ("[DBNum1]上午/下午h时mm分", True), ("[s]", True),
        ("General", False), ("0.00%", False), ("[Red]0.00", False), ('0" days"', False), ("0.00E+00", False),
        ("\\d0", False), ("0.0分", False), ("0日", False), ("@", False), ("_-* #,##0_-", False), ("", False),
    ],
)  # fmt: skip
def test_date_formats_are_told_from_number_formats(code: str, expected: bool) -> None:
    assert is_date_format(code) is expected


@pytest.mark.parametrize("code", ["h:mm", "mm:ss", "[h]:mm:ss", "h:mm AM/PM"])
def test_a_time_format_has_no_date(code: str) -> None:
    assert not has_date(code)
