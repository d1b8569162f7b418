"""Runs as pages list them: scrapyd's jobs and the ledger's runs, joined by their id; a run's members are one line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shopdata.ledger import RunRecord
from shopdata.run_ids import number_of, run_of
from shopdata.service.board.asked import Asked, asked
from shopdata.service.board.sources import Sources
from shopdata.service.board.visit import Visit
from shopdata.service.control import CrawlJob
from shopdata.service.endings import ending_of

#: A run shows a sign of life every minute or so; after this it is over.
_SILENCE = timedelta(minutes=5)
#: Outcomes that say what became of all cells.
_JUDGED = ("complete", "incomplete")


@dataclass(frozen=True)
class MemberLine:
    """One job of a run that has several. `state` is as that of a run; `node` is empty where nobody has it yet."""

    id: str
    number: int
    node: str
    state: str
    started_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True)
class RunLine:
    """One run. `state` is pending, running, an `Ending`, or as the ledger calls an outcome (complete, incomplete,
    stopped)."""

    id: str
    asked: Asked
    state: str
    started_at: datetime | None
    seconds: float | None
    counts: Mapping[str, int]
    is_cancellable: bool
    has_log: bool
    #: By their numbers; empty of a run that is one crawl.
    members: tuple[MemberLine, ...] = ()


def by_run(jobs: Iterable[CrawlJob]) -> dict[str, list[CrawlJob]]:
    """The jobs of each run, in their order."""
    found: dict[str, list[CrawlJob]] = {}
    for job in jobs:
        found.setdefault(run_of(job.id), []).append(job)
    return found


class RunLines:
    """Makes the lines of one page: all shops' names are looked up once."""

    def __init__(self, sources: Sources, visit: Visit) -> None:
        config = sources.config()
        self._visit = visit
        self._contracts = config.datasets
        self._names = {shop.id: shop.name for shop in config.shops}
        self._dataset_of = sources.control.dataset_of
        self._here = sources.workspace.staging.node if sources.has_nodes() else ""

    def line(self, jobs: Sequence[CrawlJob], record: RunRecord | None, *, is_member: bool = False) -> RunLine:
        """One run, of which the service, the ledger or both know.

        Args:
            jobs: all that the service has of it.
            record: with its members, if it has any.
            is_member: it is one member of a run, by itself.
        """
        known: CrawlJob | RunRecord | None = jobs[0] if jobs else record
        assert known is not None
        members = () if is_member else self._members(jobs, record)
        first = jobs[0] if jobs and not members else None
        started = [member.started_at for member in members] if members else [_started_at(first, record)]
        ended = [member.ended_at for member in members] if members else [_ended_at(first, record)]
        started_at = min((moment for moment in started if moment is not None), default=None)
        ended_at = max((moment for moment in ended if moment is not None), default=None)
        state = state_of_all(members, record) if members else state_of(first, record, self._visit.now)
        if state == "running":
            ended_at = self._visit.now
        arguments = next((job.arguments for job in jobs if job.arguments), record.arguments if record else {})
        dataset = self._dataset_of(known.spider, arguments)
        what = asked(
            self._visit.texts,
            known.spider,
            arguments,
            dataset=dataset,
            contract=self._contracts.get(dataset),
            names=self._names,
        )
        return RunLine(
            id=record.run_id if record is not None else run_of(jobs[0].id) if members else jobs[0].id,
            asked=what,
            state=state,
            started_at=started_at,
            seconds=(ended_at - started_at).total_seconds() if ended_at and started_at else None,
            counts=record.counts if record is not None else {},
            is_cancellable=any(job.state != "finished" for job in jobs),
            has_log=first is not None and first.log is not None,
            members=members,
        )

    def _members(self, jobs: Sequence[CrawlJob], record: RunRecord | None) -> tuple[MemberLine, ...]:
        """Those of a run; none for a run that is one crawl, or for one member by itself."""
        records = {member.run_id: member for member in record.members} if record is not None else {}
        if not records and (record is not None or not any(number_of(job.id) for job in jobs)):
            return ()
        by_id = {job.id: job for job in jobs}
        return tuple(
            self._member(job_id, by_id.get(job_id), records.get(job_id))
            for job_id in sorted({*by_id, *records}, key=number_of)
        )

    def _member(self, job_id: str, job: CrawlJob | None, record: RunRecord | None) -> MemberLine:
        state = state_of(job, record, self._visit.now)
        is_taken = job is not None and job.state != "pending"
        return MemberLine(
            id=job_id,
            number=number_of(job_id),
            node=(job.node or self._here if job is not None and is_taken else record.node if record else ""),
            state=state,
            started_at=_started_at(job, record),
            ended_at=None if state in ("pending", "running") else _ended_at(job, record),
        )


def state_of(job: CrawlJob | None, record: RunRecord | None, now: datetime) -> str:
    """The ledger says how a run ended; the service only, that its process has."""
    if job is not None and job.state == "pending":
        # Also where it was cut off and given back.
        return "pending"
    if record is not None and record.outcome:
        return record.outcome
    if job is not None and job.state != "finished":
        return job.state
    if job is not None:
        return ending_of(job.exit_code, job.reason, has_begun=record is not None)
    beat = None if record is None else record.heartbeat_at
    if beat is not None and now - beat < _SILENCE:
        # Begun elsewhere, by hand or on another machine: its own sign of life counts.
        return "running"
    return "lost"


def state_of_all(members: Sequence[MemberLine], record: RunRecord | None) -> str:
    """Of a run with members: what goes on goes before what waits; how it ended, the last of them has said."""
    states = [member.state for member in members]
    for state in ("running", "pending"):
        if state in states:
            return state
    if record is not None and record.outcome:
        return record.outcome
    # One whose process was killed says nothing of the cells; one that has ended by itself does.
    said = [(member.ended_at, member.state) for member in members if member.ended_at and member.state in _JUDGED]
    return max(said)[1] if said else states[0]


def _started_at(job: CrawlJob | None, record: RunRecord | None) -> datetime | None:
    return (record.started_at if record is not None else None) or (job.started_at if job is not None else None)


def _ended_at(job: CrawlJob | None, record: RunRecord | None) -> datetime | None:
    return (record.finished_at if record is not None else None) or (job.ended_at if job is not None else None)
