"""Is a file what it claims to be, for the dataset and the period it was asked for?"""

from __future__ import annotations

import functools
from datetime import datetime
from pathlib import Path
from typing import Any

from itemadapter import ItemAdapter
from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem
from scrapy.utils.asyncio import run_in_thread

from shopdata import signals
from shopdata.accounts import Account
from shopdata.excel import sniff
from shopdata.exceptions import DiskError, LeaseLostError, LedgerError, ShopdataError
from shopdata.files import discard
from shopdata.items import ReportFile
from shopdata.lake.check import FileFacts, check_file
from shopdata.lake.not_ready import put_off
from shopdata.lake.twins import refuse_twin
from shopdata.ledger import CellKey
from shopdata.periods import SHANGHAI
from shopdata.states import CellState
from shopdata.store.keys import raw_key
from shopdata.workspace import Workspace


class ValidatePipeline:
    """Reads the file once, keeps its parsed form for the merge; a file that is not good costs its cell only."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._workspace = Workspace.of(crawler)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ValidatePipeline:
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

    async def process_item(self, item: Any) -> Any:
        if not isinstance(item, ReportFile):
            return item
        adapter = ItemAdapter(item)
        name, dt, shop = adapter["dataset"], adapter["dt"], adapter["shop_id"]
        cell = {"dataset": name, "dt": dt, "shop": shop}
        self._crawler.signals.send_catch_log(signals.cell_stepped, step="check", **cell)
        workspace, path = self._workspace, Path(adapter["path"])
        dataset = workspace.config.dataset(name)
        try:
            facts = await self._workspace.workers.run(
                check_file, path, name, dataset, dt, shop, self._workspace.staging
            )
            account = await run_in_thread(self._account_of, CellKey(name, dt, shop), facts)
        except ShopdataError as error:
            state = CellState(error.state)
            try:
                reason = await run_in_thread(self._settle, adapter, state, str(error))
            except LeaseLostError as lost:
                raise DropItem(str(lost), log_level="WARNING") from None
            except (DiskError, LedgerError) as failed:
                raise DropItem(f"{error} It could not be written down: {failed}", log_level="ERROR") from None
            self._crawler.signals.send_catch_log(signals.cell_settled, state=state, reason=reason, rows=None, **cell)
            # The extension `ReasonsLog` tells it.
            raise DropItem(reason, log_level="DEBUG") from None
        adapter.update(
            ext=facts.ext,
            sha256=facts.sha256,
            size_bytes=facts.size_bytes,
            rows=facts.rows,
            raw_key=raw_key(adapter["platform"], name, dt, shop, facts.ext),
            account=account,
        )
        return item

    def _account_of(self, key: CellKey, facts: FileFacts) -> Account:
        """Whose file it is. Raises WrongShopError if another id has it in its period already."""
        workspace = self._workspace
        shop = next(shop for shop in workspace.config.shops if shop.id == key.shop)
        account = workspace.identities.account_of(shop)
        refuse_twin(key, account, facts.sha256, facts.rows, workspace.ledger.cells(key.dataset, key.dt))
        return account

    def _settle(self, adapter: ItemAdapter, state: CellState, reason: str) -> str:
        """Keeps a rejected file's bytes, and forgets the report job they came from: the next run orders a new one."""
        path, name, dt, shop = Path(adapter["path"]), adapter["dataset"], adapter["dt"], adapter["shop_id"]
        key = CellKey(name, dt, shop)
        if state in (CellState.REJECTED, CellState.NEEDS_LOGIN):
            kept = self._workspace.staging.reject(path, name, dt, shop, sniff(path))
            relative = kept.relative_to(self._workspace.state_dir).as_posix()
            reason = f"{reason} The bytes are kept in the state directory under {relative}."
            self._workspace.ledger.set_job(key, None)
        elif state is CellState.NOT_READY:
            # Of no use any more; left there, the next run would take it for an answer.
            discard(path)
        self._workspace.ledger.mark(key, state, reason)
        if state is CellState.NOT_READY:
            put_off(self._workspace.ledger, key, self._workspace.config.dataset(name), datetime.now(SHANGHAI))
        return reason
