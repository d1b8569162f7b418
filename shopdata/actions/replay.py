"""What `scrapy replay` rebuilds, and what it says of it."""

from __future__ import annotations

import argparse
import sys

from rich.console import Console
from rich.text import Text

from shopdata.actions.days import read_days
from shopdata.actions.names import as_dataset
from shopdata.alerts.in_words import listed
from shopdata.exceptions import ArgumentError, LedgerError, ShopdataError
from shopdata.lake.replay import Replayed, Replayer
from shopdata.periods import is_between
from shopdata.plan import new_run_id
from shopdata.workspace import Workspace

#: A partition in which more changed is told by its sums.
_MOST_COLUMNS = 8


def replay(workspace: Workspace, name: str, opts: argparse.Namespace) -> int:
    """Rebuilds a dataset's periods and prints what came of them; returns the exit code. Raises ShopdataError."""
    name = as_dataset(workspace.config, name)
    dataset = workspace.config.dataset(name)
    start, end, period = read_days(dataset, opts)
    run_id, ledger = new_run_id(), workspace.ledger
    replayer = Replayer(
        name,
        run_id,
        config=workspace.config,
        ledger=ledger,
        staging=workspace.staging,
        store=workspace.store,
        dremio=workspace.dremio,
        lease_seconds=workspace.lease_seconds,
    )
    if period is not None:
        dts = [period.dt]
    else:
        dts = [p.dt for p in sorted(replayer.raw_periods()) if is_between(dataset.period, p, start, end)]
    if not dts:
        raise ArgumentError(
            f"there is no raw file of {name} in this range",
            where="--start/--end",
            found=f"{start} to {end}",
            todo="Collect it: `scrapy backfill` finds what is missing.",
        )
    ledger.start_run(run_id, "replay", {"dataset": name, "start": str(start), "end": str(end)})
    console, is_whole = Console(soft_wrap=True), True
    for dt, result in replayer.replay(dts):
        for stray in replayer.strays.get(dt, ()):
            console.print(Text(f"! {name} {dt}: left out, it is no raw file of ours: {stray}"))
        console.print(_told(name, dt, result))
        is_whole = is_whole and isinstance(result, Replayed) and result.is_whole
    exit_code = 0 if is_whole else 1
    try:
        ledger.finish_run(run_id, "complete" if is_whole else "incomplete", {}, exit_code)
    except LedgerError as error:
        # Exit code 2 would say that nothing was done.
        print(error, file=sys.stderr)
        return 1
    return exit_code


def _told(name: str, dt: str, result: Replayed | ShopdataError) -> Text:
    if isinstance(result, ShopdataError):
        return Text(f"✗ {name} {dt}: left as it was: {result}")
    text = f"{'✓' if result.is_whole else '◔'} {name} {dt}: {result.rows:,} rows of {result.shops} shops, "
    text += _changes(result)
    if result.missing:
        text += f"; missing: {listed(result.missing)}"
    if result.refresh_state == "FAILED":
        text += "; Dremio was not refreshed, the next run does it"
    return Text(text)


def _changes(result: Replayed) -> str:
    if not result.is_changed:
        return "unchanged, nothing was put"
    if result.changes is None:
        return "published"
    parts = [f"column '{column}' came" for column in result.columns_added]
    parts += [f"column '{column}' went" for column in result.columns_removed]
    cells = list(result.changes.cells.items())
    parts += [f"{count:,} cells of '{column}' changed" for column, count in cells[:_MOST_COLUMNS]]
    if len(cells) > _MOST_COLUMNS:
        rest = cells[_MOST_COLUMNS:]
        parts.append(f"{sum(count for _, count in rest):,} cells of {len(rest)} more columns changed")
    if result.changes.rows_added:
        parts.append(f"{result.changes.rows_added:,} rows came")
    if result.changes.rows_removed:
        parts.append(f"{result.changes.rows_removed:,} rows went")
    return "published anew: " + (", ".join(parts) or "the same rows")
