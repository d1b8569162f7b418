"""One, two and four nodes on a day on which the portal is what is waited for; and what follows for 5,000 shops.

    python -m benchmarks.cluster [--shops 90] [--at-once 8] [--report-seconds 30] [--answer-seconds 2.5]

A node is a `scrapy crawl jd_store` with a state directory of its own; they share a PostgreSQL and an object store. Each
number of nodes collects a day of its own, of the same shops, with saved sessions.

What bounds a node is how many shops it has with the portal at the same moment, `SHOPDATA_SHOPS_AT_ONCE`: eight, as
somebody sets it who does not want to be seen with more from one address. A shop that waits for its pace or its report
does not count; one that waits for an answer does, and the portal takes 2.5 seconds for each. By itself a node would
take 32 shops for each core at once, and one would be as fast as four.

*Collecting* is the time from the first request to the portal, which follows the first lease at once, to the last byte
from it, with all that is waited for, the 30 seconds of a report too; neither the start of the first node nor the merge
is in it. There are enough shops for some to have the places while others wait for their reports.
"If perfect" is what the same rules give where sharing costs nothing: a calculation, shop by shop, of the places alone.
The last table is computed: see benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from benchmarks.measuring import ROOT, processor_seconds
from benchmarks.places import seconds_of
from benchmarks.workbench import Workbench, workbench
from sandbox import Fault, SandboxOptions
from sandbox.faults import EVERY_SHOP

sys.path.insert(0, str(ROOT / "tests"))

from postgresql_server import PostgresServer, find_programs

FIRST_DAY = date(2026, 3, 1)
NODES = (1, 2, 4)
#: As portals.yaml has it.
POLL_EVERY_SECONDS = 5
#: Of the model: shops, datasets of each, and machines as (nodes, cores of each).
SHOPS, DATASETS = 5000, 7
MACHINES = ((1, 2), (1, 4), (2, 4), (4, 4))
REPORT_SECONDS = (30, 300)


@dataclass(frozen=True)
class Day:
    """What a number of nodes took. Seconds; those of the processor are of all nodes together."""

    nodes: int
    all_of_it: float
    collecting: float
    processor: float


class Nodes:
    """State directories that share a ledger."""

    def __init__(self, bench: Workbench, url: str, options: argparse.Namespace) -> None:
        self._bench, self._url, self._options = bench, url, options

    def let_shops_roam(self) -> None:
        """All nodes have one address: a shop is anybody's, whoever has signed it in."""
        self._bench.edit("portals.yaml", lambda portals: portals["jd"].update(roam="any"))

    def save_sessions(self) -> None:
        """The first node has them; its first run brings them into the ledger."""
        self._bench.save_sessions(state=self._state(0))

    def collect(self, day: date, nodes: int) -> Day:
        """Lets so many nodes collect a day; all must end with 0."""
        sandbox = self._bench.sandbox
        sandbox.clear_records()
        used, began = processor_seconds(), time.monotonic()
        crawls = [self._start(day, number) for number in range(nodes)]
        for crawl in crawls:
            if crawl.wait() != 0:
                raise subprocess.CalledProcessError(crawl.returncode, "scrapy crawl")
        seconds, processor = time.monotonic() - began, processor_seconds() - used
        records = [record for record in sandbox.records() if record.shop_id]
        if not records:
            return Day(nodes, seconds, 0, processor)
        first = min(record.started for record in records)
        last = max(record.started + (record.seconds or 0) for record in records)
        orders = sandbox.counters().jobs
        assert all(days == {str(day): 1} for days in orders.values()), "a report was ordered twice"
        return Day(nodes, seconds, last - first, processor)

    def _start(self, day: date, number: int) -> subprocess.Popen[bytes]:
        environment = self._bench.environment() | {
            "SHOPDATA_STATE_DIR": str(self._state(number)),
            "SHOPDATA_DATABASE_URL": self._url,
            "SHOPDATA_SECRET_KEY": "a key for benchmarks, the same on all nodes",
        }
        settings = ("LOG_LEVEL=WARNING", f"SHOPDATA_SHOPS_AT_ONCE={self._options.at_once}", "SHOPDATA_PROGRESS=False")
        command = ["scrapy", "crawl", "jd_store", "-a", f"date={day}", *(part for s in settings for part in ("-s", s))]
        return subprocess.Popen([sys.executable, "-m", *command], env=environment, cwd=ROOT)

    def _state(self, number: int) -> Path:
        return self._bench.folder / f"node-{number + 1}"


