"""A run as it is met in the wild: a UTC machine, a terminal that knows no ✓, no key, an old state directory."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from workplace import REPO, Workplace

from sandbox import Fault
from shopdata.wording import Texts

pytestmark = [pytest.mark.browser, pytest.mark.services]

DAY = date(2026, 3, 1)
GOOD, REFUSED, DAMAGED = "sandbox-01", "sandbox-02", "sandbox-03"
COMMANDS = (
    ["list"],
    ["status"],
    ["status", "--all"],
    ["status", "--json"],
    ["sessions"],
    ["verify", "jd_store", "--date", f"{DAY}"],
    ["replay", "jd_store", "--date", f"{DAY}"],
    ["backfill", "jd_store", "--start", f"{DAY}", "--end", f"{DAY}", "--dry-run"],
    ["merge", "own", "-o", "own/merged.xlsx", "--summary"],
    ["check_config"],
    ["service", "status"],
    ["service", "unit"],
    ["alert_test"],
    ["login", "nobody"],
    ["crawl", "nothing"],
    ["crawl", "-h"],
    ["sandbox", "-h"],
)


@dataclass(frozen=True)
class Story:
    place: Workplace
    code: int | None
    #: What the run said, in its encoding.
    said: str


@pytest.fixture(scope="module")
def story(make_workplace: Callable[..., Workplace]) -> Story:
    place = make_workplace(shops=3, pdd_shops=0)
    place.sign_in(GOOD, REFUSED, DAMAGED)
    damaged = place.state_dir / "sessions" / f"jd_{DAMAGED}.session"
    damaged.write_text(json.dumps(json.loads(damaged.read_text("utf-8")) | {"cookies": 5}), "utf-8")
    (place.state_dir / "merged").mkdir()
    (place.state_dir / "merged" / "old.xlsx").touch(mode=0o644)
    for folder in (place.state_dir, place.state_dir / "merged"):
        folder.chmod(0o755)
    (place.folder / "own").mkdir()
    (place.folder / "own" / "回力店.csv").write_text("SKU,名称\n1,✓鞋\n", "utf-8")
    place.sandbox.set_fault(REFUSED, Fault.CREATE_REFUSED)
    run = place.crawl(f"date={DAY}", TZ="UTC", PYTHONUTF8="0", PYTHONIOENCODING="gbk:strict")
    return Story(place, run.code, (run.output.read_bytes() + run.errors.read_bytes()).decode("gbk"))


def test_the_run_went_as_always(story: Story) -> None:
    assert story.code == 1, story.said
    assert story.place.states(f"{DAY}") == {GOOD: "published", REFUSED: "failed", DAMAGED: "published"}
    assert "Traceback" not in story.said


def test_a_damaged_session_is_told_and_signed_in_anew(story: Story) -> None:
    assert story.said.count(f"jd_{DAMAGED}.session: the saved session is damaged (odd: cookies)") == 1
    assert story.place.sandbox.counters().logins == {DAMAGED: 1}


def test_that_there_is_no_key_is_told_once(story: Story) -> None:
    assert story.said.count(Texts("en")("sessions.plain")) == 1


def test_log_lines_are_of_the_boards_zone(story: Story) -> None:
    times = re.findall(r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+08:00) ", story.said, flags=re.MULTILINE)
    assert len(times) > 10
    for time in (times[0], times[-1]):
        assert abs(datetime.fromisoformat(time) - datetime.now(UTC)) < timedelta(hours=1)


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no such modes")
def test_nothing_of_it_can_be_read_by_others(story: Story) -> None:
    state = story.place.state_dir
    paths = [state, *state.rglob("*")]
    assert {path.name for path in paths} >= {"ledger.sqlite3", "merged", "old.xlsx", "tables", f"jd_{GOOD}.session"}
    assert [str(path) for path in paths if stat.S_IMODE(path.stat().st_mode) & 0o077] == []
    assert "others on this machine could read it; it is its owner's alone now" in story.said


@pytest.fixture(scope="module")
def in_utf8(story: Story) -> list[int]:
    return codes_of(story.place, "utf-8")


def codes_of(place: Workplace, encoding: str) -> list[int]:
    program = Path(__file__).with_name("every_command.py")
    environment = place.environment({"PYTHONUTF8": "0", "PYTHONIOENCODING": encoding, "COLUMNS": "120"})
    run = subprocess.run(
        [sys.executable, program, encoding, json.dumps(COMMANDS)],
        cwd=place.folder,
        env=environment | {"PYTHONPATH": str(REPO)},
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert run.returncode == 0, run.stderr.decode(errors="replace")
    return json.loads(run.stdout)


@pytest.mark.parametrize("encoding", ["gbk", "ascii"])
def test_every_command_prints_in_any_encoding(story: Story, in_utf8: list[int], encoding: str) -> None:
    assert codes_of(story.place, encoding) == in_utf8
    texts = [(story.place.folder / f"{encoding}.{n}").read_bytes().decode(encoding) for n in range(len(COMMANDS))]
    for command, text in zip(COMMANDS, texts, strict=True):
        assert text.strip(), command
        assert "Traceback" not in text, command
    assert json.loads(texts[COMMANDS.index(["status", "--json"])])["cells"]
    mark = {"gbk": "√"}.get(encoding, "+")
    assert f"{mark} published" in texts[COMMANDS.index(["status", "--all"])]


def test_the_codes_are_what_they_should_be(in_utf8: list[int]) -> None:
    assert dict(zip((" ".join(command[:2]) for command in COMMANDS), in_utf8, strict=True)) == {
        "list": 0,
        "status": 0,
        "status --all": 0,
        "status --json": 0,
        "sessions": 0,
        "verify jd_store": 1,
        "replay jd_store": 1,
        "backfill jd_store": 0,
        "merge own": 0,
        "check_config": 0,
        "service status": 1,
        "service unit": 0,
        "alert_test": 2,
        "login nobody": 2,
        "crawl nothing": 2,
        "crawl -h": 0,
        "sandbox -h": 0,
    }


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no such modes")
def test_what_a_person_has_asked_for_is_as_that_persons_files(story: Story, in_utf8: list[int]) -> None:
    umask = os.umask(0o077)
    os.umask(umask)
    assert stat.S_IMODE((story.place.folder / "own" / "merged.xlsx").stat().st_mode) == 0o666 & ~umask
