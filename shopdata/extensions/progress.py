"""What a person sees while a run goes on: a live table on a terminal, plain lines elsewhere, a summary at the end."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
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
from shopdata.alerts.causes import Trouble, trouble_of
from shopdata.extensions.seen import Seen
from shopdata.extensions.summary import missing_in, missing_lines, published_lines
from shopdata.items import Partition
from shopdata.lake.standing import UNSEEN_STAT
from shopdata.plan import Plan
from shopdata.reasons import Reason
from shopdata.states import MARKS, CellState
from shopdata.wording.language import terminal_texts

logger = logging.getLogger(__name__)

#: More lines than a terminal has help nobody.
_MOST_LINES = 24
#: So many columns a terminal needs for names beside ids.
_WIDE = 90
_REFRESHES_PER_SECOND = 5
#: How often the plain lines say how far the run is.
_PLAIN_EVERY_SECONDS = 30


class Progress:
    """Shops x steps. Counts what it is told by signals; knows nothing else of the crawl."""

    def __init__(self, crawler: Crawler) -> None:
        if not crawler.settings.getbool("SHOPDATA_PROGRESS", True):
            raise NotConfigured
        self._crawler = crawler
        self._texts = terminal_texts(crawler.settings)
        self._console = Console(stderr=True)
        self._live: Live | None = None
        self._streams: list[tuple[logging.StreamHandler[Any], Any]] = []
        self._plan: Plan | None = None
        self._names: dict[str, str] = {}
        self._seen = Seen([], time.monotonic())
        self._reasons: dict[tuple[str, str], Reason] = {}
        self._partitions: list[Partition] = []
        #: Why a period could not be merged or published, by its `dt`.
        self._unpublished: dict[str, str] = {}
        self._told_at = time.monotonic()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Progress:
        extension = cls(crawler)
        connect = crawler.signals.connect
        connect(extension._on_planned, signals.run_planned)
        connect(extension._on_shop_stepped, signals.shop_stepped)
        connect(extension._on_stepped, signals.cell_stepped)
        connect(extension._on_settled, signals.cell_settled)
        connect(extension._on_published, signals.partition_published)
        connect(extension._on_dropped, scrapy_signals.item_dropped)
        connect(extension._on_closed, scrapy_signals.spider_closed)
        return extension

    # -- what it is told --------------------------------------------------------------------------------------------

    def _on_planned(self, plan: Plan, todo: list[tuple[str, str]]) -> None:
        is_first = self._plan is None
        self._plan = plan
        self._names = {shop.id: shop.name for shop in plan.shops}
        counts = {"cells": len(plan.keys), "asked": len(todo)}
        logger.info("%s", self._texts("crawl.begun", dataset=plan.dataset, run=plan.run_id, **counts))
        if not is_first:
            self._seen.expect(todo, time.monotonic())
            return
        self._seen = Seen(todo, time.monotonic())
        if self._is_live and todo:
            self._live = Live(
                get_renderable=self._table, console=self._console, refresh_per_second=_REFRESHES_PER_SECOND
            )
            self._live.start()
            self._take_log_streams()

    def _on_shop_stepped(self, shop: str, step: str) -> None:
        self._seen.shop_stepped(shop, step)

    def _on_stepped(self, dataset: str, dt: str, shop: str, step: str) -> None:
        self._seen.stepped((dt, shop), step, time.monotonic())
        if self._live is None:
            logger.info("%s %s %s: %s", dataset, shop, dt, self._texts.step(step))

    def _on_settled(self, dt: str, shop: str, state: CellState, reason: Reason, rows: int | None = None) -> None:
        now = time.monotonic()
        self._reasons[dt, shop] = reason
        self._seen.settled(
            (dt, shop), state, self._texts("crawl.rows", n=rows) if rows is not None else reason.text, now
        )
        if self._live is None and self._seen.left and now - self._told_at >= _PLAIN_EVERY_SECONDS:
            self._told_at = now
            logger.info("%s", self._title())

    def _on_published(self, partition: Partition) -> None:
        self._partitions.append(partition)
        receipt = partition.receipt
        self._seen.published(receipt.dt, {shop.id for shop in receipt.shops}, time.monotonic())

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
            if self._is_live:
                self._console.print(Text(line))
            else:
                logger.info("%s", line)

    # -- what it shows ----------------------------------------------------------------------------------------------

    @property
    def _is_live(self) -> bool:
        """A terminal that can go back to an earlier line."""
        return self._console.is_terminal and not self._console.is_dumb_terminal

    def _take_log_streams(self) -> None:
        """Lets log lines appear above the live table instead of through it."""
        for handler in logging.root.handlers:
            if isinstance(handler, logging.StreamHandler) and handler.stream in (sys.stderr, sys.__stderr__):
                self._streams.append((handler, handler.stream))
                handler.setStream(FileProxy(self._console, handler.stream))

    def _table(self) -> Table:
        t, keys, is_wide = self._texts, self._seen.keys, self._console.width >= _WIDE
        table = Table(box=None, pad_edge=False, title=self._title(), title_justify="left", expand=True)
        table.add_column("")
        table.add_column(t("head.shop"), min_width=min(max(len(shop) for _, shop in keys), 20), no_wrap=True)
        if is_wide:
            table.add_column("", max_width=24, no_wrap=True, overflow="ellipsis")
        table.add_column(t("head.period"), min_width=max(len(dt) for dt, _ in keys), no_wrap=True)
        table.add_column(t("crawl.step"), ratio=1, no_wrap=True, overflow="ellipsis")
        # The title, the head and the line below stand there too.
        most = max(min(_MOST_LINES, self._console.height - 4), 1)
        for (dt, shop), state, text in self._seen.pressing_first()[:most]:
            mark, style = MARKS[state]
            name = [Text(self._names.get(shop, ""))] if is_wide else []
            told = t.step(text) if state is CellState.RUNNING else f"{t(f'state.{state}.word')} {text}"
            table.add_row(Text(mark, style), Text(shop), *name, Text(dt), Text(told.replace("\n", " "), style))
        if len(keys) > most:
            table.add_row("", Text(t("crawl.more", n=len(keys) - most)))
        return table

    def _title(self) -> str:
        assert self._plan is not None
        return f"{self._plan.dataset}  {self._seen.so_far(self._texts, time.monotonic())}"

    def _is_unseen(self) -> bool:
        return self._crawler.stats is not None and bool(self._crawler.stats.get_value(UNSEEN_STAT))

    def _summary(self, reason: str) -> Iterator[str]:
        if self._plan is None:
            return
        t, dataset, seconds = self._texts, self._plan.dataset, self._seen.seconds(time.monotonic())
        if reason != "finished":
            yield t("crawl.stopped", dataset=dataset, reason=reason, seconds=round(seconds))
        elif self._is_unseen():
            yield t("crawl.unseen", dataset=dataset)
        elif not self._seen.keys and not self._partitions and not self._unpublished:
            yield t("crawl.all_published", dataset=dataset)
        yield from published_lines(t, self._partitions, seconds)
        for dt, why in self._unpublished.items():
            yield t("crawl.unpublished", dataset=dataset, dt=dt, why=why)
        yield from missing_lines(t, list(self._missing()))

    def _missing(self) -> Iterator[Trouble]:
        """What a published partition lacks, and what there is of periods that were not published."""
        for partition in self._partitions:
            yield from missing_in(partition.receipt, self._names)
        published = {partition.dt for partition in self._partitions}
        for (dt, shop), state, text in self._seen.in_order():
            if dt not in published and not state.is_done and state is not CellState.STAGED:
                reason = self._reasons.get((dt, shop)) or Reason(text=text)
                yield trouble_of(state, reason, shop=shop, name=self._names.get(shop, ""), dt=dt)
