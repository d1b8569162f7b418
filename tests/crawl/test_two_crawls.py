"""Two crawls of one day at once: on one machine with SQLite, on two machines with PostgreSQL."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import lake_readers
import psutil
import psycopg
import pytest
from postgresql_server import PostgresServer
from workplace import Run, Workplace, crawl_command, is_locked, stand_still_unlocked

from sandbox import EVERY_SHOP, Fault
from shopdata.ledger import Cell, Ledger

pytestmark = [
    pytest.mark.services,
    pytest.mark.skipif(os.name == "nt", reason="Windows can't stop a process for a while"),
]

DAY = date(2026, 3, 1)
DT = str(DAY)
SHOPS = 6
KEY = "a key for tests, the same on both machines"


@dataclass
class TwoMachines:
    """Two state directories and one ledger; or one of each, if the ledger is SQLite's."""

    place: Workplace
    #: What the environment of each machine says.
    variables: list[dict[str, str]]
    runs: list[Run] = field(default_factory=list)

    def start(self, machine: int, *options: str) -> Run:
        self.runs.append(self.place.start(*crawl_command(f"date={DAY}", *options), **self.variables[machine]))
        return self.runs[-1]

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        """Looked into as a command would that holds nothing."""
        with Ledger.at(self.place.state_dir, self.variables[0].get("SHOPDATA_DATABASE_URL")) as ledger:
            yield ledger

    def cells(self) -> list[Cell]:
        with self.ledger() as ledger:
            return ledger.cells()

    def holders(self) -> set[str]:
        """The ids of the runs that hold a cell or a partition."""
        with self.ledger() as ledger:
            texts = [*(cell.lease_owner for cell in ledger.cells()), ledger.leases.holder(f"partition jd_store {DT}")]
        return {text.partition("|")[0] for text in texts if text}

    @contextmanager
    def asleep(self, run: Run) -> Iterator[None]:
        """The run's process does nothing for the length of the block, as on a laptop that was closed."""
        process = psutil.Process(run.process.pid)
        try:
            stand_still_unlocked(process, self.place.state_dir, self._is_locked)
            yield
        finally:
            process.resume()

    def _is_locked(self) -> bool:
        url = self.variables[0].get("SHOPDATA_DATABASE_URL")
        if url is None:
            return is_locked(self.place.state_dir / "ledger.sqlite3")
        try:
            with psycopg.connect(url.replace("+psycopg", "")) as database:
                database.execute("SELECT FROM cells FOR UPDATE NOWAIT")
                database.execute("SELECT FROM leases FOR UPDATE NOWAIT")
                database.execute("SELECT FROM paces FOR UPDATE NOWAIT")
                database.execute("SELECT FROM sessions FOR UPDATE NOWAIT")
        except psycopg.errors.LockNotAvailable:
            return True
        return False

    def publications(self) -> list[int]:
        """How often each run says that it published."""
        return [run.err.count(f"jd_store {DT}: published") for run in self.runs]

    def is_published_whole(self) -> bool:
        sandbox, store = self.place.sandbox, self.place.store
        return lake_readers.read_by_pyarrow(store, DAY)[1] == lake_readers.as_parquet(lake_readers.sent(sandbox, DAY))


MakeMachines = Callable[..., TwoMachines]


@pytest.fixture(params=["sqlite", "postgresql"])
def make_machines(request: pytest.FixtureRequest, make_workplace: Callable[..., Workplace]) -> MakeMachines:
    def make(**options: Any) -> TwoMachines:
        place = make_workplace(shops=SHOPS, **options)
        place.sign_in(*(shop.id for shop in place.shops))
        if request.param == "sqlite":
            return TwoMachines(place, [{}, {}])
        server: PostgresServer = request.getfixturevalue("postgresql_server")
        other: Path = place.folder / "other_state"
        shutil.copytree(place.state_dir, other)
        url = server.new_database()
        return TwoMachines(
            place,
            [
                {"SHOPDATA_DATABASE_URL": url, "SHOPDATA_SECRET_KEY": KEY},
                {"SHOPDATA_DATABASE_URL": url, "SHOPDATA_SECRET_KEY": KEY, "SHOPDATA_STATE_DIR": str(other)},
            ],
        )

    return make


