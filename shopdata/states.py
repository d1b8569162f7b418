"""The states of a cell (DESIGN 5.6)."""

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
