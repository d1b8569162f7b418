"""How often an account may order is the same for all runs: the ledger counts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

from shopdata.ledger import Ledger
from shopdata.periods import SHANGHAI

NOON = datetime(2026, 3, 2, 12, tzinfo=SHANGHAI)


def test_between_two_orders_lie_minutes(database_url: str) -> None:
    with Ledger(database_url) as ledger:
        assert ledger.orders.claim("export/one", NOON, 300, 0) == 0
        assert ledger.orders.claim("export/one", NOON + timedelta(seconds=100), 300, 0) == 200
        assert ledger.orders.claim("export/other", NOON + timedelta(seconds=100), 300, 0) == 0
        assert ledger.orders.claim("export/one", NOON + timedelta(seconds=300), 300, 0) == 0


def test_a_days_orders_are_used_up_until_midnight_in_shanghai(tmp_path: Path) -> None:
    with Ledger.at(tmp_path) as ledger:
        late = NOON.replace(hour=23, minute=50)
        assert [ledger.orders.claim("export", late + timedelta(minutes=n), 0, 2) for n in range(3)] == [0, 0, None]
        assert ledger.orders.claim("export", late + timedelta(minutes=10), 0, 2) == 0


def test_of_several_runs_that_ask_at_once_one_orders(database_url: str) -> None:
    with Ledger(database_url) as ledger, ThreadPoolExecutor(4) as pool:
        assert ledger.orders.claim("export", NOON - timedelta(hours=1), 300, 0) == 0
        said = list(pool.map(lambda n: ledger.orders.claim("export", NOON + timedelta(seconds=n), 300, 0), range(4)))
    assert said.count(0) == 1
