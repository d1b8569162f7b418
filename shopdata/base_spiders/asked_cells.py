"""What a run has asked for and what came of it: which partitions are due at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shopdata.lake.coverage import REFRESH_DUE
from shopdata.lake.ledger import Cell, CellKey, Ledger
from shopdata.periods import Period
from shopdata.plan import Plan
from shopdata.states import CellState


class AskedCells:
    """The cells of one run: those that were asked, and those of them of which a file was staged.

    Args:
        cells: the plan's, before anything is asked.
    """

    def __init__(self, plan: Plan, ledger: Ledger, cells: Sequence[Cell] = ()) -> None:
        self._plan = plan
        self._ledger = ledger
        again = {period.dt for period in plan.restate}
        #: Published cells that are asked for again, with the state they have: figures are revised.
        self.good = {cell.key: cell.state for cell in cells if cell.dt in again and cell.state.is_done}
        self.asked: set[CellKey] = set()
        self.staged: set[CellKey] = set()

    def keep_good(self, periods: Sequence[Period]) -> Iterator[tuple[CellKey, CellState, str]]:
        """What was published and could not be had again stays published; yields those cells, with the reason."""
        dts = {period.dt for period in periods}
        for key, state in self.good.items():
            cell = self._ledger.cell(key) if key.dt in dts and key in self.asked else None
            if cell is not None and not (cell.state.is_done or cell.state is CellState.STAGED):
                reason = f"asked for again, and {cell.state}: {cell.reason}"
                self._ledger.mark(key, state, reason)
                yield key, state, reason

    def due_periods(self, periods: Sequence[Period]) -> Iterator[Period]:
        """Those in which something was asked, or that an earlier run could not bring to its end."""
        for period in periods:
            cells = self._ledger.cells(self._plan.dataset, period.dt)
            published = self._ledger.partitions(self._plan.dataset, period.dt)
            is_waiting = any(cell.state is CellState.STAGED for cell in cells)
            # PENDING: a run that ended between the two; it must not stay so for ever.
            is_refresh_due = any(p.refresh_state in REFRESH_DUE for p in published)
            is_unpublished = not published and any(cell.raw is not None for cell in cells)
            # A published cell that was asked for again changes something only if another file came of it.
            news = self.staged | (self.asked - self.good.keys())
            if is_waiting or is_refresh_due or is_unpublished or any(cell.key in news for cell in cells):
                yield period
