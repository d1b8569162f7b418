"""A database server that is restarted while a run is at work."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import psycopg
import pytest
from postgresql_server import PostgresServer, find_programs
from sqlalchemy import exc
from sqlalchemy.orm import Session

from shopdata.exceptions import LedgerError
from shopdata.ledger import CellKey, Ledger
from shopdata.ledger.outages import Outages

KEY = CellKey("jd_store", "2026-03-01", "one")


def away() -> exc.OperationalError:
    return exc.OperationalError("SELECT 1", None, psycopg.OperationalError("connection failed: refused"))


class Clock:
    """Time that passes only where somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("shopdata.ledger.outages.time", clock)
    return clock


def failing(times: int, error: Callable[[], exc.DBAPIError] = away) -> Callable[[], str]:
    """Work that is done at the last of so many tries and one."""
    left = [error() for _ in range(times)]

    def work() -> str:
        if left:
            raise left.pop()
        return "done"

    return work


class TestHowLong:
    def test_it_is_waited_for_and_not_for_ever(self, clock: Clock) -> None:
        outages = Outages(10)
        assert outages.outlive(failing(19)) == "done"
        assert clock.now == 9.5
        with pytest.raises(exc.OperationalError):
            outages.outlive(failing(1000))
        assert clock.now == 9.5 + 10
        # Of hundreds of shops each would wait as long again.
        with pytest.raises(exc.OperationalError):
            outages.outlive(failing(1000))
        assert clock.now == 9.5 + 10

    def test_after_it_was_back_it_is_waited_for_again(self, clock: Clock) -> None:
        outages = Outages(10)
        with pytest.raises(exc.OperationalError):
            outages.outlive(failing(1000))
        assert outages.outlive(failing(0)) == "done"
        assert outages.outlive(failing(3)) == "done"
        assert clock.now == 11.5

    @pytest.mark.parametrize(
        "error",
        [
            lambda: exc.IntegrityError("INSERT", None, psycopg.errors.UniqueViolation("twice")),
            lambda: exc.OperationalError("SELECT", None, psycopg.errors.LockNotAvailable("held")),
            lambda: exc.OperationalError("SELECT", None, psycopg.OperationalError("no answer in 15 s")),
        ],
    )
    def test_what_is_no_outage_is_told_at_once(self, clock: Clock, error: Callable[[], exc.DBAPIError]) -> None:
        with pytest.raises(type(error())):
            Outages(10).outlive(failing(1, error))
        assert clock.now == 0

    def test_a_no_is_an_answer_too(self, clock: Clock) -> None:
        outages = Outages(10)
        with pytest.raises(exc.OperationalError):
            outages.outlive(failing(1000))
        with pytest.raises(ValueError, match="no"):
            outages.outlive(lambda: int("no"))
        assert outages.outlive(failing(3)) == "done"

    def test_nobody_waits_who_does_not_want_to(self, clock: Clock) -> None:
        with pytest.raises(exc.OperationalError):
            Outages(0).outlive(failing(1))
        assert clock.now == 0


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    programs = find_programs()
    if programs is None:
        pytest.skip("no PostgreSQL is installed")
    with PostgresServer(programs) as server:
        yield server


@pytest.fixture
def ledger(server: PostgresServer) -> Iterator[Ledger]:
    with Ledger(server.new_database(), outage_seconds=600) as ledger:
        ledger.add_cells("jd", [KEY])
        yield ledger


def test_reading_and_writing_go_on_when_it_is_back(server: PostgresServer, ledger: Ledger) -> None:
    found: list[object] = []
    work: list[Callable[[], object]] = [
        lambda: ledger.cell(KEY),
        lambda: ledger.set_job(KEY, {"id": "7"}),
        lambda: held(ledger),
    ]
    server.stop()
    threads = [threading.Thread(target=lambda one=one: found.append(one())) for one in work]
    for thread in threads:
        thread.start()
    threads[0].join(1)
    assert found == []
    server.start()
    for thread in threads:
        thread.join(300)
    assert len(found) == 3
    cell = ledger.cell(KEY)
    assert cell is not None
    assert cell.job == {"id": "7"}
    assert ledger.sessions.read("one") == b"kept"


def held(ledger: Ledger) -> None:
    with ledger.sessions.held("one") as row:
        row.write(b"kept")


def test_without_patience_it_is_told(server: PostgresServer) -> None:
    with Ledger(server.new_database()) as ledger:
        server.stop()
        try:
            with pytest.raises(LedgerError, match="the ledger's database can't be used"):
                ledger.cell(KEY)
        finally:
            server.start()


def test_a_commit_of_which_nobody_knows_is_not_repeated(ledger: Ledger) -> None:
    database, done = ledger._database, []

    def work(session: Session) -> None:
        session.connection()
        done.append(1)

    def lose(_: object) -> None:
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    dialect = database._engine.dialect
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dialect, "do_commit", lose)
        with pytest.raises(LedgerError, match="server closed the connection unexpectedly"):
            database.write(work)
    assert done == [1]
