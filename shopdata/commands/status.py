"""`scrapy status`: cells and partitions as the ledger has them."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text
from scrapy.commands import ScrapyCommand

from shopdata.exceptions import ShopdataError
from shopdata.extensions.progress import MARKS
from shopdata.lake.ledger import Cell, Ledger, PartitionRecord
from shopdata.periods import parse_date
from shopdata.workspace import Workspace


class Command(ScrapyCommand):
    """A table for people, `--json` for programs."""

    requires_project = True
    default_settings = {"LOG_ENABLED": False}  # noqa: RUF012 - Scrapy reads it off the class

    def syntax(self) -> str:
        return "[options]"

    def short_desc(self) -> str:
        return "Show what is published, what is missing, and why"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--date", metavar="YYYY-MM-DD", help="only periods that hold this day")
        parser.add_argument("--json", action="store_true", dest="as_json", help="for programs")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        try:
            day = parse_date(opts.date).isoformat() if opts.date else None
            cells, partitions = _read(Workspace.from_settings(self.settings).ledger, day)
        except ShopdataError as error:
            print(error, file=sys.stderr)
            self.exitcode = 2
            return
        if opts.as_json:
            print(json.dumps(as_json(cells, partitions), ensure_ascii=False, indent=2))
        else:
            print_tables(Console(), cells, partitions)


def _read(ledger: Ledger, day: str | None) -> tuple[list[Cell], list[PartitionRecord]]:
    def holds(dt: str) -> bool:
        first, _, last = dt.partition("_")
        return day is None or first <= day <= (last or first)

    return (
        [cell for cell in ledger.cells() if holds(cell.dt)],
        [partition for partition in ledger.partitions() if holds(partition.dt)],
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


def print_tables(console: Console, cells: Sequence[Cell], partitions: Sequence[PartitionRecord]) -> None:
    """Partitions first: the answer to "is today's data there?"."""
    if not cells:
        console.print("Nothing was asked yet. Begin with `scrapy crawl`.")
        return
    table = Table(title="partitions", title_justify="left", box=None, pad_edge=False)
    for header in ("dataset", "period", "rows", "shops", "missing", "published at", "Dremio"):
        table.add_column(header, justify="right" if header in ("rows", "shops", "missing") else "left")
    for p in partitions:
        when = f"{p.published_at:%Y-%m-%d %H:%M}"
        table.add_row(p.dataset, p.dt, f"{p.rows:,}", str(p.published), str(len(p.missing)), when, p.refresh_state)
    console.print(table)
    table = Table(title="cells", title_justify="left", box=None, pad_edge=False)
    for header in ("", "dataset", "period", "shop", "state", "rows", "tries"):
        table.add_column(header, justify="right" if header in ("rows", "tries") else "left")
    for cell in cells:
        mark, style = MARKS[cell.state]
        rows = "" if cell.rows is None else f"{cell.rows:,}"
        texts = (cell.dataset, cell.dt, cell.shop, cell.state.value, rows, str(cell.attempts))
        table.add_row(Text(mark, style), *(Text(text) for text in texts))
    console.print()
    console.print(table)
    reasons = [cell for cell in cells if cell.reason]
    if reasons:
        console.print("\nwhy")
    for cell in reasons:
        # Text, not markup: a reason quotes what a portal said.
        console.print(Text(f"{MARKS[cell.state][0]} {cell.key}: {cell.reason}"))
