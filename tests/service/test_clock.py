"""The clock against a real ledger, with a queue and a time that a test holds in its hands."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from shopdata.config import Job, Schedule
from shopdata.ledger import Ledger
from shopdata.ledger.slots import CLAIMED, PAUSED, WATCHED, Slot
from shopdata.periods import SHANGHAI
from shopdata.service.clock import Clock
from shopdata.service.crawls import Crawl
from shopdata.service.due import Busy
from shopdata.service.timetable import watched_note

DAILY = Job(name="daily", spider="jd_store", cron="30 8 * * *")


class FakeService:
    """What the clock sees of a service; `state_dir` may be shared by several."""

    def __init__(self, state_dir: Path, owner: str = "one") -> None:
        self.owner = owner
        self.moment = datetime(2026, 3, 1, 8, tzinfo=SHANGHAI)
        self.queue: list[tuple[str, str]] = []
        self.settled: list[str] = []
        self.signs_of_life = 0
        self.lost_crawls: list[Crawl] = []
        self.deployed = True
        self.workspace = SimpleNamespace(ledger=Ledger.at(state_dir))
        self.schedule_file = SimpleNamespace(schedule=Schedule(jobs=(DAILY,)), refresh=self._refresh)
        self.poller = SimpleNamespace(is_closed=True)
        self.launcher = SimpleNamespace(lost=lambda: self.lost_crawls, is_closed=False)
        self.is_edited = False
        self.clock = Clock(self)  # type: ignore[arg-type]

    def _refresh(self) -> bool:
        was_edited, self.is_edited = self.is_edited, False
        return was_edited

    def edit(self, **keys: Any) -> None:
        self.schedule_file.schedule = Schedule(jobs=(DAILY.model_copy(update=keys),))
        self.is_edited = True

    def now(self) -> datetime:
        return self.moment

    def is_deployed(self) -> bool:
        return self.deployed

    def jobs(self) -> list[Any]:
        return [SimpleNamespace(id=run_id) for _, run_id in self.queue]

    def is_known(self, run_id: str) -> bool:
        return any(run_id == queued for _, queued in self.queue)

    def busy(self, spider: str, arguments: Mapping[str, str]) -> Busy:
        return Busy()

    def enqueue(self, spider: str, arguments: Mapping[str, str], run_id: str, version: str | None = None) -> None:
        self.queue.append((spider, run_id))

    def enqueue_slot(self, entry: Job, run_id: str) -> None:
        self.enqueue(entry.runs, entry.args, run_id)

    def is_slot_known(self, run_id: str) -> bool:
        return self.is_known(run_id)

    def send_mails(self) -> None:
        """None are due."""

    def show_life(self) -> None:
        self.signs_of_life += 1

    def settle(self, crawl: Crawl) -> None:
        self.settled.append(crawl.job)

    def ask_again(self, now: datetime) -> list[str]:
        return []

    def look(self, moment: str) -> int:
        """Looks at this moment; how many runs that has queued."""
        before = len(self.queue)
        self.moment = datetime.fromisoformat(f"2026-03-{moment}").replace(tzinfo=SHANGHAI)
        self.clock._look()
        return len(self.queue) - before


@pytest.fixture
def service(tmp_path: Path) -> FakeService:
    return FakeService(tmp_path)


def test_each_slot_once(service: FakeService) -> None:
    assert [service.look(moment) for moment in ("01 08:00", "01 08:30", "01 08:30:02", "02 08:29", "02 08:30:01")] == [
        0,
        1,
        0,
        0,
        1,
    ]
    assert not service.poller.is_closed


def test_what_was_due_before_anybody_watched_is_not_caught_up(service: FakeService) -> None:
    assert service.look("01 09:00") == 0
    assert service.look("02 08:30") == 1


def test_a_restart_catches_up_once(service: FakeService, tmp_path: Path) -> None:
    assert service.look("01 08:30") == 0
    again = FakeService(tmp_path)
    assert again.look("03 11:00") == 1
    assert again.look("03 11:01") == 0
    slot = again.workspace.ledger.slots.last_slot("daily")
    assert slot.note == "caught up, 2 h 30 min late"
    assert [s.state for s in again.workspace.ledger.slots.since(datetime(2026, 3, 1, tzinfo=SHANGHAI))] == [
        "queued",
        "skipped",
    ]


def test_two_services_on_one_database(service: FakeService, tmp_path: Path) -> None:
    other = FakeService(tmp_path, owner="two")
    assert service.look("01 08:00") + other.look("01 08:00") == 0
    assert service.look("01 08:30") + other.look("01 08:30:01") == 1
    assert other.look("02 08:30") + service.look("02 08:30:01") == 1


def test_the_same_slot_is_claimed_by_one_only(service: FakeService) -> None:
    slots = service.workspace.ledger.slots
    slot = Slot(job="daily", due_at=service.moment, state=CLAIMED, decided_at=service.moment, owner="one")
    assert [slots.claim(slot), slots.claim(slot)] == [True, False]


def test_nothing_is_deployed_yet(service: FakeService) -> None:
    service.deployed = False
    assert service.look("01 08:29") == 0
    assert service.look("01 08:30") == 0
    service.deployed = True
    assert service.look("01 08:31") == 1


def test_paused_by_whatever_service(service: FakeService, tmp_path: Path) -> None:
    service.look("01 08:00")
    slots = FakeService(tmp_path, owner="two").workspace.ledger.slots
    slots.mark("daily", PAUSED, datetime(2026, 3, 1, 8, 10, tzinfo=SHANGHAI), "", "two")
    assert service.look("01 08:30") == 0
    assert FakeService(tmp_path).look("02 08:30") == 0
    slots.mark("daily", WATCHED, datetime(2026, 3, 2, 9, tzinfo=SHANGHAI), watched_note(DAILY), "two")
    assert service.look("02 09:01") == 0
    assert service.look("03 08:30") == 1


def test_another_cron_line_counts_from_its_edit_on(service: FakeService) -> None:
    service.look("01 08:00")
    service.edit(cron="0 7 * * *")
    assert service.look("01 08:01") == 0, "07:00 of today was never due"
    assert service.look("01 08:30") == 0
    assert service.look("02 07:00") == 1


def test_enabled_again(service: FakeService) -> None:
    service.look("01 08:00")
    service.edit(enabled=False)
    assert service.look("01 08:30") == 0
    service.edit(enabled=True)
    assert service.look("01 12:00") == 0
    assert service.look("02 08:30") == 1


def test_a_slot_that_did_not_reach_the_queue(service: FakeService, tmp_path: Path) -> None:
    service.look("01 08:00")
    due = datetime(2026, 3, 1, 8, 30, tzinfo=SHANGHAI)
    slot = Slot(job="daily", due_at=due, state=CLAIMED, decided_at=due, run_id="r1", owner="one")
    assert service.workspace.ledger.slots.claim(slot)
    other, again = FakeService(tmp_path, owner="two"), FakeService(tmp_path)
    other.look("01 08:31")
    again.look("01 08:31")
    assert (other.queue, again.queue) == ([], [("jd_store", "r1")])
    assert FakeService(tmp_path).look("01 08:32") == 0


def test_crawls_that_were_cut_off(service: FakeService) -> None:
    ledger = service.workspace.ledger
    for run_id, outcome in (("whole", "complete"), ("ended", "stopped"), ("killed", None)):
        ledger.start_run(run_id, "jd_store", {})
        if outcome:
            ledger.finish_run(run_id, outcome, {}, 0 if outcome == "complete" else 1)
    service.lost_crawls = [
        Crawl(job=job, project=project, spider="jd_store", tries=tries, started_at=service.moment)
        for job, tries, project in (
            ("whole", 1, "shopdata"),
            ("ended", 1, "shopdata"),
            ("killed", 2, "shopdata"),
            ("hopeless", 3, "shopdata"),
            ("foreign", 1, "somebody-elses"),
        )
    ]
    service.look("01 08:00")
    assert [run_id for _, run_id in service.queue] == ["ended", "killed"]
    assert service.settled == ["whole", "hopeless", "foreign"]


def test_the_database_is_away_for_a_while(service: FakeService, monkeypatch: pytest.MonkeyPatch) -> None:
    assert service.look("01 08:00") == 0
    slots = service.workspace.ledger.slots
    with monkeypatch.context() as broken:
        broken.setattr(slots, "last_mark", lambda job: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            service.look("01 08:30")
    service.moment += timedelta(minutes=1)
    assert service.look("01 08:31") == 1


def test_a_queue_that_takes_nothing_for_a_while(service: FakeService, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk. What was due then is queued when there is room again; and the entries behind are looked at."""
    behind = DAILY.model_copy(update={"name": "behind", "spider": "pdd_chat"})
    service.schedule_file.schedule = Schedule(jobs=(DAILY, behind))
    assert service.look("01 08:00") == 0
    tried: list[str] = []

    def refuse(spider: str, *_: Any) -> None:
        tried.append(spider)
        raise OSError("database or disk is full")

    with monkeypatch.context() as full:
        full.setattr(service, "enqueue", refuse)
        for minute in (30, 31):
            with pytest.raises(OSError, match="disk is full"):
                service.look(f"01 08:{minute}")
    assert tried[:2] == ["jd_store", "pdd_chat"]
    service.look("01 08:32")
    assert [spider for spider, _ in service.queue] == ["jd_store", "pdd_chat"]
    assert service.look("01 08:33") == 0
