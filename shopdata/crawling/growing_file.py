"""A raw file that grows group by group, and goes on where an interrupted run has left it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from shopdata.excel.formats.json_lines import FORMAT, first_line, mark_in, mark_line, row_line
from shopdata.files import move


class GrowingFile:
    """Rows that come group by group, such as the messages of each conversation: a group that is in it whole need not
    be asked again.

    JSON Lines: a line that says what it is (with the privacy that was used), a line per row, and after each group a
    line that says that it is complete. Memory holds ids only. Until the last group is in it, it grows beside `path`:
    what stands at `path` is whole.
    """

    def __init__(
        self,
        path: Path,
        about: Mapping[str, Any],
        masked: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None,
    ) -> None:
        """`masked` takes out of a row what must not be kept; None keeps all of it."""
        self._whole_path = path
        self._path = path.with_name(f"{path.name}.growing")
        self._masked = masked
        self._about = {**about, "privacy": "keep" if masked is None else "mask"}
        self._first_line = first_line(self._about)
        self._done: set[str] = set()
        self.rows = self.size = 0

    def __enter__(self) -> Self:
        whole = self._recover()
        self._file = self._path.open("r+b" if whole else "wb")
        self._file.truncate(whole)
        self._file.seek(whole)
        self.size = whole
        if not whole:
            self._write(self._first_line)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        if kind is None:
            move(self._path, self._whole_path)

    def has(self, group: str) -> bool:
        """True if the group of this id is in the file, whole."""
        return group in self._done

    def add(self, group: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Appends a group; it counts once its last line is on the disk."""
        kept = list(rows if self._masked is None else map(self._masked, rows))
        # The words are those of the first such files, and files outlive the programs that wrote them.
        self._write(b"".join([*map(row_line, kept), mark_line({"conversation": group, "messages": len(kept)})]))
        self._done.add(group)
        self.rows += len(kept)

    def _write(self, lines: bytes) -> None:
        self._file.write(lines)
        self._file.flush()
        os.fsync(self._file.fileno())
        self.size += len(lines)

    def _recover(self) -> int:
        """How many bytes of an interrupted run are whole; 0 if the file is of something else, or of another privacy."""
        if not self._path.is_file():
            return 0
        whole = place = 0
        with self._path.open("rb") as file:
            for number, line in enumerate(file):
                place += len(line)
                if number == 0:
                    if line != self._first_line:
                        return 0
                    whole = place
                    continue
                try:
                    about = mark_in(json.loads(line), FORMAT)
                except ValueError:
                    break
                if about is not None:
                    self._done.add(about["conversation"])
                    self.rows += about["messages"]
                    whole = place
        return whole
