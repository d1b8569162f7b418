"""What waits, what runs, what ran: scrapyd's jobs and the ledger's runs, joined by their id."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from shopdata.periods import today
from shopdata.run_ids import number_of, run_of
from shopdata.service.board import charts, states
from shopdata.service.board.addresses import checked_run_id
from shopdata.service.board.answers import PageNotFoundError
from shopdata.service.board.charts import Column
from shopdata.service.board.log_lines import read_log
from shopdata.service.board.outcomes import outcomes_of
from shopdata.service.board.rendering import RenderedPage
from shopdata.service.board.run_lines import RunLine, RunLines, by_run
from shopdata.service.board.sources import Sources
from shopdata.service.board.visit import Visit
from shopdata.service.board.why import Reasons, troubles_of_cells
from shopdata.service.endings import refusal_in

_MOST = 200
#: So many of them have a column.
_MOST_DRAWN = 40
#: What stands above a run's column, as the board draws how it ended; any other end is a bad one.
_MARKS = {"complete": "", "incomplete": states.OVERDUE, "stopped": "rejected"}


def page(sources: Sources, visit: Visit) -> RenderedPage:
    """`?told=` and `?run=` say what a button has just done."""
    jobs = by_run(sources.control.jobs())
    made = RunLines(sources, visit)
    records = {record.run_id: record for record in sources.workspace.ledger.runs(_MOST)}
    lines = [made.line(own, records.get(run_id)) for run_id, own in jobs.items()]
    lines += [made.line((), record) for run_id, record in records.items() if run_id not in jobs]
    order = {"pending": 0, "running": 1}
    lines.sort(key=lambda line: (order.get(line.state, 2), -line.started_at.timestamp() if line.started_at else 0))
    drawn = _lengths(visit, lines[:_MOST])
    is_draining = sources.control.is_draining()
    values = {"lines": lines[:_MOST], "lengths": drawn, "shape": charts.shape, "is_draining": is_draining}
    return RenderedPage("runs", visit.texts("menu.runs"), "runs", values)


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


#: A month of 500 shops.
_MOST_CELLS = 16_000


def one(sources: Sources, visit: Visit, run_id: str) -> RenderedPage:
    """A run that the ledger or the service knows; one with members lists them, and each has a page with its log."""
    run_id = checked_run_id(run_id)
    is_member = number_of(run_id) > 0
    record = sources.workspace.ledger.run(run_id)
    jobs = [job for job in sources.control.jobs() if run_id in (job.id, *([] if is_member else [run_of(job.id)]))]
    if record is None and not jobs:
        raise PageNotFoundError
    line = RunLines(sources, visit).line(jobs, record, is_member=is_member)
    job = jobs[0] if jobs and not line.members else None
    log = None if line.members else sources.log(run_id, job.spider if job else record.spider if record else "")
    path = log.path if log is not None else None
    config = sources.config()
    names = {shop.id: shop.name for shop in config.shops}
    cells = [
        (cell, states.shown(cell.state, cell.lease_until, visit.now, cell.doubt))
        for cell in sources.workspace.ledger.queries.of_runs(
            [member.id for member in line.members] or [run_id], _MOST_CELLS
        )
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
            "whole": run_of(run_id) if is_member else "",
            "has_log": path is not None,
            "log": read_log(path),
            "log_as_of": log.as_of if log is not None else None,
        },
    )
