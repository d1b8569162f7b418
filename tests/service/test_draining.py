"""Two services share a queue, and one of them drains: the other does all, and nothing is done twice."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from postgresql_server import PostgresServer
from tiny_service import TinyService, tiny_egg

from shopdata.ledger import Ledger

pytestmark = [pytest.mark.services, pytest.mark.skipif(os.name == "nt", reason="its crawls can't be told to end")]

#: Notes where it begins and ends; on some days it waits for a file in between.
SPIDER = """
import asyncio, os, pathlib
import scrapy
NOTES = pathlib.Path(os.environ["TINY_NOTES"])
class Tiny(scrapy.Spider):
    name = "jd_store"
    def note(self, what):
        with (NOTES / "notes").open("a") as file:
            print(self.date, os.environ["TINY_NODE"], what, file=file)
    async def start(self):
        self.note("begins")
        while self.date > "2026-03-07" and not (NOTES / "release").exists():
            await asyncio.sleep(0.05)
        self.note("ends")
        return
        yield
"""
DAYS = [f"2026-03-0{day}" for day in range(1, 3)]
CANCELLED, LONG = "2026-03-08", "2026-03-09"


class Pair:
    """Two of them, `here` and `there`, with one ledger and one file of notes."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        shared = {"SHOPDATA_DATABASE_URL": url, "SHOPDATA_SECRET_KEY": "a key for tests", "TINY_NOTES": str(folder)}
        # A fourth of it passes before one sees what the other wants of it.
        shared["SHOPDATA_LEASE_SECONDS"] = "60"
        self.here, self.there = (TinyService(folder / name, TINY_NODE=name, **shared) for name in ("here", "there"))

    def start(self) -> None:
        for service in (self.here, self.there):
            service.start()
            assert service.deploy(tiny_egg(spiders=SPIDER))["status"] == "ok", service.log

    def notes(self, what: str) -> list[tuple[str, str]]:
        """Day and service, in the order in which it was noted."""
        path = self.folder / "notes"
        lines = [line.split() for line in path.read_text("utf-8").splitlines()] if path.exists() else []
        return [(day, node) for day, node, told in lines if told == what]

    def states(self) -> list[str]:
        """What the ledger says of the services, by the names of their state directories' nodes."""
        with Ledger(self.url) as ledger:
            return sorted(node.state for node in ledger.nodes.all())


@pytest.fixture
def pair(postgresql_server: PostgresServer, tmp_path: Path) -> Iterator[Pair]:
    both = Pair(tmp_path, postgresql_server.new_database())
    try:
        both.start()
        yield both
    finally:
        (tmp_path / "release").touch()
        both.here.stop()
        both.there.stop()


def test_the_other_does_all_and_takes_over_what_is_given_back(pair: Pair) -> None:
    here, there = pair.here, pair.there
    assert here.ask("service.json", action="drain")["status"] == "ok"
    assert pair.states() == ["draining", "up"]
    # Put in where nothing is taken.
    jobs = {day: here.schedule(date=day)["jobid"] for day in (*DAYS, CANCELLED, LONG)}
    there.wait_until(lambda: len(pair.notes("begins")) == len(jobs), "all have begun")
    assert {node for _, node in pair.notes("begins")} == {"there"}
    assert here.ask("daemonstatus.json")["running"] == 0
    # What runs elsewhere is listed, and can be stopped.
    assert {job["node"] != "" for job in here.ask("service.json")["running"]} == {True}
    assert here.ask("cancel.json", project="shopdata", job=jobs[CANCELLED])["prevstate"] == "running"
    there.wait_until(lambda: jobs[CANCELLED] in there.finished(), "it is told to end")
    # From one that ends what it has, to the one that is there again.
    assert here.ask("service.json", action="undrain")["status"] == "ok"
    assert there.ask("service.json", action="drain", mode="now")["status"] == "ok"
    here.wait_until(lambda: (LONG, "here") in pair.notes("begins"), "it is taken over")
    (pair.folder / "release").touch()
    here.wait_until(lambda: (LONG, "here") in pair.notes("ends"), "it has ended")
    here.wait_until(here.is_idle, "nothing is left")
    assert Counter(day for day, _ in pair.notes("ends")) == dict.fromkeys((*DAYS, LONG), 1)
    with Ledger(pair.url) as ledger:
        queue = ledger.queue
        here.wait_until(lambda: not queue.free("shopdata") + queue.held("shopdata"), "a job is left")
    # A person's word outlives the service.
    assert there.ask("service.json", action="stop", mode="now")["status"] == "ok"
    there.wait_until(lambda: pair.states() == ["stopped", "up"], "it has said that it ends")
    there.stop()
    there.start()
    assert there.ask("service.json")["is_draining"]
    there.wait_until(lambda: pair.states() == ["draining", "up"], "it still drains")
