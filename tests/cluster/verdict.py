"""What must be true after a round, whatever has happened in it; a sentence for each thing that is not."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime

import lake_readers
import psycopg
from machine import Machine
from turns import Turns

from sandbox import Sandbox
from shopdata import config
from shopdata.store.object_store import ObjectStore

#: What has no place in a log, whatever is away.
UNHANDLED = re.compile(r"^Traceback|Unhandled", re.MULTILINE)


class Verdict:
    """Looks at portal, store, ledger and machines.

    Args:
        apart_seconds: how far apart the turns of one shop must be.
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
        self._datasets, self._turns = datasets, Turns(url, apart_seconds)
        self._told: set[tuple[str, str]] = set()
        #: The shortest time between the arrivals of two requests of one shop, over all rounds.
        self.shortest_gap = float("inf")

    def problems(
        self, day: date, since: datetime, sign_ins: dict[str, tuple[int, int]], kinds: Collection[str]
    ) -> list[str]:
        """Of a round.

        Args:
            since: when it began.
            sign_ins: by shop, at least and at most so many sign-ins since the start.
            kinds: what has gone wrong in it.
        """
        return [
            *(problem for dataset in self._datasets for problem in self._published(dataset, day)),
            *self._orders(day),
            *self._sign_ins(sign_ins),
            *self._pace(since, kinds),
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

    def _pace(self, since: datetime, kinds: Collection[str]) -> Iterator[str]:
        logs = [text for machine in self._machines for text in (*machine.logs().values(), *machine.lost_logs)]
        for shop in self._sandbox.shops:
            records = [record for record in self._sandbox.records(shop.id) if record.is_paced and record.at >= since]
            gaps = [(later.at - before.at).total_seconds() for before, later in itertools.pairwise(records)]
            self.shortest_gap = min([self.shortest_gap, *gaps])
            arrivals = [record.at for record in records]
            yield from self._turns.problems(shop.id, arrivals, since, logs, is_ledger_there="database" not in kinds)

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
