"""What `scrapy service status` says, from the running service, or from what a stopped one has left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from shopdata.exceptions import LedgerError
from shopdata.ledger import Ledger, RunRecord
from shopdata.periods import SHANGHAI
from shopdata.service.background import find_daemon
from shopdata.service.client import Client, ServiceError
from shopdata.service.crawls import Crawl, Crawls
from shopdata.service.endings import ending_of, refusal_in
from shopdata.service.job_list import log_of
from shopdata.service.options import ServiceOptions

_MOST_FAILED = 5
#: Of so many crawls that have ended.
_LOOKED_AT = 100


def overview(options: ServiceOptions, open_ledger: Callable[[], Ledger]) -> tuple[bool, list[str]]:
    """Whether the service is up and answers, and lines for people; a ledger that can't be read is one of them."""
    daemon = find_daemon(options)
    if daemon is None:
        lines = ["down. Start it with `scrapy service start`."]
        lines += [
            f"  still runs    {crawl.spider}, run {crawl.job}, pid {process.pid}: the next start reattaches it"
            for crawl in Crawls(options.folder).open()
            if (process := crawl.process()) is not None
        ]
        return False, [*lines, *_failures(options, open_ledger)]
    since = f"since {daemon.started_at:%Y-%m-%d %H:%M}, pid {daemon.process.pid}, {options.url}/"
    try:
        about = Client(options).get("service")
    except ServiceError as error:
        return False, [f"it runs {since}, but does not answer. {error}"]
    return True, [f"up {since}", *_from_inside(about), *_failures(options, open_ledger)]


def _from_inside(about: dict[str, Any]) -> Iterator[str]:
    if about["is_stopping"]:
        yield "  stopping      it waits for what runs, and begins nothing new"
    if about["is_rehearsal"]:
        yield f"  rehearsal     its clock says {_clock(about['now'])} (SHOPDATA_SERVICE_NOW)"
    if not about["is_deployed"]:
        yield "  not deployed  nothing can run: see `scrapy service restart`"
    if about["problem"]:
        yield f"  schedule      {about['problem']}"
    for job in about["running"]:
        yield f"  runs          {_named(job)}, run {job['id']}, since {_clock(job['started_at'])}, pid {job['pid']}"
    for job in about["pending"]:
        yield f"  waits         {_named(job)}, run {job['id']}"
    if not about["running"] and not about["pending"]:
        yield "  runs          nothing"
    due = sorted((job for job in about["jobs"] if job["next_at"]), key=lambda job: str(job["next_at"]))
    for job in due:
        yield f"  next          {_clock(job['next_at'])} {job['job']}"
    for job in about["jobs"]:
        if job["is_paused"] or not job["is_enabled"]:
            yield f"  never         {job['job']}: {'paused' if job['is_paused'] else 'not enabled'}"
    for job in about["jobs"]:
        if job["last_state"] == "skipped":
            yield f"  left out      {_clock(job['last_at'])} {job['job']}: {job['last_note']}"
    disk = about["disk"]
    yield (
        f"  disk          {_size(disk['state'])} in the state directory, of it {_size(disk['logs'])} logs; "
        f"{_size(disk['free'])} of {_size(disk['total'])} free"
    )


def _failures(options: ServiceOptions, open_ledger: Callable[[], Ledger]) -> Iterator[str]:
    failed = [crawl for crawl in Crawls(options.folder).latest(_LOOKED_AT) if crawl.exit_code != 0]
    try:
        runs = {crawl.job: open_ledger().reading.run(crawl.job) for crawl in failed}
    except LedgerError as error:
        yield f"  ledger        {error}"
        runs = {}
    # Nobody saw the exit code of a crawl that was reattached; the ledger knows that it did its work.
    failed = [crawl for crawl in failed if not _is_complete(runs.get(crawl.job))]
    for crawl in failed[:_MOST_FAILED]:
        named = _named({"spider": crawl.spider, "arguments": crawl.arguments})
        why = _why(crawl, runs.get(crawl.job), log_of(options.logs, crawl.project, crawl.spider, crawl.job))
        yield f"  failed        {_clock(crawl.ended_at)} {named}, run {crawl.job}: {why}"


def _is_complete(run: RunRecord | None) -> bool:
    return run is not None and run.outcome == "complete"


def _why(crawl: Crawl, run: RunRecord | None, log: Path | None) -> str:
    if run is not None and run.outcome is not None:
        states = ", ".join(f"{count} {state}" for state, count in run.counts.items())
        return f"{run.outcome}: {states}" if states else str(run.outcome)
    match ending_of(crawl.exit_code, crawl.reason, has_begun=run is not None):
        case "unstarted":
            return crawl.reason
        case "refused":
            said = refusal_in(log) or f"see `scrapy service log {crawl.job}`"
            return f"refused before anything was asked (exit code 2). {said}"
        case "killed":
            return f"killed (signal {-(crawl.exit_code or 0)})"
        case "lost":
            return "it ended with nobody there to see it"
        case _:
            return f"exit code {crawl.exit_code}; see `scrapy service log {crawl.job}`"


def _named(job: dict[str, Any]) -> str:
    arguments = " ".join(f"{name}={value}" for name, value in job["arguments"].items())
    return f"{job['spider']} {arguments}".strip()


def _clock(moment: str | datetime | None) -> str:
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    return f"{moment.astimezone(SHANGHAI):%m-%d %H:%M}" if moment else ""


def _size(count: int) -> str:
    size = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit in ("B", "kB") else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
