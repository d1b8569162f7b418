"""Who holds what: one run at a time, as long as it shows signs of life; on both kinds of database."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from threading import Barrier

import psutil
import pytest
from sqlalchemy import create_engine, update

from shopdata.exceptions import LeaseLostError, LedgerError
from shopdata.ledger import CellKey, Claims, Ledger, Owner, PartitionRecord, RawFile
from shopdata.ledger.holding import beating, holding
from shopdata.ledger.owner import name_of
from shopdata.ledger.schema import CellRow, LeaseRow
from shopdata.reasons import Reason
from shopdata.states import CellState

DATASET, DT = "jd_store", "2026-03-01"
KEYS = [CellKey(DATASET, DT, shop) for shop in ("flagship", "kids", "outlet")]
KEY = KEYS[0]
NOW = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)


@dataclass
class Run:
    """A crawl, as far as the ledger knows of it."""

    ledger: Ledger
    claims: Claims

    def take(self, *keys: CellKey) -> set[CellKey]:
        cells = {cell.key: cell.ended_tries for cell in self.ledger.cells()}
        return set(self.claims.acquire({key: cells[key] for key in keys}).acquired)

    def stage(self, key: CellKey, sha256: str = "aa") -> None:
        self.ledger.claim(key, self.claims.owner.run_id)
        self.ledger.settle(key, CellState.STAGED, raw=raw(key, sha256))
        self.claims.release(key)


def raw(key: CellKey, sha256: str = "aa") -> RawFile:
    return RawFile(key=f"raw/{key.shop}.xlsx", sha256=sha256, bytes=1, ext="xlsx", rows=3, fetched_at=NOW)


def partition(run: Run) -> PartitionRecord:
    return PartitionRecord(
        dataset=DATASET,
        platform="jd",
        dt=DT,
        rows=3,
        published=1,
        missing=(),
        run_id=run.claims.owner.run_id,
        receipt_key="receipt",
        parquet_sha256="bb",
        workbook_sha256="cc",
        published_at=NOW,
    )


@pytest.fixture
def new_run(database_url: str) -> Iterator[Callable[..., Run]]:
    """Makes runs that share a ledger; `pid` and `host` are those of this process unless they are given."""
    with ExitStack() as stack:

        def make(run_id: str, seconds: float = 60, **where: object) -> Run:
            ledger = stack.enter_context(Ledger(database_url))
            ledger.add_cells("jd", KEYS)
            return Run(ledger, ledger.hold_for(replace(Owner.here(run_id), **where), seconds))  # type: ignore[arg-type]

        yield make


@pytest.fixture
def expire(database_url: str) -> Callable[[], None]:
    """Lets the time of all leases pass, as if nobody had shown a sign of life."""

    def work() -> None:
        engine = create_engine(database_url)
        past = datetime.now(UTC) - timedelta(minutes=5)
        with engine.begin() as connection:
            connection.execute(update(CellRow).values(lease_until=past))
            connection.execute(update(LeaseRow).values(until=past))
        engine.dispose()

    return work


@pytest.fixture
def ended_process() -> tuple[int, str]:
    """Process id and beginning of a program that has ended."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        command = f"from shopdata.ledger.owner import process_began; print(process_began({process.pid}))"
        began = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True).stdout
        process.kill()
    return process.pid, began.strip()


NewRun = Callable[..., Run]


