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
        ledger.nodes.beat_service("draining", address="host:6801", version="1", seats=4, state="draining")
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
        ledger.nodes.beat_service("ended", address="host:6802", version="1", seats=4, state="stopped")

        def states() -> dict[str, str]:
            return {node.name: node.state for node in ledger.nodes.all()}

        quiet = {"crawls-only": "none", "ended": "stopped"}
        assert states() == {"with-service": "up", "draining": "draining", **quiet}
        monkeypatch.setattr("shopdata.ledger.nodes.SERVICE_IS_UP_SECONDS", 0)
        assert up() == []
        # Whoever has said that it ends is not lost.
        assert states() == {"with-service": "lost", "draining": "lost", **quiet}


def test_what_differs_between_two(database_url: str) -> None:
    with Ledger(database_url) as ledger:
        for name in ("a", "b", "silent"):
            ledger.nodes.beat_service(name, address=f"{name}:6800", version="1", seats=4)
        packages = {"pandas": "3.0", "pytest": "9.0"}
        ledger.nodes.describe("a", config_parts={"lake.yaml": "1", "shops.yaml": "2"}, packages=packages)
        ledger.nodes.describe("b", config_parts={"lake.yaml": "1", "shops.yaml": "2"}, packages={"pandas": "3.0"})
        a, b, silent = ledger.nodes.all()
        assert (a.config_hash, a.differences(b), a.differences(silent)) == (b.config_hash, [], [])
        ledger.nodes.describe("b", config_parts={"lake.yaml": "3", "alerts.yaml": "4"}, packages={"pandas": "3.1"})
        a, b, silent = ledger.nodes.all()
        assert a.config_hash != b.config_hash
        assert a.differences(b) == ["alerts.yaml", "lake.yaml", "shops.yaml", "pandas 3.0/3.1"]
        assert (silent.config_hash, silent.differences(a)) == ("", [])
