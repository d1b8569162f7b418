"""Several machines on one board: a run with members is one, and the page of machines says what each of them does."""

from __future__ import annotations

import re

import pytest
from board_client import Client, NewContext, Serve
from board_scenes import ENDED, OTHER, SHARED, several_machines
from board_world import BoardWorld

from shopdata.store.staging import Staging

pytestmark = [pytest.mark.services]

DESK = {"viewport": {"width": 1280, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "locale": "en-GB"}


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> BoardWorld:
    return several_machines(tmp_path_factory.mktemp("machines"))


@pytest.fixture(scope="module")
def board(serve: Serve, machines: BoardWorld) -> Client:
    return serve(machines)


def rows_of(html: str) -> list[str]:
    """The rows of a page's tables, without tags."""
    rows = re.findall(r"<tr>(.*?)</tr>", html, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in rows]


def test_one_machine_has_no_page_of_machines(client: Client) -> None:
    assert "board/nodes" not in client.get("/").text
    assert client.get("/board/nodes").status == 404


def test_what_each_machine_does(board: Client, machines: BoardWorld) -> None:
    assert "nodes" in board.get("/").text
    here = Staging(machines.state_dir).node
    lines = {row.split()[0]: row for row in rows_of(board.get("/board/nodes?lang=en").text)[1:]}
    assert next(iter(lines)) == here
    told = {name: re.search(r"\b(up|draining|outdated|stopped|lost|no service)\b", row.split(" ", 1)[1])[1]  # type: ignore[index]
            for name, row in lines.items()}  # fmt: skip
    assert told == {
        here: "up", OTHER: "up", "agency-c-00112233": "draining", "agency-d-44556677": "stopped",
        "agency-e-8899aabb": "lost", "agency-f-ccddeeff": "outdated", "laptop-12345678": "no service",
    }  # fmt: skip
    assert "this one" in lines[here]
    assert all("1 / 4" in lines[name] for name in (here, OTHER))
    assert "0 / 4" in lines["agency-c-00112233"]
    assert lines[OTHER].endswith("as here")
    assert "not as here" not in lines[OTHER]
    assert lines["agency-c-00112233"].endswith("not as here: lake.yaml, scrapy 2.14.1/2.14.0")
    assert "1.0.9-d4e5f6 not as here" in lines["agency-c-00112233"]
    assert "排空中" in board.get("/board/nodes?lang=zh").text


def test_whoever_drains_says_so(board: Client, machines: BoardWorld) -> None:
    assert "scrapy service undrain" not in board.get("/board/runs").text
    (machines.folder / "draining").touch()
    try:
        for page in ("/board/runs", "/board/nodes"):
            assert "scrapy service undrain" in board.get(page).text
    finally:
        (machines.folder / "draining").unlink()


def test_a_run_with_members_is_one_line(board: Client) -> None:
    shown = board.get("/board/runs?lang=en").text
    lines = rows_of(shown)
    for run_id in (SHARED, ENDED):
        assert f'/runs/{run_id}"' in shown
        assert f"{run_id}." not in shown
    (going,) = (line for line in lines if "3 members" in line)
    (ended,) = (line for line in lines if "2 members" in line)
    assert "running" in going
    # As the one that ended last has judged all cells; what each counts is not added up.
    assert "complete published 6 7 min" in ended
    # What stops it, stops all of it.
    board.calls()
    board.press("/board/runs", "cancel", run=SHARED)
    assert [call["run_id"] for call in board.calls()] == [SHARED]


def test_its_page_lists_them_and_each_has_its_log(board: Client) -> None:
    lines = [row for row in rows_of(board.get(f"/board/runs/{SHARED}?lang=en").text) if re.match("Member \\d", row)]
    assert len(lines) == 3
    assert "running" in lines[0]
    assert OTHER in lines[1]
    assert "waiting" in lines[2]
    of_the_other = board.get(f"/board/runs/{SHARED}.2?lang=en").text
    assert "the other machine asks" in of_the_other
    assert "a copy of 2026-11-24 08:40" in of_the_other
    assert f'/runs/{SHARED}"' in of_the_other
    assert b"the other machine asks" in board.get(f"/board/runs/{SHARED}.2/log").body
    assert board.get(f"/board/runs/{SHARED}.1/log").status == 404
    assert board.get(f"/board/runs/{SHARED}.9").status == 404


@pytest.mark.browser
@pytest.mark.parametrize("look", [DESK, PHONE], ids=["desk", "phone, dark, English"])
def test_in_a_browser(board: Client, new_context: NewContext, axe: str, look: dict[str, object]) -> None:
    page = new_context(**look, base_url=board.origin, bypass_csp=True).new_page()
    for path in ("/board/nodes", "/board/runs", f"/board/runs/{SHARED}", f"/board/runs/{SHARED}.2"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
        page.add_script_tag(content=axe)
        result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        assert len(result["passes"]) > 10
        assert [
            (violation["id"], [node["html"] for node in violation["nodes"]][:3]) for violation in result["violations"]
        ] == [], path
