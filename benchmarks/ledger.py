"""How many cells a second the ledger takes from the lease to the published file, on SQLite and on PostgreSQL.

    python -m benchmarks.ledger [--cells 300] [--postgresql URL] [--rounds 3]

A cell is written as a crawl of JD writes it: taken, its order noted, then its job, then the job's id; staged, sent, let
go of. One run at a time, and four at once, each a process with `--threads` cells in work (6: a crawl's on two cores).
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from sqlalchemy import event
from sqlalchemy.engine import Engine

from benchmarks.measuring import ROOT
from shopdata.ledger import CellKey, Ledger, Owner, RawFile
from shopdata.periods import SHANGHAI
from shopdata.states import CellState

DATASET, DT = "jd_store", "2026-03-01"
ORDER = {"report_type": "supplyChainPro", "submitted_at": "2026-03-02T08:30:00+08:00", "dt": DT, "listed": ["1"] * 20}


def main() -> None:
    """Prints a line for each database and number of writers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=int, default=300, help="of each writer")
    parser.add_argument("--threads", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--postgresql", help="a SQLAlchemy URL; its tables are made if they are missing")
    parser.add_argument("--writer", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.writer:
        write(*options.writer, options.cells, options.threads)
        return
    print(f"{'':<12} writers  cells/s   ms of processor   commits of a cell")
    with tempfile.TemporaryDirectory(prefix="shopdata-ledger-") as name:
        urls = {"SQLite": f"sqlite:///{name}/ledger.sqlite3"}
        if options.postgresql:
            urls["PostgreSQL"] = options.postgresql
        for database, url in urls.items():
            Ledger(url).close()
            for writers in (1, 4):
                show(database, url, writers, options)


def show(database: str, url: str, writers: int, options: argparse.Namespace) -> None:
    """Medians over the rounds."""
    rates, costs, commits = [], [], []
    for number in range(options.rounds):
        command = [sys.executable, "-m", "benchmarks.ledger", "--cells", str(options.cells), "--threads"]
        command += [str(options.threads), "--writer", url]
        runs = [
            subprocess.Popen([*command, f"{writers}-{number}-{n}-{time.time_ns()}"], cwd=ROOT, stdout=subprocess.PIPE)
            for n in range(writers)
        ]
        told = [[float(text) for text in run.communicate()[0].split()] for run in runs]
        begun, ended = min(t[0] for t in told), max(t[1] for t in told)
        cells = options.cells * writers
        rates.append(cells / (ended - begun))
        costs.append(sum(t[2] for t in told) / cells * 1000)
        commits.append(sum(t[3] for t in told) / cells)
    rate, cost, commit = map(statistics.median, (rates, costs, commits))
    print(f"{database:<12} {writers:>7} {rate:>8.1f} {cost:>17.1f} {commit:>19.1f}", flush=True)


def write(url: str, run_id: str, cells: int, threads: int) -> None:
    """One run of so many cells; prints when it began and ended, its processor seconds and its commits."""
    with Ledger(url) as ledger:
        claims = ledger.hold_for(Owner.here(run_id), 120)
        ledger.start_run(run_id, DATASET, {})
        keys = [CellKey(DATASET, DT, f"{run_id}-{number}") for number in range(cells)]
        ledger.add_cells("jd", keys)
        commits = 0

        def count(_connection: object) -> None:
            nonlocal commits
            commits += 1

        event.listen(Engine, "commit", count)

        def one(key: CellKey) -> None:
            claims.acquire({key: 0}, is_asking=True)
            ledger.cell(key)
            ledger.set_job(key, ORDER)
            ledger.set_job(key, {**ORDER, "task_name": "name"})
            ledger.set_job(key, {**ORDER, "task_name": "name", "report_id": "7"})
            raw = RawFile(
                key=f"raw/{key.shop}", sha256="0" * 64, bytes=1, ext="xlsx", rows=7, fetched_at=datetime.now(SHANGHAI)
            )
            claims.renew(key)
            ledger.settle(key, CellState.STAGED, raw=raw)
            ledger.mark_in_store(key, raw.sha256)
            claims.release(key)

        used, begun = time.process_time(), time.time()
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(one, keys))
        print(begun, time.time(), time.process_time() - used, commits)


if __name__ == "__main__":
    main()
