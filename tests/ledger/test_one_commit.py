"""Writes of several threads in one transaction: durable together, and none at another's cost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, make_url, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shopdata.ledger.engines import create_engine_for
from shopdata.ledger.one_commit import OneCommit


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = create_engine_for(make_url(f"sqlite:///{tmp_path / 'x.sqlite3'}"), busy_seconds=5, answer_seconds=5)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE numbers (number INTEGER PRIMARY KEY)"))
    yield engine
    engine.dispose()


def enters(*numbers: int) -> Callable[[Session], int]:
    def work(session: Session) -> int:
        for number in numbers:
            session.execute(text("INSERT INTO numbers VALUES (:number)"), {"number": number})
        return numbers[0]

    return work


def in_table(engine: Engine) -> list[int]:
    with engine.connect() as connection:
        return list(connection.execute(text("SELECT number FROM numbers ORDER BY number")).scalars())


class Together:
    """Has writes wait for one that is under way, and then lets them through."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.commits = 0
        self.threads: list[Future[int]] = []

    def run(self, *works: Callable[[Session], int]) -> None:
        one, is_under_way, go_on = OneCommit(self._engine), threading.Event(), threading.Event()

        def first(session: Session) -> int:
            is_under_way.set()
            assert go_on.wait(60)
            return enters(0)(session)

        def count(_connection: object) -> None:
            self.commits += 1

        event.listen(self._engine, "commit", count)
        with ThreadPoolExecutor() as pool:
            begun = pool.submit(one.write, first)
            assert is_under_way.wait(60)
            self.threads = [pool.submit(one.write, work) for work in works]
            while len(one._waiting) < len(works):
                assert not any(thread.done() for thread in self.threads)
            go_on.set()
        assert begun.result() == 0


def test_those_who_wait_share_a_commit(engine: Engine) -> None:
    together = Together(engine)
    together.run(enters(1), enters(2), enters(3))
    assert [thread.result() for thread in together.threads] == [1, 2, 3]
    assert in_table(engine) == [0, 1, 2, 3]
    assert together.commits == 2


def test_a_mistake_costs_its_own_write(engine: Engine) -> None:
    def breaks(session: Session) -> int:
        enters(2)(session)
        raise LookupError("a mistake")

    together = Together(engine)
    together.run(enters(1), breaks, enters(3))
    assert [type(thread.exception()) for thread in together.threads] == [type(None), LookupError, type(None)]
    assert in_table(engine) == [0, 1, 3]


def test_what_the_database_refuses_costs_its_own_write(engine: Engine) -> None:
    together = Together(engine)
    # What is there since before: which of the three is written first is chance.
    together.run(enters(1), enters(2, 0), enters(3))
    assert [type(thread.exception()) for thread in together.threads] == [type(None), IntegrityError, type(None)]
    assert in_table(engine) == [0, 1, 3]


def test_a_transaction_that_is_gone_is_no_success(engine: Engine) -> None:
    """SQLite takes everything back when the disk is full, not the one statement alone."""

    def is_full(session: Session) -> int:
        session.connection().exec_driver_sql("ROLLBACK")
        session.execute(text("INSERT INTO nowhere VALUES (1)"))
        return 2

    together = Together(engine)
    together.run(enters(1), is_full, enters(3))
    assert [thread.exception() is None for thread in together.threads] == [True, False, True]
    assert in_table(engine) == [0, 1, 3]
