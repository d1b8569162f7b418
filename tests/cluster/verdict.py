"""What must be true after a round, whatever has happened in it; a sentence for each thing that is not."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Collection, Iterator, Sequence
from datetime import date

import lake_readers
import psycopg
from machine import Machine

from sandbox import Sandbox
from shopdata import config
from shopdata.store.object_store import ObjectStore

#: So many intervals between requests are looked at together.
TOGETHER = 3
#: What has no place in a log, whatever is away.
UNHANDLED = re.compile(r"^Traceback|Unhandled", re.MULTILINE)


class Verdict:
    """Looks at portal, store, ledger and machines.

    Args:
        apart_seconds: how far apart the requests of one shop must be.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        store: config.ObjectStoreSettings,
        url: str,
        machines: Sequence[Machine],
        datasets: Sequence[str],
        apart_seconds: float,
    ) -> None:
        self._sandbox, self._store, self._url, self._machines = sandbox, store, url, machines
        self._datasets, self._apart = datasets, apart_seconds
        self._told: set[tuple[str, str]] = set()
        #: The shortest time between the arrivals of two requests of one shop, over all rounds.
        self.shortest_gap = float("inf")

    def problems(
        self, day: date, after: int, sign_ins: dict[str, tuple[int, int]], kinds: Collection[str]
    ) -> list[str]:
        """Of a round.

        Args:
            after: the number of the portal's last record before it.
            sign_ins: by shop, at least and at most so many sign-ins since the start.
            kinds: what has gone wrong in it.
        """
        return [
            *(problem for dataset in self._datasets for problem in self._published(dataset, day)),
            *self._orders(day),
            *self._sign_ins(sign_ins),
            *self._pace(after, kinds),
            *self._left_in_ledger(),
            *self._left_on_machines(),
        ]

    def _published(self, dataset: str, day: date) -> Iterator[str]:
        rows = lake_readers.read_by_pyarrow(self._store, day, dataset)[1]
        if rows != lake_readers.as_parquet(lake_readers.sent(self._sandbox, day, dataset=dataset)):
            yield f"{dataset} {day}: {len(rows)} rows are published, and they are not those of the portal"
        with ObjectStore(self._store) as objects:
            receipt = json.loads(objects.get_bytes(f"receipts/jd/{dataset}/dt={day}.json"))
            told = [(receipt[part]["key"], receipt[part]["sha256"]) for part in ("workbook", "parquet")]
            told += [(shop["raw_key"], shop["sha256"]) for shop in receipt["shops"]]
            for key, sha256 in told:
                stored = objects.stat(key)
                if stored is None or stored.sha256 != sha256:
                    yield f"{key} is not what its receipt says"
        yield from (f"{dataset} {day}: {shop['id']} is missing" for shop in receipt["missing"])

    def _orders(self, day: date) -> Iterator[str]:
        orders = self._sandbox.counters().jobs
        for shop in self._sandbox.shops:
            # Each was published, so that as many orders as reports are one of each.
            if (count := orders.get(shop.id, {}).get(str(day), 0)) != len(self._datasets):
                yield f"{day} {shop.id}: {count} reports were ordered, expected {len(self._datasets)}"

    def _sign_ins(self, sign_ins: dict[str, tuple[int, int]]) -> Iterator[str]:
        counters = self._sandbox.counters()
        for shop in self._sandbox.shops:
            count, (least, most) = counters.logins.get(shop.id, 0), sign_ins.get(shop.id, (0, 0))
            if not least <= count <= most:
                yield f"{shop.id} was signed in {count} times, expected {least} to {most}"
        yield from (f"{shop}: {count} sign-ins refused" for shop, count in counters.refused_logins.items())

    def _pace(self, after: int, kinds: Collection[str]) -> Iterator[str]:
        for shop in self._sandbox.shops:
            starts = [record.started for record in self._sandbox.records(shop.id, after=after) if record.is_paced]
            gaps = [later - before for before, later in itertools.pairwise(starts)]
            self.shortest_gap = min([self.shortest_gap, *gaps])
            # Known are times of arrival: one that a busy machine holds up comes closer to the next one, so that several
            # together are looked at.
            apart = TOGETHER * self._apart
            if "sleep" in kinds:
                # Who falls asleep between the turn and the request sends it on waking up.
                apart -= self._apart
            if "database" in kinds:
                # Without the ledger each run keeps the interval by itself, and there is one for each dataset.
                apart /= len(self._datasets)
            for before, later in zip(starts, starts[TOGETHER:], strict=False):
                if later - before < 0.7 * apart:
                    yield f"{shop.id} was asked {TOGETHER + 1} times in {later - before:.2f} s"

    def _left_in_ledger(self) -> Iterator[str]:
        with psycopg.connect(self._url.replace("+psycopg", "")) as ledger:
            for (name,) in ledger.execute("SELECT name FROM leases WHERE until > clock_timestamp()"):
                yield f"the lease {name!r} is left"
            for job, holder in ledger.execute("SELECT job, holder FROM queue"):
                yield f"{job} is still in the queue, held by {holder or 'nobody'}"
            for dt, shop, owner in ledger.execute("SELECT dt, shop, lease_owner FROM cells WHERE lease_owner > ''"):
                yield f"{dt} {shop} is held by {owner}"
            for dt, shop, state in ledger.execute("SELECT dt, shop, state FROM cells WHERE state <> 'published'"):
                yield f"{dt} {shop} is {state}"
            for job, state in ledger.execute("SELECT job, state FROM slots WHERE state = 'claimed'"):
                yield f"a slot of {job} is {state} and in no queue"

    def _left_on_machines(self) -> Iterator[str]:
        for machine in self._machines:
            yield from (f"{machine.name}: {name} is still in the outbox" for name in machine.outbox())
            yield from (f"{machine.name}: {process} outlived its run" for process in machine.crawls())
            for name, text in machine.logs().items():
                for match in UNHANDLED.finditer(text):
                    found = text[match.start() :][:1500]
                    if (name, found) not in self._told:
                        self._told.add((name, found))
                        yield f"{machine.name} {name}: {found}"
