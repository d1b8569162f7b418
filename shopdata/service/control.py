"""What the service lets its pages and commands ask and do. `service/inside.py` does it.

Every method blocks, on the ledger's database or until the reactor's thread has answered: call them from a worker
thread (`deferToThread`), never from the reactor's own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol

from shopdata.reasons import Reason

JobState = Literal["pending", "running", "finished"]


@dataclass(frozen=True, kw_only=True)
class CrawlJob:
    """A crawl as scrapyd knows it. `finished` says that its process has ended, not that it did its work: what came of
    it is in the ledger, under the same id. Times are aware, in Asia/Shanghai."""

    id: str
    spider: str
    #: The spider's arguments, without scrapyd's own. Empty for jobs that ended long ago.
    arguments: Mapping[str, str]
    state: JobState
    #: None while it is pending, as are `pid` and `log`.
    started_at: datetime | None = None
    ended_at: datetime | None = None
    pid: int | None = None
    #: None also if the log has been cleaned away.
    log: Path | None = None
    #: How its process ended, a negative number by a signal; None if nobody was there to see it.
    exit_code: int | None = None
    #: Why it has never begun, a sentence; "" if it did.
    reason: str = ""
    #: Where it is at work, on another machine; "" on this one, and while it is pending.
    node: str = ""


@dataclass(frozen=True, kw_only=True)
class Due:
    """An entry of schedule.yaml and when it runs next."""

    job: str
    spider: str
    arguments: Mapping[str, str]
    #: What the spider collects when it is called so; "" if there is no such spider.
    dataset: str
    cron: str
    is_enabled: bool
    is_paused: bool
    #: None if it is paused or not enabled.
    next_at: datetime | None
    #: The last slot that was decided: its time, what became of it (`queued`, `skipped`), and why, a sentence or "".
    last_at: datetime | None = None
    last_state: str = ""
    last_note: str = ""
    #: The same as data; empty where an earlier version has decided it.
    last_reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class LogCopy:
    """A log as it lies on this machine. `as_of` is when a copy of another machine's was made; None of one's own."""

    path: Path
    as_of: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Disk:
    """Bytes: what the state directory holds, what of it are logs, and what its file system has left and in all."""

    state: int
    logs: int
    free: int
    total: int


class Control(Protocol):
    """The service from inside."""

    def jobs(self) -> list[CrawlJob]:
        """Pending jobs in the order they will start, running ones, then finished ones, the latest first."""

    def next_due(self) -> list[Due]:
        """Every entry of schedule.yaml, in its order."""

    def schedule_problem(self) -> str:
        """What is wrong with the schedule.yaml that is there now, and what goes on in spite of it; "" if nothing is."""

    def run_now(self, job: str) -> str:
        """Queues an entry of schedule.yaml at once, also if it is paused or not enabled.

        Returns:
            the id of the run. If the same spider already waits or runs with the same arguments, nothing is queued and
            this is its id.

        Raises:
            ArgumentError: there is no entry of that name.
        """

    def schedule(self, spider: str, arguments: Mapping[str, str]) -> str:
        """Queues a spider with arguments (`date`, `start` and `end`, `shops`, `force`, `period`); as `run_now`.

        Raises:
            ArgumentError: there is no such spider, or nothing is deployed.
        """

    def collect(
        self, dataset: str, dts: Collection[str], shops: Collection[str] = (), *, force: bool = False
    ) -> list[str]:
        """Queues what is needed to ask for these periods of a dataset.

        Args:
            dts: labels of periods.
            shops: ids; none is all shops of the dataset.
            force: asks again for what is published, and tries refused credentials once more.

        Returns:
            the ids of the runs.

        Raises:
            ArgumentError: there is no such dataset, or a label is none.
        """

    def dataset_of(self, spider: str, arguments: Mapping[str, object]) -> str:
        """What a spider collects when it is called with these arguments; "" if nobody knows. Does not block."""

    def cancel(self, run_id: str) -> bool:
        """Takes a pending job out of the queue, or ends a running one as Ctrl-C does; False if there is no such job."""

    def pause(self, job: str) -> None:
        """Lets the clock pass over an entry until `resume`, also after a restart. Raises ArgumentError."""

    def resume(self, job: str) -> None:
        """Undoes `pause`; what was due meanwhile is not caught up. Raises ArgumentError."""

    def log_path(self, run_id: str) -> Path | None:
        """The log of a run, or None if there is none (any more)."""

    def log_copy(self, run_id: str, spider: str) -> LogCopy | None:
        """The copy of a log that another machine writes or has written, fetched from the bucket; None if there is none.

        Raises:
            StoreError: the bucket can't be asked.
        """

    def disk(self) -> Disk:
        """Measured when it is called: walks over the state directory."""

    def started_at(self) -> datetime:
        """Since when the service is up."""

    def is_draining(self) -> bool:
        """True if it takes no crawl, because a person wants it so. Does not block."""
