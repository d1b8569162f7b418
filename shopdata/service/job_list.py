"""The jobs that scrapyd knows, with what we remember of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from shopdata.periods import SHANGHAI
from shopdata.service.control import CrawlJob
from shopdata.service.crawls import Crawl

#: Of so many ended jobs more is told than scrapyd remembers.
_MOST_ENDED = 500


def list_jobs(poller: Any, launcher: Any, logs: Path) -> list[CrawlJob]:
    """As `Control.jobs` says. In the reactor's thread, to which scrapyd's parts belong."""
    return [*_pending(poller), *_running(launcher, logs), *_elsewhere(poller), *_finished(launcher, logs)]


def log_of(logs: Path, project: str, spider: str, job: str) -> Path | None:
    """Where a job's log lies; None if there is none (any more)."""
    path = logs / project / spider / f"{job}.log"
    return path if path.is_file() else None


def own_arguments(message: Mapping[str, Any]) -> dict[str, str]:
    """The spider's arguments in a message of the queue, without scrapyd's own."""
    return {
        name: str(value)
        for name, value in message.items()
        if not name.startswith("_") and name not in ("name", "settings")
    }


def _pending(poller: Any) -> list[CrawlJob]:
    return [
        CrawlJob(id=message["_job"], spider=message["name"], arguments=own_arguments(message), state="pending")
        for queue in poller.queues.values()
        for message in queue.list()
    ]


def _running(launcher: Any, logs: Path) -> list[CrawlJob]:
    return [
        _begun(process, launcher.crawls.get(process.job), logs, state="running", pid=process.pid)
        for process in launcher.processes.values()
    ]


def _elsewhere(poller: Any) -> list[CrawlJob]:
    return [
        CrawlJob(
            id=message["_job"],
            spider=message["name"],
            arguments=own_arguments(message),
            state="running",
            node=message["_node"],
        )
        for queue in poller.queues.values()
        for message in queue.held()
    ]


def _finished(launcher: Any, logs: Path) -> list[CrawlJob]:
    ended: dict[str, Crawl] = {crawl.job: crawl for crawl in launcher.crawls.latest(_MOST_ENDED)}
    found = []
    for job in launcher.finished:
        crawl = ended.get(job.job)
        outcome = {"exit_code": crawl.exit_code, "reason": crawl.reason} if crawl else {}
        found.append(_begun(job, crawl, logs, state="finished", ended_at=_aware(job.end_time), **outcome))
    return found


def _begun(job: Any, crawl: Crawl | None, logs: Path, **more: Any) -> CrawlJob:
    """One that has a process, or had one: as scrapyd knows it, and as we remember it."""
    return CrawlJob(
        id=job.job,
        spider=job.spider,
        arguments=crawl.arguments if crawl else {},
        started_at=_aware(job.start_time),
        log=log_of(logs, job.project, job.spider, job.job),
        **more,
    )


def _aware(moment: datetime) -> datetime:
    return moment.astimezone(SHANGHAI)
