"""How often a password may be sent in vain, and which shops are left alone: all runs of a machine count together."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shopdata.config import Shop
from shopdata.sessions.restraint import MOST_IN_A_RUN, Restraint

SHOP = Shop(id="flagship", name="旗舰店", platform="jd", username="u", password="p")
OTHER = Shop(id="flagship", name="旗舰店", platform="pdd", username="u", password="p")


def later(run: Restraint) -> Restraint:
    """A run that begins now."""
    return Restraint(run.folder)


def send(run: Restraint, times: int = MOST_IN_A_RUN) -> None:
    for _ in range(times):
        assert not run.sent(SHOP).is_enough
        run.note_sent(SHOP)


def test_twice_in_a_run(tmp_path: Path) -> None:
    run = Restraint(tmp_path)
    send(run)
    assert run.sent(SHOP).is_enough
    assert not run.sent(OTHER).is_enough


def test_runs_at_the_same_time_count_together(tmp_path: Path) -> None:
    one, two = Restraint(tmp_path), Restraint(tmp_path)
    send(one, 1)
    send(two, 1)
    assert one.sent(SHOP).is_enough
    assert two.sent(SHOP).is_enough


def test_a_run_after_such_a_one_tries_once(tmp_path: Path) -> None:
    run = Restraint(tmp_path)
    send(run)
    for _ in range(3):
        run = later(run)
        send(run, 1)
        assert run.sent(SHOP).is_enough


def test_a_session_that_lived_makes_good_what_was(tmp_path: Path) -> None:
    run = Restraint(tmp_path)
    send(run)
    run.note_lived(SHOP)
    send(run)
    assert run.sent(SHOP).is_enough


def test_what_was_the_day_before_yesterday_does_not_count(tmp_path: Path) -> None:
    run = Restraint(tmp_path)
    long_ago = (datetime.now(UTC) - timedelta(days=2)).isoformat()
    (tmp_path / "restraint.json").write_text(f'{{"jd_flagship": {{"sent": ["{long_ago}", "{long_ago}"]}}}}')
    run.note_sent(SHOP)
    assert (run.sent(SHOP).before, run.sent(SHOP).meanwhile) == (0, 1)


def test_a_shop_rests(tmp_path: Path) -> None:
    run = Restraint(tmp_path)
    assert run.rests_until(SHOP) is None
    run.rest(SHOP, 7200, "601 操作频繁")
    rest = later(run).rests_until(SHOP)
    assert rest is not None
    assert rest[1] == "601 操作频繁"
    assert timedelta(minutes=119) < rest[0] - datetime.now(UTC) <= timedelta(hours=2)
    assert run.rests_until(OTHER) is None
    run.end_rest(SHOP)
    assert run.rests_until(SHOP) is None


def test_a_rest_ends(tmp_path: Path) -> None:
    run = Restraint(tmp_path)
    run.rest(SHOP, -1, "601 操作频繁")
    assert run.rests_until(SHOP) is None


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{",
        '{"jd_flagship": 7}',
        '{"jd_flagship": {"sent": "soon", "rests_until": 7}}',
        '{"jd_flagship": {"sent": [1, "x"]}}',
    ],
    ids=repr,
)
def test_what_somebody_else_has_written_there_stops_nobody(tmp_path: Path, content: str) -> None:
    (tmp_path / "restraint.json").write_text(content)
    run = Restraint(tmp_path)
    assert run.rests_until(SHOP) is None
    send(run)
    assert run.sent(SHOP).is_enough


def test_the_file_is_for_its_owner_and_holds_no_user_name(tmp_path: Path) -> None:
    run = Restraint(tmp_path)
    run.note_sent(Shop(id="flagship", name="旗舰店", platform="jd", username="a-user-name", password="a-pass-word"))
    file = tmp_path / "restraint.json"
    assert os.name != "posix" or file.stat().st_mode & 0o077 == 0
    assert "a-user-name" not in file.read_text()
    assert "a-pass-word" not in file.read_text()
