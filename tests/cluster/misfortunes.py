"""What goes wrong in a round: chosen by a seed, begun at a moment of the run, over after a while."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from machine import Machine
from postgresql_server import PostgresServer
from store_relay import StoreRelay

#: What a service keeps and does not show life for is another's after so long (SHOPDATA_LEASE_SECONDS).
LEASE_SECONDS = 6
KINDS = ("kill machine", "kill crawl", "kill service", "sleep", "database", "store", "lost disk")


@dataclass(frozen=True)
class Misfortune:
    """One of `KINDS`, of the machine with this number, after so many requests to the portal in this round."""

    kind: str
    machine: int
    after_requests: int
    seconds: float

    def __str__(self) -> str:
        where = "" if self.kind in ("database", "store") else f" {self.machine + 1}"
        return f"{self.kind}{where} after {self.after_requests} requests for {self.seconds:.1f} s"


def choose(chance: random.Random, machines: int, requests: int) -> list[Misfortune]:
    """One or two, in the order in which they begin; the second may begin while the first goes on.

    Args:
        requests: so many are asked in a quiet round.
    """
    chosen = []
    for kind in chance.sample(KINDS, chance.choice((1, 2, 2))):
        longer = LEASE_SECONDS * chance.uniform(1.4, 2.2)
        seconds = {"sleep": longer, "database": chance.uniform(0, 4)}.get(kind, chance.uniform(1, 8))
        chosen.append(Misfortune(kind, chance.randrange(machines), chance.randint(0, requests), seconds))
    return sorted(chosen, key=lambda misfortune: misfortune.after_requests)


class Fate:
    """Lets it happen, and be over."""

    def __init__(self, machines: Sequence[Machine], database: PostgresServer, store: StoreRelay) -> None:
        self._machines, self._database, self._store = machines, database, store

    def begin(self, misfortune: Misfortune) -> None:
        """It happens."""
        machine = self._machines[misfortune.machine]
        act: dict[str, Callable[[], object]] = {
            "database": self._database.stop,
            "store": self._store.cut,
            "kill machine": machine.kill,
            "kill crawl": machine.kill_crawls,
            "kill service": machine.kill_service,
            "sleep": machine.sleep,
            "lost disk": machine.lose_disk,
        }
        act[misfortune.kind]()

    def end(self, misfortune: Misfortune) -> None:
        """It is over; a service that would find no database is started later."""
        machine = self._machines[misfortune.machine]
        if misfortune.kind == "database":
            self._database.start()
        elif misfortune.kind == "store":
            self._store.mend()
        elif misfortune.kind == "sleep":
            machine.wake()
        elif self._database.is_running and not machine.is_up():
            machine.begin()

    def calm(self) -> None:
        """Nothing is wrong any more."""
        self._database.start()
        self._store.mend()
        for machine in self._machines:
            machine.wake()
            if not machine.is_up():
                machine.begin()
