"""No question of a crawl goes through all of a long history."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from shopdata.ledger import CellKey, Ledger, Owner, RawFile
from shopdata.periods import SHANGHAI
from shopdata.states import CellState

NAME, DT = "jd_store", "2026-03-01"
KEYS = [CellKey(NAME, DT, shop) for shop in ("one", "two", "three")]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.at(tmp_path) as opened:
        opened.add_cells("jd", KEYS)
        for key in KEYS:
            raw = RawFile(key=f"raw/{key.shop}", sha256="0" * 64, bytes=1, ext="xlsx", rows=1, fetched_at=now())
            opened.settle(key, CellState.STAGED, raw=raw)
        yield opened


def now() -> datetime:
    return datetime.now(SHANGHAI)


class Plans:
    """What SQLite does for the statements of a block."""

    def __init__(self) -> None:
        self.steps: list[str] = []

    def __enter__(self) -> Plans:
        event.listen(Engine, "before_cursor_execute", self._look)
        return self

    def __exit__(self, *_: object) -> None:
        event.remove(Engine, "before_cursor_execute", self._look)

    def _look(self, _0: Any, cursor: Any, statement: str, parameters: Any, _1: Any, is_many: bool) -> None:
        if statement.startswith(("SELECT", "UPDATE")):
            parameters = parameters[0] if is_many else parameters
            plan = cursor.connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            self.steps += [row[-1] for row in plan.fetchall()]


def test_cells_are_found_by_their_keys(ledger: Ledger) -> None:
    claims = ledger.hold_for(Owner.here("run"), 60)
    with Plans() as plans:
        assert [cell.raw is not None for cell in ledger.cells(NAME, DT)] == [True] * 3
        assert ledger.not_ready.due(NAME, now()) == []
        assert len(ledger.unsent_raw()) == 3
        assert claims.reap() == []
        assert len(claims.acquire(dict.fromkeys(KEYS, 0)).acquired) == 3
        ledger.mark_in_store(KEYS[0], "0" * 64)
    assert len(plans.steps) > 6
    assert not [step for step in plans.steps if step.startswith(("SCAN cells", "SCAN raw_files"))]
