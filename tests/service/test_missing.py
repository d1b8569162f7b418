"""What a shop is missing once it is signed in, and how several shops come into one run."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from scrapyd.config import Config

from shopdata.ledger import CellKey, Ledger
from shopdata.periods import SHANGHAI
from shopdata.reasons import Reason
from shopdata.service.control import Due
from shopdata.service.queues import SpiderQueue
from shopdata.service.run_queue import RunQueue
from shopdata.service.shared_queue import SharedQueue
from shopdata.service.sign_ins.missing import ask_for_missing
from shopdata.states import CellState
from shopdata.workspace import Workspace

NOW = datetime(2026, 11, 24, 8, 30, tzinfo=SHANGHAI)
SHIPPED = Path(__file__).parents[2] / "pipelines_config"


class Clock:
    """The service with two entries of schedule.yaml: one whose time has come today, one that is still to come."""

    def __init__(self, workspace: Workspace, *, is_paused: bool = False) -> None:
        self.workspace = workspace
        self.asked: list[tuple[str, tuple[str, ...], str]] = []
        self._is_paused = is_paused

    def now(self) -> datetime:
        return NOW

    def next_due(self) -> list[Due]:
        known = {"spider": "s", "arguments": {}, "is_enabled": True, "is_paused": self._is_paused, "next_at": None}
        jobs = {"jd_store": "0 8 * * *", "jd_late": "0 9 * * *"}
        return [Due(job=name, dataset=name, cron=cron, **known) for name, cron in jobs.items()]

    def collect_together(self, dataset: str, dts: Collection[str], shop: str) -> str:
        self.asked.append((dataset, tuple(sorted(dts)), shop))
        return "run"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Two shops of JD and two of its datasets; one shop began today."""
    config = tmp_path / "config"
    (config / "datasets").mkdir(parents=True)
    contract = yaml.safe_load((SHIPPED / "datasets" / "jd_store.yaml").read_text("utf-8"))
    for name in ("jd_store", "jd_late"):
        (config / "datasets" / f"{name}.yaml").write_text(yaml.safe_dump(contract), "utf-8")
    for name in ("portals.yaml", "lake.yaml"):
        (config / name).write_bytes((SHIPPED / name).read_bytes())
    known = {"platform": "jd", "username": "u", "password": "${FAKE_PASSWORD}"}
    shops = [{"id": "old", "name": "Old", **known}, {"id": "new", "name": "New", "since": "2026-11-24", **known}]
    (config / "shops.yaml").write_text(yaml.safe_dump({"shops": shops}), "utf-8")
    monkeypatch.setenv("FAKE_PASSWORD", "fake-1")
    monkeypatch.setenv("SHOPDATA_CONFIG_DIR", str(config))
    for name in ("ENDPOINT", "ACCESS_KEY", "SECRET_KEY"):
        monkeypatch.setenv(f"SHOPDATA_S3_{name}", "127.0.0.1:9")
    return Workspace(tmp_path / "state")


def sign_in(workspace: Workspace, shop_id: str, **clock: Any) -> list[tuple[str, tuple[str, ...], str]]:
    service = Clock(workspace, **clock)
    shop = next(shop for shop in workspace.read_config().shops if shop.id == shop_id)
    ask_for_missing(service, shop)  # type: ignore[arg-type]
    return service.asked


def test_before_its_first_sign_in_a_shop_misses_what_is_due_by_now(workspace: Workspace) -> None:
    assert sign_in(workspace, "old") == [("jd_store", ("2026-11-23",), "old")]
    assert sign_in(workspace, "new") == [], "it was not there on that day"
    assert sign_in(workspace, "old", is_paused=True) == [], "nobody wants it"


def test_what_waits_for_a_person_is_missing_and_what_a_run_has_in_hand_is_not(workspace: Workspace) -> None:
    with Ledger.at(workspace.state_dir) as ledger:
        for dt, state in (("2026-11-20", CellState.NEEDS_LOGIN), ("2026-11-23", CellState.PUBLISHED)):
            key = CellKey("jd_store", dt, "old")
            ledger.add_cells("jd", [key])
            ledger.claim(key, "run")
            ledger.settle(key, state, Reason("slider", {}, "a slider"))
    assert sign_in(workspace, "old") == [("jd_store", ("2026-11-20",), "old")]


@pytest.fixture(params=["near", "far"])
def queue(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SpiderQueue | SharedQueue]:
    """scrapyd's own, and the one that services share."""
    if request.param == "near":
        yield SpiderQueue(Config(values={"dbs_dir": str(tmp_path)}), "shopdata")
        return
    with Ledger.at(tmp_path) as ledger:
        shared = SimpleNamespace(ledger=ledger, staging=SimpleNamespace(node="here"), lease_seconds=60)
        yield SharedQueue(SimpleNamespace(inside=SimpleNamespace(workspace=shared)), "shopdata")


def test_shops_come_into_the_run_that_waits_for_the_same_periods(queue: SpiderQueue | SharedQueue) -> None:
    runs = RunQueue(None, None, SimpleNamespace(queues={"shopdata": queue}), str)
    queue.add("jd_store", periods="2026-11-23", _job="all")  # of all shops: nobody is taken into it
    queue.add("jd_store", periods="2026-11-23", shops="a", _job="one", _version="7")
    queue.add("jd_store", periods="2026-11-22", shops="a", _job="other day")

    queue.look()
    wanted = {"periods": "2026-11-23"}
    assert runs._join("jd_store", wanted, "b") == "one"
    queue.look()
    assert runs._join("jd_store", wanted, "b") == "one"
    assert runs._join("jd_store", wanted, "c", "another machine") == ""
    assert runs._join("pdd_chat", wanted, "b") == ""
    assert runs._join("jd_store", {"periods": "2026-11-21"}, "b") == ""
    waiting = {message["_job"]: (message.get("shops"), message.get("_version")) for message in queue.list()}
    assert waiting == {"all": (None, None), "one": ("a,b", "7"), "other day": ("a", None)}
    assert [message["_job"] for message in queue.list()] == ["all", "one", "other day"]


def test_a_run_that_was_handed_out_meanwhile_takes_nobody_in(queue: SpiderQueue | SharedQueue) -> None:
    queue.add("jd_store", periods="2026-11-23", shops="a", _job="one")
    queue.look()
    (seen,) = queue.list()
    assert queue.take(lambda message: message["_job"] == seen["_job"]) is not None
    assert not queue.change(seen, {**seen, "shops": "a,b"})
    queue.look()
    assert queue.list() == []


def test_of_two_that_take_somebody_in_at_once_the_second_sees_that_it_is_another(
    queue: SpiderQueue | SharedQueue,
) -> None:
    queue.add("jd_store", periods="2026-11-23", shops="a", _job="one")
    queue.look()
    (seen,) = queue.list()
    assert queue.change(seen, {**seen, "shops": "a,b"})
    assert not queue.change(seen, {**seen, "shops": "a,c"})
    queue.look()
    assert [message["shops"] for message in queue.list()] == ["a,b"]
