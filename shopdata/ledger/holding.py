"""What is held shows signs of life; from a thread, where there is no event loop: `scrapy replay`, `scrapy shops`."""

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


@contextmanager
def holding(claims: Claims, dataset: str, dt: str) -> Iterator[None]:
    """Nobody else merges or publishes a partition, for the length of the block.

    Raises:
        LedgerError: another run is at it, or the ledger fails.
    """
    if not claims.acquire_partition(dataset, dt):
        raise LedgerError(
            "another run is at this partition",
            where=f"{dataset} {dt}",
            expected="nobody else",
            todo="Let it end, then try again.",
        )
    try:
        with beating(claims):
            yield
    finally:
        try:
            claims.release_partition(dataset, dt)
        except LedgerError as error:
            # What came of the block counts; the lease ends by itself.
            logger.error("%s %s: lease not released: %s", dataset, dt, error)
