"""The ledger: each step writes what became true, and many may write at once."""

from __future__ import annotations

import os
import socket
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from shopdata.exceptions import LedgerError
from shopdata.ledger import Cell, CellKey, Ledger, MissingShop, PartitionRecord, RawFile, Traffic
from shopdata.ledger.schema import SCHEMA_VERSION
from shopdata.reasons import NO_REASON, Reason
from shopdata.states import CellState

DATASET, DT = "jd_store", "2026-03-01"
KEY = CellKey(DATASET, DT, "flagship")
FETCHED = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)


def raw_file(sha256: str = "aa", rows: int = 200, *, in_store: bool = False) -> RawFile:
    return RawFile(
        key=f"raw/jd/{DATASET}/dt={DT}/flagship.xlsx",
        sha256=sha256,
        bytes=1234,
        ext="xlsx",
        rows=rows,
        fetched_at=FETCHED,
        shop_name="回力京东旗舰店",
        in_store=in_store,
        warnings=("列 '毛利' 是新的",),
        drift=({"new": ["毛利"]},),
    )


def partition(**changed: object) -> PartitionRecord:
    record = PartitionRecord(
        dataset=DATASET,
        platform="jd",
        dt=DT,
        rows=200,
        published=1,
        missing=(MissingShop(id="outlet", state=CellState.NEEDS_LOGIN, reason=Reason("challenge", {}, "验证码")),),
        run_id="run-1",
        receipt_key=f"receipts/jd/{DATASET}/dt={DT}.json",
        parquet_sha256="bb",
        workbook_sha256="cc",
        published_at=FETCHED,
        columns=("shop", "SKU"),
    )
    return replace(record, **changed)  # type: ignore[arg-type]


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    with Ledger(database_url) as opened:
        opened.add_cells("jd", [KEY])
        yield opened


def the_cell(ledger: Ledger, key: CellKey = KEY) -> Cell:
    cell = ledger.cell(key)
    assert cell is not None
    return cell


def test_a_cell_from_plan_to_publication(ledger: Ledger) -> None:
    planned = the_cell(ledger)
    assert (planned.state, planned.attempts, planned.rows, planned.raw, planned.job) == ("pending", 0, None, None, None)

    claimed = ledger.claim(KEY, "run-1")
    assert (claimed.state, claimed.attempts, claimed.run_id) == ("running", 1, "run-1")
    assert claimed == the_cell(ledger), "what a step returns is what a reader sees"

    ledger.set_job(KEY, {"id": 17, "name": "商品明细_2026-03-01"})
    assert the_cell(ledger).job == {"id": 17, "name": "商品明细_2026-03-01"}

    ledger.settle(KEY, CellState.STAGED, raw=raw_file())
    staged = the_cell(ledger)
    assert (staged.state, staged.rows, staged.job) == ("staged", 200, None)
    assert staged.raw == raw_file()
    assert ledger.unsent_raw() == [staged]

    assert ledger.mark_in_store(KEY, "aa")
    assert ledger.unsent_raw() == []

    ledger.publish(partition(), {"flagship": "aa"})
    assert the_cell(ledger).state is CellState.PUBLISHED
    published = partition(shops={"flagship": "aa"})
    assert ledger.partitions() == [published]

    ledger.set_refresh(DATASET, DT, "COMPLETED", Reason(text="Metadata for table refreshed."))
    detail = "Metadata for table refreshed."
    assert ledger.partitions() == [replace(published, refresh_state="COMPLETED", refresh_reason=Reason(text=detail))]


def test_all_of_it_is_there_after_closing(ledger: Ledger, database_url: str) -> None:
    ledger.settle(KEY, CellState.STAGED, raw=raw_file())
    ledger.publish(partition(), {"flagship": "aa"})
    ledger.start_run("run-1", "jd_store", {"date": DT})
    expected = (ledger.cells(), ledger.partitions(), ledger.runs())
    ledger.close()
    with Ledger(database_url) as again:
        assert (again.cells(), again.partitions(), again.runs()) == expected


