"""Sessions in a ledger that several machines share: one truth for all of them, and nothing of it in plain."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from filelock import Timeout
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session as DatabaseSession

from shopdata.config import Shop
from shopdata.exceptions import LedgerError, UsageError
from shopdata.ledger import Ledger, Owner
from shopdata.ledger.database import Database
from shopdata.reasons import Reason
from shopdata.sessions.devices import DeviceStore
from shopdata.sessions.handing_on import forget, hand_on, names_of
from shopdata.sessions.identity import Identities
from shopdata.sessions.pace import Pace, SharedPace
from shopdata.sessions.places import FilePlace
from shopdata.sessions.restraint import Restraint
from shopdata.sessions.row_place import RowPlace, rekey_rows
from shopdata.sessions.session import Session
from shopdata.sessions.sessions import SessionStore
from shopdata.sessions.sign_in_lock import LeasedLock

KEY = "a key for tests, the same on all machines"
COOKIES = [{"name": "thor", "value": "a-cookie-of-tests", "domain": "jd.com", "path": "/"}]


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    with Ledger(database_url) as ledger:
        yield ledger


@pytest.fixture
def make_store(ledger: Ledger, tmp_path: Path) -> Callable[[str], SessionStore]:
    def make(machine: str) -> SessionStore:
        return SessionStore(tmp_path / machine, KEY, place=RowPlace.opened(ledger, KEY), leases=ledger.leases)

    return make


def shop(shop_id: str = "one") -> Shop:
    return Shop(id=shop_id, name=shop_id, platform="jd", username=f"user of {shop_id}", password="not-a-real-one")  # type: ignore[arg-type]


def test_a_session_of_one_machine_is_anothers(make_store: Callable[[str], SessionStore], tmp_path: Path) -> None:
    here, there = make_store("here"), make_store("there")
    saved = here.save(shop(), COOKIES)
    found = there.load(shop())
    assert found is not None
    assert found.saved_at == saved.saved_at
    assert there.stamps().keys() == {"jd_one"}
    # Of two that have it, the one that renews it is not undone by the other.
    newer = there.save(shop(), COOKIES)
    here.drop(shop(), saved)
    here.update(shop(), Session([{**COOKIES[0], "value": "old"}], saved.saved_at))
    assert [cookie["value"] for cookie in (here.load(shop()) or newer).cookies()] == ["a-cookie-of-tests"]
    there.park(shop(), Reason("challenge", {}, "a slider"))
    assert here.parked(shop()).code == "challenge"
    assert list(tmp_path.rglob("*.session")) == []


def test_nothing_is_plain(make_store: Callable[[str], SessionStore], ledger: Ledger, database_url: str) -> None:
    place = RowPlace.opened(ledger, KEY)
    make_store("here").save(shop(), COOKIES)
    Identities(Path("nowhere"), place).check_and_keep(shop(), {"account": "user of one"}, [shop()])
    Restraint(Path("nowhere"), place=place).note_sent(shop())
    engine = create_engine(database_url)
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT name, content FROM sessions")).all()
    engine.dispose()
    assert {name for name, _ in rows} == {"key", "jd_one.session", "identities.json", "restraint.json"}
    for name, content in rows:
        assert bytes(content).startswith(b"shopdata sealed"), name
        for secret in (b"a-cookie-of-tests", b"user of one", KEY.encode()):
            assert secret not in bytes(content)


def test_another_key_is_told_before_anything_is_asked(
    make_store: Callable[[str], SessionStore], ledger: Ledger
) -> None:
    make_store("here").save(shop(), COOKIES)
    with pytest.raises(UsageError, match="is not the one that sessions in this ledger are encrypted with"):
        RowPlace.opened(ledger, "another key")
    assert rekey_rows(ledger.sessions, KEY, "another key") == 1
    assert rekey_rows(ledger.sessions, KEY, "another key") == 0
    store = SessionStore(Path("nowhere"), "another key", place=RowPlace.opened(ledger, "another key"))
    assert store.load(shop()) is not None
    with pytest.raises(UsageError):
        RowPlace.opened(ledger, KEY)


def test_files_from_before_move_in_and_the_newer_session_stays(ledger: Ledger, tmp_path: Path) -> None:
    files = [FilePlace(tmp_path / name, KEY) for name in ("first", "second")]
    stores = [SessionStore(file.folder, KEY) for file in files]
    stores[0].save(shop(), COOKIES)
    newest = stores[1].save(shop(), COOKIES)
    stores[1].save(shop("two"), COOKIES)
    SessionStore(files[0].folder, "a third key").save(shop("three"), COOKIES)
    for number, file in enumerate(files):
        Identities(file.folder).check_and_keep(shop(f"of-{number}"), {"account": f"{number}"}, [])
    place = RowPlace.opened(ledger, KEY)
    for file in reversed(files):
        place.take_in(file)
    store = SessionStore(tmp_path / "third", KEY, place=place)
    assert (store.load(shop()) or newest).saved_at == newest.saved_at
    assert store.load(shop("two")) is not None
    assert Identities(tmp_path, place).known() == ["jd_of-0", "jd_of-1"]
    left = sorted(path.name for path in tmp_path.rglob("*") if path.suffix in (".session", ".json"))
    assert left == ["jd_three.session"]
    assert not DeviceStore(tmp_path, KEY, place).has(shop())


def test_who_signs_in_is_home(ledger: Ledger, tmp_path: Path) -> None:
    FilePlace(tmp_path / "a", KEY).write("jd_moved.session", b'{"saved_at": "2026-03-01T08:00:00+08:00"}')
    places = {name: RowPlace.opened(ledger, KEY, name) for name in ("a", "b")}
    places["a"].take_in(FilePlace(tmp_path / "a", KEY))
    here, there = (SessionStore(tmp_path / name, KEY, place=place) for name, place in places.items())
    here.save(shop(), COOKIES)
    there.note_check(shop(), "alive")
    there.park(shop("two"), Reason("challenge", {}, "a slider"))
    assert ledger.homes.of_shops() == {"jd_moved": "a", "jd_one": "a"}
    there.save(shop(), COOKIES)
    assert ledger.homes.of_shops() == {"jd_moved": "a", "jd_one": "b"}


def test_a_shop_is_handed_on_and_forgotten(make_store: Callable[[str], SessionStore]) -> None:
    store = make_store("here")
    store.save(shop(), COOKIES)
    hand_on(store.kept, "jd", "one", "two")
    assert names_of(store.kept, "jd", "one") == []
    assert names_of(store.kept, "jd", "two") == ["jd_two.session"]
    forget(store.kept, "jd", "two")
    assert store.stamps() == {}


def test_one_sign_in_of_an_account_at_a_time(make_store: Callable[[str], SessionStore], ledger: Ledger) -> None:
    async def both() -> None:
        first, second = (make_store(name).lock(shop(), [shop()]) for name in ("here", "there"))
        async with first:
            with pytest.raises(Timeout):
                await second.acquire(timeout=0)
            assert "sign-in" in ledger.leases.holder("sign-in jd_one")
        await second.acquire(timeout=0)
        await second.release()
        assert ledger.leases.holder("sign-in jd_one") == ""

    asyncio.run(both())


def test_a_sign_in_whose_machine_is_gone_holds_nobody_up(ledger: Ledger) -> None:
    gone = replace(Owner.here("sign-in-gone"), place="elsewhere")
    assert ledger.leases.acquire("sign-in jd_one", gone, 0.01)

    async def mine() -> None:
        async with LeasedLock(ledger.leases, "sign-in jd_one", 60):
            pass

    asyncio.run(mine())


def test_starts_are_apart_on_all_machines(ledger: Ledger) -> None:
    paces = ledger.paces
    began = time.monotonic()
    assert paces.take("jd_one", 60) == 0
    wait = paces.take("jd_one", 60)
    assert 60 - (time.monotonic() - began) - 0.1 < wait <= 60
    assert paces.take("jd_two", 60) == 0
    assert paces.take("jd_one", 0.0) == 0


@pytest.mark.parametrize("database_url", [pytest.param("postgresql", marks=pytest.mark.services)], indirect=True)
def test_who_slept_before_the_turn_does_not_take_it_for_yesterdays(
    ledger: Ledger, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine is suspended between its look at the clock and the row, and another one has asked meanwhile."""
    assert ledger.paces.take("jd_one", 60) == 0
    engine = create_engine(database_url)
    with engine.connect() as connection:
        noted = connection.execute(text("SELECT last_at FROM paces")).all()
        looked = Database.now

        def long_ago(self: Database, session: DatabaseSession) -> datetime:
            return looked(self, session) - timedelta(hours=1)

        monkeypatch.setattr(Database, "now", long_ago)
        assert ledger.paces.take("jd_one", 60) > 0
        assert connection.execute(text("SELECT last_at FROM paces")).all() == noted
    engine.dispose()


def test_without_the_ledger_the_runs_of_a_machine_keep_the_pace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Away:
        def take(self, name: str, seconds: float) -> float:
            raise LedgerError("away", todo="Start it.")

    class OneShop:
        shops = (shop(),)

        @staticmethod
        def portal(_platform: str) -> object:
            return type("Portal", (), {"requests_per_second": 4})

    begin = now = 1_772_000_000.0
    monkeypatch.setattr("shopdata.sessions.pace.time", SimpleNamespace(time=lambda: now))
    starts: list[float] = []

    async def wait(seconds: float) -> None:
        nonlocal now
        now += seconds

    async def both() -> None:
        nonlocal now
        for _ in range(2):
            now = begin  # they want their turn at the same moment
            pace = SharedPace(Away(), OneShop(), Pace(tmp_path, OneShop()))  # type: ignore[arg-type]
            await pace.turn(shop(), wait)
            starts.append(now - begin)

    asyncio.run(both())
    assert starts == [0.25, 0.5]
    assert "other machines do not see its pace" in caplog.text
