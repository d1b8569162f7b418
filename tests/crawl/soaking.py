"""Some business days of a company with many shops on which everything goes wrong, again and again, by a seed.

Runs are killed (at a step, or at any moment), the store is away, portals have faults, two runs of a day go on at once.
Then calm returns, and what is there is compared with what the portals have.
"""

from __future__ import annotations

import json
import random
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import lake_readers
from faulty_http import closed_port
from workplace import Run, Workplace

from sandbox import Fault, Sandbox, SandboxOptions
from shopdata import config
from shopdata.failpoints import FailPoint

FIRST_DAY = date(2026, 3, 2)
DATASETS = {"jd_store": "jd_store", "pdd_kpi": "pdd_kpi_days"}
ROWS = 20
PARTITION_POINTS = tuple(FailPoint)[tuple(FailPoint).index(FailPoint.MERGE_BEFORE) :]
#: How many calm runs may be needed for each dataset: one sends and fixes, one more for what a fault still had in hand.
CALM_RUNS = 3
#: Each costs a run something, and none of them a cell its report.
FAULTS = {
    "jd": (
        (Fault.SERVER_ERROR_ONCE, None),
        (Fault.SERVER_ERROR_ALWAYS, "list"),
        (Fault.TOO_MANY_REQUESTS, None),
        (Fault.TRUNCATED_DOWNLOAD, None),
        (Fault.CREATE_ANSWER_LOST, None),
    ),
    "pdd": ((Fault.SERVER_ERROR_ONCE, None), (Fault.SERVER_ERROR_ALWAYS, None), (Fault.TRUNCATED_DOWNLOAD, None)),
}


