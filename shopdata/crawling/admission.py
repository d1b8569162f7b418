"""Files of an ordinary `scrapy.Spider` get what those of a `ReportSpider` have: a plan, a cell, a lease."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from scrapy import Spider
from scrapy.utils.asyncio import run_in_thread

from shopdata import signals
from shopdata.arguments import shops_of
from shopdata.config import Shop
from shopdata.crawling.crawl_run import CrawlRun
from shopdata.exceptions import ArgumentError, LedgerError
from shopdata.files import write_durably
from shopdata.items import ReportFile
from shopdata.ledger import CellKey
from shopdata.ledger.owner import name_of
from shopdata.periods import Period
from shopdata.plan import Plan


class Admission:
    """Lets files in, one after the other.

    What such a spider asks for, nobody knows before its files come. Each period that one of them is of is asked for
    with all shops of the dataset, or those that the argument `shops` names: the shops without a file are missing.
    """

    def __init__(self, run: CrawlRun, spider: Spider) -> None:
        self._run = run
        self._spider = spider
        self._one_at_a_time = asyncio.Lock()
        self._plan: Plan | None = None
        #: How often each cell had been tried when its period came into the plan.
        self._tries: dict[CellKey, int] = {}
        self._seen: set[CellKey] = set()

    async def admit(self, item: ReportFile) -> None:
        """Takes hold of the file's cell, fills in what the spider left out, and puts the bytes where they belong.

        Raises:
            ArgumentError: there is no such dataset, shop or period, or a file of the cell came already.
            LedgerError, DiskError: it could not be done; after a DiskError the cell is ours.
        """
        config = self._run.workspace.config
        key, period = CellKey(item.dataset, item.dt, item.shop_id), Period.from_dt(item.dt)
        shop = shops_of(item.dataset, config, item.shop_id)[0]
        async with self._one_at_a_time:
            await self._plan_for(item.dataset, period)
            await self._acquire(key, period)
        item.is_admitted = True
        await run_in_thread(self._fill, item, key, shop)

    async def _plan_for(self, dataset: str, period: Period) -> None:
        run, plan = self._run, self._plan
        if plan is None:
            shops = shops_of(dataset, run.workspace.config, getattr(self._spider, "shops", None))
            plan = Plan(run_id=run.run_id, dataset=dataset, periods=(), shops=shops, force=False)
            await run.begin(self._spider.name, _arguments(self._spider))
        if plan.dataset != dataset:
            raise ArgumentError(
                "one crawl collects one dataset",
                where=f"spider {self._spider.name!r}",
                found=f"a file of {dataset!r} after one of {plan.dataset!r}",
                todo=f"Yield the files of {dataset!r} from a spider of its own.",
            )
        if period in plan.periods:
            return
        new = replace(plan, periods=(period,))
        for cell in await run_in_thread(run.enter, new):
            self._tries[cell.key] = cell.ended_tries
            run.states.rechecks.add([cell])
        self._plan = replace(plan, periods=tuple(sorted({*plan.periods, period})))
        run.events.send(signals.run_planned, plan=self._plan, todo=[(key.dt, key.shop) for key in new.keys])
        for shop in new.shops:
            # Who signs in for such a spider, does so when it asks.
            run.events.send(signals.shop_signed_in, shop=shop.id)

    async def _acquire(self, key: CellKey, period: Period) -> None:
        assert self._plan is not None
        if key.shop not in {shop.id for shop in self._plan.shops_in(period)}:
            raise ArgumentError(
                "a file of a shop that was not asked for",
                where=str(key),
                expected="one of `-a shops`, that was there in the period",
                todo="Let the spider read its argument `shops`, and `since` of shops.yaml.",
            )
        if key in self._seen:
            raise ArgumentError(
                "the spider gave a second file for one cell",
                where=str(key),
                expected="one file for each period and shop",
                todo="Put its rows into one file, or give the second another period or shop.",
            )
        claim = await self._run.leases.acquire({key: self._tries[key]}, is_asking=True)
        if key not in claim.acquired:
            holder = name_of(claim.held[0].lease_owner) if claim.held else "another run"
            raise LedgerError("another run is at this cell", where=str(key), found=holder, todo="Let it end.")
        self._seen.add(key)

    def _fill(self, item: ReportFile, key: CellKey, shop: Shop) -> None:
        workspace = self._run.workspace
        given = item.path
        item.platform, item.shop_name = shop.platform, item.shop_name or shop.name
        item.is_recheck = key in self._run.states.rechecks
        item.path = workspace.staging.incoming(key.dataset, key.dt, key.shop)
        write_durably(item.path, item.body if given == Path() else _pieces(given))
        item.body = b""


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from iter(partial(file.read, 1 << 20), b"")


def _arguments(spider: Spider) -> Mapping[str, str]:
    """Those of `-a`, which Scrapy has made attributes of."""
    return {name: value for name, value in vars(spider).items() if isinstance(value, str) and name != "name"}