class TestCells:
    def test_what_one_holds_another_does_not_get(self, new_run: NewRun) -> None:
        a, b = new_run("a"), new_run("b")
        assert a.take(KEY) == {KEY}
        claim = b.claims.acquire({KEY: 0})
        assert (claim.acquired, claim.settled) == ((), ())
        assert [cell.key for cell in claim.held] == [KEY]
        assert name_of(claim.held[0].lease_owner).startswith("run a on ")
        assert b.claims.held_by_others() == {KEY}
        assert a.claims.held_by_others() == set()

    def test_of_many_at_once_one_gets_it(self, new_run: NewRun) -> None:
        runs = [new_run(f"run-{number}") for number in range(6)]
        barrier = Barrier(len(runs))

        def rush(run: Run) -> set[CellKey]:
            barrier.wait(30)
            return set(run.claims.acquire(dict.fromkeys(KEYS, 0)).acquired)

        with ThreadPoolExecutor(len(runs)) as pool:
            got = [keys for keys in pool.map(rush, runs) if keys]
        assert got == [set(KEYS)]

    def test_a_shop_is_taken_whole_or_not_at_all(self, new_run: NewRun) -> None:
        a, b = new_run("a"), new_run("b")
        a.take(KEYS[1])
        assert b.take(*KEYS) == set()
        assert a.take(*KEYS) == set(KEYS), "what one holds already is no hindrance"

    def test_what_another_run_has_asked_since_is_not_asked_again(self, new_run: NewRun) -> None:
        a, b = new_run("a"), new_run("b")
        planned = dict.fromkeys(KEYS, 0)
        a.take(*KEYS)
        a.stage(KEYS[0])
        a.ledger.claim(KEYS[1], "a")
        a.ledger.settle(KEYS[1], CellState.FAILED, Reason(text="no"))
        a.ledger.claim(KEYS[2], "a")
        a.ledger.settle(KEYS[2], CellState.PENDING, Reason(text="stopped"))
        a.claims.release_all()
        claim = b.claims.acquire(planned)
        assert {cell.key: cell.state.value for cell in claim.settled} == {KEYS[0]: "staged", KEYS[1]: "failed"}
        assert claim.acquired == (KEYS[2],), "a run that was stopped has not asked to the end"

    def test_a_run_planned_while_another_asks_takes_its_answer(self, new_run: NewRun) -> None:
        a, b = new_run("a"), new_run("b")
        a.take(KEY)
        a.ledger.claim(KEY, "a")
        (planned,) = (cell.ended_tries for cell in b.ledger.cells(shops=[KEY.shop]))
        a.stage(KEY)
        assert [cell.key for cell in b.claims.acquire({KEY: planned}).settled] == [KEY]

    def test_what_failed_in_an_earlier_run_is_asked_again(self, new_run: NewRun) -> None:
        a, b = new_run("a"), new_run("b")
        a.take(KEY)
        a.ledger.claim(KEY, "a")
        a.ledger.settle(KEY, CellState.FAILED, Reason(text="no"))
        a.claims.release(KEY)
        assert b.take(KEY) == {KEY}

    def test_the_outbox_of_a_run_that_goes_on_is_its_own(self, new_run: NewRun) -> None:
        a, b = new_run("a"), new_run("b")
        a.take(KEY)
        a.ledger.claim(KEY, "a")
        a.ledger.settle(KEY, CellState.STAGED, raw=raw(KEY))
        assert b.ledger.unsent_raw() == []
        # What it could not note as sent, it sends itself.
        assert [cell.key for cell in a.ledger.unsent_raw()] == [KEY]
        a.claims.release(KEY)
        assert [cell.key for cell in b.ledger.unsent_raw()] == [KEY]

    def test_giving_back_is_for_the_holder(self, new_run: NewRun) -> None:
        a, b = new_run("a"), new_run("b")
        a.take(KEY)
        b.claims.release(KEY)
        b.claims.release_all()
        assert b.take(KEY) == set()


class TestLostLeases:
    """A machine that slept: its leases ended, another run went on, and now it wakes up and wants to write."""

    @pytest.fixture
    def slept(self, new_run: NewRun, expire: Callable[[], None]) -> tuple[Run, Run]:
        a, b = new_run("a", host="laptop"), new_run("b")
        a.take(KEY)
        a.ledger.claim(KEY, "a")
        a.claims.acquire_partition(DATASET, DT)
        expire()
        assert b.take(KEY) == {KEY}
        return a, b

    @pytest.mark.parametrize("is_done", [False, True], ids=["the other is at it", "the other is done"])
    def test_it_writes_over_nothing(self, slept: tuple[Run, Run], is_done: bool) -> None:
        a, b = slept
        if is_done:
            b.stage(KEY, "of b")
        before = b.ledger.cell(KEY)
        for write in (
            lambda: a.claims.renew(KEY),
            lambda: a.ledger.claim(KEY, "a"),
            lambda: a.ledger.set_job(KEY, {"id": 1}),
            lambda: a.ledger.settle(KEY, CellState.STAGED, raw=raw(KEY, "of a")),
            lambda: a.ledger.settle(KEY, CellState.FAILED, Reason(text="of a")),
        ):
            with pytest.raises(LeaseLostError, match=r"cell jd_store 2026-03-01 flagship is no longer ours") as lost:
                write()
            assert ("run b on" in str(lost.value)) != is_done
        assert b.ledger.cell(KEY) == before

    def test_it_publishes_nothing(self, slept: tuple[Run, Run]) -> None:
        a, b = slept
        assert b.claims.acquire_partition(DATASET, DT)
        for write in (lambda: a.claims.renew_partition(DATASET, DT), lambda: a.ledger.publish(partition(a), {})):
            with pytest.raises(LeaseLostError, match=r"partition jd_store 2026-03-01 is no longer ours.*run b on"):
                write()
        assert b.ledger.partitions() == []

    def test_a_late_sign_of_life_takes_nothing_back(self, slept: tuple[Run, Run]) -> None:
        a, b = slept
        a.claims.beat()
        cell = b.ledger.cell(KEY)
        assert cell is not None
        assert cell.lease_owner == str(b.claims.owner)

    def test_a_lease_that_ended_and_nobody_took_is_still_good(
        self, new_run: NewRun, expire: Callable[[], None]
    ) -> None:
        a = new_run("a")
        a.take(KEY)
        expire()
        a.stage(KEY)
        cell = a.ledger.cell(KEY)
        assert cell is not None
        assert cell.state is CellState.STAGED


