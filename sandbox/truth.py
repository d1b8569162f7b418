"""What a report holds, as plain values, apart from any file format."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Value = str | int | float | None


@dataclass(frozen=True, slots=True)
class Truth:
    """A report exactly as it is sent.

    A file has a header and rows, blank cells as None. What comes as JSON has `records` besides: the objects in the
    order in which they are sent. Its header and rows then hold the same, a column for each field; nested fields stay
    lists and objects.
    """

    header: list[str]
    rows: list[list[Any]]
    records: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def of_records(cls, fields: list[str], records: list[dict[str, Any]]) -> Truth:
        """The truth of a list of JSON objects that all have these fields."""
        return cls(fields, [[record[name] for name in fields] for record in records], records)
