"""What an address may name: checked before it reaches a path, a key or a query."""

from __future__ import annotations

import re
from datetime import date

from shopdata.exceptions import ArgumentError
from shopdata.periods import Period, parse_date
from shopdata.service.board.answers import PageNotFoundError

_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}")

#: What a page may be told about the button that led to it.
TOLD = (
    *("queued", "nothing", "paused", "resumed", "cancelled", "gone", "accepted"),
    *("shop_added", "shop_changed", "shop_enabled", "shop_disabled", "shop_removed", "shop_renaming", "shops_entered"),
    *("user_added", "user_changed", "user_removed"),
)


def checked_id(text: str) -> str:
    """A dataset's or shop's id. Raises PageNotFoundError."""
    if not _ID.fullmatch(text):
        raise PageNotFoundError
    return text


def checked_dt(text: str) -> str:
    """A period's label. Raises PageNotFoundError."""
    try:
        period = Period.from_dt(text)
    except ArgumentError:
        raise PageNotFoundError from None
    if period.dt != text or period.end < period.start:
        raise PageNotFoundError
    return text


def checked_run_id(text: str) -> str:
    """A run's id, ours or scrapyd's. Raises PageNotFoundError."""
    if not _RUN_ID.fullmatch(text):
        raise PageNotFoundError
    return text


def checked_day(text: str | None, today: date) -> date:
    """A day, today if none is given. Raises PageNotFoundError for what is no day, or not yet one."""
    if not text:
        return today
    try:
        day = parse_date(text)
    except ArgumentError:
        raise PageNotFoundError from None
    if day > today or day.year < 2000:
        raise PageNotFoundError
    return day