def test_planning_again_changes_nothing(ledger: Ledger) -> None:
    ledger.settle(KEY, CellState.FAILED, Reason(text="the portal refused"))
    before = the_cell(ledger)
    other = CellKey(DATASET, DT, "outlet")
    ledger.add_cells("jd", [KEY, other, other])
    assert the_cell(ledger) == before
    assert the_cell(ledger, other).state is CellState.PENDING


def test_a_failure_keeps_the_earlier_good_file(ledger: Ledger) -> None:
    ledger.settle(KEY, CellState.STAGED, raw=raw_file(in_store=True))
    ledger.publish(partition(), {"flagship": "aa"})
    ledger.claim(KEY, "run-2")
    ledger.settle(KEY, CellState.REJECTED, Reason(text="HTML instead of a workbook"))

    cell = the_cell(ledger)
    assert (cell.state, cell.reason.text, cell.rows) == ("rejected", "HTML instead of a workbook", 200)
    assert cell.raw == raw_file(in_store=True)
    ledger.publish(partition(run_id="run-2"), {"flagship": "aa"})
    assert the_cell(ledger).state is CellState.REJECTED, "its old rows are published, yet the last try failed"


def test_a_new_file_replaces_the_old_one(ledger: Ledger) -> None:
    ledger.settle(KEY, CellState.STAGED, raw=raw_file("old", 100, in_store=True))
    ledger.settle(KEY, CellState.STAGED, raw=raw_file("new", 300))
    assert the_cell(ledger).raw == raw_file("new", 300)
    assert not ledger.mark_in_store(KEY, "old"), "an upload of the old file ends after the new one was staged"
    assert [cell.key for cell in ledger.unsent_raw()] == [KEY]


def test_an_empty_report_is_empty_and_stays_so(ledger: Ledger) -> None:
    ledger.settle(KEY, CellState.EMPTY, raw=raw_file(rows=0))
    assert (the_cell(ledger).state, the_cell(ledger).rows) == ("empty", 0)
    ledger.publish(partition(rows=0), {"flagship": "aa"})
    assert the_cell(ledger).state is CellState.EMPTY


def test_publishing_touches_its_own_cells_only(ledger: Ledger) -> None:
    others = [CellKey(DATASET, DT, "outlet"), CellKey(DATASET, "2026-03-02", "flagship")]
    ledger.add_cells("jd", others)
    for key in (KEY, *others):
        ledger.settle(key, CellState.STAGED, raw=raw_file())
    ledger.publish(partition(), {"flagship": "aa"})
    assert [the_cell(ledger, key).state for key in (KEY, *others)] == ["published", "staged", "staged"]


def test_cells_are_found_by_dataset_day_and_shop(ledger: Ledger) -> None:
    keys = [
        CellKey("jd_store", "2026-03-01", "outlet"),
        CellKey("jd_store", "2026-03-02", "flagship"),
        CellKey("pdd_chat", "2026-03-01", "flagship"),
    ]
    ledger.add_cells("jd", keys)

    def found(**wanted: object) -> list[str]:
        return [str(cell.key) for cell in ledger.cells(**wanted)]  # type: ignore[arg-type]

    assert found() == sorted(str(key) for key in [KEY, *keys])
    assert found(dataset="pdd_chat") == ["pdd_chat 2026-03-01 flagship"]
    assert found(dataset="jd_store", dt="2026-03-01") == ["jd_store 2026-03-01 flagship", "jd_store 2026-03-01 outlet"]
    assert found(dt="2026-03-01", shops=["outlet"]) == ["jd_store 2026-03-01 outlet"]
    assert found(shops=[]) == []


