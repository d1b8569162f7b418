"""Which machines share a ledger, and which of them show life."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shopdata.ledger import Ledger, Owner
from shopdata.ledger.nodes import Node


def test_who_shows_life(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Ledger(database_url) as ledger:
        ledger.nodes.beat("crawls-only")
        ledger.nodes.beat_service("with-service", address="host:6800", version="1", seats=4)
        ledger.nodes.beat_service("draining", address="host:6801", version="1", seats=0)
        ledger.nodes.beat("with-service")
        assert ledger.nodes.silent_for().keys() == {"crawls-only", "with-service", "draining"}
        assert max(ledger.nodes.silent_for().values()) < timedelta(minutes=1)

        def up() -> list[Node]:
            return [node for node in ledger.nodes.all() if node.is_up]

        assert [(node.name, node.address, node.seats) for node in up()] == [("with-service", "host:6800", 4)]
        before = {node.name: node.beat_at for node in ledger.nodes.all()}
        ledger.hold_for(Owner.here("run"), 60, "crawls-only").beat()
        after = {node.name: node.beat_at for node in ledger.nodes.all()}
        assert {name for name in before if after[name] > before[name]} == {"crawls-only"}
        monkeypatch.setattr("shopdata.ledger.nodes.SERVICE_IS_UP_SECONDS", 0)
        assert up() == []
