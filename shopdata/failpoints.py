"""Places where a test kills a run: beside every step that outlives it. Without `arm`, passing one does nothing."""

from __future__ import annotations

import os
import signal
import threading
from dataclasses import dataclass
from enum import StrEnum


class FailPoint(StrEnum):
    """Every place, in the order of a cell's and a partition's way; `after` means that it is done and durable."""

    CLAIM_BEFORE = "claim.before"
    CLAIM_AFTER = "claim.after"
    #: A new session is there, and not yet in its file.
    SESSION_BEFORE = "session.before"
    SESSION_AFTER = "session.after"
    #: The ledger notes that a report is about to be ordered.
    ORDER_BEFORE = "order.before"
    ORDER_AFTER = "order.after"
    #: The portal has made the report; the ledger notes how it is called.
    JOB_BEFORE = "job.before"
    JOB_AFTER = "job.after"
    DOWNLOAD_BEFORE = "download.before"
    DOWNLOAD_AFTER = "download.after"
    #: The file moves into the outbox.
    OUTBOX_BEFORE = "outbox.before"
    OUTBOX_AFTER = "outbox.after"
    #: The ledger notes that the cell is staged.
    CELL_BEFORE = "cell.before"
    CELL_AFTER = "cell.after"
    RAW_PUT_BEFORE = "raw_put.before"
    RAW_PUT_AFTER = "raw_put.after"
    #: The ledger notes that the raw file is in the store; then it leaves the outbox.
    RAW_SENT_AFTER = "raw_sent.after"
    MERGE_BEFORE = "merge.before"
    MERGE_AFTER = "merge.after"
    WORKBOOK_PUT_BEFORE = "workbook_put.before"
    WORKBOOK_PUT_AFTER = "workbook_put.after"
    PARQUET_PUT_BEFORE = "parquet_put.before"
    PARQUET_PUT_AFTER = "parquet_put.after"
    RECEIPT_PUT_BEFORE = "receipt_put.before"
    RECEIPT_PUT_AFTER = "receipt_put.after"
    #: The ledger notes the partition, and its cells as published.
    PUBLISHED_BEFORE = "published.before"
    PUBLISHED_AFTER = "published.after"
    #: Dremio reads the partition anew.
    REFRESH_BEFORE = "refresh.before"
    REFRESH_AFTER = "refresh.after"
    #: Receipt and ledger note what Dremio said.
    REFRESHED_AFTER = "refreshed.after"


@dataclass
class _Trap:
    point: FailPoint
    #: How often it may still be passed.
    passes: int


_trap: _Trap | None = None
_lock = threading.Lock()


def arm(where: str) -> None:
    """Sets the one trap of this process.

    Args:
        where: a point's name; with `:3` behind it, its third passing is meant.

    Raises:
        ValueError: there is no such point.
    """
    global _trap
    name, _, number = where.partition(":")
    _trap = _Trap(FailPoint(name), int(number or "1") - 1)


def reach(point: FailPoint) -> None:
    """Ends this process as a power cut would, if the trap stands here."""
    if _trap is None or _trap.point is not point:
        return
    with _lock:
        if _trap.passes == 0:
            # Windows knows no SIGKILL; there SIGTERM ends a process as suddenly.
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
        _trap.passes -= 1
