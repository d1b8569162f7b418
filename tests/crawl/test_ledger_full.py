"""The ledger's disk takes no more at one step of a run: a sentence, no traceback, and the next run fixes it.

A trigger in the ledger refuses one kind of change, in the words of SQLite on a full disk. Each case has a business day
of its own.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta

import lake_readers
import pytest
from workplace import Run, Workplace

from sandbox.dremio import DremioDouble
from shopdata.config import load_config
from shopdata.reasons import Reason
from shopdata.sessions.sessions import SessionStore

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
    "a file is noted as sent": ("UPDATE OF in_store ON raw_files", 1, True),
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
    place.sandbox.clear_records()
    return place


def alter(place: Workplace, statement: str) -> None:
    with closing(sqlite3.connect(place.state_dir / "ledger.sqlite3")) as ledger:
        ledger.execute(statement)
        ledger.commit()


@contextmanager
def full(place: Workplace, change: str) -> Iterator[None]:
    """The ledger refuses this change, in the words of SQLite on a full disk."""
    alter(place, f"CREATE TRIGGER full BEFORE {change} BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END")
    yield
    alter(place, "DROP TRIGGER full")


def is_told(run: Run) -> bool:
    """A sentence, and nothing else."""
    assert "the ledger's database can't be used. Found database or disk is full" in run.text, run.text
    return "Traceback" not in run.text


@dataclass
class Bad:
    """A run of a day while the ledger took no more at one step."""

    day: date
    run: Run
    #: How much was asked of the portal meanwhile.
    asked: int


@pytest.fixture(scope="module")
def bad(place: Workplace) -> dict[str, Bad]:
    """By step."""
    found = {}
    for number, (step, (change, _, _)) in enumerate(CASES.items(), start=1):
        day, before = FIRST_DAY + timedelta(days=number), len(place.sandbox.records())
        with full(place, change):
            run = place.crawl(f"date={day}")
        found[step] = Bad(day, run, len(place.sandbox.records()) - before)
    return found


@pytest.fixture(scope="module")
def good(place: Workplace, bad: dict[str, Bad]) -> Run:
    """One run of all these days afterwards."""
    days = [story.day for story in bad.values()]
    return place.crawl(f"start={min(days)}", f"end={max(days)}")


@pytest.mark.parametrize("step", CASES)
def test_the_ledger_takes_no_more_when(bad: dict[str, Bad], step: str) -> None:
    _, code, is_asked = CASES[step]
    assert is_told(bad[step].run)
    assert bad[step].run.code == code, bad[step].run.text
    assert bool(bad[step].asked) == is_asked


def test_the_next_run_mends_it(place: Workplace, bad: dict[str, Bad], good: Run) -> None:
    assert good.code == 0, good.text
    for story in bad.values():
        assert is_published_whole(place, story.day)
    days = {str(story.day): 1 for story in bad.values()}
    counters = place.sandbox.counters()
    assert counters.jobs == {shop.id: days for shop in place.shops}, "each report was ordered once"
    assert counters.downloads == {shop.id: len(days) for shop in place.shops}, (
        "and downloaded once, in all runs together"
    )


def is_published_whole(place: Workplace, day: date) -> bool:
    expected = lake_readers.as_parquet(lake_readers.sent(place.sandbox, day))
    return lake_readers.read_by_pyarrow(place.store, day)[1] == expected


def test_the_disk_takes_no_file_either(place: Workplace) -> None:
    """The ledger lies in the state directory: most often both are full."""
    day = FIRST_DAY + timedelta(days=20)
    place.sandbox.clear_records()
    outbox, kept = place.state_dir / "raw", place.state_dir / "raw-kept"
    outbox.rename(kept)
    outbox.write_text("a file where there should be a folder")
    with full(place, "UPDATE OF state ON cells WHEN NEW.state IN ('failed', 'staged')"):
        bad = place.crawl(f"date={day}")
    outbox.unlink()
    kept.rename(outbox)
    assert is_told(bad)
    assert bad.code == 1
    assert "the state directory can't be used" in bad.err
    good = place.crawl(f"date={day}")
    assert good.code == 0, good.text
    assert is_published_whole(place, day)
    assert place.sandbox.counters().downloads == {shop.id: 1 for shop in place.shops}, "in both runs together"


def test_dremio_can_not_be_noted(place: Workplace) -> None:
    day = FIRST_DAY + timedelta(days=21)
    place.sandbox.clear_records()
    with DremioDouble(bucket=place.store.bucket, lake=place.store) as dremio:
        with full(place, "UPDATE OF refresh_state ON partitions WHEN NEW.refresh_state <> 'PENDING'"):
            bad = place.crawl(f"date={day}", **dremio.environment())
        assert is_told(bad)
        assert bad.code == 1
        assert f"jd_store {day}: published, and the next run refreshes it" in bad.err
        good = place.crawl(f"date={day}", **dremio.environment())
        assert good.code == 0, good.text
        assert place.receipt(str(day))["refresh"]["state"] == "COMPLETED"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param("DELETE ON leases", 0, id="the partition is given back"),
        pytest.param("UPDATE OF finished_at ON runs", 1, id="its run is ended"),
    ],
)
def test_a_replay_that_is_through_says_so(place: Workplace, change: str, code: int) -> None:
    with full(place, change):
        run = place.scrapy("replay", "jd_store", "--date", str(FIRST_DAY))
    assert run.code == code, run.text
    assert "unchanged, nothing was put" in run.out
    assert "Traceback" not in run.text


def test_a_session_that_can_not_be_changed_when_the_run_begins(place: Workplace) -> None:
    """`force=1` lets a refused password be tried again, which is noted first."""
    shop = load_config(place.config_dir, place.environment({})).shops[0]
    SessionStore(place.state_dir / "sessions").park(shop, Reason(text="credentials refused"))
    lock = place.state_dir / "sessions" / f"{shop.platform}_{shop.id}.writing"
    lock.unlink()
    lock.mkdir()
    place.sandbox.clear_records()
    run = place.crawl(f"date={FIRST_DAY}", "force=1")
    lock.rmdir()
    assert run.code == 2, run.text
    assert "nothing was asked" in run.err
    assert "the state directory can't be used" in run.err
    assert "Traceback" not in run.text
    assert place.sandbox.records() == []
