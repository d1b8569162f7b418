"""What a person has shown of a third day: the rows of its day, as a crawl writes them, and no others."""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parents[1] / "recording"))

from kept_journals import CHATS, FOLDER, SHIPPED, dialects

from shopdata.actions.third_take import ThirdTake
from shopdata.config.datasets import Dataset
from shopdata.config.recipes import Recipe
from shopdata.platforms.pdd.chat import CHAT_ROWS
from shopdata.recording.journal import Journal, read_journal

FIRST = date(2026, 3, 1)
DATASETS = SHIPPED.with_name("datasets")


def shown(name: str, journal: Journal, folder: Path, day: date = FIRST) -> list[dict[str, Any]]:
    """The rows of the file of a third take in which all that the journal holds was seen."""
    recipe, dataset = (
        model.model_validate(yaml.safe_load((where / f"{name}.yaml").read_text("utf-8")))
        for model, where in ((Recipe, CHATS if name == "pdd_chat" else SHIPPED), (Dataset, DATASETS))
    )
    known = dialects(name)
    portal: Any = type("Portal", (), {"chat_page_path": "/mms-chat/search", **known[0].origins})()
    third = ThirdTake(folder, name, dataset, recipe, portal, known, day)
    third.begin(day)
    for take in journal.takes:
        for call in take.calls:
            third.note(call)
    return [json.loads(line) for line in third.file.read_bytes().splitlines()[1:]] if third.file else []


def answers(journal: Journal, number: int, path: str, key: str) -> list[dict[str, Any]]:
    calls = [call for call in journal.takes[number].calls if call.path[-1] == path]
    return [row for call in calls for row in (call.answer or {})["json"]["result"][key]]


def test_of_a_list_within_a_list_the_rows_are_made_and_masked_as_a_crawl_does(tmp_path: Path) -> None:
    journal = read_journal(FOLDER / "pdd_chat.jsonl")
    rows = shown("pdd_chat", journal, tmp_path)
    users = {str(user["uid"]): user for user in answers(journal, 0, "getMessagesUsers", "convUsers")}
    assert len(rows) == len(answers(journal, 0, "getMessages", "contentList"))
    assert {row["uid"] for row in rows} == set(users)
    assert len({row["msg_id"] for row in rows}) == len(rows)
    assert rows == [CHAT_ROWS.masked(row) for row in rows]
    assert all(row["nickname"] == users[row["uid"]]["nickname"] for row in rows)


@pytest.mark.parametrize("number", [0, 1])
def test_what_the_page_has_asked_for_another_day_does_not_count(tmp_path: Path, number: int) -> None:
    journal = read_journal(FOLDER / "pdd_badscore.jsonl")
    rows = shown("pdd_badscore", journal, tmp_path, journal.takes[number].day)
    assert rows == answers(journal, number, "list", "data")


def test_nothing_of_the_recipe_is_no_file(tmp_path: Path) -> None:
    assert shown("pdd_badscore", read_journal(FOLDER / "pdd_quality.jsonl"), tmp_path) == []
    assert not list(tmp_path.iterdir())
