"""A service that has said that it ends says nothing after that, whatever was under way."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from shopdata.ledger.nodes import STOPPED
from shopdata.service.options import ServiceOptions
from shopdata.service.this_node import ThisNode


def test_a_look_at_life_does_not_take_the_last_word_back(tmp_path: Path) -> None:
    told: list[str] = []
    nodes = SimpleNamespace(beat_service=lambda *_, state, **__: told.append(state), all=list)
    workspace: Any = SimpleNamespace(
        database_url="postgresql://shared", staging=SimpleNamespace(node="here"), ledger=SimpleNamespace(nodes=nodes)
    )
    crawls: Any = SimpleNamespace(is_closed=False, max_proc=2)
    node = ThisNode(
        ServiceOptions(state_dir=tmp_path), workspace, "here:1", launcher=crawls, poller=crawls, version=lambda: "1"
    )
    node._tell("up")
    node.last_word()
    node._tell("draining")
    assert told == ["up", STOPPED]