@dataclass
class Soak:
    """One soak.

    Args:
        folder: an empty one.
        shops: on both platforms together; four of five on JD.
        rounds: how many runs meet something bad before calm returns.
    """

    folder: Path
    store: config.ObjectStoreSettings
    seed: int
    shops: int
    days: int = 3
    rounds: int = 8
    met: Counter[str] = field(default_factory=Counter)
    survivors: list[str] = field(default_factory=list)
    codes: dict[str, int | None] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def business_days(self) -> list[date]:
        return [FIRST_DAY + timedelta(days=number) for number in range(self.days)]

    def run(self) -> None:
        """Bad days, then calm ones."""
        began = time.monotonic()
        self._random = random.Random(self.seed)
        pdd = max(self.shops // 5, 1)
        options = SandboxOptions(
            shops=self.shops - pdd,
            pdd_shops=pdd,
            rows=ROWS,
            report_seconds=0.3,
            empty_link_seconds=0.1,
            slow_seconds=1,
            # What a killed run has sent may be answered long after the next one has begun.
            order_grace_seconds=10,
        )
        self._sandbox = Sandbox(options)
        with self._sandbox:
            self._place = Workplace(self.folder, self._sandbox, self.store)
            patience = {"max_tries": 2, "retry_after_seconds": 0.1, "cooldown_tries": 1, "cooldown_seconds": 0.1}
            for platform in ("jd", "pdd"):
                self._place.edit("portals.yaml", lambda file, name=platform: file[name].update(patience))
            self._place.edit("lake.yaml", lambda lake: lake["object_store"].update(max_tries=1))
            self._place.sign_in(*(shop.id for shop in self._sandbox.shops))
            try:
                for number in range(self.rounds):
                    # Mornings come one after the other; each run catches up with the days before.
                    self._bad_runs(self.business_days[number * self.days // self.rounds])
                self._sandbox.clear_faults()
                self._calm_runs()
                self.problems = list(self._problems())
            finally:
                self._place.close()
        self.seconds = time.monotonic() - began

    def _bad_runs(self, today: date) -> None:
        """One run or two at once, each with something bad, while some portals have faults."""
        self._sandbox.clear_faults()
        for shop in self._random.sample(self._sandbox.shops, max(len(self._sandbox.shops) // 5, 1)):
            fault, at = self._random.choice(FAULTS[shop.platform])
            self._sandbox.set_fault(shop.id, fault, times=self._random.randint(1, 3), at=at)
            self.met[f"fault {fault}"] += 1
        spider = self._random.choice(list(DATASETS))
        own = [shop.id for shop in self._sandbox.shops if shop.platform == spider.split("_")[0]]
        # Some shops at a time: a day that one run has done whole leaves the next ones nothing to be killed at.
        some = self._random.sample(own, min(max(len(own) // 4, 2), len(own)))
        runs = [self._start(spider, today, some) for _ in range(self._random.choice((1, 1, 2)))]
        self.met["two at once"] += len(runs) == 2
        for run in runs:
            self._await(run)

    def _start(self, spider: str, today: date, shops: list[str]) -> tuple[Run, float | None]:
        """Starts a run; with it comes the moment (seconds) at which it is to be killed from outside."""
        arguments = [
            "crawl",
            spider,
            "-a",
            f"start={FIRST_DAY}",
            "-a",
            f"end={today}",
            "-a",
            f"shops={','.join(shops)}",
        ]
        variables: dict[str, str] = {}
        what = self._random.choice(("failpoint", "failpoint", "failpoint", "moment", "store", "nothing"))
        if what == "failpoint":
            point = self._random.choice([p for p in FailPoint if not p.startswith(("session", "refresh"))])
            # What is passed once for each partition is not passed as often as what is passed for each cell.
            often = 2 if point in PARTITION_POINTS else max(len(shops) // 2, 1)
            arguments += ["-s", "SHOPDATA_FAILPOINTS_KILL=1"]
            variables["SHOPDATA_FAILPOINT"] = f"{point}:{self._random.randint(1, often)}"
        elif what == "store":
            variables["SHOPDATA_S3_ENDPOINT"] = closed_port()
        kill_after = self._random.uniform(0.3, 6) if what == "moment" else None
        self.met[what] += 1
        return self._place.start(*arguments, **variables), kill_after

    def _await(self, started: tuple[Run, float | None]) -> None:
        run, kill_after = started
        if kill_after is not None:
            end = time.monotonic() + kill_after
            while run.code is None and time.monotonic() < end:
                run.look()
                time.sleep(0.05)
            if run.code is None:
                run.process.kill()
        run.wait(600)
        self.met["ended by SIGKILL"] += run.code == -9
        self.survivors += run.survivors()

    def _calm_runs(self) -> None:
        for spider in DATASETS:
            for _ in range(CALM_RUNS):
                last = self.business_days[-1]
                run = self._place.scrapy("crawl", spider, "-a", f"start={FIRST_DAY}", "-a", f"end={last}")
                self.met["calm"] += 1
                self.survivors += run.survivors()
                self.codes[spider] = run.code
                if run.code == 0:
                    break

    # -- what must be true in the end -------------------------------------------------------------------------------

    def _problems(self) -> Iterator[str]:
        yield from (f"{name} outlived its run" for name in self.survivors)
        yield from (f"{spider} ended with {code}" for spider, code in self.codes.items() if code != 0)
        yield from self._ledger_problems()
        for shop, days in self._sandbox.counters().jobs.items():
            yield from (f"{shop} {day}: {count} reports ordered" for day, count in days.items() if count != 1)
        for day in self.business_days:
            yield from self._day_problems(day)

    def _ledger_problems(self) -> Iterator[str]:
        with closing(sqlite3.connect(self._place.state_dir / "ledger.sqlite3")) as ledger:
            cells = ledger.execute("SELECT dataset, dt, shop, state, lease_owner FROM cells").fetchall()
            now = datetime.now(UTC).replace(tzinfo=None).isoformat(" ")
            leases = ledger.execute("SELECT name FROM leases WHERE until > ?", (now,)).fetchall()
        yield from (f"the lease {name} is left" for (name,) in leases)
        yield from (f"{dt} {shop} is held by {owner}" for _, dt, shop, _, owner in cells if owner)
        there = {(dataset, dt, shop) for dataset, dt, shop, state, _ in cells if state in ("published", "empty")}
        expected = {
            (DATASETS[spider], str(day), shop.id)
            for spider, platform in (("jd_store", "jd"), ("pdd_kpi", "pdd"))
            for day in self.business_days
            for shop in self._sandbox.shops
            if shop.platform == platform
        }
        yield from (f"{cell} is missing" for cell in sorted(expected - there))
        yield from (f"{cell} was never asked for" for cell in sorted(there - expected))

    def _day_problems(self, day: date) -> Iterator[str]:
        if lake_readers.read_by_pyarrow(self.store, day)[1] != lake_readers.as_parquet(
            lake_readers.sent(self._sandbox, day)
        ):
            yield f"jd_store {day}: other rows than the portal has"
        for platform, dataset in (("jd", "jd_store"), ("pdd", "pdd_kpi_days")):
            receipt = self._receipt(platform, dataset, day)
            shops = [shop for shop in self._sandbox.shops if shop.platform == platform]
            rows = {shop.id: len(self._sandbox.truth(shop.id, day, dataset=dataset).rows) for shop in shops}
            if {shop["id"]: shop["rows"] for shop in receipt["shops"]} != rows or receipt["missing"]:
                yield f"{dataset} {day}: the receipt has other rows than the portal"
            yield from self._receipt_problems(receipt)

    def _receipt(self, platform: str, dataset: str, day: date) -> dict[str, Any]:
        with self._place.objects() as objects:
            return json.loads(objects.get_bytes(f"receipts/{platform}/{dataset}/dt={day}.json"))

    def _receipt_problems(self, receipt: dict[str, Any]) -> Iterator[str]:
        told = [(receipt[part]["key"], receipt[part]["sha256"]) for part in ("workbook", "parquet")]
        told += [(shop["raw_key"], shop["sha256"]) for shop in receipt["shops"]]
        with self._place.objects() as objects:
            for key, sha256 in told:
                stored = objects.stat(key)
                if stored is None or stored.sha256 != sha256:
                    yield f"{key} is not what its receipt says"

    def figures(self) -> Sequence[str]:
        """For people."""
        cells = self.shops * self.days
        kinds = ", ".join(f"{name} {count}" for name, count in sorted(self.met.items()))
        return (
            f"seed {self.seed}: {self.shops} shops x {self.days} days = {cells} cells, {self.seconds:.0f} s",
            f"met: {kinds}",
            f"problems: {len(self.problems)}",
        )
