"""Tells the rest of the program, by signals, what happens to cells and shops."""

from __future__ import annotations

from typing import Any

from scrapy.signalmanager import SignalManager

from shopdata import signals
from shopdata.ledger import CellKey
from shopdata.reasons import Reason
from shopdata.states import CellState


class CellEvents:
    """For whoever listens: progress, alerts, sessions. None of them can hurt the crawl."""

    def __init__(self, manager: SignalManager) -> None:
        self._manager = manager

    def send(self, signal: object, **arguments: Any) -> None:
        """Sends one of `shopdata.signals`."""
        self._manager.send_catch_log(signal, **arguments)

    def stepped(self, key: CellKey, step: str) -> None:
        """A cell moved."""
        self.send(signals.cell_stepped, dataset=key.dataset, dt=key.dt, shop=key.shop, step=step)

    def settled(self, key: CellKey, state: CellState, reason: Reason, rows: int | None = None) -> None:
        """A cell reached a state. What this run makes of cells, `CellStates` tells."""
        cell = {"dataset": key.dataset, "dt": key.dt, "shop": key.shop}
        self.send(signals.cell_settled, state=state, reason=reason, rows=rows, **cell)
