"""The ledger's disk takes no more at one step of a run: a sentence, no traceback, and the next run mends it.

A trigger in the ledger refuses one kind of change, in the words of SQLite on a full disk. Each case has a business day
of its own.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date, timedelta

import lake_readers
import pytest
from workplace import Workplace

pytestmark = pytest.mark.services

FIRST_DAY = date(2026, 3, 1)
#: By the step of the run that wants it: what is refused, the exit code, and whether anything was asked of the portal.
CASES = {
    "the run is begun": ("INSERT ON runs", 2, False),
    "a cell is entered": ("INSERT ON cells", 2, False),
    "a cell is taken": ("UPDATE OF lease_owner ON cells WHEN NEW.lease_owner > ''", 1, False),
    "a cell is begun": ("UPDATE OF state ON cells WHEN NEW.state = 'running'", 1, False),
    "a report is noted": ("UPDATE OF job ON cells", 1, True),
    "a cell is staged": ("UPDATE OF state ON cells WHEN NEW.state = 'staged'", 1, True),
    # All is published, and what was not given back is free when this run's process is gone.
    "a cell is given back": ("UPDATE OF lease_owner ON cells WHEN NEW.lease_owner = ''", 0, True),
    "a partition is taken": ("INSERT ON leases", 1, True),
    "a partition is published": ("INSERT ON partitions", 1, True),
    "a partition is given back": ("DELETE ON leases", 0, True),
    "the run is ended": ("UPDATE OF finished_at ON runs", 1, True),
}


@pytest.fixture(scope="module")
def place(make_workplace: Callable[..., Workplace]) -> Workplace:
    place = make_workplace(shops=2)
    place.sign_in(*(shop.id for shop in place.shops))
    assert place.crawl(f"date={FIRST_DAY}").code == 0
    return place


def alter(place: Workplace, statement: str) -> None:
    with closing(sqlite3.connect(place.state_dir / "ledger.sqlite3")) as ledger:
        ledger.execute(statement)
        ledger.commit()


@pytest.mark.parametrize("step", CASES)
def test_the_ledger_takes_no_more_when(place: Workplace, step: str) -> None:
    change, code, is_asked = CASES[step]
    day = FIRST_DAY + timedelta(days=1 + list(CASES).index(step))
    place.sandbox.clear_records()
    alter(place, f"CREATE TRIGGER full BEFORE {change} BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END")
    bad = place.crawl(f"date={day}")
    asked = place.sandbox.records()
    alter(place, "DROP TRIGGER full")
    assert "the ledger's database can't be used" in bad.err, bad.text
    assert "database or disk is full" in bad.err
    assert "Traceback" not in bad.text
    assert bad.code == code, bad.text
    assert bool(asked) == is_asked

    good = place.crawl(f"date={day}")
    assert good.code == 0, good.text
    assert lake_readers.read_by_pyarrow(place.store, day)[1] == lake_readers.as_parquet(
        lake_readers.sent(place.sandbox, day)
    )
    counters = place.sandbox.counters()
    assert {shop: days.get(str(day)) for shop, days in counters.jobs.items()} == {s.id: 1 for s in place.shops}
    assert counters.downloads == {shop.id: 1 for shop in place.shops}, "in both runs together"
