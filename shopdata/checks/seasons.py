"""The weeks of the Chinese trading year in which a shop's own past says little about its day."""

from __future__ import annotations

from datetime import date, timedelta

from shopdata.periods import Period

#: First and last day of each, as (month, day): 618, the National Day, 双11 with what leads up to it, 12.12.
_EVERY_YEAR = (((5, 28), (6, 28)), ((10, 1), (10, 15)), ((10, 20), (11, 25)), ((12, 10), (12, 21)))

#: The first day of the lunar year. It moves; after the last one here, only the others are known.
_SPRING_FESTIVALS = (
    date(2023, 1, 22),
    date(2024, 2, 10),
    date(2025, 1, 29),
    date(2026, 2, 17),
    date(2027, 2, 6),
    date(2028, 1, 26),
    date(2029, 2, 13),
    date(2030, 2, 3),
    date(2031, 1, 23),
    date(2032, 2, 11),
    date(2033, 1, 31),
    date(2034, 2, 19),
    date(2035, 2, 8),
    date(2036, 1, 28),
    date(2037, 2, 15),
    date(2038, 2, 4),
    date(2039, 1, 24),
    date(2040, 2, 12),
)
#: Shops close before it, and are slow to come back.
_BEFORE, _AFTER = timedelta(days=7), timedelta(days=21)


def is_in_season(period: Period) -> bool:
    """True if any day of the period is in one of these weeks."""
    if any(first - _BEFORE <= period.end and period.start <= first + _AFTER for first in _SPRING_FESTIVALS):
        return True
    return any(
        date(year, *first) <= period.end and period.start <= date(year, *last)
        for year in {period.start.year, period.end.year}
        for first, last in _EVERY_YEAR
    )
