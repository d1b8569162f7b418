"""What the ledger says of a cell that the program could not go on with."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from shopdata.config import Shop
from shopdata.crawling.cell_states import CellStates
from shopdata.crawling.cell_tries import CellTries
from shopdata.exceptions import CredentialsRefusedError, DiskError, LedgerError
from shopdata.items import ReportFile
from shopdata.ledger import CellKey, Ledger
from shopdata.sessions.left_alone import LeftAlone
from shopdata.sessions.restraint import Restraint
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
    with Ledger.at(tmp_path) as ledger:
        ledger.add_cells("jd", [KEY])
        ledger.claim(KEY, "run")
        states = states_of(SimpleNamespace(ledger=ledger), Listener())
        asyncio.run(asyncio.wait_for(states.fail(KEY, error), 10))
        cell = ledger.cell(KEY)
    assert cell is not None
    assert (cell.state, cell.reason.text) == (CellState.FAILED, reason)


class Listener:
    """Remembers the states that it was told."""

    def __init__(self) -> None:
        self.states: list[CellState] = []

    def settled(self, _key: CellKey, state: CellState, *_: object) -> None:
        self.states.append(state)


def states_of(workspace: object, events: object) -> CellStates:
    return CellStates(cast("Any", workspace), cast("Any", events))


def tries_of(workspace: object, events: object) -> CellTries:
    return CellTries("run", cast("Any", workspace), states_of(workspace, events))


class Sessions:
    """On a disk that takes no more."""

    def park(self, _shop: object, _reason: str) -> None:
        raise DiskError("the disk is full", where="sessions", todo="Make room there")


def test_a_shop_that_can_not_be_parked_costs_no_other_shop(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def refused() -> ReportFile:
        raise CredentialsRefusedError("credentials refused", todo="Fix the password.")

    listener = Listener()
    left_alone = LeftAlone(cast("Any", Sessions()), Restraint(tmp_path))
    with Ledger.at(tmp_path) as ledger:
        ledger.add_cells("jd", [KEY])
        tries = tries_of(SimpleNamespace(ledger=ledger, left_alone=left_alone), listener)
        shop = Shop(id="flagship", name="旗舰店", platform="jd", username="u", password="p")
        assert asyncio.run(tries.ask(shop, KEY, refused)) is None
        cell = ledger.cell(KEY)
    assert cell is not None
    assert (cell.state, cell.reason.text) == (CellState.NEEDS_LOGIN, "credentials refused. Fix the password.")
    assert listener.states == [CellState.NEEDS_LOGIN]
    assert "flagship: the next run tries the same again" in caplog.text


def test_whoever_stops_the_run_does_not_wait_for_a_lost_ledger_twice(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    marks = []

    def settle(key: CellKey, *_: object) -> None:
        marks.append(key)
        raise LedgerError("another program holds the ledger locked", todo="Close it.")

    async def stopped() -> None:
        tasks = [asyncio.create_task(tries.ask(cast("Any", None), key, asyncio.Event().wait)) for key in keys]  # type: ignore[arg-type]
        await asyncio.sleep(0.1)
        for task in tasks:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(end) for end in ends] == [asyncio.CancelledError] * len(keys)

    keys = [replace(KEY, shop=shop) for shop in ("one", "two", "three")]
    ledger = SimpleNamespace(settle=settle, claim=lambda *_: None)
    tries = tries_of(SimpleNamespace(ledger=ledger, sessions=Sessions(), restraint=Sessions()), Listener())
    asyncio.run(stopped())
    assert len(marks) == 1
    assert caplog.text.count("the next run finds it stopped in the middle") == 1
