"""Leases on cells and on names, when a cell is due again, the clock's slots, what was told, and who runs a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import JSON, Column, DateTime, Integer, String, Text

if TYPE_CHECKING:
    from alembic.operations import Operations


def upgrade(op: Operations) -> None:
    """From version 1 to version 2: only additions, so that a run of the old version may end in peace."""
    op.add_column("cells", Column("lease_owner", String(255), nullable=False, server_default=""))
    op.add_column("cells", Column("lease_until", DateTime(timezone=True)))
    op.add_column("cells", Column("next_ask_at", DateTime(timezone=True)))
    op.add_column("cells", Column("since_not_ready", DateTime(timezone=True)))
    op.add_column("runs", Column("heartbeat_at", DateTime(timezone=True)))
    op.add_column("runs", Column("host", String(255)))
    op.add_column("runs", Column("pid", Integer))
    op.add_column("runs", Column("exit_code", Integer))
    op.create_table(
        "leases",
        Column("name", String(255), primary_key=True),
        Column("owner", String(255), nullable=False),
        Column("until", DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "slots",
        Column("job", String(100), primary_key=True),
        Column("due_at", DateTime(timezone=True), primary_key=True),
        Column("state", String(20), nullable=False),
        Column("decided_at", DateTime(timezone=True), nullable=False),
        Column("run_id", String(100), nullable=False),
        Column("owner", String(255), nullable=False),
        Column("note", Text, nullable=False),
    )
    op.create_table(
        "told",
        Column("topic", String(255), primary_key=True),
        Column("digest", String(64), nullable=False),
        Column("told_at", DateTime(timezone=True), nullable=False),
        Column("state", JSON, nullable=False),
    )
