"""What the log says of cells that came to nothing: one line for each shop and reason, with all of its periods."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Hashable
from dataclasses import dataclass, field

from scrapy import signals as scrapy_signals
from scrapy.crawler import Crawler

from shopdata import signals
from shopdata.alerts.causes import trouble_of
from shopdata.reasons import Reason
from shopdata.states import CellState
from shopdata.wording import Texts
from shopdata.wording.why import essence_of

logger = logging.getLogger(__name__)
#: As all lines of the log that are for grepping.
_TEXTS = Texts("en")

#: A line waits for more periods of its kind as long as they follow one another so fast, as those of a parked shop do;
#: whoever watches a shop that fails slowly does not wait for its last day.
_HOLD_SECONDS = 2.0
_MOST_HOLD_SECONDS = 30.0
_TOLD = frozenset({CellState.FAILED, CellState.REJECTED, CellState.NEEDS_LOGIN, CellState.NOT_READY})
#: The same for every shop that it meets: the log has it once.
_OF_THE_MACHINE = frozenset({"browser_failed", "browser_missing"})


@dataclass
class _Line:
    """Cells of one shop that came to the same."""

    start: str
    state: CellState
    reason: str
    #: Its sentence stands in the log already.
    is_told: bool
    #: Those that are still to be told.
    dts: list[str] = field(default_factory=list)
    _is_first_told: bool = False
    _since: float = 0
    _timer: asyncio.TimerHandle | None = None

    def add(self, dt: str) -> None:
        self.dts.append(dt)
        if self._is_first_told:
            # What comes after the first line is told at the end.
            return
        loop = asyncio.get_running_loop()
        self._since = self._since or loop.time()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = loop.call_at(min(loop.time() + _HOLD_SECONDS, self._since + _MOST_HOLD_SECONDS), self.write)

    def write(self) -> None:
        if self.dts:
            told = "for the same reason" if self.is_told else self.reason
            logger.error("%s %s: %s: %s", self.start, _TEXTS.labels(self.dts), self.state, told)
            self.dts, self.is_told, self._is_first_told = [], True, True


class ReasonsLog:
    """Hears what becomes of cells. The first line of a kind comes within seconds; what comes after it, at the end."""

    def __init__(self) -> None:
        self._lines: dict[tuple[str, CellState, tuple[Hashable, ...]], _Line] = {}
        self._told: set[tuple[Hashable, ...]] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ReasonsLog:
        extension = cls()
        crawler.signals.connect(extension._on_settled, signals.cell_settled)
        crawler.signals.connect(extension._on_closed, scrapy_signals.spider_closed)
        return extension

    def _on_settled(self, dataset: str, dt: str, shop: str, state: CellState, reason: Reason) -> None:
        if state not in _TOLD:
            return
        trouble = trouble_of(state, reason, shop=shop, name="", dt=dt)
        essence = essence_of(reason)
        key = shop, state, essence
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = _Line(f"{dataset} {shop}", state, reason.text, essence in self._told)
            if trouble.kind in _OF_THE_MACHINE:
                self._told.add(essence)
        line.add(dt)

    def _on_closed(self) -> None:
        for line in self._lines.values():
            line.write()