class TestDeadRuns:
    def test_a_sign_of_life_makes_leases_last(self, new_run: NewRun, expire: Callable[[], None]) -> None:
        a, b = new_run("a"), new_run("b")
        a.ledger.start_run("a", DATASET, {})
        a.take(KEY)
        a.claims.acquire_partition(DATASET, DT)
        expire()
        a.claims.beat()
        assert b.take(KEY) == set()
        assert not b.claims.acquire_partition(DATASET, DT)
        (run,) = a.ledger.runs()
        assert run.heartbeat_at is not None
        assert run.heartbeat_at > run.started_at

    def test_who_has_no_event_loop_shows_them_too(
        self, new_run: NewRun, expire: Callable[[], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("shopdata.ledger.holding.BEATS", 600)
        a, b = new_run("a"), new_run("b")
        a.claims.acquire_partition(DATASET, DT)
        beaten, write = threading.Event(), a.claims.beat

        def beat() -> None:
            write()
            beaten.set()

        monkeypatch.setattr(a.claims, "beat", beat)
        with beating(a.claims):
            expire()
            # The one that may be on its way now was begun before.
            for _ in range(2):
                beaten.clear()
                assert beaten.wait(60)
            assert not b.claims.acquire_partition(DATASET, DT)
        expire()
        assert b.claims.acquire_partition(DATASET, DT)

    def test_a_command_shows_them_while_it_holds_a_partition(
        self, new_run: NewRun, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("shopdata.ledger.holding.BEATS", 600)
        a = new_run("a")
        beaten = threading.Event()
        monkeypatch.setattr(a.claims, "beat", beaten.set)
        assert a.claims is not None
        with holding(a.claims, DATASET, DT):
            assert beaten.wait(60)
        assert a.ledger.leases.holder(f"partition {DATASET} {DT}") == ""

    def test_one_that_can_not_be_written_is_not_the_last(
        self, new_run: NewRun, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("shopdata.ledger.holding.BEATS", 600)
        a = new_run("a")
        tries: list[int] = []
        third = threading.Event()

        def beat() -> None:
            tries.append(1)
            if len(tries) == 3:
                third.set()
            raise LedgerError("the ledger's database can't be used", todo="See that the disk is not full.")

        monkeypatch.setattr(a.claims, "beat", beat)
        with beating(a.claims):
            assert third.wait(60)

    def test_of_another_machine_only_time_tells(
        self, new_run: NewRun, expire: Callable[[], None], ended_process: tuple[int, str]
    ) -> None:
        pid, began = ended_process
        a, b = new_run("a", pid=pid, began=began, place="elsewhere"), new_run("b")
        a.take(KEY)
        a.claims.acquire_partition(DATASET, DT)
        assert b.claims.reap() == []
        assert b.take(KEY) == set()
        expire()
        assert b.take(KEY) == {KEY}
        assert b.claims.acquire_partition(DATASET, DT)

    def test_of_this_machine_the_process_tells_at_once(self, new_run: NewRun, ended_process: tuple[int, str]) -> None:
        pid, began = ended_process
        a, b = new_run("a", pid=pid, began=began), new_run("b")
        a.take(KEY)
        a.claims.acquire_partition(DATASET, DT)
        assert b.claims.acquire_partition(DATASET, DT)
        assert b.take(KEY) == {KEY}

    def test_a_process_id_that_was_given_again(self, new_run: NewRun) -> None:
        a, b = new_run("a", pid=os.getppid(), began="before that"), new_run("b")
        a.take(KEY)
        assert b.take(KEY) == {KEY}

    def test_another_process_that_runs(self, new_run: NewRun) -> None:
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
            command = f"from shopdata.ledger.owner import process_began; print(process_began({process.pid}))"
            began = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True).stdout
            a, b = new_run("a", pid=process.pid, began=began.strip()), new_run("b")
            a.take(KEY)
            assert b.take(KEY) == set()
            process.kill()
            # Windows has none of these: there it is gone, or soon will be.
            while psutil.pid_exists(process.pid) and psutil.Process(process.pid).status() != psutil.STATUS_ZOMBIE:
                time.sleep(0.01)
            assert b.take(KEY) == {KEY}, "also while its parent has not yet looked"

    def test_what_they_held_is_cleared_and_what_ran_is_pending(
        self, new_run: NewRun, expire: Callable[[], None]
    ) -> None:
        a = new_run("a")
        a.take(*KEYS)
        a.ledger.claim(KEYS[0], "a")
        a.ledger.set_job(KEYS[0], {"id": 17})
        a.ledger.claim(KEYS[1], "a")
        a.ledger.settle(KEYS[1], CellState.STAGED, raw=raw(KEYS[1]))
        a.claims.acquire_partition(DATASET, DT)
        expire()
        b = new_run("b")
        b.claims.acquire_partition(DATASET, "2026-03-02")
        assert b.claims.reap() == [KEYS[0]]
        cells = b.ledger.cells()
        assert {cell.lease_owner for cell in cells} == {""}
        assert [cell.state.value for cell in cells] == ["pending", "staged", "pending"]
        assert (cells[0].reason.text, cells[0].job) == ("run a ended before this cell was done", {"id": 17})
        assert b.ledger.leases.holder(f"partition {DATASET} {DT}") == ""
        assert b.ledger.leases.holder(f"partition {DATASET} 2026-03-02") == str(b.claims.owner)

    def test_what_they_asked_for_again_is_as_good_as_before(self, new_run: NewRun, expire: Callable[[], None]) -> None:
        a = new_run("a")
        a.claims.acquire_partition(DATASET, DT)
        for key in KEYS[:2]:
            a.take(key)
            a.stage(key)
        a.ledger.publish(partition(a), {KEYS[0].shop: "aa", KEYS[1].shop: "another file"})
        a.claims.acquire(dict.fromkeys(KEYS[:2], 9))
        for key in KEYS[:2]:
            a.ledger.claim(key, "a")
        expire()
        b = new_run("b")
        assert b.claims.reap() == KEYS[:2]
        cells = b.ledger.cells()
        assert [cell.state.value for cell in cells] == ["published", "pending", "pending"]
        assert cells[0].reason.text == "asked for again, and run a ended before that was done"

    def test_what_lives_is_left_alone(self, new_run: NewRun) -> None:
        a, b = new_run("a"), new_run("b")
        a.take(*KEYS)
        a.ledger.claim(KEY, "a")
        before = a.ledger.cells()
        assert b.claims.reap() == []
        assert a.ledger.cells() == before

    def test_a_run_of_the_version_without_leases(self, new_run: NewRun, database_url: str) -> None:
        with Ledger(database_url) as nobodys:
            nobodys.add_cells("jd", KEYS)
            nobodys.claim(KEY, "old")
        b = new_run("b")
        assert b.claims.reap() == [KEY]
        assert b.take(KEY) == {KEY}


class TestPartitions:
    def test_one_run_at_a_time(self, new_run: NewRun) -> None:
        a, b = new_run("a"), new_run("b")
        assert a.claims.acquire_partition(DATASET, DT)
        assert a.claims.acquire_partition(DATASET, DT), "again, by the same run"
        assert not b.claims.acquire_partition(DATASET, DT)
        assert b.claims.acquire_partition(DATASET, "2026-03-02")
        b.claims.release_partition(DATASET, DT)
        assert not b.claims.acquire_partition(DATASET, DT)
        a.claims.release_partition(DATASET, DT)
        assert b.claims.acquire_partition(DATASET, DT)

    def test_of_many_at_once_one_gets_it(self, new_run: NewRun) -> None:
        runs = [new_run(f"run-{number}") for number in range(6)]
        barrier = Barrier(len(runs))

        def rush(run: Run) -> bool:
            barrier.wait(30)
            return run.claims.acquire_partition(DATASET, DT)

        with ThreadPoolExecutor(len(runs)) as pool:
            assert sum(pool.map(rush, runs)) == 1

    def test_publishing_needs_the_partition(self, new_run: NewRun) -> None:
        a = new_run("a")
        with pytest.raises(LeaseLostError):
            a.ledger.publish(partition(a), {})
        a.claims.acquire_partition(DATASET, DT)
        a.ledger.publish(partition(a), {})
        assert len(a.ledger.partitions()) == 1


class TestOwner:
    def test_as_text_and_back(self) -> None:
        owner = Owner("a run | with a bar", "host", 4711, "1700", "place")
        assert Owner.parse(str(owner)) == owner
        assert name_of(str(owner)) == "run a run | with a bar on host (process 4711)"
        assert Owner.parse("somebody") is None
        assert name_of("somebody") == "somebody"

    def test_this_process_is_here(self) -> None:
        assert not Owner.here("run").is_gone
        assert replace(Owner.here("run"), pid=2**22 + 1).is_gone
        assert not replace(Owner.here("run"), pid=2**22 + 1, place="elsewhere").is_gone

    def test_it_fits_into_the_ledger(self) -> None:
        assert len(str(replace(Owner.here("r" * 100), host="h" * 80))) <= 255