def test_partitions_are_found_by_dataset_and_day(ledger: Ledger) -> None:
    for dt in ("2026-03-02", "2026-03-01"):
        ledger.publish(partition(dt=dt), {})
    assert [record.dt for record in ledger.partitions()] == ["2026-03-01", "2026-03-02"]
    assert (found := ledger.partition(DATASET, "2026-03-02")) is not None
    assert found.dt == "2026-03-02"
    assert ledger.partitions("pdd_chat") == []


def test_a_file_that_came_after_the_merge_is_not_published_by_it(ledger: Ledger) -> None:
    ledger.settle(KEY, CellState.STAGED, raw=raw_file("new"))
    ledger.publish(partition(), {"flagship": "old"})
    assert the_cell(ledger).state is CellState.STAGED


def test_a_run_begins_and_ends(ledger: Ledger) -> None:
    ledger.start_run("run-1", "jd_store", {"date": DT, "shops": ["flagship"]})
    (running,) = ledger.runs()
    assert (running.outcome, running.finished_at) == (None, None)
    ledger.finish_run("run-1", "partial", {"published": 2, "failed": 1})
    (ended,) = ledger.runs()
    assert (ended.outcome, ended.counts) == ("partial", {"published": 2, "failed": 1})
    assert ended.arguments == {"date": DT, "shops": ["flagship"]}
    assert ended.finished_at is not None
    assert ended.finished_at >= ended.started_at
    ledger.start_run("run-1", "jd_store", {})
    (again,) = ledger.runs()
    assert (again.outcome, again.exit_code) == (None, None)


def test_a_run_tells_which_process_it_is_and_how_it_ended(ledger: Ledger) -> None:
    ledger.start_run("run-1", "jd_store", {})
    (run,) = ledger.runs()
    assert (run.host, run.pid, run.heartbeat_at) == (socket.gethostname(), os.getpid(), run.started_at)
    ledger.finish_run("run-1", "incomplete", {}, exit_code=1)
    (run,) = ledger.runs()
    assert (run.exit_code, run.heartbeat_at) == (1, run.finished_at)


def test_times_are_handed_out_in_shanghai(ledger: Ledger) -> None:
    ledger.settle(KEY, CellState.STAGED, raw=raw_file())
    cell = the_cell(ledger)
    assert cell.raw is not None
    assert cell.raw.fetched_at.isoformat() == "2026-03-02T08:30:00+08:00"
    assert cell.updated_at.utcoffset() == timedelta(hours=8)


def test_sqlite_keeps_times_in_utc(tmp_path: Path) -> None:
    with Ledger.at(tmp_path) as ledger:
        ledger.add_cells("jd", [KEY])
        ledger.settle(KEY, CellState.STAGED, raw=raw_file())
    connection = sqlite3.connect(tmp_path / "ledger.sqlite3")
    try:
        assert connection.execute("SELECT fetched_at FROM raw_files").fetchall() == [("2026-03-02 00:30:00.000000",)]
    finally:
        connection.close()


def test_a_time_without_a_zone_is_refused(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="aware times only"):
        ledger.settle(KEY, CellState.STAGED, raw=replace(raw_file(), fetched_at=datetime(2026, 3, 2)))  # noqa: DTZ001


def test_what_was_never_planned_is_said(ledger: Ledger) -> None:
    stranger = CellKey(DATASET, DT, "stranger")
    with pytest.raises(LedgerError, match=f"the cell {stranger} is not in the ledger"):
        ledger.claim(stranger, "run-1")
    with pytest.raises(LedgerError, match="the run nobody is not in the ledger"):
        ledger.finish_run("nobody", "done", {})
    with pytest.raises(LedgerError, match="the partition jd_store 2026-03-09 is not"):
        ledger.set_refresh(DATASET, "2026-03-09", "COMPLETED", NO_REASON)
    assert ledger.cell(stranger) is None


