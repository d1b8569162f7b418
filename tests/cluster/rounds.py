"""Rounds of a cluster: a day is due, things go wrong by a seed, calm returns, and all must be there once."""

from __future__ import annotations

import random
import secrets
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from machine import TIMEOUT_SECONDS, Machine, wait_until
from misfortunes import LEASE_SECONDS, Fate, Misfortune, choose
from postgresql_server import PostgresServer
from store_relay import StoreRelay
from verdict import Verdict
from workplace import Workplace

from sandbox import Sandbox, SandboxOptions
from sandbox.store import SeaweedStore
from shopdata.exceptions import StoreError
from shopdata.ledger import Ledger

FIRST_DAY = date(2026, 3, 2)
MACHINES = 3
#: What a shop is asked when all goes well: list, order, and the list until the report is there.
REQUESTS_OF_A_SHOP = 5
#: The pace of a shop.
APART_SECONDS = 1.0
#: A whole day, with all that may go wrong in it, on a machine that has much else to do.
ROUND_SECONDS = 420
NODE_LOST_SECONDS = 15


@dataclass
class Outcome:
    """What came of all rounds."""

    rounds: int = 0
    problems: list[str] = field(default_factory=list)
    #: How often each kind of misfortune was met.
    met: Counter[str] = field(default_factory=Counter)
    sign_ins: int = 0
    requests: int = 0
    shortest_gap: float = 0
    seconds: float = 0


