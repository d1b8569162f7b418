"""A ledger whose file has flipped bytes, or rows that we never wrote: a sentence, never a traceback."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shopdata.exceptions import LedgerError
from shopdata.ledger import CellKey, Ledger, MissingShop, Owner, PartitionRecord, RawFile
from shopdata.ledger.slots import Slot
from shopdata.reasons import Reason
from shopdata.states import CellState

NOW = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
NAME = "jd_store"
DAYS = [f"2026-03-{day:02d}" for day in range(1, 9)]
FLIPS = 50


def fill(ledger: Ledger) -> None:
    """A little of everything."""
    for dt in DAYS:
        keys = [CellKey(NAME, dt, shop) for shop in ("one", "two", "three")]
        ledger.add_cells("jd", keys)
        for key in keys[:2]:
            ledger.claim(key, "run-1")
            ledger.set_job(key, {"task_name": "商品明细", "submitted_at": NOW.isoformat()})
            raw = RawFile(
                key=f"raw/jd/{NAME}/dt={dt}/{key.shop}.xlsx",
                sha256="ab" * 32,
                bytes=1234,
                ext="xlsx",
                rows=20,
                fetched_at=NOW,
                shop_name="店",
                warnings=("列 '毛利' 是新的",),
                drift=({"new": ["毛利"]},),
                account={"mall id": "0123456789abcdef"},
            )
            ledger.settle(key, raw.state, raw=raw)
        not_yet = Reason(text="not there yet")
        ledger.settle(keys[2], CellState.NOT_READY, not_yet, wait=lambda _: (NOW, NOW + timedelta(minutes=30)))
        ledger.publish(
            PartitionRecord(
                dataset=NAME,
                platform="jd",
                dt=dt,
                rows=40,
                published=2,
                missing=(MissingShop(id="three", state=CellState.NOT_READY, reason=Reason(text="not there yet")),),
                run_id="run-1",
                receipt_key=f"receipts/jd/{NAME}/dt={dt}.json",
                parquet_sha256="cd" * 32,
                workbook_sha256="ef" * 32,
                published_at=NOW,
                columns=("shop", "SKU", "毛利"),
                seen=("shop", "SKU"),
            ),
            {"one": "ab" * 32, "two": "ab" * 32},
        )
        ledger.start_run(f"run-{dt}", NAME, {"date": dt})
        ledger.finish_run(f"run-{dt}", "complete", {"published": 2}, 0)
        ledger.slots.claim(Slot(job=NAME, due_at=NOW, state="claimed", decided_at=NOW, owner="here"))
        ledger.notifications.put(f"topic {dt}", {"said": ["甲"]}, NOW)
    ledger.leases.acquire("partition x", Owner.here("run-2"), 60)


def use(ledger: Ledger) -> None:
    """What status, board, alerts, service and a crawl ask and write, one after the other."""
    questions: list[Callable[[], object]] = [
        ledger.cells,
        ledger.partitions,
        ledger.runs,
        ledger.unsent_raw,
        ledger.moves.ids,
        lambda: ledger.accounts("jd"),
        lambda: ledger.queries.summaries([(NAME, dt) for dt in DAYS]),
        lambda: ledger.queries.partitions([(NAME, dt) for dt in DAYS]),
        lambda: ledger.queries.periods(NAME, DAYS[-1], 7),
        lambda: ledger.runs(9),
        lambda: ledger.queries.of_runs(["run-1"], 9),
        lambda: ledger.not_ready.due(NAME, datetime.now(UTC)),
        lambda: ledger.slots.since(NOW - timedelta(days=1)),
        lambda: ledger.slots.unqueued("here"),
        lambda: ledger.notifications.below(""),
        lambda: ledger.leases.holder("partition x"),
        lambda: ledger.hold_for(Owner.here("run-3"), 60).reap(),
        lambda: ledger.start_run("run-3", NAME, {}),
        lambda: ledger.add_cells("jd", [CellKey(NAME, "2026-03-09", "one")]),
        lambda: ledger.claims and ledger.claims.acquire({CellKey(NAME, DAYS[0], "one"): 0}),
        lambda: ledger.claims and ledger.claims.beat(),
        lambda: ledger.finish_run("run-3", "complete", {}, 0),
    ]
    for ask in questions:
        try:
            ask()
        except LedgerError as error:
            assert "\n" not in str(error)  # noqa: PT017 - both ways are right


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("ledger")
    with Ledger.at(folder) as ledger:
        fill(ledger)
    path = folder / "ledger.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.read_bytes()


def test_flipped_bytes(whole: bytes, tmp_path: Path) -> None:
    chance = random.Random(20260302)
    refused = 0
    # Some anywhere, some where the rows are: most of a page is empty.
    filled = [place for place, byte in enumerate(whole) if byte]
    for number in range(FLIPS):
        folder = tmp_path / str(number)
        folder.mkdir()
        content = bytearray(whole)
        for _ in range(chance.choice((1, 4, 40))):
            content[chance.choice(filled)] = chance.randrange(256)
        (folder / "ledger.sqlite3").write_bytes(content)
        try:
            with Ledger.at(folder) as ledger:
                use(ledger)
        except LedgerError:
            refused += 1
    assert refused > FLIPS / 20


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("UPDATE cells SET state = 'fine'", id="a state that there is not"),
        pytest.param("UPDATE cells SET updated_at = 'soon'", id="no time"),
        pytest.param("UPDATE cells SET job = '{'", id="no JSON"),
        pytest.param("UPDATE cells SET reason = CAST(X'ff00ff' AS TEXT)", id="no text"),
        pytest.param("UPDATE cells SET attempts = 'many'", id="no number"),
        pytest.param("UPDATE raw_files SET account = '['", id="no JSON in a text"),
        pytest.param("UPDATE raw_files SET warnings = '7'", id="no list"),
        pytest.param("UPDATE partitions SET missing = '[1]'", id="an odd list"),
        pytest.param("DROP TABLE raw_files", id="a table is gone"),
    ],
)
def test_what_we_never_wrote(whole: bytes, tmp_path: Path, change: str) -> None:
    path = tmp_path / "ledger.sqlite3"
    path.write_bytes(whole)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(change)
        connection.commit()
    with pytest.raises(LedgerError) as error, Ledger.at(tmp_path) as ledger:  # noqa: PT012 - whichever notices first
        ledger.cells()
        ledger.partitions()
        ledger.accounts("jd")
        ledger.hold_for(Owner.here("run-3"), 60).take({CellKey(NAME, DAYS[0], "one"): 0})
    assert "Bring it back from a copy" in str(error.value)
