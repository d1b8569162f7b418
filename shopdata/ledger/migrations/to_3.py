"""Which files a partition was made of; cells found by who holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import JSON, Column

if TYPE_CHECKING:
    from alembic.operations import Operations


def upgrade(op: Operations) -> None:
    """From version 2 to version 3. Of partitions published before, nobody knows it: null."""
    op.add_column("partitions", Column("shops", JSON))
    op.create_index("ix_cells_lease_owner", "cells", ["lease_owner"])
