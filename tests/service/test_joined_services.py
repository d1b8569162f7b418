"""Two services with one PostgreSQL ledger: a slot's run has members on both, and one that is killed loses nothing."""

from __future__ import annotations

import gzip
import os
import secrets
from collections.abc import Iterator
from datetime import date

import pytest
import requests
import yaml
from postgresql_server import PostgresServer
from running import Running
from workplace import Workplace

from sandbox import EVERY_SHOP, Fault, Sandbox, SandboxOptions
from sandbox.store import SeaweedStore
from shopdata.ledger import Ledger
from shopdata.store.keys import log_key
from shopdata.store.object_store import ObjectStore

pytestmark = [
    pytest.mark.services,
    pytest.mark.skipif(os.name == "nt", reason="kills as a POSIX system does"),
]

DAY = date(2026, 3, 1)
DT = str(DAY)
JOB = {"name": "shared", "spider": "jd_store", "args": {"date": DT}, "cron": "30 8 * * *", "crew": 2}
KEY = "a key for tests, the same on both machines"


@pytest.fixture
def services(
    object_store_server: SeaweedStore, postgresql_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[list[Running], str]]:
    """Not started yet, with the database that they share."""
    url = postgresql_server.new_database()
    store = object_store_server.settings(bucket=f"test-{secrets.token_hex(6)}")
    with Sandbox(
        SandboxOptions(shops=6, pdd_shops=0, rows=5, report_seconds=1.0, report_deadline_seconds=900)
    ) as sandbox:
        places = [Workplace(tmp_path_factory.mktemp("machine"), sandbox, store) for _ in range(2)]
        for place in places:
            place.variables |= {"SHOPDATA_DATABASE_URL": url, "SHOPDATA_SECRET_KEY": KEY}
            # What a dead one had in hand is looked at before it lapses.
            place.variables["SHOPDATA_LEASE_SECONDS"] = "900"
            # One of them has signed in, and both ask.
            place.edit("portals.yaml", lambda portals: portals["jd"].update(roam="any"))
            (place.config_dir / "schedule.yaml").write_text(yaml.safe_dump({"jobs": [JOB]}), "utf-8")
        # Only one of them has ever signed in.
        places[0].sign_in(*(shop.id for shop in sandbox.shops))
        running = [Running(place) for place in places]
        try:
            yield running, url
        finally:
            for service in running:
                service.end()
            for place in places:
                place.close()


def shown(service: Running, page: str) -> tuple[int, str]:
    """Status and text of a page of a service's board."""
    answer = requests.get(f"{service.url}{page}", auth=service.auth, timeout=300)
    return answer.status_code, answer.text


def test_they_share_a_slot_and_one_is_killed(services: tuple[list[Running], str]) -> None:
    (here, there), url = services
    sandbox, shops = here.place.sandbox, [shop.id for shop in here.place.shops]
    # Both are at it until one is killed.
    sandbox.set_fault(EVERY_SHOP, Fault.REPORT_HELD)
    for service, now in ((here, "2026-11-24T08:00:00"), (there, "2026-11-24T08:29:50")):
        run = service.command("start", SHOPDATA_SERVICE_NOW=now)
        assert run.code == 0, run.text + service.log
    with Ledger(url) as ledger:

        def begun() -> set[str]:
            return {member.run_id for run in ledger.runs() for member in run.members}

        there.wait_until(lambda: len(begun()) == 2, "two members have begun")
        slot = ledger.slots.last_slot("shared")
        assert slot is not None
        assert begun() == {f"{slot.run_id}.1", f"{slot.run_id}.2"}
        assert [node.is_up for node in ledger.nodes.all()] == [True, True]
        there.wait_until(lambda: sandbox.counters().jobs.keys() == set(shops), "all are ordered")
        assert [len(service.ids("running")) for service in (here, there)] == [1, 1]
        (theirs,), (ours,) = there.ids("running"), here.ids("running")
        store = ObjectStore(here.place.store)
        here.wait_until(lambda: store.stat_anywhere(log_key("jd_store", theirs)), "its log is in the bucket")
        there.end()
        sandbox.clear_faults(fault=Fault.REPORT_HELD)
        here.wait_until(lambda: here.ids("finished"), "the other one has ended")
        assert {cell.state for cell in ledger.cells()} == {"published"}
        # Its job waits until it is sure that nobody works on it.
        left = sorted(begun() - here.ids("finished"))
        here.wait_until(
            lambda: [waiting.message["_job"] for waiting in ledger.queue.held("shopdata")] == left, "one job is left"
        )
        assert ledger.queue.count("shopdata") == 0
    _, runs = shown(here, "/board/runs?lang=en")
    # One line; no column, for nobody knows yet that one of them is gone.
    assert (runs.count(f'runs/{slot.run_id}"'), runs.count("2 members")) == (1, 1)
    _, one = shown(here, f"/board/runs/{slot.run_id}?lang=en")
    assert all(f"runs/{job}/log" in one for job in (ours, theirs))
    # Of the one that is gone, as it was.
    copied = gzip.decompress(store.get_bytes(log_key("jd_store", theirs))).decode()
    assert copied
    assert shown(here, f"/board/runs/{theirs}/log") == (200, copied)
    assert "of another machine" in shown(here, f"/board/runs/{theirs}?lang=en")[1]
    assert "of another machine" not in shown(here, f"/board/runs/{ours}?lang=en")[1]
    (told,) = here.get("runs.json", run=slot.run_id)["runs"]
    assert [(member["run_id"], member["node"] != "") for member in told["members"]] == sorted(
        (job, True) for job in (ours, theirs)
    )
    assert shown(here, "/board/nodes?lang=en")[1].count("s-node-") == 2
    assert sandbox.counters().jobs == {shop: {DT: 1} for shop in shops}
    assert sandbox.counters().logins == {}
    receipt = here.place.receipt(DT)
    assert ([shop["id"] for shop in receipt["shops"]], receipt["missing"]) == (shops, [])
    assert {shop["rows"] for shop in receipt["shops"]} == {5}
