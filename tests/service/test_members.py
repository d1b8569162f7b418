"""Which machines get a part in a run: those that are at home to its shops first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from shopdata.ledger import Ledger
from shopdata.service.members import crew_of, home_of


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Any]:
    """Three machines are up and one is not; of four shops, three are signed in."""
    shops = [SimpleNamespace(id=f"s{number}", platform="jd", file_stem=f"jd_s{number}") for number in range(4)]
    portal = SimpleNamespace(roam="late")
    with Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite3'}") as ledger:
        for node, seats in (("a", 4), ("b", 4), ("c", 4), ("off", 0)):
            ledger.nodes.beat_service(node, address=node, version="1", seats=seats)
        for number, home in enumerate(("c", "b", "c")):
            ledger.sessions.write(f"jd_s{number}.session", b"sealed", home)
        config = SimpleNamespace(shops=shops, shops_for=lambda _: shops, portal=lambda _: portal)
        yield SimpleNamespace(
            database_url="postgresql://shared", ledger=ledger, read_config=lambda: config, portal=portal
        )


def crew(workspace: Any, wanted: object) -> list[str]:
    entry: Any = SimpleNamespace(spider="jd_store", runs="jd_store", args={}, crew=wanted)
    return crew_of(entry, workspace, lambda *_: "jd_store")


def test_homes_come_first(workspace: Any) -> None:
    assert crew(workspace, "auto") == ["c", "b"]
    assert [crew(workspace, count) for count in (1, 3, 9)] == [["c"], ["c", "b", "a"], ["c", "b", "a"]]
    workspace.portal.roam = "any"
    assert (crew(workspace, "auto"), crew(workspace, 2)) == ([""], ["", ""])
    workspace.database_url = None
    assert crew(workspace, 3) == [""]


def test_a_run_for_some_shops_goes_to_their_home(workspace: Any) -> None:
    asked = ("s0,s2", "s0,s1", "s3", "s0,s3", "nobody", None)
    assert [home_of(shops, workspace) for shops in asked] == ["c", "", "", "", "", ""]
