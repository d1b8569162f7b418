"""Pollers of one queue, killed at random: what is lost, and what two of them have had at the same time.

By hand, the whole of it, on a PostgreSQL of its own: `.venv/bin/python tests/ledger/queue_kills.py`.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

REPO = Path(__file__).parents[2]
sys.path.insert(0, str(REPO))

from shopdata.ledger import Ledger  # noqa: E402 - a poller is a program of its own

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


def run(url: str, folder: Path, *, messages: int, pollers: int, kills: int, lease_seconds: float, seed: int) -> Outcome:
    """Fills the queue, and kills pollers at random, each of which another one replaces, until all is done."""
    began, chance = time.monotonic(), random.Random(seed)
    jobs = [f"job-{number:05}" for number in range(messages)]
    with Ledger(url) as ledger:
        for job in jobs:
            ledger.queue.add(PROJECT, {"_job": job, "name": "spider"}, 0, "nobody")
    killed_at: dict[str, float] = {}
    running: dict[str, subprocess.Popen[bytes]] = {}

    def start() -> None:
        name = f"node-{len(running) + len(killed_at)}"
        command = [sys.executable, __file__, url, name, str(lease_seconds), str(folder / name)]
        running[name] = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(REPO)})

    try:
        for _ in range(pollers):
            start()
        done_before = 0
        for number in range(kills):
            # Spread over the work, whatever it takes.
            while (done := _count_ended(folder)) < messages * (number + 1) // (kills + 1) or done == done_before:
                assert any(process.poll() is None for process in running.values()), "all pollers ended"
                time.sleep(0.02)
            done_before = done
            name = chance.choice(sorted(running))
            process = running.pop(name)
            process.kill()
            process.wait()
            killed_at[name] = time.monotonic()
            start()
        for process in running.values():
            assert process.wait() == 0
    finally:
        for process in running.values():
            process.kill()
    return _outcome(folder, jobs, killed_at, time.monotonic() - began)


def _count_ended(folder: Path) -> int:
    return sum(path.read_text().count("end ") for path in folder.glob("node-*"))


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
        spans_left = [(job, (at, killed_at[path.name])) for job, at in begun.items()]
        for job, span in spans_left:
            spans[job].append(span)
    overlapping = sum(
        any(later[0] < before[1] for before, later in zip(sorted(had), sorted(had)[1:], strict=False))
        for had in spans.values()
    )
    return Outcome(
        kills=len(killed_at),
        lost=sum(not ends[job] for job in jobs),
        done_twice=sum(count > 1 for count in ends.values()),
        overlapping=overlapping,
        seconds=seconds,
    )


def main() -> None:
    """A poller, with its arguments; without any, the whole of it."""
    if len(sys.argv) > 1:
        url, node, lease_seconds, log = sys.argv[1:]
        poll(url, node, float(lease_seconds), Path(log))
        return
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from postgresql_server import PostgresServer, find_programs

    programs = find_programs()
    assert programs is not None
    with PostgresServer(programs) as server, tempfile.TemporaryDirectory() as folder:
        url = server.new_database()
        print(run(url, Path(folder), messages=10_000, pollers=8, kills=30, lease_seconds=5, seed=1))


if __name__ == "__main__":
    main()
