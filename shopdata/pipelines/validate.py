"""Is a file what it claims to be, for the dataset and the period it was asked for?"""

from __future__ import annotations

import functools
from dataclasses import replace
from pathlib import Path
from typing import Self

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem
from scrapy.utils.asyncio import run_in_thread

from shopdata import signals
from shopdata.accounts import Account
from shopdata.crawling.crawl_run import CrawlRun
from shopdata.excel import sniff
from shopdata.exceptions import DiskError, ShopdataError
from shopdata.files import discard
from shopdata.items import ReportFile
from shopdata.lake.check import FileFacts, check_file
from shopdata.lake.twins import refuse_twin
from shopdata.ledger import CellKey
from shopdata.pipelines.step import Step
from shopdata.reasons import Reason
from shopdata.states import CellState
from shopdata.store.keys import raw_key

#: A file that gave its cell one of these states is for somebody to look at.
_KEPT = (CellState.REJECTED, CellState.NEEDS_LOGIN)


class ValidatePipeline(Step[ReportFile]):
    """Reads the file once, keeps its parsed form for the merge; a file that is not good costs its cell only."""

    takes = ReportFile

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._states = CrawlRun.of(crawler).states

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        pipeline = cls(crawler)
        crawler.signals.connect(pipeline._on_planned, signals.run_planned)
        return pipeline

    def _on_planned(self, todo: list[tuple[str, str]]) -> None:
        # A few files are read before processes have even started.
        if len(todo) > 2 * self._workspace.workers.count:
            # What takes half a second to import, while the portals make their reports.
            self._workspace.workers.start("shopdata.lake.check", "shopdata.excel.workbook.piece")

    async def close_spider(self) -> None:
        """Ends the workers; the merge needs them no more either."""
        await run_in_thread(functools.partial(self._workspace.workers.shutdown, cancel_futures=True))

    async def work_on(self, item: ReportFile) -> None:
        key, workspace = item.key, self._workspace
        self._crawler.signals.send_catch_log(signals.cell_stepped, step="check", **vars(key))
        dataset = workspace.config.dataset(key.dataset)
        try:
            facts = await workspace.workers.run(
                check_file, item.path, key.dataset, dataset, key.dt, key.shop, workspace.staging
            )
            account = await run_in_thread(self._account_of, key, facts)
        except ShopdataError as error:
            state = CellState(error.state)
            try:
                reason = await run_in_thread(self._put_aside, item.path, key, state, Reason.of(error))
            except DiskError as failed:
                raise DropItem(f"{error} It could not be put aside: {failed}", log_level="ERROR") from None
            # The next run orders a new report in the place of one whose file is of no use.
            await self._states.settle(key, state, reason, forget_job=state in _KEPT)
            # The extension `ReasonsLog` tells it.
            raise DropItem(reason.text, log_level="DEBUG") from None
        item.ext, item.sha256, item.size_bytes, item.rows = facts.ext, facts.sha256, facts.size_bytes, facts.rows
        item.facts = facts.facts
        item.raw_key = raw_key(item.platform, key.dataset, key.dt, key.shop, facts.ext)
        item.account = account

    def _account_of(self, key: CellKey, facts: FileFacts) -> Account:
        """Whose file it is. Raises WrongShopError if another id has it in its period already."""
        workspace = self._workspace
        shop = next(shop for shop in workspace.config.shops if shop.id == key.shop)
        account = workspace.identities.account_of(shop)
        alike = workspace.ledger.cells_alike(key, facts.sha256, account)
        refuse_twin(key, account, facts.sha256, facts.rows, alike)
        return account

    def _put_aside(self, path: Path, key: CellKey, state: CellState, reason: Reason) -> Reason:
        """Keeps a rejected file's bytes; returns the reason, which then says where."""
        if state in _KEPT:
            kept = self._workspace.staging.reject(path, key.dataset, key.dt, key.shop, sniff(path))
            relative = kept.relative_to(self._workspace.state_dir).as_posix()
            text = f"{reason} The bytes are kept in the state directory under {relative}."
            return replace(reason, text=text, params={**reason.params, "kept": relative})
        if state is CellState.NOT_READY:
            # Of no use any more; left there, the next run would take it for an answer.
            discard(path)
        return reason
