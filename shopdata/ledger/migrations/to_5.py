"""Reasons as data: a code and its facts beside each sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import JSON, Column, String

if TYPE_CHECKING:
    from alembic.operations import Operations


def upgrade(op: Operations) -> None:
    """From version 4 to version 5. Of what was there before, only the sentence is known: its code is `unknown`."""
    op.add_column("cells", Column("reason_code", String(64), nullable=False, server_default=""))
    op.add_column("cells", Column("reason_params", JSON))
    op.execute("UPDATE cells SET reason_code = 'unknown' WHERE reason <> ''")
    op.add_column("partitions", Column("refresh_code", String(64), nullable=False, server_default=""))
    op.add_column("partitions", Column("refresh_params", JSON))
    op.execute("UPDATE partitions SET refresh_code = 'unknown' WHERE refresh_state = 'FAILED'")
    op.add_column("slots", Column("reasons", JSON))
