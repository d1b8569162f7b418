"""The judgement over a cluster's pace: no load can make it wrong, and a machine that ignores the pace is seen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from postgresql_server import PostgresServer
from turns import Turns

from shopdata.ledger import Ledger
from shopdata.periods import SHANGHAI

pytestmark = pytest.mark.services
APART = 60.0


class Watched:
    """A ledger whose turns are noted, and what is said of shop `one` since the beginning."""

    def __init__(self, url: str, ledger: Ledger) -> None:
        self.ledger, self._turns, self._since = ledger, Turns(url, APART), datetime.now(UTC)
        self._arrivals: list[datetime] = []

    def ask(self, late: float = 0) -> None:
        """A request reaches the portal, so many seconds after it was sent."""
        self._arrivals.append(datetime.now(UTC) + timedelta(seconds=late))

    def problems(self, *logs: str, is_ledger_there: bool = True) -> list[str]:
        found = self._turns.problems("one", self._arrivals, self._since, logs, is_ledger_there=is_ledger_there)
        return list(found)


@pytest.fixture
def watched(postgresql_server: PostgresServer) -> Iterator[Watched]:
    url = postgresql_server.new_database()
    with Ledger(url) as ledger:
        yield Watched(url, ledger)


def said(moment: datetime) -> str:
    """What a run logs that has no ledger to ask."""
    return (
        f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S+08:00} WARNING one: other machines do not see its pace: away\n"
    )


def test_who_is_late_has_had_its_turn(watched: Watched) -> None:
    assert watched.ledger.paces.take("jd_one", APART) == 0
    watched.ask(late=3600)
    assert watched.ledger.paces.take("jd_one", APART) > 0
    assert watched.problems() == []


def test_who_takes_no_turn(watched: Watched) -> None:
    watched.ask()
    assert watched.problems()[0].startswith("one was asked without a turn")
    assert watched.ledger.paces.take("jd_two", APART) == 0
    assert watched.problems(), "it is another shop's"


def test_who_asks_twice_on_one_turn(watched: Watched) -> None:
    assert watched.ledger.paces.take("jd_one", APART) == 0
    watched.ask()
    assert watched.problems() == []
    watched.ask()
    assert [problem.partition(":")[0] for problem in watched.problems()] == ["one was asked without a turn"]


def test_a_ledger_that_gives_turns_too_soon(watched: Watched) -> None:
    assert watched.ledger.paces.take("jd_one", APART) == 0
    assert watched.ledger.paces.take("jd_one", 0) == 0
    assert watched.problems()[0].startswith("one got two turns within 0.")


def test_who_goes_by_itself_while_the_ledger_is_away(watched: Watched) -> None:
    now = datetime.now(UTC)
    watched.ask(late=1)
    assert watched.problems(said(now), is_ledger_there=False) == []
    assert watched.problems(said(now)) == ["one was asked past the ledger, which was there"]
    twice = said(now) + said(now)
    assert "asked twice" in watched.problems(twice, is_ledger_there=False)[0]
    assert watched.problems(said(now), said(now), is_ledger_there=False) == [], "two runs, each by itself"