def test_they_share_the_work(make_machines: MakeMachines) -> None:
    machines = make_machines(report_seconds=1.0)
    sandbox = machines.place.sandbox
    first = machines.start(0, "--set=SHOPDATA_SHOPS_AT_ONCE=1")
    first.wait_until(lambda: sandbox.counters().jobs)
    with machines.asleep(first):
        # While it waits for the portal it may have begun with the next shop, and not ordered its report yet.
        others = {cell.key.shop for cell in machines.cells() if not cell.lease_owner}
        assert others
        machines.start(1).wait_until(lambda: sandbox.counters().jobs.keys() >= others)
    for run in machines.runs:
        run.wait()
        assert run.code == 0, run.text
        assert "Traceback" not in run.text

    counters = sandbox.counters()
    shops = [shop.id for shop in machines.place.shops]
    assert counters.jobs == {shop: {DT: 1} for shop in shops}
    assert counters.downloads == dict.fromkeys(shops, 1)
    cells = machines.cells()
    assert {cell.attempts for cell in cells} == {1}
    assert len({cell.run_id for cell in cells}) == 2, "both had a part in it"
    assert sorted(machines.publications()) == [0, 1]
    assert machines.is_published_whole()
    assert machines.holders() == set()
    with machines.ledger() as ledger:
        assert [(run.outcome, run.exit_code) for run in ledger.runs()] == [("complete", 0)] * 2
        assert all(run.pid in {run.process.pid for run in machines.runs} for run in ledger.runs())

    receipt = machines.place.receipt(DT)
    sandbox.clear_records()
    third = machines.start(1).wait()
    assert third.code == 0, third.text
    assert sandbox.records() == []
    assert machines.publications()[-1] == 0
    assert machines.place.receipt(DT) == receipt


def test_ctrl_c_leaves_the_rest_to_the_other(make_machines: MakeMachines) -> None:
    machines = make_machines()
    place = machines.place
    # So that all of them are still the first one's when the other comes.
    place.sandbox.set_fault(EVERY_SHOP, Fault.REPORT_HELD)
    first = machines.start(0)
    first.wait_until(lambda: len(place.sandbox.counters().jobs) == SHOPS)
    with machines.asleep(first):
        second = machines.start(1)
        second.wait_until(lambda: second.err.count("wait for run") == SHOPS)
        first.interrupt()
    first.wait()
    assert first.code not in (0, None)
    place.sandbox.clear_faults(fault=Fault.REPORT_HELD)
    second.wait()
    assert second.code == 0, second.text
    assert place.sandbox.counters().jobs == {shop.id: {DT: 1} for shop in place.shops}
    assert machines.is_published_whole()
    assert machines.holders() == set()


def test_a_machine_that_sleeps_loses_its_part_and_spoils_nothing(make_machines: MakeMachines) -> None:
    machines = make_machines()
    place = machines.place
    place.sandbox.set_fault(EVERY_SHOP, Fault.REPORT_HELD)
    options = ["--set=SHOPDATA_LEASE_SECONDS=3"]
    first = machines.start(0, *options)
    first.wait_until(lambda: len(place.sandbox.counters().jobs) == SHOPS)
    with machines.asleep(first):
        place.sandbox.clear_faults(fault=Fault.REPORT_HELD)
        second = machines.start(1, *options).wait()
        assert second.code == 0, second.text
        published, receipt = machines.cells(), place.receipt(DT)
    first.wait()
    assert first.code == 0, first.text
    assert "is no longer ours" in first.err
    assert "Traceback" not in first.text
    assert place.sandbox.counters().jobs == {shop.id: {DT: 1} for shop in place.shops}
    assert machines.publications() == [0, 1]
    assert (machines.cells(), place.receipt(DT)) == (published, receipt)
    assert machines.is_published_whole()
    assert machines.holders() == set()
