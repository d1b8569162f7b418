"""Copies of crawls' logs in the bucket: each machine that shares the ledger shows the log of every run by them.

A copy holds the bytes of the file, whose secrets were masked when it was written. As of when it is, its head says.
"""

from __future__ import annotations

import gzip
import io
import logging
import os
import shutil
import tempfile
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from twisted.internet.threads import deferToThread
from twisted.python.failure import Failure

from shopdata.exceptions import ArgumentError, ShopdataError, StoreError
from shopdata.periods import SHANGHAI
from shopdata.service.control import LogCopy
from shopdata.service.crawls import Crawl, Crawls
from shopdata.service.job_list import log_of
from shopdata.service.log_view import RunLog
from shopdata.service.options import PROJECT, ServiceOptions
from shopdata.service.repeating import Repeating
from shopdata.store.keys import LOGS, log_key
from shopdata.store.object_store import ObjectStore

logger = logging.getLogger(__name__)

_LOOK_EVERY_SECONDS = 2
#: While a crawl runs.
COPY_EVERY_SECONDS = 60
#: Between the first copy and the second; each time twice as long, up to the above. A log's first lines say little.
_SECOND_AFTER_SECONDS = 5
#: Of a log that is still written, so much of its end is copied; all of it when it is whole.
_END_BYTES = 8 * 1024**2
#: Ended crawls of so many hours are looked at again at the start: the service may have ended with the last of them.
_LOOKED_BACK_HOURS = 24
_MOST_ENDED = 200
#: What was fetched is shown for so long without asking again.
_FRESH_SECONDS = 20
#: Logs are cut at 256 MB (`cleaner.py`): what unpacks to more is none.
_MOST_BYTES = 300 * 1024**2
_GZIP = "application/gzip"


class LogCopies(Repeating):
    """Puts the logs of this service's crawls into the bucket: while they run, each minute at least, and when they end.

    Args:
        running: the jobs that are at work here now.
    """

    name = "log_copies"

    def __init__(
        self, options: ServiceOptions, crawls: Crawls, store: Callable[[], ObjectStore], running: Callable[[], set[str]]
    ) -> None:
        super().__init__({self._look_if_due: _LOOK_EVERY_SECONDS}, self._note_failure)
        self._options = options
        self._crawls = crawls
        self._store = store
        self._running = running
        #: By job: when it was looked at last, how often, and what it was like then.
        self._copied: dict[str, tuple[float, int, tuple[int, int]]] = {}
        self._done: set[str] = set()
        self._has_bucket = False
        self._told = ""
        #: After a failure; by the monotonic clock.
        self._not_before = 0.0

    def _look_if_due(self) -> Any:
        if time.monotonic() < self._not_before:
            return None
        return deferToThread(self.look, self._running()).addCallback(self._is_well)

    def look(self, running: set[str]) -> None:
        """Copies what is due. Blocks. Raises ShopdataError, and goes on with the same at the next look."""
        for crawl in self._crawls.open():
            # One that was cut off is nobody's, or already another machine's.
            if crawl.job in running and self._is_due(crawl.job):
                self._copy(crawl, is_whole=False)
        since = time.time() - _LOOKED_BACK_HOURS * 3600
        for crawl in self._crawls.latest(_MOST_ENDED):
            if crawl.job not in self._done and crawl.ended_at is not None and crawl.ended_at.timestamp() > since:
                self._copy(crawl, is_whole=True)
                self._done.add(crawl.job)

    def _is_due(self, job: str) -> bool:
        if job not in self._copied:
            return True
        at, count, _ = self._copied[job]
        apart: int = _SECOND_AFTER_SECONDS * 2 ** min(count - 1, 9)
        return time.monotonic() - at >= min(COPY_EVERY_SECONDS, apart)

    def _copy(self, crawl: Crawl, *, is_whole: bool) -> None:
        path = log_of(self._options.logs, crawl.project, crawl.spider, crawl.job)
        if crawl.project != PROJECT or path is None:
            return
        with suppress(FileNotFoundError):
            about = path.stat()
            seen = (about.st_size, about.st_mtime_ns)
            if not is_whole and not about.st_size:
                # It has just begun: a minute later there would be nothing to see yet.
                return
            _, count, before = self._copied.get(crawl.job, (0, 0, None))
            if is_whole or before != seen:
                store = self._store()
                if not self._has_bucket:
                    # The first file of all makes it otherwise, and is later than the first line of a log.
                    store.ensure_bucket()
                    self._has_bucket = True
                put_copy(store, crawl.spider, crawl.job, path, most_bytes=None if is_whole else _END_BYTES)
            self._copied[crawl.job] = (time.monotonic(), count + 1, seen)

    def _is_well(self, _: object) -> None:
        self._told = ""

    def _note_failure(self, failure: Failure) -> None:
        self._not_before = time.monotonic() + COPY_EVERY_SECONDS
        text = str(failure.value) if failure.check(ShopdataError) else failure.getTraceback()
        if text != self._told:
            # Once, and not each minute for as long as a store is away.
            logger.warning("logs not copied into the bucket; retrying: %s", text)
        self._told = text


