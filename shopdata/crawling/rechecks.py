"""Cells that are asked for again although they are good: figures are revised."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from shopdata.ledger import Cell, CellKey
from shopdata.reasons import Reason
from shopdata.states import CellState


class Rechecks:
    """The published cells that one run asks for once more, and what they were before."""

    def __init__(self) -> None:
        self._before: dict[CellKey, CellState] = {}

    def add(self, cells: Iterable[Cell]) -> None:
        """These are asked for; only those that are good now are rechecks."""
        self._before.update({cell.key: cell.state for cell in cells if cell.state.is_done})

    def __contains__(self, key: CellKey) -> bool:
        return key in self._before

    def outcome(self, key: CellKey, state: CellState, reason: Reason) -> tuple[CellState, Reason]:
        """What was published and could not be had again stays published; the reason tells of the try."""
        before = self._before.get(key)
        if before is None or state.is_done or state is CellState.STAGED:
            return state, reason
        return before, replace(reason, text=f"asked for again, and {state}: {reason}")
