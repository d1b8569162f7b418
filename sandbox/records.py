"""What a sandbox was asked and what it answered, for tests to look into. Never a password or a cookie's value."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass, field

# Enough for any test; a sandbox that runs for months forgets its oldest requests.
MAX_RECORDS = 200_000


@dataclass(slots=True)
class Record:
    """One request. `status` is None while it is being answered; `started` is `time.monotonic()` in seconds.

    `call` is the kind of call, by the name the portal half gives it; `is_paced` marks those that a client must pace.
    """

    number: int
    started: float
    at: dt.datetime
    host: str
    method: str
    path: str
    query_keys: tuple[str, ...]
    user_agent: str
    call: str | None
    is_paced: bool
    shop_id: str | None = None
    account: str | None = None
    status: int | None = None
    seconds: float | None = None


@dataclass(slots=True)
class Counters:
    """Sums over all requests since the start (or since the records were last cleared)."""

    jobs: dict[str, dict[str, int]] = field(default_factory=dict)
    """Report jobs created, by shop and business day (`YYYY-MM-DD`)."""
    logins: dict[str, int] = field(default_factory=dict)
    """Sign-ins that opened a session, by shop."""
    refused_logins: dict[str, int] = field(default_factory=dict)
    """Sign-ins that were refused, by shop."""
    downloads: dict[str, int] = field(default_factory=dict)
    """Files sent whole, by shop."""
    requests: dict[str, int] = field(default_factory=dict)
    """Paced requests (those to the data interface), by shop."""
    calls: dict[str, dict[str, int]] = field(default_factory=dict)
    """Requests by shop and kind of call, those that need no pacing included."""
    peak_by_shop: dict[str, int] = field(default_factory=dict)
    """Most paced requests that were in work at one time, by shop."""
    peak: int = 0
    """The same over all shops."""
    min_gap_seconds: dict[str, float] = field(default_factory=dict)
    """Shortest time between the starts of two paced requests, by shop."""


class Records:
    """The log of a sandbox, in the order in which requests arrived. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = 0
        self._records: deque[Record] = deque(maxlen=MAX_RECORDS)
        self._reset()

    def _reset(self) -> None:
        self._records.clear()
        self._counts: dict[str, Counter[str]] = {
            "logins": Counter(),
            "refused_logins": Counter(),
            "downloads": Counter(),
        }
        self._requests: Counter[str] = Counter()
        self._jobs: dict[str, Counter[str]] = {}
        self._calls: dict[str, Counter[str]] = {}
        self._active: Counter[str] = Counter()
        self._peaks: Counter[str] = Counter()
        self._peak = 0
        self._last_start: dict[str, float] = {}
        self._gaps: dict[str, float] = {}

    def begin(
        self,
        *,
        host: str,
        method: str,
        path: str,
        query_keys: tuple[str, ...],
        user_agent: str,
        shop_id: str | None,
        account: str | None,
        call: str | None,
        is_paced: bool,
    ) -> Record:
        """Notes a request as it arrives."""
        with self._lock:
            self._numbers += 1
            record = Record(
                number=self._numbers,
                started=time.monotonic(),
                at=dt.datetime.now(dt.UTC),
                host=host,
                method=method,
                path=path,
                query_keys=query_keys,
                user_agent=user_agent,
                call=call,
                is_paced=is_paced,
                shop_id=shop_id,
                account=account,
            )
            self._records.append(record)
            if call is not None and shop_id is not None:
                self._calls.setdefault(shop_id, Counter())[call] += 1
            if is_paced and shop_id is not None:
                self._note_start(shop_id, record.started)
        return record

    def _note_start(self, shop_id: str, started: float) -> None:
        self._requests[shop_id] += 1
        self._active[shop_id] += 1
        self._peaks[shop_id] = max(self._peaks[shop_id], self._active[shop_id])
        self._peak = max(self._peak, self._active.total())
        if shop_id in self._last_start:
            gap = started - self._last_start[shop_id]
            self._gaps[shop_id] = min(gap, self._gaps.get(shop_id, gap))
        self._last_start[shop_id] = started

    def finish(self, record: Record, status: int) -> None:
        """Notes the answer, just before its last byte leaves. A second call for the same request changes nothing."""
        with self._lock:
            if record.status is not None:
                return
            record.status = status
            record.seconds = time.monotonic() - record.started
            if record.is_paced and record.shop_id is not None and self._active[record.shop_id] > 0:
                self._active[record.shop_id] -= 1

    def count(self, what: str, shop_id: str) -> None:
        """Counts one of `logins`, `refused_logins`, `downloads`."""
        with self._lock:
            self._counts[what][shop_id] += 1

    def count_job(self, shop_id: str, day: dt.date) -> None:
        """Counts a report job that was created for a business day."""
        with self._lock:
            self._jobs.setdefault(shop_id, Counter())[day.isoformat()] += 1

    def clear(self) -> None:
        """Forgets all requests and sums; numbering goes on."""
        with self._lock:
            self._reset()

    def all(self, shop_id: str | None = None, host: str | None = None, after: int = 0) -> list[Record]:
        """The requests in order; of one shop, of one host, or those numbered above `after`."""
        with self._lock:
            return [
                record
                for record in self._records
                if shop_id in (None, record.shop_id) and host in (None, record.host) and record.number > after
            ]

    def counters(self) -> Counters:
        """The sums at this moment."""
        with self._lock:
            return Counters(
                jobs={shop_id: dict(days) for shop_id, days in self._jobs.items()},
                requests=dict(self._requests),
                calls={shop_id: dict(calls) for shop_id, calls in self._calls.items()},
                peak_by_shop=dict(self._peaks),
                peak=self._peak,
                min_gap_seconds=dict(self._gaps),
                **{what: dict(count) for what, count in self._counts.items()},
            )
