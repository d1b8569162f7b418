"""Keeps the crawls' logs within their age and size, also while they are written; crawls and acts within their age."""

from __future__ import annotations

import contextlib
import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

from twisted.internet.threads import deferToThread
from twisted.python.failure import Failure

from shopdata.exceptions import StoreError
from shopdata.periods import SHANGHAI
from shopdata.service.crawls import Crawls
from shopdata.service.job_list import log_of
from shopdata.service.options import ServiceOptions
from shopdata.service.repeating import Repeating
from shopdata.store.keys import LOGS
from shopdata.store.object_store import ObjectStore
from shopdata.workspace import Workspace, is_shared

logger = logging.getLogger(__name__)

Kept = TypeVar("Kept")

KEEP_DAYS = 90
KEEP_BYTES = 1024**3
#: The list of crawls says what the logs are called.
_KEEP_CRAWLS_DAYS = 400
#: Who did what: over the question of a year ago.
KEEP_ACTS_DAYS = 400
_EVERY_SECONDS = 3600
#: A crawl that says the same for ever, or was told to say all.
MOST_LOG_BYTES = 256 * 1024**2
_KEPT_LOG_BYTES = 64 * 1024**2
_LOOK_EVERY_SECONDS = 60


class Cleaner(Repeating):
    """Cleans at the start and every hour, in a thread."""

    name = "cleaner"

    def __init__(self, options: ServiceOptions, crawls: Crawls, workspace: Workspace) -> None:
        looks = {self._clean: _EVERY_SECONDS, self._cut: _LOOK_EVERY_SECONDS}
        super().__init__({partial(deferToThread, look): seconds for look, seconds in looks.items()}, _log_failure)
        self._options = options
        self._crawls = crawls
        self._workspace = workspace

    def _clean(self) -> None:
        running = {f"{crawl.job}.log" for crawl in self._crawls.open()}
        removed = clean_logs(self._options.logs, running)
        if removed:
            logger.info("removed %d logs older than %d days or beyond %d MB", removed, KEEP_DAYS, KEEP_BYTES >> 20)
        if is_shared(self._workspace.database_url):
            # What was fetched from the bucket is soon had again.
            clean_logs(self._options.log_copies, set(), keep_days=1)
            with contextlib.suppress(StoreError):
                clean_copies(self._workspace.store)
        self._crawls.forget(_KEEP_CRAWLS_DAYS)
        self._workspace.ledger.acts.forget(datetime.now(SHANGHAI) - timedelta(days=KEEP_ACTS_DAYS))

    def _cut(self) -> None:
        for crawl in self._crawls.open():
            path = log_of(self._options.logs, crawl.project, crawl.spider, crawl.job)
            # One that is gone meanwhile, or that Windows lets nobody touch, keeps nobody from the others.
            with contextlib.suppress(FileNotFoundError, PermissionError):
                if path is not None and cut_log(path):
                    told = "the log of run %s was cut: it was longer than %d MB"
                    logger.warning(told, crawl.job, MOST_LOG_BYTES >> 20)


def cut_log(path: Path, most_bytes: int = MOST_LOG_BYTES, kept_bytes: int = _KEPT_LOG_BYTES) -> bool:
    """Takes the end off a log that is too long; whoever writes it appends, and so goes on behind what is left."""
    if path.stat().st_size <= most_bytes:
        return False
    os.truncate(path, kept_bytes)
    with path.open("ab") as file:
        file.write(f"\n[the log was longer than {most_bytes} bytes: what stood here is gone]\n".encode())
    return True


def clean_logs(folder: Path, running: set[str], keep_days: float = KEEP_DAYS, keep_bytes: int = KEEP_BYTES) -> int:
    """Removes logs that are too old, then the oldest ones until the others fit.

    Args:
        running: names of logs that are written now; they stay.

    Returns:
        how many were removed.
    """
    found = []
    for path in folder.rglob("*.log"):
        try:
            about = path.stat()
        except OSError:
            continue
        found.append((about.st_mtime, about.st_size, path))
    removed = 0
    for path in too_old(found, keep_days, keep_bytes, lambda path: path.name in running):
        # Somebody may have it open, which Windows minds: the next look removes it.
        with contextlib.suppress(PermissionError):
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def clean_copies(store: ObjectStore, keep_days: float = KEEP_DAYS, keep_bytes: int = KEEP_BYTES) -> int:
    """Removes copies of logs from the bucket by the rule of `clean_logs`; returns how many. Raises StoreError."""
    found = [(changed.timestamp(), size, key) for key, size, changed in store.listing(LOGS)]
    old = list(too_old(found, keep_days, keep_bytes))
    for key in old:
        store.remove(key)
    return len(old)


def too_old(
    found: Iterable[tuple[float, int, Kept]],
    keep_days: float,
    keep_bytes: int,
    stays: Callable[[Kept], bool] = lambda _: False,
) -> Iterator[Kept]:
    """What is older than so many days, then the oldest beyond so many bytes.

    Args:
        found: when each was changed last (seconds since 1970), its bytes, and what it is.
        stays: true for what is kept in any case; it counts all the same.
    """
    oldest = time.time() - keep_days * 86400
    kept = 0
    for changed, size, what in sorted(found, key=lambda one: one[:2], reverse=True):
        kept += size
        if not stays(what) and (changed < oldest or kept > keep_bytes):
            kept -= size
            yield what


def _log_failure(failure: Failure) -> None:
    logger.error("what is old could not be cleaned away: %s", failure.value)