def test_eight_threads_write_without_losing_a_step(ledger: Ledger) -> None:
    keys = [CellKey(DATASET, DT, f"shop-{number}") for number in range(24)]
    ledger.add_cells("jd", keys)

    def collect(key: CellKey) -> None:
        ledger.claim(key, "run-1")
        ledger.claim(KEY, "run-1")
        ledger.settle(key, CellState.STAGED, raw=raw_file(key.shop))
        ledger.mark_in_store(key, key.shop)
        ledger.cells(DATASET, DT)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(collect, keys))
    assert {cell.state for cell in ledger.cells(shops=[key.shop for key in keys])} == {CellState.STAGED}
    assert the_cell(ledger).attempts == len(keys)
    assert ledger.unsent_raw() == []


def wait_for_the_others(barrier: Barrier) -> None:
    """Makes a process of the pool keep the barrier that it meets the others at."""
    claim_often.barrier = barrier  # type: ignore[attr-defined]


def claim_often(state_dir: Path, run_id: str) -> None:
    """Opens ten new ledgers at the same time as the others do, and claims one cell in each ten times."""
    for number in range(10):
        claim_often.barrier.wait()  # type: ignore[attr-defined]
        with Ledger.at(state_dir / str(number)) as ledger:
            ledger.add_cells("jd", [KEY, CellKey(DATASET, DT, run_id)])
            for _ in range(10):
                ledger.claim(KEY, run_id)


@pytest.mark.cold
def test_processes_that_begin_at_once_share_a_new_ledger(tmp_path: Path) -> None:
    context = get_context("spawn")
    with ProcessPoolExecutor(
        3, mp_context=context, initializer=wait_for_the_others, initargs=(context.Barrier(3, timeout=600),)
    ) as pool:
        list(pool.map(claim_often, [tmp_path] * 3, ["run-1", "run-2", "run-3"]))
    for number in range(10):
        with Ledger.at(tmp_path / str(number)) as ledger:
            assert the_cell(ledger).attempts == 30
            assert len(ledger.cells()) == 4


def test_a_file_that_is_not_a_ledger_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite3"
    file.write_bytes(b"these are not the pages of a database" * 100)
    with pytest.raises(LedgerError, match=r"ledger.sqlite3: this file is not a whole SQLite database.*move it away"):
        Ledger.at(tmp_path)
    assert file.read_bytes().startswith(b"these are not")


