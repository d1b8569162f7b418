"""What a person sees while a run goes on: a live table on a terminal, plain lines elsewhere, a summary at the end."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.file_proxy import FileProxy
from rich.live import Live
from rich.table import Table
from rich.text import Text
from scrapy import signals as scrapy_signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem, NotConfigured

from shopdata import signals
from shopdata.items import Partition
from shopdata.lake.standing import UNSEEN_STAT
from shopdata.plan import Plan
from shopdata.states import CellState

logger = logging.getLogger(__name__)

#: Words and shapes, so that no meaning hangs on a colour alone.
MARKS = {
    CellState.PUBLISHED: ("✓", "green"),
    CellState.STAGED: ("●", "green"),
    CellState.EMPTY: ("○", "green"),
    CellState.RUNNING: ("…", "cyan"),
    CellState.PENDING: ("·", "dim"),
    CellState.NOT_READY: ("◔", "yellow"),
    CellState.NEEDS_LOGIN: ("⚿", "yellow"),
    CellState.REJECTED: ("⊘", "red"),
    CellState.FAILED: ("✗", "red"),
}

#: More lines than a terminal has help nobody: shops at work are shown first.
_MOST_LINES = 24
_REFRESHES_PER_SECOND = 5


class Progress:
    """Shops x steps. Counts what it is told by signals; knows nothing else of the crawl."""

    def __init__(self, crawler: Crawler) -> None:
        if not crawler.settings.getbool("SHOPDATA_PROGRESS", True):
            raise NotConfigured
        self._crawler = crawler
        self._console = Console(stderr=True)
        self._live: Live | None = None
        self._streams: list[tuple[logging.StreamHandler[Any], Any]] = []
        self._plan: Plan | None = None
        self._cells: dict[tuple[str, str], tuple[str, str, float]] = {}
        self._partitions: list[Partition] = []
        #: Why a period could not be merged or published, by its `dt`.
        self._unpublished: dict[str, str] = {}
        self._started = time.monotonic()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Progress:
        extension = cls(crawler)
        connect = crawler.signals.connect
        connect(extension._on_planned, signals.run_planned)
        connect(extension._on_stepped, signals.cell_stepped)
        connect(extension._on_settled, signals.cell_settled)
        connect(extension._on_published, signals.partition_published)
        connect(extension._on_dropped, scrapy_signals.item_dropped)
        connect(extension._on_closed, scrapy_signals.spider_closed)
        return extension

    def _on_planned(self, plan: Plan, todo: list[tuple[str, str]]) -> None:
        self._plan = plan
        cells = len(plan.keys)
        logger.info("%s: run %s, %d cells, %d of them to be asked", plan.dataset, plan.run_id, cells, len(todo))
        self._cells = dict.fromkeys(todo, (CellState.PENDING, "", self._started))
        if self._console.is_terminal and todo:
            self._live = Live(
                get_renderable=self._table, console=self._console, refresh_per_second=_REFRESHES_PER_SECOND
            )
            self._live.start()
            self._take_log_streams()

    def _on_stepped(self, dataset: str, dt: str, shop: str, step: str) -> None:
        self._cells[dt, shop] = (CellState.RUNNING, step, time.monotonic())
        if self._live is None:
            logger.info("%s %s %s: %s", dataset, shop, dt, step)

    def _on_settled(
        self, dataset: str, dt: str, shop: str, state: CellState, reason: str, rows: int | None = None
    ) -> None:
        text = f"{rows:,} rows" if rows is not None else reason
        self._cells[dt, shop] = (state, text, time.monotonic())

    def _on_published(self, partition: Partition) -> None:
        self._partitions.append(partition)

    def _on_dropped(self, item: Any, exception: DropItem) -> None:
        if isinstance(item, Partition) and exception.log_level == "ERROR":
            self._unpublished[item.dt] = str(exception)

    def _on_closed(self, reason: str) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None
            for handler, stream in self._streams:
                handler.setStream(stream)
        for line in self._summary(reason):
            if self._console.is_terminal:
                self._console.print(Text(line))
            else:
                logger.info("%s", line)

    def _take_log_streams(self) -> None:
        """Lets log lines appear above the live table instead of through it."""
        for handler in logging.root.handlers:
            if isinstance(handler, logging.StreamHandler) and handler.stream in (sys.stderr, sys.__stderr__):
                self._streams.append((handler, handler.stream))
                handler.setStream(FileProxy(self._console, handler.stream))

    def _table(self) -> Table:
        table = Table(box=None, pad_edge=False, title=self._title(), title_justify="left", expand=True)
        table.add_column("")
        table.add_column("shop", min_width=min(max(len(shop) for _, shop in self._cells), 30), no_wrap=True)
        table.add_column("period", min_width=max(len(dt) for dt, _ in self._cells), no_wrap=True)
        table.add_column("step", ratio=1, no_wrap=True, overflow="ellipsis")
        # Shops at work first, then what was settled last.
        order = sorted(self._cells.items(), key=lambda cell: (cell[1][0] != CellState.RUNNING, -cell[1][2]))
        for (dt, shop), (state, text, _) in order[:_MOST_LINES]:
            mark, style = MARKS[CellState(state)]
            table.add_row(Text(mark, style), Text(shop), Text(dt), Text(f"{state} {text}".replace("\n", " "), style))
        if len(order) > _MOST_LINES:
            table.add_row("", Text(f"and {len(order) - _MOST_LINES} more"), "", "")
        return table

    def _title(self) -> str:
        done = sum(state not in (CellState.PENDING, CellState.RUNNING) for state, _, _ in self._cells.values())
        assert self._plan is not None
        return f"{self._plan.dataset}  {done}/{len(self._cells)} done  {time.monotonic() - self._started:.0f} s"

    def _is_unseen(self) -> bool:
        return self._crawler.stats is not None and bool(self._crawler.stats.get_value(UNSEEN_STAT))

    def _summary(self, reason: str) -> Iterator[str]:
        if self._plan is None:
            return
        seconds = time.monotonic() - self._started
        #: Who was the first with a reason that may be that of all shops.
        first: dict[str, str] = {}
        if reason != "finished":
            yield f"{self._plan.dataset}: the run was stopped ({reason}) after {seconds:.0f} s; run it again to go on."
        elif self._is_unseen():
            yield f"{self._plan.dataset}: whether all is still published could not be seen: the object store failed."
        elif not self._cells and not self._partitions and not self._unpublished:
            yield f"{self._plan.dataset}: all was published before, nothing was asked (ask again with -a force=1)."
        for partition in self._partitions:
            receipt = partition.receipt
            shops, missing = receipt["shops"], receipt["missing"]
            yield (
                f"{receipt['dataset']} {receipt['dt']}: {receipt['rows']:,} rows of {len(shops)} shops published, "
                f"{len(missing)} missing, {seconds:.0f} s"
            )
            for part in ("workbook", "parquet"):
                yield f"  {part:<9} {receipt[part]['key']}  ({receipt[part]['bytes']:,} bytes)"
            yield f"  on disk   {_short(partition.workbook)}"
            for shop in missing:
                yield f"  missing   {shop['id']}: {shop['state']}: {_once(first, shop['id'], shop['reason'])}"
            if receipt["refresh"]["state"] == "FAILED":
                yield f"  Dremio    not refreshed: {receipt['refresh']['detail']}"
        for dt, why in self._unpublished.items():
            yield f"{self._plan.dataset} {dt}: {why}"
        published = {partition.dt for partition in self._partitions}
        for (dt, shop), (state, text, _) in sorted(self._cells.items()):
            if dt not in published and not CellState(state).is_done and state != CellState.STAGED:
                yield f"  missing   {shop} {dt}: {state}: {_once(first, f'{shop} {dt}', text)}"


def _once(first: dict[str, str], who: str, reason: str) -> str:
    teller = first.setdefault(reason, who)
    return reason if teller == who or not reason else f"as {teller}"


def _short(path: Path | None) -> str:
    """Relative to where the command was typed, if it lies below."""
    if path is None:
        return ""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
