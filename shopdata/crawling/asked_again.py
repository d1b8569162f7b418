"""Cells that are asked for again although they are good: figures are revised."""

from __future__ import annotations

from collections.abc import Iterable

from shopdata.exceptions import LeaseLostError
from shopdata.ledger import Cell, CellKey, Ledger
from shopdata.plan import Plan
from shopdata.states import CellState


class AskedAgain:
    """The published cells that one run asks for once more.

    Args:
        cells: the plan's, before anything is asked.
    """

    def __init__(self, plan: Plan, ledger: Ledger, cells: Iterable[Cell]) -> None:
        self._ledger = ledger
        again = {period.dt for period in plan.restate}
        self._states = {cell.key: cell.state for cell in cells if cell.dt in again and cell.state.is_done}

    def __contains__(self, key: CellKey) -> bool:
        return key in self._states

    def keep_good(self, key: CellKey) -> tuple[CellState, str] | None:
        """What was published and could not be had again stays published; returns state and reason where that is so."""
        state = self._states.get(key)
        cell = self._ledger.cell(key) if state is not None else None
        if state is None or cell is None or cell.state.is_done or cell.state is CellState.STAGED:
            return None
        reason = f"asked for again, and {cell.state}: {cell.reason}"
        try:
            self._ledger.mark(key, state, reason)
        except LeaseLostError:
            # Whoever has it now has the last word.
            return None
        return state, reason
