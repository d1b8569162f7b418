"""What `scrapy status` finds in the ledger, and prints."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from rich.console import Console
from rich.text import Text

from shopdata.actions.names import as_datasets
from shopdata.actions.status_grid import Shown, grid
from shopdata.actions.status_snapshot import StatusSnapshot, expected_for, expected_today, lines_of, read
from shopdata.actions.status_view import dataset_lines, each_reason, earlier_lines, reasons, who_needs_somebody
from shopdata.config import Config
from shopdata.exceptions import ArgumentError, ConfigError
from shopdata.ledger import Cell, Ledger, PartitionRecord
from shopdata.ledger.checked_files import Doubt
from shopdata.periods import SHANGHAI, Period, parse_date, today
from shopdata.service.board.pages.today import DatasetLine, sentence
from shopdata.terminal import json_text
from shopdata.texts import did_you_mean
from shopdata.wording import Texts
from shopdata.workspace import Workspace


def show_status(workspace: Workspace, opts: argparse.Namespace, now: datetime | None = None) -> int:
    """Prints it as of `now`, the clock's unless given; returns the exit code. Raises ArgumentError, LedgerError."""
    day, count = parse_date(opts.date, "--date") if opts.date else None, _count(opts.days)
    ledger = workspace.ledger
    try:
        config = workspace.config
    except ConfigError:
        # What happened can be told all the same; `scrapy check_config` says what is wrong.
        config = None
    datasets, shops = ledger.queries.datasets(), ledger.queries.shops()
    wanted = _wanted(opts.dataset, {*datasets, *(config.datasets if config else ())}, config)
    _check("shop", opts.shop, {*shops, *(shop.id for shop in (config.shops if config else ()))})
    if opts.as_json:
        cells, partitions = _meant(ledger, wanted, opts.shop, day)
        keys = {cell.key for cell in cells}
        doubts = [doubt for doubt in ledger.checked.doubts() if doubt.key in keys]
        print(json_text(as_json(cells, partitions, doubts)))
        return 0
    now = now or datetime.now(SHANGHAI)
    expected = expected_today(config, ledger, today(now)) if config is not None and day is None else {}
    expected = {name: one for name, one in expected.items() if wanted is None or name in wanted}
    named = [name for name in sorted({*datasets, *expected}) if wanted is None or name in wanted]
    snapshot = read(ledger, config, named, count=count, day=day, shop=opts.shop, also=expected)
    if config is not None and day is not None:
        by_day = expected_for(config, snapshot, day, now)
        expected = {name: one for name, one in by_day.items() if wanted is None or name in wanted}
    is_narrowed = any((day, opts.dataset, opts.shop))
    t, console = workspace.texts, Console()
    if not snapshot.cells:
        print(t("status.none_of_that" if is_narrowed else "status.none"))
    _print(t, console, snapshot, lines_of(snapshot, expected, now, opts.shop) if config is not None else [], opts, now)
    return 0


def _meant(
    ledger: Ledger, wanted: Collection[str] | None, shop: str | None, day: date | None
) -> tuple[list[Cell], list[PartitionRecord]]:
    """Cells and partitions whole, as programs want them."""

    def is_meant(name: str, dt: str) -> bool:
        period = Period.from_dt(dt)
        return (wanted is None or name in wanted) and (day is None or period.start <= day <= period.end)

    cells = [one for one in ledger.cells() if is_meant(one.dataset, one.dt) and shop in (None, one.shop)]
    return cells, [one for one in ledger.partitions() if is_meant(one.dataset, one.dt)]


def _wanted(name: str | None, known: set[str], config: Config | None) -> Collection[str] | None:
    """The datasets that are meant by the name of one or of their spider; None for all. Raises ArgumentError."""
    if name is not None and name not in known and config is not None:
        with contextlib.suppress(ArgumentError):
            return as_datasets(config, name)
    _check("dataset", name, known)
    return None if name is None else (name,)


def _count(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) > 0:
        return int(text)
    raise ArgumentError(
        "invalid number of days", where="--days", found=repr(text), expected="1 or more", todo="Fix it."
    )


def _check(what: str, name: str | None, known: set[str]) -> None:
    """Refuses a name that neither the ledger nor the configuration knows: most often it is misspelt."""
    if name is not None and name not in known:
        raise ArgumentError(
            f"there is no {what} {name!r}",
            where=f"--{what}",
            todo=did_you_mean(name, known, f"Known: {', '.join(sorted(known)[:10])}."),
        )


def as_json(
    cells: Sequence[Cell], partitions: Sequence[PartitionRecord], doubts: Sequence[Doubt] = ()
) -> dict[str, Any]:
    """The form of docs/reference.md#what-scrapy-status---json-prints."""
    told = {
        "cells": [cell.as_json() for cell in cells],
        "partitions": [
            {
                "dataset": partition.dataset,
                "dt": partition.dt,
                "rows": partition.rows,
                "published": partition.published,
                "missing": [shop.as_json() for shop in partition.missing],
            }
            for partition in partitions
        ],
    }
    if doubts:
        told["checks"] = [
            {
                "dataset": doubt.dataset,
                "dt": doubt.dt,
                "shop": doubt.shop,
                "state": doubt.state.value,
                "kinds": [found["kind"] for found in doubt.found],
                "rows": doubt.rows,
                "text": doubt.texts,
                "user": doubt.user_name,
                "updated_at": doubt.updated_at.isoformat(timespec="seconds"),
            }
            for doubt in doubts
        ]
    return told


def _print(
    t: Texts,
    console: Console,
    snapshot: StatusSnapshot,
    lines: Sequence[DatasetLine],
    opts: argparse.Namespace,
    now: datetime,
) -> None:
    if snapshot.config is None:
        console.print(t("status.no_config"))
    if lines:
        day = parse_date(opts.date) if opts.date else None
        if snapshot.cells:
            console.print(Text(sentence(t, list(lines), now if day is None else None, day or today(now))))
            if look := who_needs_somebody(t, snapshot):
                console.print(Text(look, "yellow"))
        console.print()
        for line in dataset_lines(t, lines, console.width, today(now)):
            console.print(line)
    shown = [
        Shown.of(
            name,
            [cell for cell in snapshot.cells if cell.dataset == name],
            [partition for partition in snapshot.partitions if partition.dataset == name],
            snapshot.config,
            count=None if opts.date else _count(opts.days),
            shop=opts.shop,
        )
        for name in snapshot.datasets
    ]
    meant = {(line.dataset, line.expected.dt) for line in lines}
    earlier = {one.name: [p for p in one.periods if (one.name, p.dt) not in meant] for one in shown}
    for text in earlier_lines(t, snapshot, earlier, opts.shop):
        console.print(Text(text))
    if opts.all or opts.shop:
        for one in shown:
            console.print()
            console.print(grid(t, one, console))
    whys = list(each_reason(t, snapshot) if opts.all else reasons(t, snapshot))
    if whys:
        console.print(Text(f"\n{t('status.why')}"))
    for why in whys:
        console.print(why)
    if snapshot.cells and not (opts.all or opts.shop):
        console.print(Text(f"\n{t('status.more')}", "dim"))
