"""Makes the .xlsx file of a report, on demand, in a folder that keeps the latest ones."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from sandbox.faults import Fault
from sandbox.jd.ordered import Contents, ReportKey
from sandbox.xlsx import CellRenderer, column_letters, write_workbook


def make_workbook(
    path: Path, key: ReportKey, *, is_shared: bool, is_stopping: Callable[[], bool] = lambda: False
) -> None:
    """Writes the report as a workbook, with shared or inline strings. Equal input gives equal bytes."""
    contents = Contents(key)
    renderer = CellRenderer(is_shared=is_shared)
    write_workbook(
        path,
        _rendered(contents, renderer),
        renderer,
        columns=len(contents.header),
        rows=contents.rows + 1,
        is_stopping=is_stopping,
    )
    if Fault.CORRUPT_WORKBOOK in key.variant:
        _damage(path)


def _rendered(contents: Contents, renderer: CellRenderer) -> Iterator[str]:
    """The cells of the header and of each row; what stands in a pool is rendered once."""
    letters = column_letters(len(contents.header))
    yield renderer.cells(letters, contents.header)
    places: list[list[str]] = []
    start = 0
    for group in contents.groups:
        places.append(letters[start : start + len(group.names)])
        start += len(group.names)
    pools = [
        [renderer.cells(place, values) for values in group.pool]
        for group, place in zip(contents.groups, places, strict=True)
    ]
    parts = list(zip((group.make for group in contents.groups), places, pools, strict=True))
    for row, picks in contents.numbered():
        yield "".join(
            pool[pick] if make is None else renderer.cells(place, make(row))
            for (make, place, pool), pick in zip(parts, picks, strict=True)
        )


def _damage(path: Path) -> None:
    """Overwrites bytes in the middle of the file; its length and both its ends stay."""
    middle = path.stat().st_size // 2
    with path.open("r+b") as file:
        file.seek(middle)
        old = file.read(64)
        file.seek(middle)
        file.write(bytes(byte ^ 0x5A for byte in old))


class WorkbookShelf:
    """The made files of one sandbox. Made when asked for, kept until they take too much room. Thread-safe."""

    def __init__(self, folder: Path, *, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        # Several downloads at once: two files are made side by side, a file is made once.
        self._makers = threading.BoundedSemaphore(2)
        self._file_locks: dict[str, threading.Lock] = {}
        self._sizes: OrderedDict[str, int] = OrderedDict()
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Makes running and later calls of `file` end with `StoppedError`."""
        self._stopping.set()

    def open(self, key: ReportKey, *, is_shared: bool) -> tuple[BinaryIO, int]:
        """The report's file, opened for reading, and its size in bytes. Raises `StoppedError` when it stops."""
        name = _file_name(key, is_shared=is_shared)
        path = self._folder / name
        with self._lock:
            file_lock = self._file_locks.setdefault(name, threading.Lock())
        with file_lock:
            if not path.exists():
                self._folder.mkdir(mode=0o700, exist_ok=True)
                beside = path.with_suffix(".part")
                with self._makers:
                    make_workbook(beside, key, is_shared=is_shared, is_stopping=self._stopping.is_set)
                beside.replace(path)
            # Opened before others may drop it for their own room.
            content, size = path.open("rb"), path.stat().st_size
        self._note(name, size)
        return content, size

    def _note(self, name: str, size: int) -> None:
        with self._lock:
            self._sizes[name] = size
            self._sizes.move_to_end(name)
            while sum(self._sizes.values()) > self._max_bytes and len(self._sizes) > 1:
                oldest, _ = self._sizes.popitem(last=False)
                try:
                    (self._folder / oldest).unlink(missing_ok=True)
                except PermissionError:
                    # Windows: somebody is reading it just now. It goes with the folder at the end.
                    continue


def _file_name(key: ReportKey, *, is_shared: bool) -> str:
    variant = sorted(key.variant)
    facts = (key.report.dataset, key.seed, key.shop_id, key.shop_name, key.day, key.rows, variant, is_shared)
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:24] + ".xlsx"
