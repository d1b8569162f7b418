"""Two machines with a PostgreSQL ledger are one visitor of a shop: one sign-in, one pace."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from postgresql_server import PostgresServer
from workplace import Workplace, crawl_command

pytestmark = [pytest.mark.services, pytest.mark.browser]

DAY = date(2026, 3, 1)
PER_SECOND = 0.4


def test_one_sign_in_and_one_pace(make_workplace: Callable[..., Workplace], postgresql_server: PostgresServer) -> None:
    place = make_workplace(shops=1, pdd_shops=0, rows=5, requests_per_second=PER_SECOND)
    shop = place.shops[0].id
    other: Path = place.folder / "other_state"
    shared = {
        "SHOPDATA_DATABASE_URL": postgresql_server.new_database(),
        "SHOPDATA_SECRET_KEY": "a key for tests, the same on both machines",
    }
    runs = [
        place.start(*crawl_command(f"date={DAY + timedelta(days=number)}"), **shared, **own)
        for number, own in enumerate(({}, {"SHOPDATA_STATE_DIR": str(other)}))
    ]
    for run in runs:
        run.wait()
        assert run.code == 0, run.text
    counters = place.sandbox.counters()
    assert counters.logins == {shop: 1}
    assert counters.jobs == {shop: {str(DAY): 1, str(DAY + timedelta(days=1)): 1}}
    starts = [record.started for record in place.sandbox.records() if record.is_paced]
    assert len(starts) > 6
    # All of them together: a single start that a busy machine delays comes closer to the one after it.
    assert starts[-1] - starts[0] > 0.9 * (len(starts) - 1) / PER_SECOND
    for state in (place.state_dir, other):
        assert list(state.rglob("*.session")) == []
    # Another machine has another key: it is told so before anything is asked.
    place.sandbox.clear_records()
    third = place.crawl(f"date={DAY}", **(shared | {"SHOPDATA_SECRET_KEY": "another"}))
    assert third.code == 2, third.text
    assert "is not the one that sessions in this ledger are encrypted with" in third.text
    assert "Traceback" not in third.text
    assert place.sandbox.records() == []
