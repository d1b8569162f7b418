"""What `scrapy shadow` compares, keeps and prints."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

from shopdata.actions.names import as_dataset
from shopdata.actions.shadow_report import report_tables
from shopdata.actions.shadow_view import show, show_verdict
from shopdata.arguments import read_days, shops_of
from shopdata.config import Config, Dataset
from shopdata.exceptions import ArgumentError
from shopdata.lake.resources import Resources
from shopdata.periods import SHANGHAI, Period
from shopdata.private import as_the_user_wants
from shopdata.shadow.beside import Beside, Outcome
from shopdata.shadow.comparing import How
from shopdata.shadow.days import ENOUGH, KeptDays, Result, judge
from shopdata.shadow.file_names import Naming, read_pattern
from shopdata.shadow.report import write_report
from shopdata.workspace import OF_THE_LAKE, Workspace


def shadow(workspace: Workspace, place: Path, name: str, opts: argparse.Namespace) -> int:
    """Compares, and says what came of it; returns the exit code. Raises ShopdataError."""
    t = workspace.texts
    # What is published is read: how shops are signed in to is nobody's business here.
    config = workspace.read_config(needs_values=OF_THE_LAKE)
    name = as_dataset(config, name)
    dataset = config.dataset(name)
    start, end, period = read_days(dataset, opts)
    needed = ENOUGH[dataset.period] if opts.days is None else opts.days
    if needed < 1:
        raise ArgumentError(
            "this is no number of days", where="--days", found=str(needed), todo="Write 7, for example."
        )
    target = _report_path(workspace, name, start, end, period, opts.report)
    if not place.exists():
        raise ArgumentError(
            "there is no such folder or file", where=str(place), todo="Name the folder that their files are saved in."
        )
    beside = _beside(workspace, config, name, opts, (start, end, period))
    outcome = beside.run(place)
    if why := _nothing(outcome):
        print(t("shadow.nothing", why=t(why, place=place, dataset=name)), file=sys.stderr)
        show(t, outcome, beside.how)
        return 2
    kept = KeptDays(workspace.state_dir, name)
    _keep(kept, outcome)
    verdict = judge(
        kept, name, needed, outcome.published, [shop.id for shop in config.shops_for(name)], workspace.ledger
    )
    show(t, outcome, beside.how)
    tables = report_tables(t, name, outcome, beside.how, verdict)
    if opts.report is None:
        written = write_report(t, target, tables)
    else:
        with as_the_user_wants():
            written = write_report(t, target, tables)
    show_verdict(t, name, verdict)
    print(t("shadow.written", path=written))
    return 0 if outcome.is_same else 1


def _beside(
    workspace: Workspace,
    config: Config,
    name: str,
    opts: argparse.Namespace,
    when: tuple[date, date, Period | None],
) -> Beside:
    start, end, period = when
    dataset = config.dataset(name)
    shops = None if opts.shops is None else {shop.id for shop in shops_of(name, config, opts.shops)}
    ignored = frozenset(part.strip() for part in (opts.ignore or "").split(",") if part.strip())
    if unknown := ignored & {*dataset.keys}:
        raise ArgumentError(
            "rows are told apart by this column",
            where="--ignore",
            found=", ".join(sorted(unknown)),
            todo="Leave it out of --ignore.",
        )
    return Beside(
        name=name,
        lake=Resources(config, workspace.ledger, workspace.staging, workspace.store),
        naming=_naming(config, name, opts, (start, end)),
        how=How(
            keys=dataset.keys,
            ids=frozenset(dataset.ids),
            ignored=ignored,
            is_exact=opts.exact,
            is_masked=dataset.privacy == "mask",
        ),
        start=start,
        end=end,
        shops=shops,
        only_period=period,
    )


def _naming(config: Config, name: str, opts: argparse.Namespace, when: tuple[date, date]) -> Naming:
    dataset = config.dataset(name)
    shops = _names(config, dataset)
    others = {other: one.title for other, one in config.datasets.items() if other != name}
    return Naming(
        shops=shops,
        kind=dataset.period,
        start=when[0],
        end=when[1],
        own=(name, dataset.title),
        others=[*others, *others.values()],
        patterns=[read_pattern(written, shops) for written in opts.match],
        lag_days=opts.name_lag,
    )


def _names(config: Config, dataset: Dataset) -> Mapping[str, Sequence[str]]:
    """What each shop of the platform is called, by id; what two are called alike tells neither."""
    return {
        shop.id: [name for name in (shop.name, shop.portal_name, shop.portal_shop) if name]
        for shop in config.shops
        if shop.platform == dataset.platform
    }


def _report_path(
    workspace: Workspace, name: str, start: date, end: date, period: Period | None, chosen: Path | None
) -> Path:
    if chosen is None:
        label = period.dt if period is not None else f"{start}_{end}"
        return workspace.state_dir / "shadow" / name / f"{label}.xlsx"
    if chosen.suffix.lower() != ".xlsx":
        raise ArgumentError(
            "the report is a workbook",
            where=str(chosen),
            expected="a name that ends in .xlsx",
            todo=f"Call it {chosen.with_suffix('.xlsx').name}.",
        )
    if chosen.is_dir() or not chosen.resolve().parent.is_dir():
        raise ArgumentError(
            "the report can't go there", where=str(chosen), todo="Name a file in a folder that is there."
        )
    return chosen


def _nothing(outcome: Outcome) -> str:
    """The key of a text if no shop and day has anything on both sides; "" if there is something to compare."""
    has_theirs = any(one.file for one in outcome.shop_days) or any(not one.is_passed_over for one in outcome.odd)
    if not has_theirs:
        return "shadow.nothing.no_file"
    has_ours = any(one.published_at is not None for one in outcome.shop_days)
    return "" if has_ours else "shadow.nothing.not_published"


def _keep(kept: KeptDays, outcome: Outcome) -> None:
    now = datetime.now(SHANGHAI)
    for dt in dict.fromkeys(one.dt for one in outcome.shop_days):
        # Whose files lie in another folder is not compared here, and what was known of them stays.
        found = [one for one in outcome.shop_days if one.dt == dt and one.result is not Result.ONLY_OURS]
        kept.keep(dt, {one.shop: one.kept(now) for one in found})
