"""Signs of life from a thread, for what holds something and has no event loop: `scrapy replay`."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from shopdata.exceptions import LedgerError
from shopdata.ledger.claims import Claims

logger = logging.getLogger(__name__)

#: Signs of life in the time of one lease: some may come late, or meet a ledger that is locked.
BEATS = 4


def beat(claims: Claims) -> None:
    """One sign of life. That it can't be written is no reason to stop."""
    try:
        claims.beat()
    except LedgerError as error:
        logger.warning("heartbeat not written (%s); retrying", error)


@contextmanager
def beating(claims: Claims) -> Iterator[None]:
    """Shows life for all that is held, for the length of the block."""
    is_over = threading.Event()

    def go_on() -> None:
        while not is_over.wait(claims.seconds / BEATS):
            beat(claims)

    thread = threading.Thread(target=go_on, name="signs of life", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
