"""What `scrapy service status` says, from the running service, or from what a stopped one has left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.cells import cell_len

from shopdata.exceptions import LedgerError, UsageError
from shopdata.ledger import Ledger, RunRecord
from shopdata.reasons import Reason
from shopdata.service.background import find_daemon
from shopdata.service.board.notes import slot_words
from shopdata.service.client import Client, ServiceError
from shopdata.service.crawls import Crawl, Crawls
from shopdata.service.endings import ending_of, refusal_in
from shopdata.service.job_list import log_of
from shopdata.service.options import ServiceOptions
from shopdata.wording import Texts

_MOST_FAILED = 5
#: Of so many crawls that have ended.
_LOOKED_AT = 100


def overview(t: Texts, options: ServiceOptions, open_ledger: Callable[[], Ledger]) -> tuple[bool, list[str]]:
    """Whether the service is up and answers, and lines for people; a ledger that can't be read is one of them."""
    daemon = find_daemon(options)
    if daemon is None:
        lines = [t("service.down")]
        lines += [
            _line(t, "still_runs", t("service.reattached_next", spider=crawl.spider, run=crawl.job, pid=process.pid))
            for crawl in Crawls(options.folder).open()
            if (process := crawl.process()) is not None
        ]
        return False, [*lines, *_failures(t, options, open_ledger)]
    started_at = datetime.fromtimestamp(daemon.create_time(), UTC)
    since = t("service.since", time=t.moment(started_at), pid=daemon.pid, url=options.url)
    try:
        about = Client(options).get("service")
    except ServiceError as error:
        return False, [t("service.no_answer", since=since, why=error)]
    return True, [t("service.up_since", since=since), *_from_inside(t, about), *_failures(t, options, open_ledger)]


def _line(t: Texts, head: str, text: object) -> str:
    head = t(f"service.head.{head}")
    return f"  {head}{' ' * (14 - cell_len(head))}{text}"


def _from_inside(t: Texts, about: dict[str, Any]) -> Iterator[str]:
    if about["is_stopping"]:
        yield _line(t, "stopping", t("service.finishing"))
    if about.get("is_draining"):
        yield _line(t, "draining", t("service.is_draining"))
    if about["is_rehearsal"]:
        yield _line(t, "rehearsal", t("service.rehearsing", time=_clock(t, about["now"])))
    if not about["is_deployed"]:
        yield _line(t, "not_deployed", t("service.cannot_run"))
    if about["problem"]:
        yield _line(t, "schedule", about["problem"])
    yield from _runs(t, about)
    if not about["running"] and not about["pending"]:
        yield _line(t, "runs", t("service.nothing_runs"))
    due = sorted((job for job in about["jobs"] if job["next_at"]), key=lambda job: str(job["next_at"]))
    for job in due:
        yield _line(t, "next", f"{_clock(t, job['next_at'])} {job['job']}")
    for job in about["jobs"]:
        if job["is_paused"] or not job["is_enabled"]:
            yield _line(t, "never", t("service.paused" if job["is_paused"] else "service.not_enabled", job=job["job"]))
    for job in about["jobs"]:
        if job["last_state"] == "skipped":
            reasons = [Reason.from_json(entry) for entry in job.get("last_reasons", ())]
            why = slot_words(t, reasons) or job["last_note"]
            yield _line(t, "left_out", t("service.left_out", time=_clock(t, job["last_at"]), job=job["job"], why=why))
    yield _line(t, "disk", t("service.disk", **{name: t.size(count) for name, count in about["disk"].items()}))


def _runs(t: Texts, about: dict[str, Any]) -> Iterator[str]:
    """What runs and waits; a run with members on several machines is one line."""
    runs: dict[str, list[dict[str, Any]]] = {}
    for job in (*about["running"], *about["pending"]):
        # A service of an earlier version knows no members.
        runs.setdefault(job.get("run", job["id"]), []).append(job)
    for run, jobs in runs.items():
        is_running, job = jobs[0]["state"] == "running", jobs[0]
        if job["id"] != run:
            where = t("format.listed").join(_where(t, member) for member in jobs)
            yield _line(
                t, "runs" if is_running else "waits", t("service.shared_run", what=_named(job), run=run, where=where)
            )
        elif not is_running:
            yield _line(t, "waits", t("service.waiting_run", what=_named(job), run=run))
        elif job.get("node"):
            yield _line(t, "runs", t("service.shared_run", what=_named(job), run=run, where=_where(t, job)))
        else:
            since = _clock(t, job["started_at"])
            yield _line(t, "runs", t("service.run", what=_named(job), run=run, time=since, pid=job["pid"]))


def _where(t: Texts, job: dict[str, Any]) -> str:
    if job["state"] == "pending":
        return t("service.member_waits", job=job["id"])
    if job["node"]:
        return t("service.member_there", job=job["id"], node=job["node"])
    return t("service.member_here", job=job["id"], time=_clock(t, job["started_at"]), pid=job["pid"])


def _failures(t: Texts, options: ServiceOptions, open_ledger: Callable[[], Ledger]) -> Iterator[str]:
    failed = [crawl for crawl in Crawls(options.folder).latest(_LOOKED_AT) if crawl.exit_code != 0]
    try:
        runs = {crawl.job: open_ledger().run(crawl.job) for crawl in failed}
    except (LedgerError, UsageError) as error:
        yield _line(t, "ledger", error)
        runs = {}
    # Nobody saw the exit code of a crawl that was reattached; the ledger knows that it did its work.
    failed = [crawl for crawl in failed if not _is_complete(runs.get(crawl.job))]
    for crawl in failed[:_MOST_FAILED]:
        named = _named({"spider": crawl.spider, "arguments": crawl.arguments})
        why = _why(t, crawl, runs.get(crawl.job), log_of(options.logs, crawl.project, crawl.spider, crawl.job))
        told = t("service.failed", time=t.short(crawl.ended_at), what=named, run=crawl.job, why=why)
        yield _line(t, "failed", told)


def _is_complete(run: RunRecord | None) -> bool:
    return run is not None and run.outcome == "complete"


def _why(t: Texts, crawl: Crawl, run: RunRecord | None, log: Path | None) -> str:
    if run is not None and run.outcome is not None:
        counts = [t("backfill.count", n=n, state=t(f"state.{state}.word")) for state, n in run.counts.items()]
        outcome = t(f"run.{run.outcome}")
        return t("service.outcome", outcome=outcome, states=t("format.listed").join(counts)) if counts else outcome
    match ending_of(crawl.exit_code, crawl.reason, has_begun=run is not None):
        case "unstarted":
            return crawl.reason
        case "refused":
            return t("service.refused", why=refusal_in(log) or t("service.see_log", run=crawl.job))
        case "killed":
            return t("service.killed_by", signal=-(crawl.exit_code or 0))
        case "lost":
            return t("service.unseen_end")
        case _:
            return t("service.exit_code", code=crawl.exit_code, run=crawl.job)


def _named(job: dict[str, Any]) -> str:
    arguments = " ".join(f"{name}={value}" for name, value in job["arguments"].items())
    return f"{job['spider']} {arguments}".strip()


def _clock(t: Texts, moment: str) -> str:
    return t.short(datetime.fromisoformat(moment))
