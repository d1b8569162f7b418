"""Column names that no report may have."""

from __future__ import annotations

#: Names that a reader of the lake adds itself (partition columns), or that we write first.
RESERVED_COLUMNS = frozenset({"shop", "dt", "dir0"})
