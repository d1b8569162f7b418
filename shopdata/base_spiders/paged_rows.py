"""Rows that come in pages: told apart by their id, counted against the portal's total, written as one raw file."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shopdata.exceptions import PortalError
from shopdata.files import write_durably
from shopdata.lake.excel.json_lines import ABOUT_KEY


@dataclass(frozen=True)
class Page:
    """One page: its rows, and how many there are in all (None where the portal does not say)."""

    rows: Sequence[Mapping[str, Any]]
    total: int | None

    @classmethod
    def from_result(cls, result: Any, rows_key: str, total_key: str, where: str, needed: str = "") -> Page:
        """Reads a page out of an answer.

        Args:
            needed: a field without which a row is of no use.

        Raises:
            PortalError: the list is missing, or holds no rows. That is never "no data": a stale signature looks just so
                (PORTALS 2).
        """
        rows = result.get(rows_key) if isinstance(result, dict) else None
        if not isinstance(rows, list):
            found = ", ".join(sorted(result)) if isinstance(result, dict) else type(result).__name__
            raise _unknown(f"the answer has no list {rows_key!r}", where, found)
        try:
            # Some interfaces send their rows as JSON texts (PORTALS 3.2).
            read = [json.loads(row) if isinstance(row, str) else row for row in rows]
            total = result.get(total_key)
            total = int(total) if total is not None else None
        except (ValueError, TypeError):
            raise _unknown(f"the list {rows_key!r} or its total can't be read", where, "another form") from None
        for row in read:
            if not isinstance(row, dict) or (needed and not row.get(needed)):
                found = ", ".join(sorted(row)) if isinstance(row, dict) else type(row).__name__
                raise _unknown(
                    f"a row of {rows_key!r} is not as rows were{needed and f', without {needed!r}'}", where, found
                )
        return cls(read, total)


def _unknown(what: str, where: str, found: str) -> PortalError:
    todo = "The next run asks again; if it stays, the portal has changed: tell the developers."
    return PortalError(what, where=where, found=found, todo=todo)


class PagedRows:
    """All rows of one cell, each once, in the order they came."""

    def __init__(self, id_key: str) -> None:
        self._id_key = id_key
        self._rows: dict[str, Mapping[str, Any]] = {}
        #: How many rows came a second time.
        self.doubles = 0
        #: The most that the portal has said: rows that go away while one reads move others to pages already read.
        self.total: int | None = None

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def is_complete(self) -> bool:
        """True if as many different rows are here as the portal says there are."""
        return self.total is None or len(self._rows) >= self.total

    def add(self, page: Page) -> bool:
        """Takes a page's rows, leaving out those that are here already; false if it held nothing new."""
        self.total = max((total for total in (self.total, page.total) if total is not None), default=None)
        before = len(self._rows)
        alike: Counter[str] = Counter()
        for row in page.rows:
            key = str(row.get(self._id_key) or "")
            if not key:
                # Without an id it is told apart by all that it says, and from the like on the same page: pages shift,
                # but none of them says a thing twice that was said once.
                text = json.dumps(row, sort_keys=True)
                alike[text] += 1
                key = f"{alike[text]} {text}"
            if key in self._rows:
                self.doubles += 1
            else:
                self._rows[key] = row
        return len(self._rows) > before

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        return iter(self._rows.values())

    def write(self, path: Path, about: Mapping[str, Any]) -> None:
        """As JSON Lines: a line that begins with the key `shopdata` and says what it is, then a line per row."""
        lines = [json.dumps({ABOUT_KEY: dict(about)}, ensure_ascii=False)]
        lines += [json.dumps(row, ensure_ascii=False) for row in self]
        write_durably(path, ("\n".join(lines) + "\n").encode())
