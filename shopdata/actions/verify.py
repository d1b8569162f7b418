"""What `scrapy verify` counts, and prints."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import date

from rich.text import Text

from shopdata.actions.names import as_dataset
from shopdata.actions.printing import print_line, print_table
from shopdata.arguments import read_days
from shopdata.lake.completeness import expected_periods
from shopdata.lake.verify import Verified, Verifier
from shopdata.periods import Period, is_between
from shopdata.store.keys import is_dt, receipt_key
from shopdata.wording import Texts
from shopdata.workspace import Workspace


def verify(workspace: Workspace, name: str, opts: argparse.Namespace) -> int:
    """Counts a dataset's periods anew and prints what it finds; returns the exit code. Raises ShopdataError."""
    name = as_dataset(workspace.config, name)
    start, end, period = read_days(workspace.config.dataset(name), opts)
    dts = [period.dt] if period is not None else _dts(workspace, name, start, end)
    verifier = Verifier(name, workspace.lake)
    found = [verifier.verify(dt) for dt in dts]
    if not found:
        print(workspace.texts("verify.nothing", dataset=name, start=start, end=end))
        return 1
    _show(workspace.texts, name, found, has_dremio=workspace.dremio is not None)
    return 0 if all(one.is_whole for one in found) else 1


def _dts(workspace: Workspace, name: str, start: date, end: date) -> list[str]:
    """What should be there, what the ledger says is there, and what the store has."""
    dataset, ledger = workspace.config.dataset(name), workspace.ledger
    recorded = set(map(Period.from_dt, ledger.published_periods(name)))
    prefix = receipt_key(dataset.platform, name, str(start)).removesuffix(f"{start}.json")
    keys = workspace.store.list_keys(prefix)
    stored = {Period.from_dt(dt) for dt in (key[len(prefix) :].removesuffix(".json") for key in keys) if is_dt(dt)}
    there = {period for period in recorded | stored if is_between(dataset.period, period, start, end)}
    if not dataset.is_snapshot:
        known = {Period.from_dt(cell.dt) for cell in ledger.cells(name)}
        there.update(expected_periods(dataset, workspace.config.shops_for(name), start, end, known=known))
    return [period.dt for period in sorted(there)]


def _show(t: Texts, name: str, found: Sequence[Verified], *, has_dremio: bool) -> None:
    heads = [name, *map(t, ("verify.receipt", "verify.raw", "verify.workbook")), "Parquet"]
    heads += ["Dremio"] if has_dremio else []
    rows: list[Sequence[str | Text]] = []
    for one in found:
        counts = [one.told, one.raw, one.workbook, one.parquet, *([one.dremio] if has_dremio else [])]
        shown = ["?" if count is None else f"{count:,}" for count in counts]
        if not one.has_rows_in_workbook:
            shown[2] = "-"
        rows.append([one.dt, *shown, _verdict(t, one)])
    print_table([*heads, ""], rows, right=range(1, len(heads)))
    for one in found:
        for what, sentence in one.problems:
            print_line(t("verify.problem", dt=one.dt, what=what, why=sentence))
        for stray in one.strays:
            print_line(t("verify.stray", dt=one.dt, key=stray))
    for periods, shops in _missing(t, found).items():
        print_line(t("verify.missing", periods=periods, shops=t.shops(shops)))


def _missing(t: Texts, found: Sequence[Verified]) -> dict[str, list[str]]:
    """Shops that receipts call missing, those together that are missing in the same periods."""
    by_shop: dict[str, list[str]] = {}
    for one in found:
        for shop in (t.in_state(*entry) for entry in one.missing):
            by_shop.setdefault(shop, []).append(one.dt)
    by_periods: dict[str, list[str]] = {}
    for shop, dts in by_shop.items():
        by_periods.setdefault(t.labels(dts), []).append(shop)
    return by_periods


def _verdict(t: Texts, one: Verified) -> Text:
    if one.problems:
        return Text(t("verify.wrong", n=len(one.problems)), "red")
    if one.missing:
        return Text(t("verify.shops_missing", n=len(one.missing)), "yellow")
    return Text(t("verify.whole"), "green")
