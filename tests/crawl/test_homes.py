"""Where machines share a ledger, a shop is asked from the one that has signed it in, as long as that is at it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from postgresql_server import PostgresServer
from workplace import Workplace, crawl_command

from shopdata.crawling import homes
from shopdata.crawling.homes import LATE, ShopHomes
from shopdata.ledger import CellKey, Ledger
from shopdata.ledger.slots import CLAIMED, Slot
from shopdata.periods import SHANGHAI
from shopdata.sessions.places import FilePlace
from shopdata.sessions.row_place import RowPlace
from shopdata.states import CellState
from shopdata.store.node import node_of

RUN = "20260301T003000Z-0a1b2c"
DT = "2026-03-01"
KEY = "a key for tests, the same on both machines"


def shop(name: str) -> Any:
    return SimpleNamespace(id=name, platform="jd", file_stem=f"jd_{name}")


class Cluster:
    """Machine `here` with others, on one ledger; `roam` is that of portals.yaml."""

    def __init__(self, ledger: Ledger, tmp_path: Path) -> None:
        self.ledger, self.roam = ledger, "late"
        (tmp_path / "here").mkdir()
        self.here = node_of(tmp_path / "here")
        config = SimpleNamespace(portal=lambda _: SimpleNamespace(roam=self.roam))
        self.workspace: Any = SimpleNamespace(
            database_url="postgresql://shared", config=config, ledger=ledger, staging=SimpleNamespace(node=self.here)
        )
        for name, home in (("own", self.here), ("theirs", "other"), ("gone", "lost"), ("late", "other")):
            ledger.sessions.write(f"jd_{name}.session", b"sealed", home)
        ledger.sessions.write("jd_unknown.session", b"sealed")

    def take_part(self, node: str, number: int, seats: int = 4) -> None:
        """A machine is up, and has a member of the run."""
        self.ledger.nodes.beat_service(node, address=node, version="1", seats=seats)
        self.ledger.queue.add("shopdata", {"name": "jd_store", "_job": f"{RUN}.{number}", "_for": node}, 0, node)

    def homes(self, *names: str) -> ShopHomes:
        found = ShopHomes(self.workspace, f"{RUN}.1")
        found.begin([CellKey("jd_store", DT, name) for name in names])
        return found


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite3'}") as ledger:
        yield Cluster(ledger, tmp_path)


def turn(found: ShopHomes, name: str, seconds: float = 30) -> bool | None:
    """What came of it; None if it still waits."""

    async def wait() -> bool | None:
        try:
            return await asyncio.wait_for(found.turn(shop(name), {CellKey("jd_store", DT, name): 0}), seconds)
        except TimeoutError:
            return None

    return asyncio.run(wait())


def test_own_shops_first_and_others_from_the_end(cluster: Cluster) -> None:
    shops = [shop(name) for name in ("theirs", "own", "unknown", "gone")]
    assert [one.id for one in cluster.homes().in_order(shops)] == ["own", "gone", "unknown", "theirs"]
    cluster.workspace.database_url = None
    assert [one.id for one in cluster.homes().in_order(shops)] == ["theirs", "own", "unknown", "gone"]


def test_what_has_a_home_at_work_is_left_to_it(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(homes, "_LOOK_EVERY_SECONDS", 0.01)
    cluster.take_part("other", 2)
    cluster.take_part("lost", 3, seats=0)
    found = cluster.homes("own", "theirs", "gone", "unknown")
    assert [turn(found, name) for name in ("own", "gone", "unknown")] == [True, True, True]
    assert turn(found, "theirs", 0.2) is None
    # The other one is through with it: whoever wants to ask finds that.
    key = CellKey("jd_store", DT, "theirs")
    cluster.ledger.add_cells("jd", [key])
    assert turn(found, "theirs", 0.2) is None
    cluster.ledger.claim(key, f"{RUN}.2")
    assert turn(found, "theirs", 0.2) is None
    cluster.ledger.settle(key, CellState.FAILED)
    assert turn(found, "theirs") is True
    # Or it has no part in the run any more.
    assert turn(cluster.homes("late"), "late", 0.2) is None
    cluster.ledger.queue.remove("shopdata", [one.number for one in cluster.ledger.queue.free("shopdata")])
    assert turn(cluster.homes("late"), "late") is True


def test_late_is_half_an_hour_after_the_slot(cluster: Cluster) -> None:
    cluster.take_part("other", 2)
    decided_at = datetime.now(SHANGHAI) - LATE - timedelta(seconds=1)
    slot = Slot(job="day", due_at=decided_at, state=CLAIMED, decided_at=decided_at, run_id=RUN, owner="here")
    assert turn(cluster.homes("theirs"), "theirs", 0.2) is None
    assert cluster.ledger.slots.claim(slot)
    assert turn(cluster.homes("theirs"), "theirs") is True
    cluster.roam = "never"
    assert turn(cluster.homes("theirs"), "theirs", 0.2) is None


def test_never_and_any(cluster: Cluster) -> None:
    cluster.roam = "never"
    assert [turn(cluster.homes(name), name) for name in ("own", "unknown", "theirs")] == [True, True, False]
    cluster.take_part("other", 2)
    cluster.roam = "any"
    assert turn(cluster.homes("theirs"), "theirs") is True


@pytest.mark.services
def test_two_machines_each_ask_for_their_own(
    make_workplace: Callable[..., Workplace], postgresql_server: PostgresServer
) -> None:
    place = make_workplace(shops=4, pdd_shops=0, rows=5)
    ids = [one.id for one in place.shops]
    place.sign_in(*ids)
    states = [place.state_dir, place.folder / "other_state"]
    (states[1] / "sessions").mkdir(parents=True)
    for name in ids[2:]:
        (states[0] / "sessions" / f"jd_{name}.session").rename(states[1] / "sessions" / f"jd_{name}.session")
    url = postgresql_server.new_database()
    with Ledger(url) as ledger:
        nodes = [node_of(state) for state in states]
        for number, (node, state) in enumerate(zip(nodes, states, strict=True), 1):
            RowPlace.opened(ledger, KEY, node).take_in(FilePlace(state / "sessions", KEY))
            ledger.queue.add("shopdata", {"name": "jd_store", "_job": f"{RUN}.{number}", "_for": node}, 0, node)
        is_over = threading.Event()

        def show_life() -> None:
            while True:
                for node in nodes:
                    ledger.nodes.beat_service(node, address=node, version="1", seats=4)
                if is_over.wait(5):
                    return

        services = threading.Thread(target=show_life)
        services.start()
        try:
            runs = [
                place.start(
                    *crawl_command(f"date={date.fromisoformat(DT)}", f"_job={RUN}.{number}"),
                    SHOPDATA_DATABASE_URL=url,
                    SHOPDATA_SECRET_KEY=KEY,
                    SHOPDATA_STATE_DIR=str(state),
                )
                for number, state in enumerate(states, 1)
            ]
            for run in runs:
                run.wait()
                assert run.code == 0, run.text
        finally:
            is_over.set()
            services.join()
        asked_by = {cell.shop: cell.run_id for cell in ledger.cells()}
    assert asked_by == dict(zip(ids, [f"{RUN}.1"] * 2 + [f"{RUN}.2"] * 2, strict=True))
    assert place.sandbox.counters().logins == {}