def put_copy(store: ObjectStore, spider: str, job: str, path: Path, *, most_bytes: int | None = None) -> None:
    """Packs a log and puts it into the bucket; the same log again makes no PUT.

    Args:
        most_bytes: of a longer one, only its end is kept.

    Raises:
        StoreError: it could not be put there.
    """
    with path.open("rb") as log, tempfile.TemporaryFile() as packed:
        about = path.stat()
        with gzip.GzipFile("", "wb", 5, packed, mtime=about.st_mtime) as archive:
            if most_bytes is not None and about.st_size > most_bytes:
                log.seek(about.st_size - most_bytes)
                log.readline()
                archive.write(b"[what stands before is on the machine that it runs on, until it has ended]\n")
            shutil.copyfileobj(log, archive)
        packed.seek(0)
        store.put_bytes(log_key(spider, job), packed.read(), content_type=_GZIP, skip_unchanged=True)


def copies_in(store: ObjectStore) -> list[RunLog]:
    """All copies that the bucket has, of whichever machine. Raises StoreError."""
    found = []
    for key, _, changed in store.listing(LOGS):
        spider, _, name = key.removeprefix(LOGS).partition("/")
        job = name.removesuffix(".log.gz")
        # What anybody else has put there may be named in a way that leads elsewhere on this disk.
        with suppress(ArgumentError):
            if log_key(spider, job) == key:
                found.append(RunLog(spider, job, changed.timestamp(), None))
    return found


def fetch_copy(store: ObjectStore, folder: Path, spider: str, job: str) -> LogCopy | None:
    """A log out of the bucket, unpacked below `folder`; None if there is none.

    Raises:
        StoreError: the bucket can't be asked, or holds something else under the log's name.
    """
    path = folder / spider / f"{job}.log"
    with suppress(FileNotFoundError):
        about = path.stat()
        if time.time() - about.st_ctime < _FRESH_SECONDS:
            return LogCopy(path, _moment(about.st_mtime))
    key = log_key(spider, job)
    if store.stat_anywhere(key) is None:
        return None
    packed = store.get_bytes(key)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{job}.", suffix=".part", dir=path.parent)
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file, gzip.GzipFile(fileobj=io.BytesIO(packed)) as archive:
            _unpack(archive, file)
            made_at = archive.mtime or 0
        beside.replace(path)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise StoreError(
            "this is no copy of a log",
            where=store.where(key),
            found=str(error) or type(error).__name__,
            todo="Remove the object; look at the log on the machine that the run was on.",
        ) from None
    finally:
        beside.unlink(missing_ok=True)
    os.utime(path, (made_at, made_at))
    return LogCopy(path, _moment(made_at))


def _unpack(archive: Any, file: BinaryIO) -> None:
    size = 0
    while block := archive.read(1024 * 1024):
        size += len(block)
        if size > _MOST_BYTES:
            raise ValueError(f"more than {_MOST_BYTES} bytes")
        file.write(block)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC).astimezone(SHANGHAI)
