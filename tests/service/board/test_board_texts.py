"""Both catalogues have the same texts, and each of them is used somewhere."""

from __future__ import annotations

import re
import string
from datetime import datetime
from pathlib import Path
from typing import get_args

import pytest
import yaml
from board_world import NOW, REPO

from shopdata.config import Job
from shopdata.ledger.slots import CLAIMED, QUEUED, SKIPPED
from shopdata.periods import SHANGHAI
from shopdata.service.board import states
from shopdata.service.board.actions import TOLD
from shopdata.service.board.notes import slot_note
from shopdata.service.board.texts import CATALOGUES, Texts, choose
from shopdata.service.due import Busy, decide
from shopdata.service.endings import Ending

HOUSE = REPO / "shopdata" / "service" / "board"
DATASETS = sorted(path.stem for path in (REPO / "pipelines_config" / "datasets").glob("*.yaml"))

#: Keys that are put together while a page is made: their beginning, and what may follow.
BUILT = {
    "state.": [f"{state}.{part}" for state in states.ALL for part in ("word", "means", "todo")],
    "dataset.": DATASETS,
    "platform.": ["jd", "pdd"],
    "weekday.": [str(number) for number in range(7)],
    "month.": [str(number) for number in range(1, 13)],
    "span.": ["seconds", "minutes", "hours", "days"],
    "menu.": ["today", "days", "runs", "sessions", "schedule"],
    "filter.": [*states.KINDS, "all"],
    "sessions.": [*states.KINDS, "all"],
    "line.": ["complete", "unrefreshed", "running", "lacking", "waiting"],
    "run.": ["pending", "running", "complete", "incomplete", "stopped", *get_args(Ending),
             *(f"{ending}.means" for ending in get_args(Ending))],
    "sentence.": ["lacking", "running", "unrefreshed", "waiting"],
    "asked.": ["due", "force"],
    "log.": ["warning", "error", "critical"],
    "session.": ["alive", "unknown", "dead", "none", "parked", "unread"],
    "slot.": [CLAIMED, QUEUED, SKIPPED],
    "told.": list(TOLD),
    "partition.": ["workbook", "parquet"],
    "trouble.": [f"{kind}.{part}" for kind in ("not_found", "bad_form", "token", "usage", "failed", "bug")
                 for part in ("title", "todo")],
}  # fmt: skip


def used_keys() -> set[str]:
    written = "".join(path.read_text("utf-8") for path in [*HOUSE.rglob("*.py"), *HOUSE.rglob("*.html")])
    plain = re.findall(r"""(?:\bt|\btexts|\bself)\(\s*["']([a-z_0-9.]+)["']\s*[,)]""", written)
    built = [f"{start}{end}" for start, ends in BUILT.items() for end in ends]
    return {*plain, *built, "language.name"}


def test_catalogues_have_the_same_keys() -> None:
    (first, *others) = [set(texts) for texts in CATALOGUES.values()]
    for other in others:
        assert first ^ other == set()


@pytest.mark.parametrize("code", CATALOGUES)
def test_every_text_is_used_and_every_used_text_is_there(code: str) -> None:
    assert set(CATALOGUES[code]) ^ used_keys() == set()


def test_holes_are_the_same_in_all_languages() -> None:
    def holes(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    for key, text in CATALOGUES["zh"].items():
        if not key.startswith("format."):
            assert holes(text) == holes(CATALOGUES["en"][key]), key


@pytest.mark.parametrize("code", CATALOGUES)
def test_no_key_stands_there_twice(code: str) -> None:
    lines = (Path(HOUSE) / "texts" / f"{code}.yaml").read_text("utf-8").splitlines()
    keys = [line.partition(":")[0] for line in lines if line and not line.startswith("#")]
    assert len(keys) == len(set(keys)) == len(yaml.safe_load("\n".join(lines)))


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
def test_choice_of_language(query: str | None, cookie: str | None, accept: str | None, expected: str) -> None:
    assert choose(query, cookie, accept).code == expected


def test_counts_agree_with_their_words() -> None:
    english = Texts("en")
    assert english("grid.shops", n=1) == "1 shop"
    assert english("grid.shops", n=2) == "2 shops"
    assert Texts("zh")("grid.shops", n=2) == "2 家店"


def test_days_and_lengths_of_time() -> None:
    assert Texts("zh").day(NOW.date()) == "11月24日 周二"
    assert Texts("en").day(NOW.date()) == "Tue 24 November"
    assert [Texts("en").span(seconds) for seconds in (4, 600, 7200, 400_000)] == ["4 s", "10 min", "2 h", "5 days"]


def job(**keys: str) -> Job:
    return Job(name="daily", spider="jd_store", cron="30 8 * * *", **keys)


@pytest.mark.parametrize(
    ("entry", "now", "busy", "chinese"),
    [
        pytest.param(job(), "02 11:42", Busy(), "补跑，晚了 3 小时 12 分钟", id="caught up"),
        pytest.param(job(misfire="skip"), "02 11:30", Busy(), "错过 3 小时；此任务设为错过即跳过", id="skipped"),
        pytest.param(job(max_late="2h"), "02 11:30", Busy(), "错过 3 小时，超过了它的 max_late（2h）", id="too late"),
        pytest.param(job(), "02 08:30", Busy(waiting="r-1"), "同一任务的运行 r-1 还在排队", id="waits"),
        pytest.param(job(overlap="skip"), "02 08:30", Busy(running="r-1"), "运行 r-1 还没结束；此任务", id="overlap"),
        pytest.param(
            job(), "02 09:30", Busy(running="r-1"), "补跑，晚了 1 小时；等运行 r-1 结束后开始", id="two notes"
        ),
        pytest.param(job(), "30 08:30", Busy(), "错过，由后一次代替；在它之前还有 9 次", id="many"),
    ],
)
def test_what_became_of_a_slot(entry: Job, now: str, busy: Busy, chinese: str) -> None:
    """Every sentence of the clock; a new one must not come through in English."""
    since, moment = (datetime.fromisoformat(f"2026-03-{day}").replace(tzinfo=SHANGHAI) for day in ("01 08:30", now))
    notes = [verdict.note for verdict in decide(entry, since, moment, busy) if verdict.note]
    shown = slot_note(Texts("zh"), notes[0])
    assert chinese in shown
    assert not re.search(r"missed|stands|late\b(?<!max_late)|still|begins|before", shown)
    assert slot_note(Texts("en"), notes[0]) == notes[0]
