"""The last answer of a cell, which somebody may have to see, and which is let go of with its cell."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from shopdata.crawling.one_cell import one_cell
from shopdata.crawling.wire import Wire
from shopdata.exceptions import NotReadyError, OddAnswerError, ShopdataError
from shopdata.ledger import CellKey
from shopdata.store.staging import Staging

KEY = CellKey("jd_store", "2026-03-01", "one")
PORTAL: Any = SimpleNamespace(max_cell_seconds=60)


def ask(folder: Path, error: ShopdataError | None = None) -> Wire:
    """Asks for a cell whose last answer is some bytes; returns what they came by."""
    wire = Wire(folder, 1 << 20)
    wire.write(b"what came")

    async def answer() -> Any:
        if error is not None:
            raise error
        return "the item"

    work = one_cell(KEY, PORTAL, lambda: wire, Staging(folder), answer)
    if error is None:
        assert asyncio.run(work) == "the item"  # type: ignore[comparison-overlap]
    else:
        with pytest.raises(type(error)):
            asyncio.run(work)
    return wire


@pytest.mark.parametrize("error", [None, NotReadyError("not yet")], ids=["a file", "none yet"])
def test_an_answer_that_is_of_no_use_any_more_takes_no_memory(tmp_path: Path, error: ShopdataError | None) -> None:
    wire = ask(tmp_path, error)
    assert (wire.size, wire._file.closed, list(wire.raw())) == (0, True, [])


def test_an_odd_one_is_kept_before_it_is_let_go(tmp_path: Path) -> None:
    error = OddAnswerError("odd")
    wire = ask(tmp_path, error)
    (kept,) = (tmp_path / "rejected").rglob("one*")
    assert kept.read_bytes() == b"what came"
    assert kept.name in error.todo
    assert wire._file.closed
