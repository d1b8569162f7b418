"""Addresses of the board's pages, for messages."""

from __future__ import annotations

from urllib.parse import quote, urlencode


def shop_page(board_url: str, shop_id: str) -> str:
    """Where a shop is signed in. Opens nothing without the board's own door, and does nothing by itself."""
    return f"{board_url.rstrip('/')}/sessions/{quote(shop_id, safe='')}/live"


def days_page(board_url: str, dataset: str, last: str, *, only_trouble: bool) -> str:
    """The shops of a dataset by days, up to one; only those of which something is wrong, if there are any."""
    asked = {"end": last[-10:]} | ({"show": "trouble", "rows": "all"} if only_trouble else {})
    return f"{board_url.rstrip('/')}/days/{quote(dataset, safe='')}?{urlencode(asked)}"


def partition_page(board_url: str, dataset: str, dt: str) -> str:
    """A period of a dataset, with its workbook."""
    return f"{board_url.rstrip('/')}/partition/{quote(dataset, safe='')}/{quote(dt, safe='')}"
