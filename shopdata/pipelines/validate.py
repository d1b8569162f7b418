"""Is a file what it claims to be, for the dataset and the period it was asked for?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from itemadapter import ItemAdapter
from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem
from scrapy.utils.asyncio import run_in_thread

from shopdata import signals
from shopdata.exceptions import RejectedFileError
from shopdata.items import ReportFile
from shopdata.lake.contract import check_period
from shopdata.lake.excel import read_table, sniff
from shopdata.lake.keys import raw_key
from shopdata.lake.ledger import CellKey
from shopdata.lake.staging import sha256_of
from shopdata.periods import Period
from shopdata.states import CellState
from shopdata.workspace import Workspace


class ValidatePipeline:
    """Reads the file once, keeps its parsed form for the merge; a file that is not good costs its cell only."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._workspace = Workspace.of(crawler)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ValidatePipeline:
        return cls(crawler)

    async def process_item(self, item: Any) -> Any:
        if not isinstance(item, ReportFile):
            return item
        adapter = ItemAdapter(item)
        cell = {"dataset": adapter["dataset"], "dt": adapter["dt"], "shop": adapter["shop_id"]}
        self._crawler.signals.send_catch_log(signals.cell_stepped, step="check", **cell)
        try:
            adapter.update(await run_in_thread(self._check, adapter))
        except RejectedFileError as error:
            reason = await run_in_thread(self._reject, adapter, error)
            self._crawler.signals.send_catch_log(
                signals.cell_settled, state=CellState.REJECTED, reason=reason, rows=None, **cell
            )
            raise DropItem(reason, log_level="ERROR") from None
        return item

    def _check(self, adapter: ItemAdapter) -> dict[str, Any]:
        """What is now known about the file: fields of `ReportFile`."""
        path, name, dt, shop = Path(adapter["path"]), adapter["dataset"], adapter["dt"], adapter["shop_id"]
        dataset = self._workspace.config.dataset(name)
        table = read_table(path, dataset)
        check_period(table, dataset, Period.from_dt(dt))
        if table.rows == 0 and not dataset.allow_empty:
            raise RejectedFileError(
                "the report has a header and no rows",
                where=f"{name} {dt} shop {shop!r}",
                expected="at least one row",
                todo=f"If a shop may have none, set `allow_empty: true` in datasets/{name}.yaml.",
            )
        sha256, ext = sha256_of(path), sniff(path)
        table.save(self._workspace.staging.table(name, dt, shop, sha256))
        return {
            "ext": ext,
            "sha256": sha256,
            "size_bytes": path.stat().st_size,
            "rows": table.rows,
            "raw_key": raw_key(adapter["platform"], name, dt, shop, ext),
        }

    def _reject(self, adapter: ItemAdapter, error: RejectedFileError) -> str:
        """Keeps the bytes, and forgets the report job they came from: the next run orders a new one."""
        path, name, dt, shop = Path(adapter["path"]), adapter["dataset"], adapter["dt"], adapter["shop_id"]
        kept = self._workspace.staging.reject(path, name, dt, shop, sniff(path))
        relative = kept.relative_to(self._workspace.state_dir).as_posix()
        # The engine only knows the file by its name on this disk.
        error.where = error.where.replace(path.name, f"the file of shop {shop!r}")
        reason = f"{error.sentence()} The bytes are kept in the state directory under {relative}."
        key = CellKey(name, dt, shop)
        self._workspace.ledger.set_job(key, None)
        self._workspace.ledger.mark(key, CellState.REJECTED, reason)
        return reason
