"""One row for each session: begun, moved by good answers, ended once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shopdata.ledger import Ledger
from shopdata.ledger.session_lives import SessionLife, SessionLives

AT_8 = datetime(2026, 3, 1, 0, 0, 0, 123456, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def lives(database_url: str) -> Iterator[SessionLives]:
    with Ledger(database_url) as ledger:
        yield ledger.session_lives


def life(shop: str = "one", at: datetime = AT_8, **more: Any) -> SessionLife:
    given = {"platform": "jd", "shop": shop, "signed_in_at": at, "signed_in_by": "password", "last_good_at": at}
    return SessionLife(**given | more)


def the_life(lives: SessionLives) -> SessionLife:
    (found,) = lives.since(AT_8)
    return found


def test_what_was_written_comes_back(lives: SessionLives) -> None:
    full = life(
        signed_in_by="sms",
        asked=("slider", "sms"),
        device_made_at=AT_8 - 100 * MINUTE,
        cookie_expires_at=AT_8 + 100 * MINUTE,
    )
    lives.begin(full, "replaced")
    lives.begin(life("two", AT_8 - MINUTE), "replaced")
    assert the_life(lives) == full
    assert [one.shop for one in lives.since(AT_8 - MINUTE)] == ["one", "two"]
    lives.set_cookie_expiry("jd", "one", AT_8, None)
    assert the_life(lives).cookie_expires_at is None


def test_good_answers_move_it_and_then_once_a_minute(lives: SessionLives) -> None:
    lives.begin(life(), "replaced")
    found = []
    for minutes in (0.5, 1, 1.9, 2, 1.5, 60):
        lives.move_good("jd", "one", AT_8, AT_8 + minutes * MINUTE)
        found.append((the_life(lives).last_good_at - AT_8) / MINUTE)
    assert found == pytest.approx([0.5, 0.5, 1.9, 1.9, 1.9, 60])


def test_it_ends_once_and_a_good_answer_proves_the_contrary(lives: SessionLives) -> None:
    lives.begin(life(), "replaced")
    lives.end("jd", "one", AT_8, AT_8 + 9 * MINUTE, "expired")
    lives.end("jd", "one", AT_8, AT_8 + 10 * MINUTE, "dropped")
    assert (the_life(lives).died_at, the_life(lives).death) == (AT_8 + 9 * MINUTE, "expired")
    lives.move_good("jd", "one", AT_8, AT_8 + 10 * MINUTE)
    found = the_life(lives)
    assert (found.last_good_at, found.died_at, found.death) == (AT_8 + 10 * MINUTE, None, "")


def test_a_new_one_ends_what_nobody_had_ended(lives: SessionLives) -> None:
    for shop in ("one", "two"):
        lives.begin(life(shop), "replaced")
    lives.end("jd", "two", AT_8, AT_8 + MINUTE, "kicked")
    for shop in ("one", "two"):
        lives.begin(life(shop, AT_8 + 5 * MINUTE), "replaced")
    ends = [(one.shop, one.died_at, one.death) for one in lives.since(AT_8)]
    assert ends == [
        ("one", AT_8 + 5 * MINUTE, "replaced"),
        ("one", None, ""),
        ("two", AT_8 + MINUTE, "kicked"),
        ("two", None, ""),
    ]


def test_of_a_session_that_was_never_begun_nothing_is_written(lives: SessionLives) -> None:
    lives.move_good("jd", "one", AT_8, AT_8 + MINUTE)
    lives.end("jd", "one", AT_8, AT_8 + MINUTE, "expired")
    lives.set_cookie_expiry("jd", "one", AT_8, AT_8)
    assert lives.since(AT_8) == []


def test_a_shop_takes_its_lives_along(lives: SessionLives) -> None:
    lives.begin(life("old"), "replaced")
    lives.begin(life("old", AT_8 + MINUTE), "replaced")
    lives.begin(life("new"), "replaced")
    lives.begin(life("old", platform="pdd"), "replaced")
    lives.hand_on("jd", "old", "new")
    lives.hand_on("jd", "old", "new")
    found = [(one.platform, one.shop, one.signed_in_at - AT_8) for one in lives.since(AT_8)]
    # What is there of the new id at the same moment stays, with the old one beside it.
    assert found == [
        ("jd", "new", timedelta(0)),
        ("jd", "new", MINUTE),
        ("jd", "old", timedelta(0)),
        ("pdd", "old", timedelta(0)),
    ]
