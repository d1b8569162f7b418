"""Doubtful files on the board: seen in shape and word, and let through by one button, noted by whom."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from board_client import Client, Serve
from board_scenes import ordinary_morning
from board_world import NOW, USER, BoardWorld

from shopdata.checks.facts import Facts
from shopdata.ledger import CellKey, Ledger
from shopdata.ledger.checked_files import Doubt, DoubtState
from shopdata.states import CellState

pytestmark = pytest.mark.services

DT = "2026-11-23"
MARKED, WAITS, NOTED = (CellKey("jd_store", DT, shop) for shop in ("jd-01", "jd-02", "jd-07"))
FOUND = {
    "check": "rows",
    "kind": "few_rows",
    "action": "ask_again",
    "text": "few rows: 12; on Mondays 96 to 140 (8 of them)",
    "column": "",
    "count": 12,
    "params": {"rows": 12, "usual": 118},
}


def doubt(key: CellKey, state: DoubtState, sha256: str) -> Doubt:
    raw = {
        "key": f"raw/jd/jd_store/dt={key.dt}/{key.shop}.xlsx",
        "sha256": sha256,
        "bytes": 7,
        "ext": "xlsx",
        "rows": 12,
        "fetched_at": NOW.isoformat(),
        "shop_name": "a shop",
        "in_store": False,
        "warnings": [],
        "drift": [],
        "account": {},
    }
    file = {"raw": raw, "facts": Facts(12).as_json(), "is_counted": False, "is_same": False}
    return Doubt(
        dataset=key.dataset,
        dt=key.dt,
        shop=key.shop,
        state=state,
        sha256=sha256,
        rows=12,
        answers=2,
        found=[FOUND],
        file=file if state.is_aside else None,
        updated_at=NOW,
    )


@pytest.fixture(scope="module")
def doubtful(tmp_path_factory: pytest.TempPathFactory) -> BoardWorld:
    world = ordinary_morning(tmp_path_factory.mktemp("doubtful"))
    with Ledger.at(world.state_dir) as ledger:
        published = ledger.cell(MARKED)
        assert published is not None
        assert published.raw is not None
        ledger.checked.put(doubt(MARKED, DoubtState.CONFIRMED, published.raw.sha256))
        ledger.checked.put(doubt(WAITS, DoubtState.WAITING, "b" * 64))
        ledger.settle(WAITS, CellState.NOT_READY)
        ledger.checked.put(doubt(NOTED, DoubtState.NOTED, "c" * 64))
    kept = world.state_dir / "doubtful" / "jd_store" / DT / "jd-02.xlsx"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"a file.")
    return world


@pytest.fixture(scope="module")
def client(serve: Serve, doubtful: BoardWorld) -> Client:
    return serve(doubtful)


def state_of(world: BoardWorld, key: CellKey) -> tuple[DoubtState, str]:
    with Ledger.at(world.state_dir) as ledger:
        found = ledger.checked.doubt(key)
        assert found is not None
        return found.state, found.user_name


def test_doubtful_files_are_what_a_page_may_be_narrowed_to(client: Client) -> None:
    """Those that wait, and those that are published with a mark; a day's page and that of many days."""
    for address in (f"/board/days/jd_store?end={DT}&show=doubtful&rows=all", "/board/?show=doubtful"):
        page = client.get(address)
        shown = re.findall(r'<tr data-kind="[\w ]*doubtful" data-text="([\w-]+) [^"]*">', page.text)
        assert sorted(shown) == [key.shop for key in (MARKED, WAITS, NOTED)]
        assert re.search(r'show=doubtful[^>]*aria-current="true">存疑 <b>3</b>', page.text)
        # In shape and word, also where it was published at once.
        (noted,) = re.findall(rf"<a [^>]*/jd_store/{DT}/jd-07\".*?</a>", page.text)
        assert "检查：有提醒，已发布" in noted
    # What has no files has no such choice.
    assert 'data-show="doubtful"' not in client.get("/board/sessions").text


def test_a_mark_is_seen_and_taken_back_by_a_person(client: Client, doubtful: BoardWorld) -> None:
    assert "s-doubtful" in client.get("/board/days/jd_store").text
    page = client.get(f"/board/cell/jd_store/{DT}/jd-01")
    for words in ("存疑", "只有 12 行，平时约 118 行", FOUND["text"], "再取一次仍是如此"):
        assert str(words) in page.visible
    answer = client.press(f"/board/cell/jd_store/{DT}/jd-01", "accept", shop="jd-01")
    assert answer.headers["Location"] == f"/board/cell/jd_store/{DT}/jd-01?told=accepted"
    assert client.calls() == []
    assert state_of(doubtful, MARKED) == (DoubtState.ACCEPTED, USER)
    page = client.get(answer.headers["Location"])
    assert "已记下是你确认的" in page.visible
    assert USER in page.visible
    assert "存疑" not in page.visible


def test_a_file_that_waits_is_published_by_a_run_that_asks_nothing(client: Client, doubtful: BoardWorld) -> None:
    answer = client.press(f"/board/cell/jd_store/{DT}/jd-02", "accept", shop="jd-02")
    assert "told=queued" in answer.headers["Location"]
    assert client.calls() == [
        {"action": "collect", "dataset": "jd_store", "dts": [DT], "shops": ["jd-02"], "force": False}
    ]
    assert state_of(doubtful, WAITS) == (DoubtState.ACCEPTED, USER)
    with Ledger.at(doubtful.state_dir) as ledger:
        cell = ledger.cell(WAITS)
        assert cell is not None
        assert (cell.state, cell.rows) == (CellState.STAGED, 12)
        assert not cell.lease_owner
    assert Path(doubtful.state_dir, "raw/jd/jd_store", f"dt={DT}", "jd-02.xlsx").read_bytes() == b"a file."
