"""Rows that come in pages: told apart by their id, counted against the portal's total, written as one raw file."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shopdata.config import Portal
from shopdata.config.recipes.paths import NoSuchPlaceError, value_at
from shopdata.excel.formats.json_lines import MAX_ROW_BYTES, first_line, row_line
from shopdata.exceptions import OddAnswerError
from shopdata.files import as_disk_error, nameless, write_durably
from shopdata.texts import read_json

_BLOCK_BYTES = 1 << 18


@dataclass(frozen=True)
class Room:
    """What the rest of a cell may still take; `max_…` of portals.yaml."""

    pages: int
    rows: int
    bytes: int

    @classmethod
    def of(cls, portal: Portal, rows: int = 0, size: int = 0) -> Room:
        """All of it, less the rows and bytes that the cell's file has already."""
        return cls(portal.max_pages, portal.max_rows - rows, portal.max_file_bytes - size)


@dataclass(frozen=True)
class Page:
    """One page: its rows, and how many there are in all (None where the portal does not say)."""

    rows: Sequence[Mapping[str, Any]]
    total: int | None

    @classmethod
    def from_result(cls, result: Any, rows_key: str, total_key: str | None, where: str, needed: str = "") -> Page:
        """Reads a page out of an answer.

        Args:
            rows_key, total_key: the fields, or places such as `$.list.rows`; None where there is no total.
            needed: a field without which a row is of no use.

        Raises:
            OddAnswerError: the list is missing, or holds no rows. That is never "no data": a stale signature looks
                just so (docs/portals.md 2).
        """
        try:
            rows = value_at(result, rows_key)
        except NoSuchPlaceError as error:
            raise _unknown(f"the answer has no list {rows_key!r}", where, str(error)) from None
        if not isinstance(rows, list):
            found = ", ".join(sorted(result)) if isinstance(result, dict) else type(result).__name__
            raise _unknown(f"the answer has no list {rows_key!r}", where, found)
        told = None
        if total_key is not None:
            with suppress(NoSuchPlaceError):
                told = value_at(result, total_key)
        try:
            # Some interfaces send their rows as JSON texts (docs/portals.md 3.2).
            read = [read_json(row) if isinstance(row, str) else row for row in rows]
            total = _count_in(told)
        except ValueError:
            raise _unknown(f"the list {rows_key!r} or its total can't be read", where, "another form") from None
        for row in read:
            if not isinstance(row, dict) or (needed and not _is_id(row.get(needed))):
                found = ", ".join(sorted(row)) if isinstance(row, dict) else type(row).__name__
                raise _unknown(
                    f"a row of {rows_key!r} is not as rows were{needed and f', without {needed!r}'}", where, found
                )
        return cls(read, total)


def _count_in(value: Any) -> int | None:
    """A total; None where there is none. Raises ValueError for what can't count anything."""
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0):
        return value
    if isinstance(value, float) and value.is_integer() and value >= 0:
        return int(value)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        return int(value)
    raise ValueError("no count")


def _is_id(value: Any) -> bool:
    """True for what a further question can be asked with."""
    if isinstance(value, str):
        return value.isprintable() and bool(value.strip())
    return isinstance(value, int) and not isinstance(value, bool) and value != 0


def _unknown(what: str, where: str, found: str, code: str = "") -> OddAnswerError:
    todo = "The next run asks again; if it stays, the portal has changed: tell the developers."
    return OddAnswerError(what, where=where, found=found, todo=todo, code=code)


class PagedRows:
    """All rows of one list, each once, in the order they came; in memory are only their ids.

    Args:
        id_key: the field that tells one row from another.
        room: how much there may be.
        folder: where rows lie that are too many for memory.
    """

    def __init__(self, id_key: str, room: Room, folder: Path) -> None:
        self._id_key = id_key
        self._room, self._folder = room, folder
        self._seen: set[int] = set()
        self._file = nameless(self, folder)
        self._size = self._pages = 0
        #: How many rows came a second time.
        self.doubles = 0
        #: The most that the portal has said: rows that go away while one reads move others to pages already read.
        self.total: int | None = None

    def __len__(self) -> int:
        return len(self._seen)

    @property
    def is_complete(self) -> bool:
        """True if as many different rows are here as the portal says there are."""
        return self.total is None or len(self._seen) >= self.total

    def add(self, page: Page, where: str = "") -> bool:
        """Takes a page's rows, leaving out those that are here already; false if it held nothing new.

        Raises:
            OddAnswerError: there is no room for them, or for all that the portal says will come.
            DiskError: the disk is full.
        """
        self._pages += 1
        self.total = max((total for total in (self.total, page.total) if total is not None), default=None)
        before = len(self._seen)
        alike: Counter[str] = Counter()
        for row in page.rows:
            key = str(row.get(self._id_key) or "")
            if not key:
                # Without an id it is told apart by all that it says, and from the like on the same page: pages shift,
                # but none of them says a thing twice that was said once.
                text = json.dumps(row, sort_keys=True)
                alike[text] += 1
                key = f"{alike[text]} {text}"
            digest = _digest(key)
            if digest in self._seen:
                self.doubles += 1
                continue
            self._seen.add(digest)
            # Before more is made of it: a text may take four bytes for each sign.
            length = sum(len(value) for value in row.values() if isinstance(value, str))
            line = row_line(row) if length <= MAX_ROW_BYTES else b""
            if max(length, len(line)) > MAX_ROW_BYTES:
                found = f"more than {MAX_ROW_BYTES:,} bytes"
                raise _unknown("a row is longer than any row should be", where, found, "answer_too_large")
            self._size += len(line)
            self._check_room(where)
            with as_disk_error(self._folder / "rows"):
                self._file.seek(0, 2)
                self._file.write(line)
        self._check_room(where)
        return len(self._seen) > before

    def _check_room(self, where: str) -> None:
        room = self._room
        for found, most, what, key in (
            (self._pages, room.pages, "pages", "max_pages"),
            (max(len(self._seen), self.total or 0), room.rows, "rows", "max_rows"),
            (self._size, room.bytes, "bytes of rows", "max_file_bytes"),
        ):
            if found > most:
                raise OddAnswerError(
                    "the portal's pages hold more than is allowed",
                    code="answer_too_large",
                    where=where,
                    found=f"{found:,} {what}" if found < 10**18 else f"no end of {what}",
                    expected=f"at most {max(most, 0):,} more (`{key}` of portals.yaml)",
                    todo="Look at the same list in the back office. If there really is so much, raise the limit.",
                )

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        for line in self._lines():
            yield json.loads(line)

    def _lines(self) -> Iterator[bytes]:
        """What was written; somebody else may read at the same time."""
        place, rest = 0, b""
        while True:
            self._file.seek(place)
            block = self._file.read(_BLOCK_BYTES)
            if not block:
                return
            place += len(block)
            *lines, rest = (rest + block).split(b"\n")
            for line in lines:
                yield line + b"\n"

    def write(self, path: Path, about: Mapping[str, Any]) -> None:
        """As JSON Lines: a line that says what it is and how many rows follow, then a line per row."""

        def lines() -> Iterator[bytes]:
            yield first_line({**about, "rows": len(self)})
            yield from self._lines()

        write_durably(path, lines())


def _digest(key: str) -> int:
    """Eight bytes that tell a key from all others of a list."""
    return int.from_bytes(hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest())
