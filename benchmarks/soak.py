"""Business days through one service on which everything goes wrong: coverage, doubles, left-overs, memory.

    python -m benchmarks.soak [--shops 500] [--days 30] [--seed 1] [--rows 5]

So many shops on each platform; three datasets of JD and four of Pinduoduo, all of them daily ones that need no
browser, so that there are seven cells for a pair. The days of February and March 2026 are queued one after the other,
as the schedule would have done. Some times a day (`--strikes`) a crawl, the service or all of its processes are killed
by a seed, or the store is cut off; what a day still lacks when the service has nothing more to do is queued again. Pace
and reports are quick: what is looked for is what is lost, doubled, left or grows. The exit code is 1 if anything is.
Ctrl-C ends it after the day that goes on.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import secrets
import signal
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import psutil

from benchmarks.measuring import ROOT
from sandbox import Sandbox, SandboxOptions
from sandbox.store import SeaweedStore
from shopdata.exceptions import StoreError

TESTS = ROOT / "tests"
sys.path[:0] = [str(TESTS / name) for name in (".", "service", "cluster")]

from machine import Machine, wait_until  # noqa: E402
from store_relay import StoreRelay  # noqa: E402
from workplace import Workplace  # noqa: E402

FIRST_DAY = date(2026, 2, 2)
JD = ("jd_store", "jd_manage_pro", "jd_ad_effect")
PDD = ("pdd_kpi_days", "pdd_badscore", "pdd_after_sales", "pdd_bills")
#: Reports that are ordered, by platform: the sandbox counts orders of a shop and day.
ORDERED = {"jd": ("jd_store", "jd_manage_pro"), "pdd": ("pdd_after_sales", "pdd_bills")}
KINDS = ("kill crawl", "kill service", "kill machine", "store")
#: How often a day may be queued until it is whole.
TRIES = 4
DAY_SECONDS = 3600


class Soak:
    """One service and its portals."""

    def __init__(self, folder: Path, store: SeaweedStore, sandbox: Sandbox, seed: int) -> None:
        self._sandbox, self._chance = sandbox, random.Random(seed)
        self._relay = StoreRelay(store.settings().endpoint)
        bucket = store.settings(bucket=f"soak-{secrets.token_hex(6)}")
        place = Workplace(folder, sandbox, bucket.model_copy(update={"endpoint": self._relay.endpoint}))
        place.edit("shops.yaml", self._name_datasets)
        place.edit("lake.yaml", lambda lake: lake["object_store"].update(max_tries=1))
        place.variables |= {"SHOPDATA_SECRET_KEY": "a key for benchmarks"}
        self._machine = Machine("service", place)
        self._machine.schedule([])
        self.met: Counter[str] = Counter()
        self.queued_again = 0
        #: MB of the service alone, after each day.
        self.memory: list[float] = []

    @staticmethod
    def _name_datasets(file: dict[str, list[dict[str, object]]]) -> None:
        for shop in file["shops"]:
            shop["datasets"] = list(JD if shop["platform"] == "jd" else PDD)

    def __enter__(self) -> Soak:
        self._machine.place.sign_in(*(shop.id for shop in self._sandbox.shops))
        self._machine.begin()
        return self

    def __exit__(self, *exception: object) -> None:
        self._machine.kill()
        self._machine.place.close()
        self._relay.cut()

    # -- a day ------------------------------------------------------------------------------------------------------

    def day(self, day: date, strikes: int) -> None:
        """Collects it, whatever comes; then calm, and again what it lacks."""
        self._queue(day, [*JD, *PDD])
        end = time.monotonic() + DAY_SECONDS
        while not self._machine.is_idle():
            if time.monotonic() > end:
                raise TimeoutError(f"{day} does not end")
            time.sleep(self._chance.uniform(2, 20))
            if strikes:
                strikes -= 1
                self._strike(self._chance.choice(KINDS))
        for _ in range(TRIES):
            lacking = sorted({dataset for dataset, shop in self._expected(day) - self._there(day)})
            if not lacking:
                break
            self.queued_again += 1
            self._queue(day, lacking)
            wait_until(self._machine.is_idle, f"{day} is calm", DAY_SECONDS)
        self.memory.append(round(psutil.Process(self._machine.pid).memory_full_info().uss / 1e6, 1))

    def _queue(self, day: date, datasets: list[str]) -> None:
        for dataset in datasets:
            own = {"spider": "pdd_kpi", "period": "day"} if dataset == "pdd_kpi_days" else {"spider": dataset}
            self._machine.post("schedule.json", project="shopdata", date=str(day), **own)

    def _strike(self, kind: str) -> None:
        self.met[kind] += 1
        if kind == "kill crawl":
            crawls = sorted(self._machine.crawls(), key=lambda process: process.pid)
            with contextlib.suppress(psutil.Error, IndexError):
                self._chance.choice(crawls).kill()
        elif kind == "kill service":
            self._machine.kill_service()
            self._machine.begin()
        elif kind == "kill machine":
            self._machine.kill()
            self._machine.begin()
        elif kind == "store":
            self._relay.cut()
            time.sleep(self._chance.uniform(0.5, 5))
            self._relay.mend()

    # -- what must be true ------------------------------------------------------------------------------------------

    def _expected(self, day: date) -> set[tuple[str, str]]:
        return {
            (dataset, shop.id) for shop in self._sandbox.shops for dataset in (JD if shop.platform == "jd" else PDD)
        }

    def _cells(self) -> list[tuple[str, str, str, str, str]]:
        with closing(sqlite3.connect(self._machine.place.state_dir / "ledger.sqlite3", timeout=60)) as ledger:
            return ledger.execute("SELECT dataset, dt, shop, state, lease_owner FROM cells").fetchall()

    def _there(self, day: date) -> set[tuple[str, str]]:
        return {
            (dataset, shop)
            for dataset, dt, shop, state, _ in self._cells()
            if dt == str(day) and state in ("published", "empty")
        }

    def coverage(self, days: list[date]) -> tuple[int, int]:
        """Cells that are there, and that are to be."""
        return sum(len(self._there(day)) for day in days), sum(len(self._expected(day)) for day in days)

    def doubles(self, days: list[date]) -> list[str]:
        """Reports that were ordered more than once, and receipts with other rows than the portal has."""
        return [*self._double_orders(days), *self._other_rows(days)]

    def _double_orders(self, days: list[date]) -> Iterator[str]:
        orders = self._sandbox.counters().jobs
        for shop in self._sandbox.shops:
            for day in days:
                count, expected = orders.get(shop.id, {}).get(str(day), 0), len(ORDERED[shop.platform])
                if count != expected:
                    yield f"{shop.id} {day}: {count} orders of {expected} reports"

    def _other_rows(self, days: list[date]) -> Iterator[str]:
        with self._machine.place.objects() as objects:
            for day in days:
                for dataset in (*JD, *PDD):
                    platform = dataset.partition("_")[0]
                    try:
                        receipt = json.loads(objects.get_bytes(f"receipts/{platform}/{dataset}/dt={day}.json"))
                    except StoreError:
                        yield f"{dataset} {day}: no receipt"
                        continue
                    told = {shop["id"]: shop["rows"] for shop in receipt["shops"]}
                    sent = {
                        shop.id: len(self._sandbox.truth(shop.id, day, dataset=dataset).rows)
                        for shop in self._sandbox.shops
                        if shop.platform == platform
                    }
                    if told != sent or receipt["missing"]:
                        yield f"{dataset} {day}: the receipt has other rows than the portal"

    def left_overs(self) -> list[str]:
        """Files in the outbox, processes, leases, cells that somebody holds."""
        with contextlib.suppress(TimeoutError):
            # A service on which nothing runs looks once a minute.
            wait_until(lambda: not self._machine.outbox(), "all is sent", 180)
        found = [f"outbox: {name}" for name in self._machine.outbox()]
        found += [f"process: {process}" for process in self._machine.crawls()]
        found += [f"{dt} {shop} of {dataset} is held" for dataset, dt, shop, _, owner in self._cells() if owner]
        with closing(sqlite3.connect(self._machine.place.state_dir / "ledger.sqlite3")) as ledger:
            found += [f"lease: {name}" for (name,) in ledger.execute("SELECT name FROM leases")]
        return found

    def second_sign_ins(self) -> int:
        """All sessions were there at the beginning, and none was ended."""
        return sum(self._sandbox.counters().logins.values())


def main() -> int:
    """Prints a line for each day, and the sums."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shops", type=int, default=500)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", type=int, default=5)
    parser.add_argument("--strikes", type=int, default=3, help="how often something goes wrong on a day")
    options = parser.parse_args()
    sandbox_options = SandboxOptions(
        shops=options.shops,
        pdd_shops=options.shops,
        rows=options.rows,
        reviews=3,
        report_seconds=0.5,
        empty_link_seconds=0.1,
        requests_per_second=20,
    )
    days = [FIRST_DAY + timedelta(days=number) for number in range(options.days)]
    with (
        tempfile.TemporaryDirectory(prefix="shopdata-soak-") as folder,
        SeaweedStore() as store,
        Sandbox(sandbox_options) as sandbox,
        Soak(Path(folder), store, sandbox, options.seed) as soak,
    ):
        began, done = time.monotonic(), 0
        is_over = threading.Event()
        signal.signal(signal.SIGINT, lambda *_: is_over.set())
        for day in days:
            soak.day(day, options.strikes)
            done += 1
            there, all_of_it = soak.coverage(days[:done])
            told = f"{there} of {all_of_it} cells, {time.monotonic() - began:.0f} s, service {soak.memory[-1]:.0f} MB"
            print(f"{day}: {told}", flush=True)
            if is_over.is_set():
                break
        is_good = tell(soak, days[:done], options, time.monotonic() - began)
    return 0 if is_good else 1


def tell(soak: Soak, days: list[date], options: argparse.Namespace, seconds: float) -> bool:
    """Prints the sums; True if all is as it must be."""
    (there, expected), sign_ins = soak.coverage(days), soak.second_sign_ins()
    problems = {"doubles": soak.doubles(days), "left-overs": soak.left_overs()}
    size = f"{options.shops} shops of each platform x {len(days)} days"
    met = ", ".join(f"{kind} {count}" for kind, count in sorted(soak.met.items()))
    print(f"\n{size}, seed {options.seed}: {seconds / 60:.0f} minutes; {met}; queued again {soak.queued_again} times")
    print(f"coverage {there / expected:.2%} of {expected} cells; sign-ins {sign_ins}")
    for name, found in problems.items():
        print(f"{name}: {len(found)}", *found[:10], sep="\n  ")
    part = max(len(days) // 5, 1)
    first, last = statistics.median(soak.memory[:part]), statistics.median(soak.memory[-part:])
    print(f"memory of the service: {first:.0f} MB in the first {part} days, {last:.0f} MB in the last {part}")
    return there == expected and not any(problems.values()) and not sign_ins


if __name__ == "__main__":
    sys.exit(main())
