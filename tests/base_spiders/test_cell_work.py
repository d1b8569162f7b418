"""What the ledger says of a cell that the program could not go on with."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from shopdata.base_spiders.cell_work import CellWork
from shopdata.exceptions import LedgerError
from shopdata.lake.ledger import CellKey, Ledger
from shopdata.states import CellState

KEY = CellKey("jd_store", "2026-03-01", "flagship")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        pytest.param(
            LedgerError("the ledger's database can't be used", where="ledger", found="disk is full", todo="Make room."),
            "ledger: the ledger's database can't be used. Found disk is full. Make room.",
            id="known",
        ),
        pytest.param(
            KeyError("password"),
            "an unexpected KeyError: this is a mistake in the program; the log has its traceback.",
            id="unknown",
        ),
    ],
)
def test_the_reason_is_what_happened(tmp_path: Path, error: Exception, reason: str) -> None:
    nobody = cast("Any", None)
    with Ledger.at(tmp_path) as ledger:
        ledger.add_cells("jd", [KEY])
        ledger.claim(KEY, "run")
        work = CellWork("run", cast("Any", SimpleNamespace(ledger=ledger)), nobody, nobody, nobody)
        asyncio.run(asyncio.wait_for(work.fail(KEY, error), 10))
        cell = ledger.cell(KEY)
    assert cell is not None
    assert (cell.state, cell.reason) == (CellState.FAILED, reason)
