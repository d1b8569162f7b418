"""One catalogue, every text in both languages, each of them used somewhere; and which language a reader gets."""

from __future__ import annotations

import ast
import os
import re
import string
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import get_args

import pytest
import yaml

from shopdata.alerts import common_doubts
from shopdata.crawling.session_check import Found
from shopdata.exceptions import ArgumentError
from shopdata.ledger.acts import Via
from shopdata.ledger.checked_files import DoubtState
from shopdata.ledger.nodes import DRAINING, LOST, NONE, OUTDATED, STOPPED, UP
from shopdata.ledger.slots import CLAIMED, QUEUED, SKIPPED
from shopdata.recording.inference.signing import MODES
from shopdata.service.api_acts import CODES
from shopdata.service.board import entrance, grid, own_password, states
from shopdata.service.board.acts import NOTED
from shopdata.service.board.addresses import TOLD
from shopdata.service.board.pages import record
from shopdata.service.endings import Ending
from shopdata.service.people.roles import Role
from shopdata.service.recordings.recording import ENDS as RECORDING_ENDS
from shopdata.service.recordings.recording import STATES as RECORDING_STATES
from shopdata.sessions.checking import SessionState
from shopdata.shadow.comparing import Kind
from shopdata.shadow.days import Result
from shopdata.shops.fields import FIELDS
from shopdata.wording import Texts
from shopdata.wording.language import browser_texts, terminal_texts
from shopdata.wording.texts import TAGS, catalogue

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "shopdata"
TABLES = sorted((PACKAGE / "wording" / "tables").glob("*.yaml"))

NODE_STATES = (UP, DRAINING, OUTDATED, STOPPED, LOST, NONE)
#: What a key is given to; and what one looks like.
CALLED = {"t", "texts", "group_texts", "_texts", "self", "tell", "ask_code", "_say"}
KEY = r"[a-z_]+(?:\.[a-z_0-9]+)+"
#: Keys that are put together while a page is made: their beginning, and what may follow.
BUILT = {
    "state.": [*(f"{state}.{part}" for state in states.ALL for part in ("word", "means", "todo")),
               *(f"{found}.word" for found in Found)],
    "weekday.": [str(number) for number in range(7)],
    "month.": [str(number) for number in range(1, 13)],
    "span.": ["seconds", "minutes", "hours", "days"],
    "trends.key.": ["rows", "lacking", "open", "nothing", "before"],
    "menu.": ["today", "days", "trends", "runs", "nodes", "sessions", "schedule", "record", "shops", "users",
              "activity"],
    "shops_page.kind.": [*states.KINDS, "all"],
    "filter.": [*grid.SHOWN, "all"],
    "sessions.": [*states.KINDS, "all"],
    "line.": ["complete", "unrefreshed", "running", "lacking", "waiting"],
    "run.": ["pending", "running", "complete", "incomplete", "stopped", *get_args(Ending),
             *(f"{ending}.means" for ending in get_args(Ending))],
    "node.": [f"{state}{part}" for state in NODE_STATES for part in ("", ".means")],
    "sentence.": ["lacking", "running", "unrefreshed", "waiting"],
    "asked.": ["due", "force"],
    "alert.common.": sorted(common_doubts.KINDS),
    "log.": ["warning", "error", "critical"],
    "session.": [*(state.name.lower() for state in SessionState), "parked", "unread"],
    "crawl.": ["workbook", "parquet"],
    "step.": ["ask", "create", "wait", "download", "check", "page", "conversation", "signing_in",
              "waits_for_the_browser", "held"],
    "service.head.": ["still_runs", "stopping", "draining", "rehearsal", "not_deployed", "schedule", "runs", "waits",
                      "next", "never", "left_out", "disk", "ledger", "failed"],
    "session_list.": ["session", "signed_in", "age", "expected", "checked", "note"],
    "slot.": [CLAIMED, QUEUED, SKIPPED],
    "told.": list(TOLD),
    # What of these can occur, `tests/service/live` follows.
    "live.": [key.removeprefix("live.") for key in catalogue("zh") if key.startswith("live.")],
    "role.": list(Role),
    "via.": list(get_args(Via)),
    "act.": [*CODES, *(action.replace("-", "_") for action in NOTED), "sign_in_taken", "signed_in", "signed_out",
             "own_password", "record_taken", "record_written"],
    "login.": list(entrance.TOLD),
    "password.": list(own_password.TOLD),
    "cell.doubt.": list(DoubtState),
    "partition.": ["workbook", "parquet"],
    "warning.": ["note_rows", "header_rows"],
    "note.": ["drift", "warnings", "restated"],
    # What of these can occur, `tests/doctor/test_doctor_texts.py` follows.
    "doctor.": [key.removeprefix("doctor.") for key in catalogue("zh") if key.startswith("doctor.")],
    # What of these can occur, `test_reason_texts.py` follows.
    "reason.": [key.removeprefix("reason.") for key in catalogue("zh") if key.startswith("reason.")],
    "slot_note.": [key.removeprefix("slot_note.") for key in catalogue("zh") if key.startswith("slot_note.")],
    "shops.": ["name", "kept_in", "owner", "periods", "first", "last", "account"],
    "shop_field.": FIELDS,
    "shop_help.": FIELDS,
    # The heads of its tables, and what came of a shop and day.
    "shadow.": ["rows_theirs", "rows_ours", "only_theirs", "only_ours", "cells", "spelled", "lead", "shop_id", "result",
                "columns_that_differ", "masked", "columns_theirs", "columns_ours", "no_data", "double", "keys",
                "labels", "file", "saved_at", "collected_at", "published_at", "lead_minutes", "kind", "row", "column",
                "theirs", "ours", "why", "is_passed_over", *(f"result.{result}" for result in Result),
                *(f"kind.{kind}" for kind in Kind)],
    # What the inference says: each stands in it as the code of a line, or as the reason of a refusal.
    "record.": [key.removeprefix("record.") for key in catalogue("zh") if key.startswith("record.")],
    "rehearse.": ["nothing", "empty", "differs", "same"],
    "recording.state.": [*RECORDING_ENDS, *(state for state in RECORDING_STATES if state != "took"), "third",
                         *(f"{take}_{kind}" for take in ("take", "third") for kind in ("week", "month"))],
    "recording.period.": ["day", "week", "month"],
    "recording.day_": ["week", "month"],
    "recording.which.": ["sheet", "sign"],
    "recording.sign.": MODES[1:],
    "recording.short.": ["queued", "take", "took", "comparing"],
    "recording.todo.": ["take", "third", "no_session", "signed_out", "reading"],
    "recording.step.": record.STEPS,
    "recording.column.": ["ids", "keys", "personal"],
    "trouble.": [f"{kind}.{part}" for kind in ("not_found", "bad_form", "token", "forbidden", "usage", "failed", "bug")
                 for part in ("title", "todo")],
}  # fmt: skip


