"""One writer of a cell's state: what the ledger has and what listeners hear is the same, or neither."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from scrapy.signalmanager import SignalManager

from shopdata import signals
from shopdata.crawling.cell_states import CellStates
from shopdata.crawling.events import CellEvents
from shopdata.ledger import CellKey, Ledger, Owner
from shopdata.reasons import Reason
from shopdata.states import CellState

KEY = CellKey("jd_store", "2026-03-01", "flagship")
DOWN = Reason("portal_failed", {}, "HTTP 502")


class Listener:
    def __init__(self, manager: SignalManager) -> None:
        self.heard: list[tuple[CellState, str, int | None]] = []
        manager.connect(self.hear, signals.cell_settled)

    def hear(self, state: CellState, reason: Reason, rows: int | None) -> None:
        self.heard.append((state, str(reason), rows))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.at(tmp_path) as opened:
        opened.add_cells("jd", [KEY])
        yield opened


def made(ledger: Ledger) -> tuple[CellStates, Listener]:
    manager = SignalManager(object())
    workspace = cast("Any", SimpleNamespace(ledger=ledger))
    return CellStates(workspace, CellEvents(manager)), Listener(manager)


def state_of(ledger: Ledger) -> tuple[CellState, str]:
    cell = ledger.cell(KEY)
    assert cell is not None
    return cell.state, str(cell.reason)


def test_it_is_written_and_told(ledger: Ledger) -> None:
    states, listener = made(ledger)
    assert asyncio.run(states.settle(KEY, CellState.FAILED, DOWN))
    assert state_of(ledger) == (CellState.FAILED, "HTTP 502")
    assert listener.heard == [(CellState.FAILED, "HTTP 502", None)]


def test_what_can_not_be_written_is_not_told(ledger: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    # Nothing is written of a cell that the run does not hold.
    ledger.hold_for(Owner.here("run"), 60)
    states, listener = made(ledger)
    assert not asyncio.run(states.settle(KEY, CellState.FAILED, DOWN))
    assert state_of(ledger) == (CellState.PENDING, "")
    assert listener.heard == []
    assert "is no longer ours" in caplog.text


def test_only_what_runs_is_failed(ledger: Ledger) -> None:
    states, listener = made(ledger)
    asyncio.run(states.settle(KEY, CellState.REJECTED, DOWN))
    asyncio.run(states.fail(KEY, RuntimeError("a mistake of ours, behind that")))
    assert state_of(ledger) == (CellState.REJECTED, "HTTP 502")
    assert len(listener.heard) == 1


def test_a_recheck_that_fails_is_never_anything_but_good(ledger: Ledger) -> None:
    ledger.settle(KEY, CellState.PUBLISHED)
    states, listener = made(ledger)
    states.rechecks.add(ledger.cells())
    ledger.claim(KEY, "run")
    asyncio.run(states.settle(KEY, CellState.FAILED, DOWN))
    assert state_of(ledger) == (CellState.PUBLISHED, "asked for again, and failed: HTTP 502")
    assert listener.heard == [(CellState.PUBLISHED, "asked for again, and failed: HTTP 502", None)]
