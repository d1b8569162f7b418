"""What a report holds, as plain values, apart from any file format."""

from __future__ import annotations

from dataclasses import dataclass

Value = str | int | float | None


@dataclass(frozen=True, slots=True)
class Truth:
    """A report exactly as it is sent: the header and the rows, blank cells as None."""

    header: list[str]
    rows: list[list[Value]]
