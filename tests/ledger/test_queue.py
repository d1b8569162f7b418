"""The queue of services that share a ledger: leased, beaten, given back; nothing is lost with whoever took it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from postgresql_server import PostgresServer
from sqlalchemy import update

from shopdata.exceptions import LedgerError
from shopdata.ledger import Ledger
from shopdata.ledger.queue_rows import QueueRows
from shopdata.ledger.schema import SCHEMA_VERSION, QueueRow, SchemaVersion

PROJECT = "shopdata"
KILLS = Path(__file__).with_name("queue_kills.py")


@pytest.fixture
def queue(database_url: str) -> Iterator[QueueRows]:
    with Ledger(database_url) as ledger:
        yield ledger.queue


def add(queue: QueueRows, job: str, priority: float = 0, node: str = "a") -> None:
    queue.add(PROJECT, {"_job": job, "name": "spider"}, priority, node)


def take(queue: QueueRows, node: str, seconds: float = 60, but: str = "") -> str | None:
    message = queue.take(PROJECT, node, seconds, lambda message: message["_job"] != but)
    return None if message is None else message["_job"]


def jobs(found: list[Any]) -> list[str]:
    return [waiting.message["_job"] for waiting in found]


def test_each_is_handed_out_once_and_stays_until_it_has_ended(queue: QueueRows) -> None:
    for job, priority in (("one", 0.0), ("two", 0.0), ("urgent", 1.0)):
        add(queue, job, priority)
    assert jobs(queue.free(PROJECT)) == ["urgent", "one", "two"]
    assert take(queue, "a") == "urgent"
    assert take(queue, "b", but="one") == "two", "what may not start here may start elsewhere"
    assert take(queue, "c") == "one"
    assert take(queue, "d") is None
    assert sorted(jobs(queue.held(PROJECT))) == ["one", "two", "urgent"]
    assert queue.count(PROJECT) == 0
    queue.end(PROJECT, "one", "a")
    assert len(queue.held(PROJECT)) == 3, "it is not a's"
    queue.end(PROJECT, "one", "c")
    queue.give_back(PROJECT, "urgent", "a")
    assert (jobs(queue.free(PROJECT)), jobs(queue.held(PROJECT))) == (["urgent"], ["two"])
    assert queue.free("another") == []


def test_what_nobody_shows_life_for_is_free_again(queue: QueueRows) -> None:
    add(queue, "one")
    add(queue, "two")
    assert take(queue, "a", seconds=0) == "one"
    queue.renew("a", ["one"], 60)
    assert take(queue, "b", seconds=0) == "two"
    assert take(queue, "c") == "two"
    queue.renew("b", ["two"], 60)
    queue.end(PROJECT, "two", "b")
    assert sorted(jobs(queue.held(PROJECT))) == ["one", "two"], "b came too late"


def test_a_job_that_was_cut_off_is_taken_up_and_never_doubled(queue: QueueRows) -> None:
    add(queue, "one")
    add(queue, "one", node="b")
    assert take(queue, "a") == "one"
    add(queue, "one", node="b")
    assert queue.count(PROJECT) == 0, "somebody else has it"
    add(queue, "one", node="a")
    assert jobs(queue.free(PROJECT)) == ["one"]
    numbers = [waiting.number for waiting in queue.free(PROJECT)]
    assert take(queue, "a") == "one"
    assert queue.remove(PROJECT, numbers) == 0
    queue.give_back(PROJECT, "one", "a")
    assert queue.remove(PROJECT, numbers) == 1


@pytest.mark.services
@pytest.mark.skipif(os.name == "nt", reason="forks")
def test_pollers_that_are_killed_lose_nothing(postgresql_server: PostgresServer) -> None:
    size = ("--messages", "300", "--pollers", "4", "--kills", "3")
    command = [sys.executable, KILLS, "--url", postgresql_server.new_database(), *size]
    outcome = json.loads(subprocess.run(command, check=True, capture_output=True, timeout=300).stdout)
    assert (outcome["kills"], outcome["lost"], outcome["overlapping"]) == (3, 0, 0)
    assert outcome["done_twice"] <= outcome["kills"]


def test_of_several_that_want_the_same_one_puts_it_in(database_url: str) -> None:
    barrier = Barrier(4)

    def want(number: int) -> str:
        with Ledger(database_url) as ledger:
            barrier.wait(30)
            message = {"_job": f"job-{number}", "name": "spider", "due": "1"}
            return ledger.queue.add_unless(PROJECT, message, f"node-{number}", lambda other: other.get("due") == "1")

    with Ledger(database_url) as ledger:
        add(ledger.queue, "another")
        with ThreadPoolExecutor(4) as pool:
            told = set(pool.map(want, range(4)))
        (job,) = told
        assert jobs(ledger.queue.free(PROJECT)) == ["another", job]
        # Also while it is in work.
        assert take(ledger.queue, "a", but="another") == job
        message = {"_job": "late", "name": "spider", "due": "1"}
        assert ledger.queue.add_unless(PROJECT, message, "b", lambda other: other.get("due") == "1") == job


def test_a_message_that_waits_is_changed_where_it_stands_and_one_in_work_is_not(queue: QueueRows) -> None:
    add(queue, "one")
    add(queue, "two")
    one, two = queue.free(PROJECT)
    changed = {**one.message, "shops": "a,b"}
    assert queue.change(PROJECT, one.number, one.message.__eq__, changed)
    assert queue.free(PROJECT)[0].message == changed
    assert not queue.change(PROJECT, one.number, one.message.__eq__, {**one.message, "shops": "c"}), "it is another"
    assert take(queue, "a", but="one") == "two"
    assert not queue.change(PROJECT, two.number, two.message.__eq__, changed)
    assert not queue.change("another", one.number, changed.__eq__, changed)
    assert jobs(queue.held(PROJECT)) == ["two"]


def test_what_another_node_has_in_work_can_be_cancelled(queue: QueueRows) -> None:
    for job in ("ours", "theirs", "gone", "waits"):
        add(queue, job)
    assert take(queue, "a") == "ours"
    assert take(queue, "b") == "theirs"
    assert take(queue, "c") == "gone"
    assert queue.cancel(PROJECT, ["ours", "theirs", "gone", "waits"], "a") == 2, "of what is here, it is no matter"
    assert queue.renew("b", ["theirs", "ours"], 60) == ["theirs"]
    assert queue.renew("b", ["theirs"], 60) == ["theirs"], "until it has ended"
    queue.end(PROJECT, "theirs", "b")
    assert queue.renew("b", ["theirs"], 60) == []
    # Nobody takes over what was cancelled. Its time is over when we say so: no commit before this is too slow for it.
    over = update(QueueRow).where(QueueRow.job == "gone").values(until=datetime(2000, 1, 1, tzinfo=UTC))
    queue._database.write(lambda session: session.execute(over))
    assert jobs(queue.held(PROJECT)) == ["ours"]
    assert jobs(queue.free(PROJECT)) == ["waits"]
    assert take(queue, "d", but="waits") is None


def test_an_older_program_takes_nothing_once_the_tables_are_newer(database_url: str) -> None:
    with Ledger(database_url) as old, Ledger(database_url) as other:
        add(old.queue, "running")
        assert take(old.queue, "a") == "running"
        add(old.queue, "waiting")
        other._database.write(lambda session: session.execute(update(SchemaVersion).values(version=SCHEMA_VERSION + 1)))
        with pytest.raises(LedgerError, match=rf"another version .* version {SCHEMA_VERSION + 1}.*Use the newest"):
            take(old.queue, "a")
        # Its job would have been lost with a crawl that refuses; what it has in work, it ends.
        assert jobs(old.queue.free(PROJECT)) == ["waiting"]
        old.queue.renew("a", ["running"], 60)
        old.queue.end(PROJECT, "running", "a")
        assert old.queue.held(PROJECT) == []
        assert take(old.queue, "a", but="waiting") is None, "where nothing is to be taken, nothing is refused"
        old.nodes.beat_service("a", address="a:6800", version="1", seats=2)
        (node,) = old.nodes.all()
        assert (node.state, node.is_up) == ("outdated", False)
