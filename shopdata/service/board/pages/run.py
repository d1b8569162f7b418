"""One run: what it was asked for, what came of it and why, its cells, and the end of its log."""

from __future__ import annotations

from shopdata.periods import today
from shopdata.service.board import states
from shopdata.service.board.addresses import checked_run_id
from shopdata.service.board.answers import PageNotFoundError
from shopdata.service.board.log_lines import read_log
from shopdata.service.board.outcomes import outcomes_of
from shopdata.service.board.pages.runs import RunLines
from shopdata.service.board.rendering import RenderedPage
from shopdata.service.board.sources import Sources
from shopdata.service.board.visit import Visit
from shopdata.service.board.why import Reasons, troubles_of_cells
from shopdata.service.endings import refusal_in

#: A month of 500 shops.
_MOST_CELLS = 16_000


def page(sources: Sources, visit: Visit, run_id: str) -> RenderedPage:
    """A run that the ledger or the service knows."""
    run_id = checked_run_id(run_id)
    record = sources.ledger.queries.run(run_id)
    job = next((job for job in sources.control.jobs() if job.id == run_id), None)
    if record is None and job is None:
        raise PageNotFoundError
    path = sources.control.log_path(run_id)
    line = RunLines(sources, visit).line(job, record)
    config = sources.config()
    names = {shop.id: shop.name for shop in config.shops}
    cells = [
        (cell, states.shown(cell.state, cell.lease_until, visit.now))
        for cell in sources.ledger.queries.of_run(run_id, _MOST_CELLS)
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
            "whys": Reasons(visit.texts, config, today(visit.now).isoformat()).of(troubles),
            "outcomes": outcomes_of((cell for cell, state in cells if state not in states.TROUBLES), names),
            "contracts": config.datasets,
            "has_log": path is not None,
            "log": read_log(path),
        },
    )
