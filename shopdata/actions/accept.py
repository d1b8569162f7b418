"""What `scrapy accept` lets through, and says of it."""

from __future__ import annotations

import argparse
import getpass
from collections.abc import Iterator

from shopdata.actions.names import as_dataset
from shopdata.actions.recorded_run import carry_out
from shopdata.arguments import read_days, shops_of
from shopdata.exceptions import ShopdataError
from shopdata.lake.accepting import Accepted, accept
from shopdata.periods import is_between, periods_between, weekday_of
from shopdata.run_ids import new_run_id
from shopdata.wording import Texts
from shopdata.workspace import Workspace


def accept_files(workspace: Workspace, name: str, opts: argparse.Namespace) -> int:
    """Lets doubtful files through and prints what came of it; returns the exit code. Raises ShopdataError."""
    name = as_dataset(workspace.config, name)
    dataset = workspace.config.dataset(name)
    start, end, period = read_days(dataset, opts)
    shops = None
    if opts.shops:
        shops = {shop.id for shop in shops_of(name, workspace.config, opts.shops)}
    if period is not None:
        dts = [period.dt]
    else:
        known = {doubt.dt for doubt in workspace.ledger.checked.doubts(name)}
        every = periods_between(dataset.period, start, end, dataset.week_ends or weekday_of(end))
        dts = [p.dt for p in every if p.dt in known and is_between(dataset.period, p, start, end)]
    run_id = new_run_id()
    arguments = {"dataset": name, "start": str(start), "end": str(end)}
    results = accept(name, dts, shops, run_id, workspace.lake, _user_name())
    return carry_out(workspace.ledger, run_id, "accept", arguments, _told(workspace.texts, name, results))


def _told(
    t: Texts, name: str, results: Iterator[tuple[str, Accepted | ShopdataError | None]]
) -> Iterator[tuple[str, bool]]:
    is_any = False
    for dt, result in results:
        is_any = True
        if result is None:
            yield t("accept.nothing", dataset=name, dt=dt), True
        elif isinstance(result, ShopdataError):
            yield t("accept.failed", dataset=name, dt=dt, why=result), False
        else:
            counts = {"rows": result.rows, "missing": result.missing}
            yield t("accept.done", dataset=name, dt=dt, shops=t.shops(list(result.shops)), **counts), True
    if not is_any:
        yield t("accept.nothing_in_range", dataset=name), True


def _user_name() -> str:
    """Whose shell it is; a container may have no name for it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "?"
