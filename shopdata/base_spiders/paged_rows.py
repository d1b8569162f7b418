"""Rows that come in pages: told apart by their id, counted against the portal's total, written as one raw file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shopdata.exceptions import PortalError
from shopdata.lake.json_lines import ABOUT_KEY
from shopdata.lake.staging import write_durably


@dataclass(frozen=True)
class Page:
    """One page: its rows, and how many there are in all (None where the portal does not say)."""

    rows: Sequence[Mapping[str, Any]]
    total: int | None

    @classmethod
    def from_result(cls, result: Any, rows_key: str, total_key: str, where: str) -> Page:
        """Reads a page out of an answer.

        Raises:
            PortalError: the list is missing. That is never "no data": a stale signature looks just so (PORTALS 2).
        """
        rows = result.get(rows_key) if isinstance(result, dict) else None
        if not isinstance(rows, list):
            raise PortalError(
                f"the answer has no list {rows_key!r}",
                where=where,
                found=", ".join(sorted(result)) if isinstance(result, dict) else type(result).__name__,
                todo="The next run asks again; if it stays, the portal has changed: tell the developers.",
            )
        total = result.get(total_key)
        # Some interfaces send their rows as JSON texts (PORTALS 3.2).
        read = [json.loads(row) if isinstance(row, str) else row for row in rows]
        return cls(read, int(total) if total is not None else None)


class PagedRows:
    """All rows of one cell, each once, in the order they came."""

    def __init__(self, id_key: str) -> None:
        self._id_key = id_key
        self._rows: dict[str, Mapping[str, Any]] = {}
        #: How many rows came a second time.
        self.doubles = 0
        #: What the portal said last.
        self.total: int | None = None

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def is_complete(self) -> bool:
        """True if as many different rows are here as the portal says there are."""
        return self.total is None or len(self._rows) >= self.total

    def add(self, page: Page) -> None:
        """Takes a page's rows, leaving out those that are here already."""
        self.total = page.total if page.total is not None else self.total
        for row in page.rows:
            # A row without an id is never dropped: it is told apart by all that it says.
            key = str(row.get(self._id_key) or json.dumps(row, sort_keys=True))
            if key in self._rows:
                self.doubles += 1
            else:
                self._rows[key] = row

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        return iter(self._rows.values())

    def write(self, path: Path, about: Mapping[str, Any]) -> None:
        """As JSON Lines: a line that begins with the key `shopdata` and says what it is, then a line per row."""
        lines = [json.dumps({ABOUT_KEY: dict(about)}, ensure_ascii=False)]
        lines += [json.dumps(row, ensure_ascii=False) for row in self]
        write_durably(path, ("\n".join(lines) + "\n").encode())
