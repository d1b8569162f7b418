"""Addresses of the board's pages, for messages."""

from __future__ import annotations

from typing import Literal
from urllib.parse import quote, urlencode


def shop_page(board_url: str, shop_id: str) -> str:
    """Where a shop is signed in. Opens nothing without the board's own door, and does nothing by itself."""
    return f"{board_url.rstrip('/')}/sessions/{quote(shop_id, safe='')}/live"


def days_page(board_url: str, dataset: str, last: str, *, show: Literal["trouble", "doubtful"] | None) -> str:
    """The shops of a dataset by days, up to one.

    Args:
        show: only those of which something is wrong, or in whose files a check has found something; None for all.
    """
    asked = {"end": last[-10:]} | ({"show": show, "rows": "all"} if show is not None else {})
    return f"{board_url.rstrip('/')}/days/{quote(dataset, safe='')}?{urlencode(asked)}"


def partition_page(board_url: str, dataset: str, dt: str) -> str:
    """A period of a dataset, with its workbook."""
    return f"{board_url.rstrip('/')}/partition/{quote(dataset, safe='')}/{quote(dt, safe='')}"
