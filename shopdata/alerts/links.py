"""Addresses of the board's pages, for messages."""

from __future__ import annotations

from urllib.parse import quote


def shop_page(board_url: str, shop_id: str) -> str:
    """Where a shop is signed in. Opens nothing without the board's own door, and does nothing by itself."""
    return f"{board_url.rstrip('/')}/sessions/{quote(shop_id, safe='')}/live"
