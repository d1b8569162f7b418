"""One account, several crawls: whoever comes second waits for the sign-in and uses its session, encrypted or not."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from filelock import FileLock
from workplace import Run, Workplace

from sandbox import Counters

pytestmark = [pytest.mark.browser, pytest.mark.services]

DAY = date(2026, 3, 1)
SHOP = "pdd-01"
KEY, ANOTHER_KEY = "a long secret text for a test", "another long secret text"


@dataclass
class Story:
    place: Workplace
    #: Two crawls that were started while the account's lock was held by somebody else, and their sign-ins.
    runs: list[Run]
    while_locked: Counters
    counters: Counters

    @property
    def file(self) -> Path:
        return self.place.state_dir / "sessions" / f"pdd_{SHOP}.session"


@pytest.fixture(scope="module")
def story(make_workplace: Callable[..., Workplace]) -> Story:
    place = make_workplace(shops=0, pdd_shops=1, reviews=5, goods=5, requests_per_second=50.0)
    place.variables["SHOPDATA_SECRET_KEY"] = KEY
    sessions = place.state_dir / "sessions"
    sessions.mkdir(parents=True, mode=0o700)
    with FileLock(sessions / f"pdd_{SHOP}.lock", mode=0o600):
        runs = [place.start("crawl", "pdd_badscore", "-a", f"date={DAY}"), place.start("crawl", "pdd_quality")]
        # Each has claimed its cell; what comes next is the session.
        # Asked of the ledger itself: while a command starts on a busy machine, neither would wait so long for the lock.
        runs[0].wait_until(lambda: states(place.state_dir / "ledger.sqlite3") == ["running", "running"])
        while_locked = place.sandbox.counters()
    for run in runs:
        run.wait()
    return Story(place, runs, while_locked, place.sandbox.counters())


def test_nobody_signs_in_while_somebody_else_does(story: Story) -> None:
    assert story.while_locked.logins == story.while_locked.calls == {}


def test_two_crawls_sign_in_once(story: Story) -> None:
    assert [run.code for run in story.runs] == [0, 0], story.runs[0].text + story.runs[1].text
    assert story.counters.logins == {SHOP: 1}
    assert {"reviews", "quality"} <= story.counters.calls[SHOP].keys()


def test_the_session_is_encrypted_and_a_later_crawl_uses_it(story: Story) -> None:
    content = story.file.read_bytes()
    assert [word for word in (b"PASS_ID", b"cookies", b"username", b"sandbox-pdd") if word in content] == []
    run = story.place.scrapy("crawl", "pdd_kpi", "-a", f"date={DAY}")
    assert run.code == 0, run.text
    assert story.place.sandbox.counters().logins == {SHOP: 1}
    assert run.programs() == set()


def test_a_command_reads_it_too(story: Story) -> None:
    run = story.place.scrapy("sessions", "--check")
    assert run.code == 0, run.text
    assert "alive" in run.out


def test_with_another_key_the_password_is_not_sent(story: Story) -> None:
    run = story.place.scrapy(
        "crawl", "pdd_kpi", "-a", f"date={DAY}", "-a", "period=week", SHOPDATA_SECRET_KEY=ANOTHER_KEY
    )
    assert run.code == 1, run.text
    assert "needs_login" in run.err
    assert f"pdd_{SHOP}.session: the saved session was saved with another key" in run.err
    assert story.place.sandbox.counters().logins == {SHOP: 1}


def test_without_the_key_nothing_is_asked(story: Story) -> None:
    run = story.place.scrapy("crawl", "pdd_kpi", "-a", f"date={DAY}", "-a", "force=1", SHOPDATA_SECRET_KEY=None)
    assert run.code == 2, run.text
    assert "SHOPDATA_SECRET_KEY is not set, but saved sessions are encrypted" in run.err
    check = story.place.scrapy("check_config", SHOPDATA_SECRET_KEY=None)
    assert check.code == 2
    assert "SHOPDATA_SECRET_KEY is not set, but saved sessions are encrypted" in check.err
    assert story.place.sandbox.counters().logins == {SHOP: 1}


def test_no_key_was_shown(story: Story) -> None:
    assert KEY not in story.place.texts()
    assert ANOTHER_KEY not in story.place.texts()


def states(ledger: Path) -> list[str]:
    """What a ledger says of its cells; nothing while it is being made."""
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as database:
        return [state for (state,) in database.execute("SELECT state FROM cells")]
    return []


def test_two_crawls_of_a_shop_keep_to_one_pace(make_workplace: Callable[..., Workplace]) -> None:
    per_second = 4.0
    place = make_workplace(shops=0, pdd_shops=1, reviews=400, goods=400, requests_per_second=per_second)
    place.sign_in(SHOP)
    # Both begin at the same moment, as well as a machine can.
    runs = [place.start("crawl", "pdd_badscore", "-a", f"date={DAY}"), place.start("crawl", "pdd_quality")]
    for run in runs:
        run.wait()
        assert run.code == 0, run.text
        assert "do not see its pace" not in run.err
    starts = [record.started for record in place.sandbox.records() if record.is_paced]
    assert len(starts) > 16
    # All of them together: a single start that a busy machine delays comes closer to the one after it.
    assert starts[-1] - starts[0] > 0.75 * (len(starts) - 1) / per_second
