"""What is kept, used, found dead and dropped is written down as a life; and is so without a ledger that can't be."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shopdata.config import Shop
from shopdata.exceptions import LedgerError
from shopdata.ledger import Ledger
from shopdata.ledger.session_lives import SessionLife, SessionLives
from shopdata.sessions.lives import Death, Lives, death_of
from shopdata.sessions.sessions import SessionStore
from shopdata.sessions.sign_in import PortalAnswer
from shopdata.sessions.sign_in.steps import HowSignedIn

MakeShop = Callable[..., Shop]

LATER = datetime(2100, 1, 1, tzinfo=UTC)
COOKIES = [{"name": "thor", "value": "made-up", "domain": ".jd.com", "path": "/", "expires": -1, "secure": False}]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.at(tmp_path / "state") as ledger:
        yield ledger


@pytest.fixture
def store(ledger: Ledger, tmp_path: Path) -> SessionStore:
    return SessionStore(tmp_path / "sessions", None, Lives(lambda: ledger.session_lives))


def lives(ledger: Ledger) -> list[SessionLife]:
    return ledger.session_lives.since(datetime(2000, 1, 1, tzinfo=UTC))


def deaths(ledger: Ledger) -> list[str]:
    return [life.death for life in lives(ledger)]


def test_a_sign_in_begins_one(store: SessionStore, ledger: Ledger, shop: Shop) -> None:
    made_at = datetime(2026, 3, 1, 8, tzinfo=UTC)
    how = HowSignedIn("sms", ("sms",), cookie_expires_at=LATER, device_made_at=made_at)
    session = store.save(shop, COOKIES, how=how)
    assert lives(ledger) == [
        SessionLife(
            platform="jd",
            shop="one",
            signed_in_at=session.saved_at,
            signed_in_by="sms",
            asked=("sms",),
            device_made_at=made_at,
            last_good_at=session.saved_at,
            cookie_expires_at=LATER,
        )
    ]


def test_each_way_to_end(store: SessionStore, ledger: Ledger, shop: Shop) -> None:
    session = store.save(shop, COOKIES)
    store.drop(shop, session, Death.KICKED)
    # Found dead: it stays in its file, and whoever drops it later says nothing new.
    session = store.save(shop, COOKIES)
    store.note_check(shop, "dead")
    store.drop(shop, session)
    store.save(shop, COOKIES)
    store.save(shop, COOKIES)
    next(store.folder.glob("*.session")).unlink()
    store.save(shop, COOKIES)
    # Dead within minutes is not too old.
    assert deaths(ledger) == ["kicked", "unknown", "replaced", "unknown", ""]


def test_an_old_one_that_is_found_dead_has_expired(store: SessionStore, ledger: Ledger, shop: Shop) -> None:
    session = store.save(shop, COOKIES)
    (path,) = store.folder.glob("*.session")
    kept = json.loads(path.read_text("utf-8"))
    old = session.saved_at - timedelta(days=3)
    path.write_text(json.dumps(kept | {"saved_at": old.isoformat()}), "utf-8")
    life = SessionLife(platform="jd", shop="one", signed_in_at=old, signed_in_by="qr", last_good_at=old)
    ledger.session_lives.begin(life, Death.REPLACED)
    store.note_check(shop, "alive")
    store.note_check(shop, "dead")
    first, _ = lives(ledger)
    assert first.last_good_at - first.signed_in_at > timedelta(days=3)
    assert first.death == "expired"


def test_another_one_of_the_same_shop_is_none_of_ours(store: SessionStore, ledger: Ledger, shop: Shop) -> None:
    ours = store.save(shop, COOKIES)
    newer = store.save(shop, COOKIES)
    store.update(shop, ours, LATER)
    store.drop(shop, ours)
    assert [(life.signed_in_at, life.death, life.cookie_expires_at) for life in lives(ledger)] == [
        (ours.saved_at, "replaced", None),
        (newer.saved_at, "", None),
    ]
    store.update(shop, newer, LATER)
    assert lives(ledger)[1].cookie_expires_at == LATER


def test_good_answers_are_not_written_by_the_hundred(store: SessionStore, shop: Shop, make_shop: MakeShop) -> None:
    session = store.save(shop, COOKIES)
    assert store.lives.is_good_due(shop)
    store.note_good(shop, session)
    assert not store.lives.is_good_due(shop)
    assert store.lives.is_good_due(make_shop(id="two"))
    assert not Lives().is_good_due(shop)


def test_a_ledger_that_is_away_costs_no_sign_in(tmp_path: Path, shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    def away() -> SessionLives:
        raise LedgerError("the ledger's database can't be used", todo="Wait.")

    store = SessionStore(tmp_path / "sessions", None, Lives(away))
    with caplog.at_level(logging.WARNING):
        session = store.save(shop, COOKIES)
        store.note_good(shop, session)
        assert store.load(shop) is not None
        store.drop(shop, session)
    told = [record.getMessage() for record in caplog.records if "lives" in record.getMessage()]
    assert told == ["one: how long its session lives can't be noted: the ledger's database can't be used. Wait."]


@pytest.mark.parametrize(
    ("body", "kicked"),
    [
        pytest.param('{"error_code": 43001, "error_msg": "会话已过期"}', False, id="expired"),
        pytest.param('{"error_code": 43001, "error_msg": "用户被踢"}', True, id="kicked"),
        pytest.param(json.dumps({"message": "您的账号已在其他地方登录"}), True, id="escaped"),
        pytest.param("<p>Your account was signed in elsewhere.</p>", True, id="a page"),
        pytest.param("<form><input type=password></form>", False, id="a login page"),
        pytest.param("", False, id="a redirect"),
    ],
)
def test_what_an_answer_says_of_the_end(body: str, kicked: bool) -> None:
    answer = PortalAnswer(200, "https://shop.example.com/", "", "", body.encode())
    long_ago = datetime.now(UTC) - timedelta(days=1)
    assert death_of(answer, long_ago) is (Death.KICKED if kicked else Death.EXPIRED)
    assert death_of(answer, datetime.now(UTC)) is (Death.KICKED if kicked else Death.UNKNOWN)


def test_nothing_is_kept_where_nobody_asked_for_it(tmp_path: Path, shop: Shop) -> None:
    store = SessionStore(tmp_path / "sessions")
    found: Any = store.save(shop, COOKIES)
    store.note_good(shop, found)
    store.drop(shop, found)
    assert store.load(shop) is None
