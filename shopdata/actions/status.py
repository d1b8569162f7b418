"""What `scrapy status` finds in the ledger, and prints."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from shopdata.actions.status_grid import MOST_LINES, Shown, grid, partitions_table
from shopdata.config import Config
from shopdata.exceptions import ArgumentError, ConfigError
from shopdata.lake.ledger import Cell, PartitionRecord
from shopdata.periods import Period, parse_date
from shopdata.states import MARKS
from shopdata.terminal import json_text
from shopdata.workspace import Workspace


def show_status(workspace: Workspace, args: list[str], opts: argparse.Namespace) -> int:
    """Prints it; returns the exit code. Raises ArgumentError, LedgerError."""
    if args:
        raise ArgumentError(
            "status takes options only", where=args[0], todo="Write `--date`, `--dataset` or `--shop` before it."
        )
    day, count = parse_date(opts.date, "--date") if opts.date else None, _count(opts.days)
    cells, partitions = workspace.ledger.cells(), workspace.ledger.partitions()
    try:
        config = workspace.config
    except ConfigError:
        # What happened can be told all the same; `scrapy check_config` says what is wrong.
        config = None
    for what, name, known in (
        ("dataset", opts.dataset, {cell.dataset for cell in cells} | set(config.datasets if config else ())),
        ("shop", opts.shop, {cell.shop for cell in cells} | {s.id for s in (config.shops if config else ())}),
    ):
        _check(what, name, known)

    def is_meant(dataset: str, dt: str) -> bool:
        period = Period.from_dt(dt)
        return opts.dataset in (None, dataset) and (day is None or period.start <= day <= period.end)

    cells = [c for c in cells if is_meant(c.dataset, c.dt) and opts.shop in (None, c.shop)]
    partitions = [p for p in partitions if is_meant(p.dataset, p.dt)]
    if opts.as_json:
        print(json_text(as_json(cells, partitions)))
    elif not cells:
        asked = any((day, opts.dataset, opts.shop))
        print("Nothing was asked of that yet." if asked else "Nothing was asked yet. Begin with `scrapy crawl`.")
    else:
        _print(Console(), cells, partitions, config, None if day is not None else count, opts.shop)
    return 0


def _count(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) > 0:
        return int(text)
    raise ArgumentError(
        "this is no number of days", where="--days", found=repr(text), expected="1 or more", todo="Mend it."
    )


def _check(what: str, name: str | None, known: set[str]) -> None:
    """Refuses a name that neither the ledger nor the configuration knows: most often it is misspelt."""
    if name is not None and name not in known:
        close = difflib.get_close_matches(name, known, n=1)
        raise ArgumentError(
            f"there is no {what} {name!r}",
            where=f"--{what}",
            todo=f"Did you mean {close[0]!r}?" if close else f"Known: {', '.join(sorted(known)[:10])}.",
        )


def as_json(cells: Sequence[Cell], partitions: Sequence[PartitionRecord]) -> dict[str, Any]:
    """The form of DESIGN 5.6."""
    return {
        "cells": [
            {
                "dataset": cell.dataset,
                "dt": cell.dt,
                "shop": cell.shop,
                "state": cell.state.value,
                "rows": cell.rows,
                "attempts": cell.attempts,
                "reason": cell.reason,
                "updated_at": cell.updated_at.isoformat(timespec="seconds"),
            }
            for cell in cells
        ],
        "partitions": [
            {
                "dataset": partition.dataset,
                "dt": partition.dt,
                "rows": partition.rows,
                "published": partition.published,
                "missing": [{"id": m.id, "state": m.state.value, "reason": m.reason} for m in partition.missing],
            }
            for partition in partitions
        ],
    }


def _print(
    console: Console,
    cells: Sequence[Cell],
    partitions: Sequence[PartitionRecord],
    config: Config | None,
    count: int | None,
    shop: str | None,
) -> None:
    shown = [
        Shown.of(
            name,
            [cell for cell in cells if cell.dataset == name],
            [partition for partition in partitions if partition.dataset == name],
            config,
            count=count,
            shop=shop,
        )
        for name in sorted({cell.dataset for cell in cells})
    ]
    console.print(partitions_table([partition for dataset in shown for partition in dataset.partitions]))
    for dataset in shown:
        console.print()
        console.print(grid(dataset, console))
    reasons = [cell for dataset in shown for cell in dataset.with_reason()]
    if reasons:
        console.print("\nwhy")
    for cell in reasons[:MOST_LINES]:
        # Text, not markup: a reason quotes what a portal said.
        console.print(Text(f"{MARKS[cell.state][0]} {cell.key}: {cell.state}: {cell.reason}"))
    if len(reasons) > MOST_LINES:
        console.print(f"and {len(reasons) - MOST_LINES} more; `--shop ID` shows one, `--json` has all")
