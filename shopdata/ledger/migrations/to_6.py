"""What a run asked of portals, beside how it ended: it was added up in a file of the state directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Column, Integer

if TYPE_CHECKING:
    from alembic.operations import Operations


def upgrade(op: Operations) -> None:
    """From version 5 to version 6. Counters in the file are left behind: those of `/metrics` begin anew."""
    for name in ("requests", "page_requests", "logins", "logins_refused"):
        op.add_column("runs", Column(name, Integer))
