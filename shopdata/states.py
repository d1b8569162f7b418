"""The states of a cell (docs/reference.md#states-of-a-cell)."""

from __future__ import annotations

from enum import StrEnum


class CellState(StrEnum):
    """What is true about one dataset, period and shop."""

    PENDING = "pending"
    RUNNING = "running"
    STAGED = "staged"
    PUBLISHED = "published"
    EMPTY = "empty"
    NOT_READY = "not_ready"
    NEEDS_LOGIN = "needs_login"
    REJECTED = "rejected"
    FAILED = "failed"

    @property
    def is_done(self) -> bool:
        """True if there is nothing left to ask or publish."""
        return self in (CellState.PUBLISHED, CellState.EMPTY)


#: How people are shown a state: a shape and a colour, so that no meaning hangs on a colour alone.
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
