"""What it costs to learn what a large file says about itself, for `python -m benchmarks.checks --cost ROWS`.

112 columns: which are filled, a digest of all, a key, a pattern, and the ranges of 11 of them, one with words in it.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa

from shopdata.checks.facts import facts_of
from shopdata.config import Dataset
from shopdata.excel.tables import Batch, CellFormat, Column, Kind, Table

_COLUMNS, _STEP = 112, 20_000
_NAMES = tuple(f"列{number}" for number in range(_COLUMNS))


def print_cost(rows: int) -> None:
    """Seconds of processor and memory of its own, of the look alone and with reading the parsed file from disk."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "large.arrow")
        _large_table(rows).save(path)
        dataset = _large_dataset()
        print(f"{rows:,} rows x {_COLUMNS} columns, {path.stat().st_size / 1e9:.2f} GB of Arrow; best of three")
        reading = min(_timed(lambda: [batch.rows for batch in Table.load(path).batches])[0] for _ in range(3))
        found = [_timed(lambda: facts_of(Table.load(path), dataset)) for _ in range(3)]
        seconds = min(taken for taken, _ in found)
        print(f"{seconds - reading:.2f} s, and {reading:.2f} s to read it; {max(used for _, used in found):.0f} MB")


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds of processor, and MB that Arrow has at most meanwhile: all that grows with the file is Arrow's."""
    is_over, most = threading.Event(), [0]

    def watch() -> None:
        while not is_over.wait(0.002):
            most[0] = max(most[0], pa.total_allocated_bytes())

    before, watcher = pa.total_allocated_bytes(), threading.Thread(target=watch)
    watcher.start()
    begun = time.process_time()
    work()
    taken = time.process_time() - begun
    is_over.set()
    watcher.join()
    return taken, max(most[0] - before, 0) / 1e6


def _large_table(rows: int) -> Table:
    """A key, words, sums of money, blanks and whole numbers, as in an inventory."""
    rng = np.random.default_rng(1)
    words = pa.array([f"商品 {number}" for number in range(5000)])

    def column(place: int, first: int, count: int) -> pa.Array:
        if place == 0:
            return pa.array(np.arange(first, first + count) + 10**9).cast(pa.string())
        if place % 10 == 3:
            return words.take(pa.array(rng.integers(0, len(words), count)))
        if place % 7 == 5:
            return pa.array(rng.integers(0, 10**6, count) / 100).cast(pa.string())
        if place % 11 == 6:
            return pa.nulls(count, pa.string())
        return pa.array(rng.integers(0, 10**5, count)).cast(pa.string())

    batches = [
        Batch(count, [Column(column(place, first, count)) for place in range(_COLUMNS)])
        for first in range(0, rows, _STEP)
        for count in [min(_STEP, rows - first)]
    ]
    return Table(_NAMES, batches, (CellFormat(Kind.TEXT), CellFormat(Kind.NUMBER)))


def _large_dataset() -> Dataset:
    return Dataset.model_validate(
        {
            "title": "a large report",
            "platform": "jd",
            "lag_days": 1,
            "columns": _NAMES,
            "keys": _NAMES[:1],
            "checks": {
                "pattern": {_NAMES[0]: r"^\d{5,20}$"},
                "range": {name: {"min": 0} for name in _NAMES[10:21]},
            },
        }
    )
