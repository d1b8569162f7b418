"""Which account a file came from; which columns the files of a period really had."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import JSON, Column, Text

if TYPE_CHECKING:
    from alembic.operations import Operations


def upgrade(op: Operations) -> None:
    """From version 3 to version 4. Of what was there before, nobody knows it: "" and null."""
    op.add_column("raw_files", Column("account", Text, nullable=False, server_default=""))
    op.add_column("partitions", Column("seen", JSON))
