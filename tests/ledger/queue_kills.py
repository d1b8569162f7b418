"""Pollers of one queue, killed at random: what is lost, and what two of them have had at the same time.

The whole of it, on a PostgreSQL of its own:

    .venv/bin/python tests/ledger/queue_kills.py --messages 10000 --pollers 8 --kills 30
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path

REPO = Path(__file__).parents[2]
sys.path[:0] = [str(REPO), str(REPO / "tests")]

from postgresql_server import PostgresServer, find_programs  # noqa: E402 - it is a program of its own

from shopdata.ledger import Ledger  # noqa: E402

PROJECT = "shopdata"
#: How long a poller holds a message.
WORK_SECONDS = 0.002


@dataclass(frozen=True)
class Outcome:
    """What came of it."""

    kills: int
    lost: int
    done_twice: int
    #: Messages that two living pollers had at the same time.
    overlapping: int
    seconds: float


def poll(url: str, node: str, lease_seconds: float, log: Path) -> None:
    """Takes and ends messages until none is left, free or held; notes each begin and end before it is so elsewhere."""
    with Ledger(url) as ledger, log.open("a", buffering=1) as file:
        while True:
            message = ledger.queue.take(PROJECT, node, lease_seconds, lambda _: True)
            if message is None:
                if not ledger.queue.held(PROJECT) and not ledger.queue.count(PROJECT):
                    return
                time.sleep(0.05)
                continue
            job = message["_job"]
            file.write(f"begin {job} {time.monotonic()}\n")
            time.sleep(WORK_SECONDS)
            file.write(f"end {job} {time.monotonic()}\n")
            ledger.queue.end(PROJECT, job, node)


class Pollers:
    """Processes, forked from this one, which has no connection at that time."""

    def __init__(self, url: str, lease_seconds: float, folder: Path) -> None:
        self._url, self._lease_seconds, self._folder = url, lease_seconds, folder
        self.running: dict[str, int] = {}
        self.killed_at: dict[str, float] = {}

    def start(self) -> None:
        """One more."""
        name = f"node-{len(self.running) + len(self.killed_at)}"
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                poll(self._url, name, self._lease_seconds, self._folder / name)
                code = 0
            finally:
                os._exit(code)
        self.running[name] = pid

    def kill(self, name: str) -> None:
        """As a machine that is gone."""
        pid = self.running.pop(name)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        self.killed_at[name] = time.monotonic()

    def wait(self) -> None:
        """For the end of all."""
        for name, pid in list(self.running.items()):
            _, status = os.waitpid(pid, 0)
            del self.running[name]
            assert status == 0, f"{name} ended with {status}"


class Progress:
    """How many messages have ended, by what the pollers note; each line is read once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[Path, int] = defaultdict(int)
        self.ended = 0

    def look(self) -> int:
        for path in self._folder.glob("node-*"):
            with path.open("rb") as file:
                file.seek(self._read[path])
                # Of a line that is only half there yet, the word at its begin may be; its number follows.
                whole, _, _ = file.read().rpartition(b"\n")
            self.ended += whole.count(b"end ")
            self._read[path] += len(whole)
        return self.ended


def run(url: str, folder: Path, *, messages: int, pollers: int, kills: int, lease_seconds: float, seed: int) -> Outcome:
    """Fills the queue, and kills pollers at random, each of which another one replaces, until all is done."""
    began, chance = time.monotonic(), random.Random(seed)
    jobs = [f"job-{number:05}" for number in range(messages)]
    with Ledger(url) as ledger:
        for job in jobs:
            ledger.queue.add(PROJECT, {"_job": job, "name": "spider"}, 0, "nobody")
    work, progress = Pollers(url, lease_seconds, folder), Progress(folder)
    try:
        for _ in range(pollers):
            work.start()
        for number in range(kills):
            before = progress.look()
            # Spread over the work, whatever it takes.
            while progress.look() < messages * (number + 1) // (kills + 1) or messages > progress.ended == before:
                time.sleep(0.02)
            work.kill(chance.choice(sorted(work.running)))
            work.start()
        work.wait()
    finally:
        for name in list(work.running):
            work.kill(name)
    return _outcome(folder, jobs, work.killed_at, time.monotonic() - began)


def _outcome(folder: Path, jobs: list[str], killed_at: dict[str, float], seconds: float) -> Outcome:
    spans: dict[str, list[tuple[float, float]]] = defaultdict(list)
    ends: dict[str, int] = defaultdict(int)
    for path in folder.glob("node-*"):
        begun: dict[str, float] = {}
        for line in path.read_text().splitlines():
            what, *rest = line.split(" ")
            if len(rest) != 2:
                continue  # the kill came in the middle of it
            job, at = rest[0], float(rest[1])
            if what == "begin":
                begun[job] = at
            else:
                spans[job].append((begun.pop(job), at))
                ends[job] += 1
        for job, at in begun.items():
            spans[job].append((at, killed_at[path.name]))
    overlapping = sum(
        any(later[0] < before[1] for before, later in zip(sorted(had), sorted(had)[1:], strict=False))
        for had in spans.values()
    )
    return Outcome(
        kills=len(killed_at),
        lost=sum(not ends[job] for job in jobs),
        done_twice=sum(count > 1 for count in ends.values()),
        overlapping=overlapping,
        seconds=round(seconds, 1),
    )


def main() -> None:
    """Prints what came of it, as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--pollers", type=int, default=8)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--lease-seconds", type=float, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--url", help="an empty database, in place of one that is made")
    options = vars(parser.parse_args())
    url = options.pop("url")
    with tempfile.TemporaryDirectory() as folder:
        if url:
            outcome = run(url, Path(folder), **options)
        else:
            programs = find_programs()
            assert programs is not None, "no PostgreSQL is installed (Debian: apt-get install postgresql)"
            with PostgresServer(programs) as server:
                outcome = run(server.new_database(), Path(folder), **options)
    print(json.dumps(asdict(outcome)))


if __name__ == "__main__":
    main()