def main() -> None:
    """Prints both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shops", type=int, default=90)
    parser.add_argument("--rows", type=int, default=20)
    parser.add_argument("--at-once", type=int, default=8)
    parser.add_argument("--report-seconds", type=float, default=30)
    parser.add_argument("--answer-seconds", type=float, default=2.5)
    options = parser.parse_args()
    programs = find_programs()
    assert programs is not None, "no PostgreSQL is installed (Debian: apt-get install postgresql)"
    sandbox_options = SandboxOptions(
        shops=options.shops,
        pdd_shops=0,
        rows=options.rows,
        report_seconds=options.report_seconds,
        poll_every_seconds=POLL_EVERY_SECONDS,
        report_deadline_seconds=600,
        order_grace_seconds=15,
        requests_per_second=1,
        slow_seconds=options.answer_seconds,
    )
    with workbench(sandbox_options) as bench, PostgresServer(programs) as server:
        nodes = Nodes(bench, server.new_database(), options)
        nodes.let_shops_roam()
        nodes.save_sessions()
        days = [FIRST_DAY + timedelta(days=number) for number in range(len(NODES))]
        for day in days:
            bench.sandbox.prepare(day)
        bench.sandbox.set_fault(EVERY_SHOP, Fault.SLOW)
        measured = [nodes.collect(day, count) for day, count in zip(days, NODES, strict=True)]
        # Published already: what a run takes that asks for nothing.
        start = nodes.collect(days[0], 1)
        tell(measured, start, options)


def tell(measured: Sequence[Day], start: Day, options: argparse.Namespace) -> None:
    """What was measured, and the model."""
    one = measured[0]
    print("\nnodes   all of it   collecting   times as fast   if perfect   processor")
    for day in measured:
        ratio = one.collecting / day.collecting
        perfect = seconds_of(
            options.shops,
            day.nodes,
            options.at_once,
            answer=options.answer_seconds,
            report=options.report_seconds,
            look_every=POLL_EVERY_SECONDS,
        )
        print(
            f"{day.nodes:<5} {day.all_of_it:9.1f} s {day.collecting:10.1f} s {ratio:13.2f} {perfect:11.0f} s"
            f" {day.processor:9.1f} s"
        )
    cell = (one.processor - start.processor) / options.shops
    lost = (measured[-1].processor - one.processor) / (measured[-1].nodes - 1) / max(start.processor, 0.1)
    print(
        f"\na run that asks for nothing: {start.processor:.2f} s of processor; a cell: {cell:.3f} s, its merge included"
    )
    print(f"each further node costs as much processor as {lost:.1f} such runs")
    print(f"\n{SHOPS:,} shops x {DATASETS} datasets, minutes (computed)")
    print("reports of  " + "".join(f"{f'{nodes} x {cores} cores':>14}" for nodes, cores in MACHINES))
    for report in REPORT_SECONDS:
        minutes = [model(cell, start.processor, report, *machine) for machine in MACHINES]
        print(f"{report:>6} s    " + "".join(f"{m:14.0f}" for m in minutes))


def model(cell: float, start: float, report: float, nodes: int, cores: int) -> float:
    """Minutes for all datasets of all shops: the processor's work, shared by all cores, and one report's wait each."""
    work = SHOPS * DATASETS * cell + nodes * DATASETS * start
    return (work / (nodes * cores) + DATASETS / cores * report) / 60


if __name__ == "__main__":
    main()
