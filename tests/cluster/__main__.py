"""Rounds of a cluster on which everything goes wrong, by a seed.

    .venv/bin/python -m tests.cluster --rounds 30 --seed 1

Three services with state directories of their own share one PostgreSQL and one object store. In each round a day of two
datasets is due on all of them; machines are killed and suspended, the database is restarted, the store is away, a disk
is lost. Then calm returns. Must be true: exact rows in the published Parquet, one order per shop, day and dataset, no
second sign-in while one lives, the pace of each shop, and nothing left in ledger, queue, outboxes or process list.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS.parent), str(TESTS), *(str(TESTS / name) for name in ("cluster", "crawl", "service"))]
# Sentences are compared.
os.environ["LC_ALL"] = "C.UTF-8"

from postgresql_server import PostgresServer, find_programs  # noqa: E402 - it is a program of its own
from rounds import cluster  # noqa: E402

from sandbox.store import SeaweedStore  # noqa: E402

#: Of the same shops, at the same time.
DATASETS = ("jd_store", "jd_manage_pro")


def main() -> int:
    """Tells each round and the sums; 1 if something was not as it must be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shops", type=int, default=6)
    options = parser.parse_args()
    programs = find_programs()
    assert programs is not None, "no PostgreSQL is installed (Debian: apt-get install postgresql)"
    folder = Path(tempfile.mkdtemp(prefix="shopdata-cluster-"))
    with PostgresServer(programs) as database, SeaweedStore() as store:
        with cluster(folder, database, store, DATASETS, seed=options.seed, shops=options.shops) as made:
            for _ in range(options.rounds):
                made.round()
        outcome = made.outcome
    met = ", ".join(f"{kind} {count}" for kind, count in sorted(outcome.met.items()))
    minutes = outcome.seconds / 60
    print(f"{outcome.rounds} rounds of seed {options.seed}, {options.shops} shops, {minutes:.0f} minutes: {met}")
    gap = f"the closest of one shop {outcome.shortest_gap:.2f} s apart"
    print(f"{outcome.requests} requests, {gap}; {outcome.sign_ins} sign-ins; problems: {len(outcome.problems)}")
    if outcome.problems:
        print(f"what is left of them: {folder}")
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
