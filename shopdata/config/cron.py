"""Cron lines as crontab(5) means them, and lengths of time as `90s`, `15m`, `12h` or `2d`."""

from __future__ import annotations

import re
from datetime import timedelta, tzinfo

from apscheduler.triggers.cron import CronTrigger

_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def cron_trigger(line: str, zone: tzinfo) -> CronTrigger:
    """Reads five fields: minute, hour, day of the month, month, day of the week.

    APScheduler counts weekdays from Monday, crontab from Sunday: `1` is Monday here.

    Raises:
        ValueError: in words for the one who wrote it.
    """
    fields = line.split()
    if len(fields) != 5:
        raise ValueError(f'write five fields, for example "30 8 * * *"; these are {len(fields)}')
    minute, hour, day, month, weekday = fields
    if day != "*" and weekday != "*":
        # crontab would run on either, APScheduler on both: whichever is taken, half of the readers err.
        raise ValueError("give a day of the month or a day of the week, not both; write two jobs for both")
    try:
        return CronTrigger(
            minute=minute, hour=hour, day=day, month=month, day_of_week=_weekday_names(weekday), timezone=zone
        )
    except ValueError as error:
        raise ValueError(f"invalid cron time ({error})") from None


def _weekday_names(field: str) -> str:
    """`1-5` as `mon,tue,wed,thu,fri`."""
    if field == "*":
        return field
    chosen: set[int] = set()
    for part in field.lower().split(","):
        span, _, step = part.partition("/")
        first, is_range, last = span.partition("-")
        start, end = (0, 6) if span == "*" else (_weekday(first), _weekday(last) if is_range else _weekday(first))
        if step and not is_range and span != "*":
            end = 6
        if end < start:
            end += 7
        if step and (not step.isdecimal() or step == "0"):
            raise ValueError(f"{part!r} is no day of the week")
        chosen.update(number % 7 for number in range(start, end + 1, int(step or 1)))
    return ",".join(_WEEKDAYS[number] for number in sorted(chosen))


def _weekday(text: str) -> int:
    if text in _WEEKDAYS:
        return _WEEKDAYS.index(text)
    if not re.fullmatch("[0-7]", text):
        raise ValueError(f"{text!r} is no day of the week; 0 and 7 are Sunday, 1 is Monday, or write sun, mon, …")
    return int(text) % 7


def duration(text: str) -> timedelta:
    """Reads a whole number with one of s, m, h, d.

    Raises:
        ValueError: it is something else.
    """
    match = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if match is None:
        raise ValueError(f"{text!r} is no length of time; write for example 90s, 15m, 12h or 2d")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})
