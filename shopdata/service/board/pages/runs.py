"""What waits, what runs, what ran: scrapyd's jobs and the ledger's runs, joined by their id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup

from shopdata.ledger import RunRecord
from shopdata.periods import today
from shopdata.service.board import charts, states
from shopdata.service.board.addresses import checked_run_id
from shopdata.service.board.answers import PageNotFoundError
from shopdata.service.board.asked import Asked, asked
from shopdata.service.board.charts import Column
from shopdata.service.board.log_lines import read_log
from shopdata.service.board.outcomes import outcomes_of
from shopdata.service.board.rendering import RenderedPage
from shopdata.service.board.sources import Sources
from shopdata.service.board.visit import Visit
from shopdata.service.board.why import Reasons, troubles_of_cells
from shopdata.service.control import CrawlJob
from shopdata.service.endings import ending_of, refusal_in

_MOST = 200
#: So many of them have a column.
_MOST_DRAWN = 40
#: What stands above a run's column, as the board draws how it ended; any other end is a bad one.
_MARKS = {"complete": "", "incomplete": states.OVERDUE, "stopped": "rejected"}
#: A run shows a sign of life every minute or so; after this it is over.
_SILENCE = timedelta(minutes=5)


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


def page(sources: Sources, visit: Visit) -> RenderedPage:
    """`?told=` and `?run=` say what a button has just done."""
    jobs = {job.id: job for job in sources.control.jobs()}
    made = RunLines(sources, visit)
    records = {record.run_id: record for record in sources.workspace.ledger.runs(_MOST)}
    lines = [made.line(job, records.get(job.id)) for job in jobs.values()]
    lines += [made.line(None, record) for run_id, record in records.items() if run_id not in jobs]
    order = {"pending": 0, "running": 1}
    lines.sort(key=lambda line: (order.get(line.state, 2), -line.started_at.timestamp() if line.started_at else 0))
    drawn = _lengths(visit, lines[:_MOST])
    return RenderedPage(
        "runs", visit.texts("menu.runs"), "runs", {"lines": lines[:_MOST], "lengths": drawn, "shape": charts.shape}
    )


def _lengths(visit: Visit, lines: Sequence[RunLine]) -> Markup | None:
    """How long the last runs took that have ended, the earliest first; None if none has."""
    t = visit.texts
    ended = [line for line in lines if line.seconds is not None and line.state not in ("pending", "running")]
    ended = sorted(ended[:_MOST_DRAWN], key=lambda line: (line.started_at or visit.now, line.id))
    if not ended:
        return None
    columns = []
    for (left, width), line in zip(charts.spread(len(ended)), ended, strict=True):
        state = t(f"run.{line.state}") if t.has(f"run.{line.state}") else line.state
        what = t("format.comma").join([line.asked.what, t.span(line.seconds or 0), state])
        words = t("trends.column", period=t.short(line.started_at), what=what)
        mark = _MARKS.get(line.state, "failed")
        columns.append(
            Column(left, width, line.seconds, visit.link("runs", line.id), words, marks=(mark,) if mark else ())
        )
    most = t.span(max(line.seconds or 0 for line in ended))
    started = [today(line.started_at) if line.started_at is not None else None for line in ended]
    about = t("trends.chart.lengths.about")
    return charts.chart("lengths", t("trends.chart.minutes"), about, columns, charts.MINUTES, started, most)


class RunLines:
    """Makes the lines of one page: all shops' names are looked up once."""

    def __init__(self, sources: Sources, visit: Visit) -> None:
        config = sources.config()
        self._visit = visit
        self._contracts = config.datasets
        self._names = {shop.id: shop.name for shop in config.shops}
        self._dataset_of = sources.control.dataset_of

    def line(self, job: CrawlJob | None, record: RunRecord | None) -> RunLine:
        """One run, of which the service, the ledger or both know."""
        known: CrawlJob | RunRecord | None = job or record
        assert known is not None
        started_at = (record.started_at if record is not None else None) or (job.started_at if job else None)
        ended_at = (record.finished_at if record is not None else None) or (job.ended_at if job else None)
        state = state_of(job, record, self._visit.now)
        if ended_at is None and state == "running":
            ended_at = self._visit.now
        arguments = job.arguments if job is not None and job.arguments else record.arguments if record else {}
        dataset = self._dataset_of(known.spider, arguments)
        return RunLine(
            id=job.id if job is not None else record.run_id if record is not None else "",
            asked=asked(
                self._visit.texts,
                known.spider,
                arguments,
                dataset=dataset,
                contract=self._contracts.get(dataset),
                names=self._names,
            ),
            state=state,
            started_at=started_at,
            seconds=(ended_at - started_at).total_seconds()
            if ended_at is not None and started_at is not None
            else None,
            counts=record.counts if record is not None else {},
            is_cancellable=job is not None and job.state != "finished",
            has_log=job is not None and job.log is not None,
        )


def state_of(job: CrawlJob | None, record: RunRecord | None, now: datetime) -> str:
    """The ledger says how a run ended; the service only, that its process has."""
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


#: A month of 500 shops.
_MOST_CELLS = 16_000


def one(sources: Sources, visit: Visit, run_id: str) -> RenderedPage:
    """A run that the ledger or the service knows."""
    run_id = checked_run_id(run_id)
    record = sources.workspace.ledger.run(run_id)
    job = next((job for job in sources.control.jobs() if job.id == run_id), None)
    if record is None and job is None:
        raise PageNotFoundError
    path = sources.control.log_path(run_id)
    line = RunLines(sources, visit).line(job, record)
    config = sources.config()
    names = {shop.id: shop.name for shop in config.shops}
    cells = [
        (cell, states.shown(cell.state, cell.lease_until, visit.now, cell.doubt))
        for cell in sources.workspace.ledger.queries.of_run(run_id, _MOST_CELLS)
    ]
    troubles = troubles_of_cells(((cell, state) for cell, state in cells if state in states.TROUBLES), names)
    reason = job.reason if job is not None else ""
    return RenderedPage(
        "run",
        line.asked.what,
        "runs",
        {
            "line": line,
            "record": record,
            "job": job,
            "reason": reason or (refusal_in(path) if line.state == "refused" else ""),
            "whys": Reasons(
                visit.texts, config, today(visit.now).isoformat(), has_sign_ins=sources.sign_ins is not None
            ).of(troubles),
            "outcomes": outcomes_of((cell for cell, state in cells if state not in states.TROUBLES), names),
            "contracts": config.datasets,
            "has_log": path is not None,
            "log": read_log(path),
        },
    )
