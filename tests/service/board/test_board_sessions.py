"""Sessions are read once for each change: with a key, each reading takes a while."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from shopdata.config import Shop
from shopdata.reasons import NO_REASON, Reason
from shopdata.service.board import sessions_watch
from shopdata.service.board.pages.sessions import _line
from shopdata.service.board.sessions_watch import SessionsWatch
from shopdata.sessions.sessions import AboutSession, SessionStore


class CountingStore(SessionStore):
    """Notes which shops were read."""

    def about(self, shop: Shop) -> AboutSession:
        self.__dict__.setdefault("read", []).append(shop.id)
        return super().about(shop)


@pytest.fixture
def store(tmp_path: Path) -> CountingStore:
    return CountingStore(tmp_path / "sessions", "fake key of the sessions")


@pytest.fixture(autouse=True)
def _time_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page waits for a second; on a busy machine a key takes longer."""
    monkeypatch.setattr(sessions_watch, "ANSWER_SECONDS", 60)


def shop(shop_id: str, password: str = "fake") -> Shop:
    return Shop(id=shop_id, name=shop_id, platform="jd", username=shop_id, password=password)


def test_reads_what_has_changed_and_nothing_else(store: CountingStore) -> None:
    shops = [shop("one"), shop("two")]
    store.save(shops[0], [{"name": "thor", "value": "fake", "domain": "jd.com", "path": "/"}])
    watch = SessionsWatch(store)
    about = watch.about(shops)
    assert about["one"] is not None
    assert about["one"].saved_at is not None
    assert about["two"] == AboutSession(saved_at=None, checked_at=None, checked_state="", parked=NO_REASON)
    watch.about(shops)
    assert sorted(store.read) == ["one", "two"]
    store.park(shops[1], Reason("challenge", {}, "a slider"))
    assert watch.about(shops)["two"].parked == Reason("challenge", {}, "a slider")
    assert sorted(store.read) == ["one", "two", "two"]


def test_new_credentials_end_the_wait_for_a_person(store: CountingStore) -> None:
    store.park(shop("one"), Reason("challenge", {}, "the password is refused"))
    watch = SessionsWatch(store)
    assert watch.about([shop("one")])["one"].parked.text == "the password is refused"
    assert watch.about([shop("one", "another fake")])["one"].parked == NO_REASON


def test_a_page_does_not_wait_for_all(store: CountingStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions_watch, "ANSWER_SECONDS", 0)
    watch = SessionsWatch(store)
    assert watch.about([shop("one")]) == {"one": None}
    monkeypatch.setattr(sessions_watch, "ANSWER_SECONDS", 60)
    assert watch.about([shop("one")])["one"] is not None


def test_what_can_not_be_read_is_told_and_is_not_none(store: CountingStore) -> None:
    shops = [shop("one"), shop("two")]
    CountingStore(store.folder, "another fake key").save(shops[0], [])
    (store.folder / "jd_two.session").mkdir()
    about = SessionsWatch(store).about(shops)
    sources = SimpleNamespace(screenshot_time=lambda *_: None)
    one, two = (_line(sources, shop, about[shop.id]) for shop in shops)  # type: ignore[arg-type]
    assert (one.state, two.state) == ("parked", "parked")
    assert "saved with another key" in one.parked.text
    assert two.parked.text.startswith(str(store.folder))
    assert (one.command, two.command) == ("scrapy login one --again", "scrapy login two --headed")
