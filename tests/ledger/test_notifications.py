"""What alerts have told is kept by topic, changed in one transaction, and found by the beginning of its name."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import pytest

from shopdata.ledger import Ledger
from shopdata.periods import SHANGHAI

NOW = datetime(2026, 3, 1, 9, tzinfo=SHANGHAI)


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    with Ledger(database_url) as opened:
        yield opened


def test_what_was_put_is_found_again(ledger: Ledger) -> None:
    assert ledger.notifications.get("alerts/x/jd_store/2026-03-01") == {}
    ledger.notifications.put("alerts/x/jd_store/2026-03-01", {"troubles": {"a": "回力"}}, NOW)
    assert ledger.notifications.get("alerts/x/jd_store/2026-03-01") == {"troubles": {"a": "回力"}}
    ledger.notifications.put("alerts/x/jd_store/2026-03-01", {}, NOW)
    assert ledger.notifications.get("alerts/x/jd_store/2026-03-01") == {}


def test_topics_are_found_by_their_beginning(ledger: Ledger) -> None:
    for topic in ("alerts/a_b/1", "alerts/a_b/2", "alerts/aXb/3", "alerts/a_bc/4"):
        ledger.notifications.put(topic, {"topic": topic}, NOW)
    found = ledger.notifications.below("alerts/a_b/")
    assert [(said.topic, said.told_at) for said in found] == [("alerts/a_b/1", NOW), ("alerts/a_b/2", NOW)]


def test_a_change_that_is_none_changes_nothing(ledger: Ledger) -> None:
    assert not ledger.notifications.change("x", lambda state: None, NOW)
    ledger.notifications.put("x", {"n": 1}, NOW)
    assert not ledger.notifications.change("x", lambda state: None, NOW)
    assert ledger.notifications.get("x") == {"n": 1}


def test_changes_at_once_all_count(ledger: Ledger) -> None:
    def add(state: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"n": state.get("n", 0) + 1}

    # Not the first one: two that insert the same row at once are a matter of luck that is tried three times.
    ledger.notifications.put("x", {}, NOW)
    threads = [threading.Thread(target=ledger.notifications.change, args=("x", add, NOW)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ledger.notifications.get("x") == {"n": 8}
