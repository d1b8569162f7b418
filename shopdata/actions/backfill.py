"""What `scrapy backfill` finds missing."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from scrapy.crawler import CrawlerProcessBase

from shopdata.actions.names import as_spider
from shopdata.actions.printing import print_table
from shopdata.arguments import kind_of, read_range, shops_of
from shopdata.crawling import ReportSpider
from shopdata.exceptions import ArgumentError, StoreError
from shopdata.lake.completeness import Gap, expected_periods, find_gaps
from shopdata.lake.standing import lacks_of
from shopdata.ledger import PartitionRecord
from shopdata.periods import SHANGHAI, Period
from shopdata.wording import Texts
from shopdata.workspace import Workspace

#: More names in a line help nobody.
_MOST_SHOPS = 6


def find_missing(process: CrawlerProcessBase, name: str, opts: argparse.Namespace) -> tuple[str, dict[str, str] | None]:
    """The spider that is meant by a spider's or dataset's name, and what its crawl is to be given, shown to the person;
    None if there is nothing to do.

    Raises:
        UsageError: arguments or configuration can't be used.
        LedgerError: the ledger could not be read.
    """
    chosen = {key: value for key in ("period", "shops") if (value := getattr(opts, key)) is not None}
    name, given = as_spider(process.spider_loader, name, chosen)
    spider = process.spider_loader.load(name)
    if not issubclass(spider, ReportSpider):
        raise ArgumentError(
            f"{name!r} collects no dataset",
            expected=", ".join(sorted(process.spider_loader.list())),
            todo="Name one of these spiders.",
        )
    workspace = Workspace.from_settings(process.settings)
    try:
        if opts.due:
            return name, _due(workspace, spider, given, opts)
        return name, _missing(workspace, spider, given, opts)
    finally:
        workspace.ledger.close()


def _due(
    workspace: Workspace, spider: type[ReportSpider], given: dict[str, str], opts: argparse.Namespace
) -> dict[str, str] | None:
    if opts.start is not None or opts.end is not None:
        raise ArgumentError("what is due is found in the ledger", where="--due", todo="Leave out --start and --end.")
    arguments = {**given, "due": "1"}
    plan = spider.plan_for(workspace.config, arguments).against(workspace.ledger, datetime.now(SHANGHAI))
    for key in plan.keys:
        print(workspace.texts("backfill.due", cell=key))
    if not plan.keys:
        print(workspace.texts("backfill.nothing_due", dataset=plan.dataset))
    return arguments if plan.keys else None


def _missing(
    workspace: Workspace, spider: type[ReportSpider], given: dict[str, str], opts: argparse.Namespace
) -> dict[str, str] | None:
    config, ledger = workspace.config, workspace.ledger
    datasets = spider.datasets or {"day": spider.name}
    name = datasets[kind_of(given.get("period"), datasets)]
    dataset, shops = config.dataset(name), shops_of(name, config, given.get("shops"))
    if dataset.is_snapshot:
        raise ArgumentError(
            f"{name} shows only what is true today: a past day can't be had any more",
            todo=f"Collect today's with `scrapy crawl {spider.name}`.",
        )
    start, end = read_range(opts.start, opts.end, "--")
    cells, partitions = ledger.cells(name), ledger.partitions(name)
    known = {Period.from_dt(cell.dt) for cell in cells}
    periods = expected_periods(dataset, shops, start, end, known=known)
    if not periods:
        raise ArgumentError(
            f"no {dataset.period} of {name} is to be expected there",
            where="--start/--end",
            found=f"{start} to {end}",
            todo=f"The platform has a {dataset.period} {dataset.lag_days} days after its end, "
            "a shop has it from its `since` on.",
        )
    lost = _lost(workspace, [partition for partition in partitions if Period.from_dt(partition.dt) in periods])
    gaps = find_gaps(name, periods, shops, cells, [partition for partition in partitions if partition.dt not in lost])
    _show(workspace.texts, name, periods, gaps)
    return {**given, "periods": ",".join(gap.period.dt for gap in gaps)} if gaps else None


def _lost(workspace: Workspace, partitions: Sequence[PartitionRecord]) -> set[str]:
    """The periods that are published in the ledger, and not in the bucket as they were."""
    lost = set()
    for partition in partitions:
        try:
            lacks = lacks_of(partition, workspace.store)
        except StoreError as error:
            # The crawl meets the same; the ledger has the word until then.
            print(workspace.texts("backfill.bucket_unseen", why=error), file=sys.stderr)
            break
        if lacks:
            told = "; ".join(lacks)
            print(workspace.texts("backfill.lost", dataset=partition.dataset, dt=partition.dt, lacks=told))
            lost.add(partition.dt)
    return lost


def _show(t: Texts, name: str, periods: Sequence[Period], gaps: Sequence[Gap]) -> None:
    count = sum(len(gap.to_ask) for gap in gaps)
    numbers = {"periods": len(periods), "gaps": len(gaps), "files": count}
    print(t("backfill.found", dataset=name, first=periods[0].dt, last=periods[-1].dt, **numbers))
    rows = []
    for gap in gaps:
        states = Counter(
            t("backfill.never_asked") if state is None else t(f"state.{state}.word") for state in gap.to_ask.values()
        )
        why = [t("backfill.count", n=number, state=state) for state, number in states.items()]
        why += [t("backfill.unpublished")] if gap.is_unpublished else []
        shops = t.shops(list(gap.to_ask), _MOST_SHOPS)
        rows.append((gap.period.dt, str(len(gap.to_ask)), shops, t("format.listed").join(why)))
    if gaps:
        heads = map(t, ("head.period", "backfill.to_ask", "head.shops", "backfill.because"))
        print_table([*heads], rows, right=[1])