def asked_for() -> set[str]:
    """Keys that stand in a call: a misspelt one would be met by a reader only."""
    templates = "".join(path.read_text("utf-8") for path in PACKAGE.rglob("*.html"))
    found = set(re.findall(rf"""\bt\(\s*["']({KEY})["']""", templates))
    for path in PACKAGE.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] in CALLED:
                found.update(text for argument in call.args for text in texts_in(argument) if re.fullmatch(KEY, text))
    return found


def texts_in(tree: ast.AST) -> Iterator[str]:
    return (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))


def built() -> set[str]:
    return {f"{start}{end}" for start, ends in BUILT.items() for end in ends}


def noticed(kinds: set[str]) -> set[str]:
    """Texts of what is noticed in a file: the last part is a kind that stands in the code."""
    return {f"{topic}.{kind}" for topic in ("drift", "warning") for kind in kinds}


def constants() -> set[str]:
    return {text for path in PACKAGE.rglob("*.py") for text in texts_in(ast.parse(path.read_text("utf-8")))}


@pytest.mark.parametrize("table", TABLES, ids=lambda path: path.stem)
def test_every_text_is_there_in_every_language(table: Path) -> None:
    for key, texts in yaml.safe_load(table.read_text("utf-8")).items():
        assert list(texts) == list(TAGS), key
        assert all(isinstance(text, str) and text.strip() for text in texts.values()), key


def test_no_key_stands_there_twice() -> None:
    lines = "".join(table.read_text("utf-8") for table in TABLES).splitlines()
    keys = Counter(line for line in lines if re.match(r"[^\s#]", line))
    assert [key for key, count in keys.items() if count > 1] == []
    assert len(keys) == len(catalogue("zh"))


def test_every_text_that_is_asked_for_is_there() -> None:
    assert (asked_for() | built()) - catalogue("zh").keys() == set()


def test_every_text_is_used() -> None:
    written = constants()
    assert catalogue("zh").keys() - asked_for() - built() - noticed(written) - written == set()


