"""Who did what: kept in the order of its time, narrowed and paged for the board, forgotten after its time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from shopdata.ledger import Ledger
from shopdata.ledger.acts import Act
from shopdata.periods import SHANGHAI

NOW = datetime(2026, 3, 2, 0, 30, tzinfo=SHANGHAI)


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    with Ledger(database_url) as opened:
        yield opened


def test_acts_come_back_as_they_were_and_narrowed(ledger: Ledger) -> None:
    first = Act(user="王芳", code="pause", via="board", target="jd_store", address="192.0.2.7", at=NOW)
    collected = {"dataset": "jd_store", "dt": ["2026-03-01"], "force": False}
    acts = [
        first,
        Act(user="anna", code="collect", via="api", params=collected, at=NOW - timedelta(hours=1)),
        Act(user="anna", code="pause", via="command", target="x" * 300, at=NOW + timedelta(minutes=1)),
    ]
    for act in acts:
        ledger.acts.add(act)
    found = ledger.acts.latest(10)
    assert [(act.user, act.code, act.via, act.at) for act in reversed(found)] == [
        (act.user, act.code, act.via, act.at) for act in acts
    ]
    assert found[1].params == collected
    assert found[2] == Act(**vars(first) | {"number": found[2].number})
    assert len(found[0].target) == 255
    assert [act.number for act in ledger.acts.latest(1, before=found[0].number)] == [found[1].number]
    assert [act.via for act in ledger.acts.latest(10, user="anna", code="pause")] == ["command"]
    # Shanghai's day, wherever the database keeps its times.
    day = NOW.replace(hour=0, minute=0)
    assert [act.via for act in ledger.acts.latest(10, day=day)] == ["command", "board"]
    assert (ledger.acts.users(), ledger.acts.codes()) == (sorted(["anna", "王芳"]), ["collect", "pause"])


def test_old_acts_are_forgotten(ledger: Ledger) -> None:
    for age in (0, 10, 500):
        ledger.acts.add(Act(user="anna", code="pause", via="board", at=NOW - timedelta(days=age)))
    assert ledger.acts.forget(NOW - timedelta(days=400)) == 1
    assert ledger.acts.forget(NOW - timedelta(days=400)) == 0
    assert len(ledger.acts.latest(10)) == 2


def test_a_way_that_is_none_is_a_mistake_of_the_program() -> None:
    with pytest.raises(ValueError, match="telephone"):
        Act(user="anna", code="pause", via="telephone")
