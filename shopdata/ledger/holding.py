"""A partition is held for the length of a block, by what has no event loop: `scrapy replay`, `scrapy shops`."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from shopdata.exceptions import LedgerError
from shopdata.ledger.claims import Claims
from shopdata.ledger.heartbeat import beating

logger = logging.getLogger(__name__)


@contextmanager
def holding(claims: Claims, dataset: str, dt: str) -> Iterator[None]:
    """Nobody else merges or publishes it meanwhile.

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
