"""Cells that hold a time as ISO 8601 writes it (`t="d"`), as strict Open XML does."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

from shopdata.excel.tables import CellFormat, Kind
from shopdata.excel.values.times import duration_text, has_date, has_time, is_elapsed, moment_text, text_serial

_DURATION = re.compile(
    r"(?P<sign>-?)P(?=\d|T\d)(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?",
    re.ASCII,
)
#: What stands for the day in a moment that is no more than a time.
_NO_DAY = (date(1899, 12, 30), date(1899, 12, 31))
_NO_DAY_1904 = date(1904, 1, 1)
_ONE_DAY = timedelta(days=1)


def iso_text(value: str, style: CellFormat, *, epoch_1904: bool = False) -> tuple[str, CellFormat]:
    """A day, moment, time of day or duration as the lake holds it, and the format of the cell.

    A cell has no zone: the time is the one that is shown, whatever zone stands behind it. A cell whose style is no
    date's gets a plain one. Raises ValueError for what is none of the four.
    """
    if match := _DURATION.fullmatch(value):
        parts = {name: float(match[name] or 0) for name in ("days", "hours", "minutes", "seconds")}
        days = timedelta(**parts) / _ONE_DAY
        return duration_text(-days if match["sign"] else days), _styled(style, "[h]:mm:ss", is_day=False)
    if ":" in value and not re.match(r"[\d-]{8}", value):
        of_day = time.fromisoformat(value.removeprefix("T")).replace(tzinfo=None)
        return _time_text(of_day), _styled(style, "hh:mm:ss", is_day=False)
    moment = datetime.fromisoformat(value).replace(tzinfo=None)
    if style.kind is not Kind.DATE:
        has_clock = len(value) > len("2026-03-01")
        style = CellFormat(Kind.DATE, "yyyy-mm-dd hh:mm:ss" if has_clock else "yyyy-mm-dd")
    if not has_date(style.number_format):
        is_no_day = moment.date() in _NO_DAY or (epoch_1904 and moment.date() == _NO_DAY_1904)
        if is_no_day:
            return _time_text(moment.time()), style
        if is_elapsed(style.number_format):
            return duration_text(float(text_serial(moment.isoformat(sep=" "))) - 1462 * epoch_1904), style
    shows_both = has_time(style.number_format) and has_date(style.number_format)
    return moment_text(moment, show_time=shows_both), style


def _time_text(of_day: time) -> str:
    return duration_text((datetime.combine(_NO_DAY_1904, of_day) - datetime.combine(_NO_DAY_1904, time())) / _ONE_DAY)


def _styled(style: CellFormat, plain: str, *, is_day: bool) -> CellFormat:
    """The style of the cell if it shows such a value, else a plain one."""
    fits = style.kind is Kind.DATE and has_date(style.number_format) is is_day
    return style if fits else CellFormat(Kind.DATE, plain)
