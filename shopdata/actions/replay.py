"""What `scrapy replay` rebuilds, and what it says of it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

from shopdata.actions.names import as_dataset
from shopdata.actions.recorded_run import carry_out
from shopdata.arguments import read_days
from shopdata.exceptions import ArgumentError, ShopdataError
from shopdata.lake.replay import Replayed, Replayer
from shopdata.periods import is_between
from shopdata.run_ids import new_run_id
from shopdata.wording import Texts
from shopdata.workspace import Workspace

#: A partition in which more changed is told by its sums.
_MOST_COLUMNS = 8


def replay(workspace: Workspace, name: str, opts: argparse.Namespace) -> int:
    """Rebuilds a dataset's periods and prints what came of them; returns the exit code. Raises ShopdataError."""
    name = as_dataset(workspace.config, name)
    dataset = workspace.config.dataset(name)
    start, end, period = read_days(dataset, opts)
    run_id = new_run_id()
    replayer = Replayer(name, run_id, workspace.lake, workspace.lease_seconds)
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
    arguments = {"dataset": name, "start": str(start), "end": str(end)}
    results = _results(workspace.texts, name, replayer, dts)
    return carry_out(workspace.ledger, run_id, "replay", arguments, results)


def _results(t: Texts, name: str, replayer: Replayer, dts: Sequence[str]) -> Iterator[tuple[str, bool]]:
    for dt, result in replayer.replay(dts):
        for stray in replayer.strays.get(dt, ()):
            yield t("replay.stray", dataset=name, dt=dt, key=stray), True
        yield _told(t, name, dt, result), isinstance(result, Replayed) and result.is_whole


def _told(t: Texts, name: str, dt: str, result: Replayed | ShopdataError) -> str:
    if isinstance(result, ShopdataError):
        return t("replay.failed", dataset=name, dt=dt, why=result)
    counts = {"rows": result.rows, "shops": result.shops}
    mark = "✓" if result.is_whole else "◔"
    text = t("replay.done", mark=mark, dataset=name, dt=dt, **counts, what=_changes(t, result))
    if result.missing:
        text += t("replay.missing", shops=t.shops([t.in_state(*shop) for shop in result.missing]))
    if result.refresh_state == "FAILED":
        text += t("replay.not_refreshed")
    return text


def _changes(t: Texts, result: Replayed) -> str:
    if not result.is_changed:
        return t("replay.unchanged")
    if result.changes is None:
        return t("replay.published")
    parts = [t("replay.column_came", column=column) for column in result.columns_added]
    parts += [t("replay.column_went", column=column) for column in result.columns_removed]
    cells = list(result.changes.cells.items())
    parts += [t("replay.cells_changed", column=column, n=count) for column, count in cells[:_MOST_COLUMNS]]
    if len(cells) > _MOST_COLUMNS:
        rest = cells[_MOST_COLUMNS:]
        parts.append(t("replay.more_cells_changed", n=sum(count for _, count in rest), columns=len(rest)))
    if result.changes.rows_added:
        parts.append(t("replay.rows_came", n=result.changes.rows_added))
    if result.changes.rows_removed:
        parts.append(t("replay.rows_went", n=result.changes.rows_removed))
    return t("replay.published_anew", what=t("format.listed").join(parts) or t("replay.same_rows"))