def test_holes_are_the_same_in_all_languages() -> None:
    def holes(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    for key, text in catalogue("zh").items():
        if not key.startswith("format."):
            assert holes(text) == holes(catalogue("en")[key]), key


@pytest.mark.parametrize(
    ("setting", "variables", "expected"),
    [
        pytest.param("zh", {"LC_ALL": "C"}, "zh", id="setting"),
        pytest.param("en", {"LANG": "zh_CN.UTF-8"}, "en", id="setting before system"),
        pytest.param("ZH-cn", {}, "zh", id="setting as locales are written"),
        pytest.param(None, {"LANG": "zh_CN.UTF-8"}, "zh", id="LANG"),
        pytest.param("", {"LANG": "zh_CN.GB18030"}, "zh", id="empty setting"),
        pytest.param(None, {"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "en", id="LC_MESSAGES before LANG"),
        pytest.param(None, {"LANG": "en_US.UTF-8", "LC_ALL": "zh_TW"}, "zh", id="LC_ALL before all"),
        pytest.param(None, {"LC_ALL": "", "LANG": "zh_CN"}, "zh", id="an empty variable says nothing"),
        pytest.param(None, {"LANG": "C.UTF-8"}, "en", id="C"),
        pytest.param(None, {"LANG": "POSIX"}, "en", id="POSIX"),
        pytest.param(None, {"LANG": "de_DE.UTF-8"}, "en", id="a language that we do not have"),
        pytest.param(
            None, {}, "en", id="nothing", marks=pytest.mark.skipif(os.name == "nt", reason="there, Windows is asked")
        ),
    ],
)
def test_language_of_a_terminal(
    setting: str | None, variables: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert terminal_texts({"SHOPDATA_LANGUAGE": setting}).code == expected


def test_a_language_that_is_not_there_is_refused() -> None:
    with pytest.raises(ArgumentError, match=r"SHOPDATA_LANGUAGE: this language is not there. Found 'french'"):
        terminal_texts({"SHOPDATA_LANGUAGE": "french"})


@pytest.mark.parametrize(
    ("query", "cookie", "accept", "expected"),
    [
        (None, None, None, "zh"),
        ("en", "zh", "zh-CN", "en"),
        (None, "en", "zh-CN", "en"),
        (None, None, "en-GB,en;q=0.9,zh;q=0.8", "en"),
        (None, None, "zh-TW,en;q=0.8", "zh"),
        (None, None, "de,en;q=0.5", "en"),
        (None, None, "fr", "zh"),
        ("<script>", "../en", "en;q=nonsense, *;q=0", "zh"),
        (None, None, "en;q=0", "zh"),
    ],
)
def test_language_of_a_browser(query: str | None, cookie: str | None, accept: str | None, expected: str) -> None:
    assert browser_texts(query, cookie, accept, "zh").code == expected
    if (query, cookie, accept) == (None, None, "fr"):
        assert browser_texts(query, cookie, accept, "en").code == "en"


def test_counts_agree_with_their_words() -> None:
    english = Texts("en")
    assert english("grid.shops", n=1) == "1 shop"
    assert english("grid.shops", n=2) == "2 shops"
    assert Texts("zh")("grid.shops", n=2) == "2 家店"


def test_days_and_lengths_of_time() -> None:
    assert Texts("zh").day(date(2026, 11, 24)) == "11月24日 周二"
    assert Texts("en").day(date(2026, 11, 24)) == "Tue 24 November"
    assert [Texts("en").length(seconds) for seconds in (20, 60, 3600, 93_600)] == ["20 s", "1 min", "1 h", "1 day 2 h"]
    assert Texts("zh").length(9000) == "2 小时 30 分钟"
    assert [Texts("en").span(seconds) for seconds in (4, 600, 7200, 400_000)] == ["4 s", "10 min", "2 h", "5 days"]


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        pytest.param([], "", id="none"),
        pytest.param(["2026-03-01"], "2026-03-01", id="one"),
        pytest.param(
            ["2026-03-02", "2026-02-28", "2026-03-01"], "2026-02-28 to 2026-03-02 (3 periods)", id="days in a row"
        ),
        pytest.param(
            ["2026-03-01", "2026-03-03", "2026-03-04"], "2026-03-01, 2026-03-03 to 2026-03-04 (3 periods)", id="a hole"
        ),
        pytest.param(
            [f"2026-03-{day:02}" for day in range(1, 31, 2)],
            "2026-03-01, 2026-03-03, 2026-03-05 … (15 periods)",
            id="more than a line takes",
        ),
        pytest.param(
            ["2026-03-01_2026-03-07", "2026-03-08_2026-03-14"], "2026-03-01 to 2026-03-14 (2 periods)", id="weeks"
        ),
        pytest.param(["2026-02-01_2026-02-28"], "2026-02-01_2026-02-28", id="a month"),
    ],
)
def test_periods_for_people(labels: list[str], told: str) -> None:
    assert Texts("en").labels(labels) == told