def test_a_ledger_that_rots_while_it_is_open(tmp_path: Path) -> None:
    with Ledger.at(tmp_path) as ledger:
        ledger.add_cells("jd", (CellKey(DATASET, DT, f"shop-{number:04}") for number in range(2000)))
    file = tmp_path / "ledger.sqlite3"
    pages = bytearray(file.read_bytes())
    # Behind the pages that say which tables there are: it can still be opened.
    whole = 4096 * 40
    pages[whole:] = b"\x00\xff" * ((len(pages) - whole) // 2)
    file.write_bytes(pages)
    with Ledger.at(tmp_path) as ledger, pytest.raises(LedgerError, match="not a whole SQLite database"):
        ledger.cells()


def test_a_ledger_that_another_program_holds(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite3'}"
    with Ledger(url, busy_seconds=0.2) as ledger:
        ledger.add_cells("jd", [KEY])
        holder = sqlite3.connect(tmp_path / "ledger.sqlite3", isolation_level=None)
        try:
            holder.execute("BEGIN EXCLUSIVE")
            with pytest.raises(LedgerError, match=r"holds the ledger locked. Found no end of it in 0.2 s. Close"):
                ledger.claim(KEY, "run-1")
            assert len(ledger.cells()) == 1, "readers go on in WAL mode"
            with Ledger(url, busy_seconds=0.2) as another:
                assert len(another.cells()) == 1, "a ledger is opened without waiting for the writer"
        finally:
            holder.close()
        assert ledger.claim(KEY, "run-1").attempts == 1


def test_a_writer_waits_for_its_turn(tmp_path: Path) -> None:
    with Ledger.at(tmp_path) as ledger:
        ledger.add_cells("jd", [KEY])
        holder = sqlite3.connect(tmp_path / "ledger.sqlite3", isolation_level=None, check_same_thread=False)
        try:
            holder.execute("BEGIN IMMEDIATE")
            holder.execute("UPDATE cells SET attempts = 7")
            timer = threading.Timer(0.3, lambda: holder.execute("COMMIT"))
            timer.start()
            assert ledger.claim(KEY, "run-1").attempts == 8, "it reads what the other wrote, not what was before"
            timer.join()
        finally:
            holder.close()


def test_tables_of_a_newer_version_are_not_touched(tmp_path: Path) -> None:
    Ledger.at(tmp_path).close()
    connection = sqlite3.connect(tmp_path / "ledger.sqlite3")
    connection.execute("UPDATE schema_version SET version = 99")
    connection.commit()
    connection.close()
    with pytest.raises(
        LedgerError, match=f"another version of shopdata. Found version 99, expected version {SCHEMA_VERSION}"
    ):
        Ledger.at(tmp_path)


def test_a_state_directory_that_can_not_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LedgerError, match="SHOPDATA_STATE_DIR"):
        Ledger.at(tmp_path / "file" / "state")


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        pytest.param("what is this: hidden-pw", "the database URL can't be read", id="not a URL"),
        pytest.param("oracel://me:hidden-pw@db/ledger", "no driver for this kind", id="unknown kind"),
        pytest.param("mysql+nodriver://me:hidden-pw@db/ledger", "no driver for this kind", id="unknown driver"),
    ],
)
def test_a_wrong_url_is_said_without_its_password(url: str, sentence: str) -> None:
    with pytest.raises(LedgerError, match=sentence) as caught:
        Ledger(url)
    assert "SHOPDATA_DATABASE_URL" in str(caught.value)
    assert "hidden-pw" not in str(caught.value)


def test_what_runs_asked_is_added_up_by_spider(ledger: Ledger) -> None:
    for run_id, spider in (("run-1", "jd_store"), ("run-2", "jd_store"), ("run-3", "pdd_kpi"), ("run-4", "pdd_kpi")):
        ledger.start_run(run_id, spider, {})
    ledger.finish_run("run-1", "complete", {}, 0, Traffic(requests=5, logins=1))
    ledger.finish_run("run-2", "complete", {}, 0, Traffic(requests=7))
    ledger.finish_run("run-3", "incomplete", {}, 1, Traffic(page_requests=30, logins=2, logins_refused=1))
    # Of a job that was cut off and went on, both parts count.
    ledger.start_run("run-2", "jd_store", {})
    ledger.finish_run("run-2", "complete", {}, 0, Traffic(requests=1))
    assert ledger.traffic() == {
        "jd_store": Traffic(requests=13, logins=1),
        "pdd_kpi": Traffic(page_requests=30, logins=2, logins_refused=1),
    }


def test_other_cells_that_look_like_this_one(ledger: Ledger) -> None:
    """What may be the same shop's file under another id; of hundreds of cells nobody reads the rest."""
    ours = {"mall id": "5994471abb01112a", "shop name": "0123456789abcdef"}
    files = {
        "bytes": replace(raw_file("cc"), account={}),
        "account": replace(raw_file("dd"), account={"shop name": "0123456789abcdef"}),
        "stranger": replace(raw_file("ee"), account={"shop name": "fedcba9876543210"}),
    }
    ledger.settle(KEY, CellState.STAGED, raw=replace(raw_file("cc"), account=ours))
    for shop, raw in files.items():
        for dt in (DT, "2026-02-28"):
            key = CellKey(DATASET, dt, shop)
            ledger.add_cells("jd", [key])
            ledger.settle(key, CellState.STAGED, raw=raw)
    assert [cell.shop for cell in ledger.cells_alike(KEY, "cc", ours)] == ["account", "bytes"]
    assert ledger.cells_alike(CellKey(DATASET, DT, "new"), "ff", {}) == []