class Cluster:
    """Three services on one database and one store, and the portals that they ask.

    Args:
        folder: an empty one.
        datasets: what is collected, at the same time: a shop has one pace for all of them.
    """

    def __init__(
        self,
        folder: Path,
        database: PostgresServer,
        store: SeaweedStore,
        sandbox: Sandbox,
        datasets: Sequence[str],
        *,
        seed: int,
    ) -> None:
        self._chance, self._sandbox, self._datasets = random.Random(seed), sandbox, datasets
        self._relay = StoreRelay(store.settings().endpoint)
        bucket = store.settings(bucket=f"test-{secrets.token_hex(6)}")
        settings = bucket.model_copy(update={"endpoint": self._relay.endpoint})
        self._url = database.new_database()
        shared = {
            "SHOPDATA_DATABASE_URL": self._url,
            "SHOPDATA_SECRET_KEY": "a key for tests, the same on all machines",
            "SHOPDATA_LEASE_SECONDS": str(LEASE_SECONDS),
            "SHOPDATA_NODE_LOST_SECONDS": str(NODE_LOST_SECONDS),
        }
        self._machines = []
        for number in range(MACHINES):
            place = Workplace(folder / f"machine-{number + 1}", sandbox, settings)
            place.variables |= shared
            # Whoever comes first asks, whoever has signed in: else most of what befalls the others would meet nobody.
            place.edit("portals.yaml", lambda portals: portals["jd"].update(roam="any"))
            place.edit("shops.yaml", self._name_datasets)
            self._machines.append(Machine(f"machine {number + 1}", place))
        self._fate = Fate(self._machines, database, self._relay)
        self._verdict = Verdict(sandbox, settings, self._url, self._machines, datasets, APART_SECONDS)
        self._sign_ins: dict[str, tuple[int, int]] = {}
        self.outcome = Outcome()

    def begin(self, *, is_due: bool = False) -> None:
        """One machine has sessions of all shops; then all services start.

        Args:
            is_due: the first day is due as soon as all are up, by the last one's clock, and not at the next minute. The
                others know nothing of it before the round: where the last one takes its time to come, their next
                minute would begin it without that one.
        """
        self._machines[0].place.sign_in(*(shop.id for shop in self._sandbox.shops))
        *others, last = self._machines
        for machine in others:
            machine.schedule([])
        last.schedule(self._jobs(FIRST_DAY) if is_due else [])
        starts = [machine.start(**_clock("08:00:00", is_due)) for machine in others]
        for machine, start in zip(others, starts, strict=True):
            machine.started(start.wait(TIMEOUT_SECONDS))
        last.begin(**_clock("08:29:55", is_due))

    def _name_datasets(self, file: dict[str, list[dict[str, object]]]) -> None:
        for shop in file["shops"]:
            shop["datasets"] = list(self._datasets)

    def _jobs(self, day: date) -> list[dict[str, object]]:
        job = {"args": {"date": str(day)}, "crew": MACHINES, "cron": "* * * * *"}
        return [job | {"name": f"{dataset}-{day}", "spider": dataset} for dataset in self._datasets]

    def end(self) -> None:
        """Nothing is left running."""
        for machine in self._machines:
            machine.kill()
            machine.place.close()
        self._relay.cut()

    def round(self, misfortunes: Sequence[Misfortune] | None = None) -> list[str]:
        """Lets a day be collected, with what the seed says, or these; returns what is not as it must be."""
        began, since = time.monotonic(), datetime.now(UTC)
        day = FIRST_DAY + timedelta(days=self.outcome.rounds)
        shops = len(self._sandbox.shops)
        chosen = (
            choose(self._chance, MACHINES, REQUESTS_OF_A_SHOP * shops * len(self._datasets))
            if misfortunes is None
            else misfortunes
        )
        records = self._sandbox.records()
        mark = records[-1].number if records else 0
        self._end_sessions(chosen)
        for machine in self._machines:
            machine.schedule(self._jobs(day))
        problems: list[str] = []
        try:
            self._let_happen(chosen, mark, day)
            self._fate.calm()
            wait_until(lambda: self._is_published(day), "all shops are published", ROUND_SECONDS)
            for machine in self._machines:
                machine.schedule([])
            wait_until(self._is_idle, "nothing waits or runs", ROUND_SECONDS)
            # A machine on which nothing runs any more looks once a minute.
            wait_until(lambda: not any(machine.outbox() for machine in self._machines), "all is sent", ROUND_SECONDS)
        except TimeoutError as error:
            problems.append(str(error))
        kinds = {misfortune.kind for misfortune in chosen}
        problems += self._verdict.problems(day, since, self._sign_ins, kinds)
        self._note(chosen, problems, time.monotonic() - began)
        return problems

    def crawled(self) -> list[int]:
        """How many crawls each machine has begun."""
        return [len(machine.logs()) - 1 for machine in self._machines]

    def _end_sessions(self, chosen: Sequence[Misfortune]) -> None:
        """In each second round the portal ends the sessions of some shops: they are signed in once, by one machine."""
        if self.outcome.rounds % 2 == 0:
            return
        # One that dies between the portal's yes and the ledger's has signed in for nobody.
        deaths = sum(misfortune.kind not in ("store",) for misfortune in chosen)
        for shop in self._chance.sample(self._sandbox.shops, 2):
            self._sandbox.expire_sessions(shop.id)
            count = self._sandbox.counters().logins.get(shop.id, 0)
            self._sign_ins[shop.id] = count + 1, count + 1 + deaths

    def _let_happen(self, chosen: Sequence[Misfortune], mark: int, day: date) -> None:
        ends: list[tuple[float, Misfortune]] = []
        waiting = list(chosen)
        while waiting or ends:
            now = time.monotonic()
            for due in [end for end in ends if end[0] <= now]:
                ends.remove(due)
                self._fate.end(due[1])
            asked = sum(record.is_paced for record in self._sandbox.records(after=mark))
            if waiting and (asked >= waiting[0].after_requests > 0 or self._has_begun(day, waiting[0])):
                misfortune = waiting.pop(0)
                self._fate.begin(misfortune)
                ends.append((time.monotonic() + misfortune.seconds, misfortune))
            time.sleep(0.1)

    def _has_begun(self, day: date, misfortune: Misfortune) -> bool:
        """For those of the first moment: a run is there. For all: the day is done before they come."""
        try:
            with Ledger(self._url) as ledger:
                cells = [cell for cell in ledger.cells() if cell.dt == str(day)]
        except Exception:  # noqa: BLE001 - the database may be what is away
            return False
        cells_of_day = len(self._sandbox.shops) * len(self._datasets)
        is_done = [cell.state for cell in cells] == ["published"] * cells_of_day
        return is_done or (misfortune.after_requests == 0 and bool(cells))

    def _is_published(self, day: date) -> bool:
        try:
            receipts = [self._machines[0].place.receipt(str(day), dataset) for dataset in self._datasets]
        except StoreError:
            return False
        return all(len(receipt["shops"]) == len(self._sandbox.shops) for receipt in receipts)

    def _is_idle(self) -> bool:
        with Ledger(self._url) as ledger:
            queued = ledger.queue.count("shopdata") + len(ledger.queue.held("shopdata"))
        return not queued and all(machine.is_idle() for machine in self._machines)

    def _note(self, chosen: Sequence[Misfortune], problems: list[str], seconds: float) -> None:
        outcome, counters = self.outcome, self._sandbox.counters()
        outcome.rounds += 1
        outcome.met.update(misfortune.kind for misfortune in chosen)
        outcome.problems += [f"round {outcome.rounds}: {problem}" for problem in problems]
        outcome.sign_ins = sum(counters.logins.values())
        outcome.requests = sum(counters.requests.values())
        outcome.shortest_gap = self._verdict.shortest_gap
        outcome.seconds += seconds
        what = "; ".join(map(str, chosen))
        print(f"round {outcome.rounds}: {what}: {len(problems)} problems, {seconds:.0f} s", flush=True)
        for problem in problems:
            print(f"  {problem}", flush=True)


def _clock(time_of_day: str, is_rehearsal: bool) -> dict[str, str]:
    return {"SHOPDATA_SERVICE_NOW": f"2026-03-03T{time_of_day}"} if is_rehearsal else {}


@contextmanager
def cluster(
    folder: Path,
    database: PostgresServer,
    store: SeaweedStore,
    datasets: Sequence[str] = ("jd_store",),
    *,
    seed: int,
    shops: int,
    is_due: bool = False,
) -> Iterator[Cluster]:
    """It runs for the length of the block."""
    options = SandboxOptions(
        shops=shops,
        pdd_shops=0,
        rows=5,
        report_seconds=3,
        empty_link_seconds=0.2,
        # Sooner than a shop may be asked: it is the pace that keeps requests apart.
        poll_every_seconds=0.2,
        requests_per_second=1 / APART_SECONDS,
    )
    with Sandbox(options) as sandbox:
        made = Cluster(folder, database, store, sandbox, datasets, seed=seed)
        try:
            made.begin(is_due=is_due)
            yield made
        finally:
            made.end()
