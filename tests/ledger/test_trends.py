"""What the ledger keeps of a file's way, and what it counts over many periods."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from shopdata.ledger import CellKey, Ledger, PartitionRecord, RawFile
from shopdata.ledger.checked_files import Doubt, DoubtState
from shopdata.ledger.trends import PastCell
from shopdata.periods import SHANGHAI
from shopdata.reasons import Reason
from shopdata.states import CellState

DATASET, DAYS = "jd_store", [f"2026-03-{day:02}" for day in range(1, 5)]
KEY = CellKey(DATASET, DAYS[0], "flagship")


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    with Ledger(database_url) as opened:
        opened.add_cells("jd", [CellKey(DATASET, dt, shop) for dt in DAYS for shop in ("flagship", "kids", "gone")])
        yield opened


def raw_file(key: CellKey, rows: int, fetched_at: datetime, sha256: str = "aa") -> RawFile:
    where = f"raw/jd/{key.dataset}/dt={key.dt}/{key.shop}.xlsx"
    return RawFile(key=where, sha256=sha256, bytes=9000 + rows, ext="xlsx", rows=rows, fetched_at=fetched_at)


def take(ledger: Ledger, key: CellKey, rows: int, later: float = 40, sha256: str = "aa") -> datetime:
    """A try that brings a file so many seconds after it has begun; returns when."""
    began = ledger.claim(key, "run-1").updated_at
    fetched_at = began + timedelta(seconds=later)
    ledger.settle(key, CellState.STAGED, raw=raw_file(key, rows, fetched_at, sha256))
    return fetched_at


def the_past(ledger: Ledger, key: CellKey = KEY) -> PastCell:
    (found,) = ledger.trends.of_shop(key.dataset, key.shop, [key.dt])
    return found


def test_when_a_file_came_how_long_it_took_and_when_it_was_revised(ledger: Ledger) -> None:
    first = take(ledger, KEY, 200)
    past = the_past(ledger)
    assert (past.rows, past.bytes, past.seconds) == (200, 9200, 40)
    assert (past.first_fetched_at, past.fetched_at, past.revised_at, past.rows_before) == (first, first, None, None)

    same = take(ledger, KEY, 200, later=70)
    past = the_past(ledger)
    assert (past.first_fetched_at, past.fetched_at, past.seconds) == (first, same, 70)
    assert (past.revised_at, past.rows_before) == (None, None), "the same bytes again are no revision"

    other = take(ledger, KEY, 212, sha256="bb")
    past = the_past(ledger)
    assert (past.first_fetched_at, past.revised_at, past.rows_before, past.rows) == (first, other, 200, 212)

    ledger.claim(KEY, "run-2")
    ledger.settle(KEY, CellState.FAILED, Reason("http_status", {"status": 503}, "HTTP 503"))
    past = the_past(ledger)
    assert (past.state, past.reason.code, past.rows, past.revised_at) == (CellState.FAILED, "http_status", 212, other)


def test_a_file_that_is_older_than_the_try_has_no_length(ledger: Ledger) -> None:
    take(ledger, KEY, 12, later=-300)
    assert the_past(ledger).seconds is None
    found = CellKey(DATASET, DAYS[1], "flagship")
    ledger.claim(found, "run-1")
    ledger.settle(found, CellState.FAILED)
    ledger.adopt(found, raw_file(found, 7, datetime.now(SHANGHAI) + timedelta(hours=1)))
    assert the_past(ledger, found).seconds is None, "it came by another way than this try"
    assert the_past(ledger, found).rows == 7


def test_cells_are_counted_by_period_and_state(ledger: Ledger) -> None:
    for shop in ("flagship", "kids", "gone"):
        take(ledger, CellKey(DATASET, DAYS[0], shop), 5)
    ledger.claim(CellKey(DATASET, DAYS[1], "kids"), "run-1")
    counted = {(n.dt, n.state): n.count for n in ledger.trends.counts([DATASET, "pdd_chat"], DAYS[:2])}
    assert counted == {
        (DAYS[0], CellState.STAGED): 3,
        (DAYS[1], CellState.PENDING): 2,
        (DAYS[1], CellState.RUNNING): 1,
    }
    others = ledger.trends.states_of_others([DATASET], DAYS[:2], ["flagship", "kids"])
    assert {(n.dt, n.state, n.count) for n in others} == {
        (DAYS[0], CellState.STAGED, 1),
        (DAYS[1], CellState.PENDING, 1),
    }
    # Claimed without a lease, as a run that was killed leaves it when others have let go for it.
    now = datetime.now(SHANGHAI)
    assert ledger.trends.stalled([DATASET], DAYS, now) == [(DATASET, DAYS[1], "kids")]


def test_a_doubt_counts_while_its_file_is_there_and_nobody_has_let_it_through(ledger: Ledger) -> None:
    take(ledger, KEY, 12)
    record = PartitionRecord(
        dataset=DATASET, platform="jd", dt=DAYS[0], rows=12, published=1, missing=(), run_id="run-1",
        receipt_key="receipts/x.json", parquet_sha256="b", workbook_sha256="c", published_at=datetime.now(SHANGHAI),
    )  # fmt: skip
    ledger.start_run("run-1", DATASET, {})
    ledger.publish(record, {"flagship": "aa"})
    doubt = Doubt(
        dataset=DATASET, dt=DAYS[0], shop="flagship", state=DoubtState.CONFIRMED, sha256="aa", rows=12, answers=2,
        found=[], updated_at=datetime.now(SHANGHAI),
    )  # fmt: skip
    ledger.checked.put(doubt)
    assert ledger.trends.doubtful([DATASET], DAYS) == [(DATASET, DAYS[0], "flagship")]
    assert the_past(ledger).doubt == "confirmed"
    (published,) = ledger.trends.published([DATASET], DAYS)
    assert (published.rows, published.run_id, published.finished_at) == (12, "run-1", None)
    assert published.started_at is not None
    ledger.checked.put(replace(doubt, state=DoubtState.ACCEPTED))
    assert ledger.trends.doubtful([DATASET], DAYS) == []
