"""One word for each thing: what the glossary rules out stands nowhere that people read."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import shipped_config

from shopdata.alerts.names import dataset_name
from shopdata.service.board import states
from shopdata.wording import Texts
from shopdata.wording.texts import catalogue

ROOT = Path(__file__).parents[1]
#: What portals say is quoted there in their words.
QUOTING = {"glossary.md", "portals.md"}
CHINESE = re.compile("[\u4e00-\u9fff]")


def rows() -> list[list[str]]:
    """The cells of both tables."""
    lines = (ROOT / "docs" / "glossary.md").read_text("utf-8").splitlines()
    found = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return [row for row in found if CHINESE.search(row[0]) and row[0] != "中文"]


def words(cell: str) -> list[str]:
    return [word for word in cell.split("、") if word]


def texts() -> Iterator[tuple[str, str]]:
    """Everything that a Chinese reader sees of the board, of messages and of the documents, with where it stands."""
    yield from catalogue("zh").items()
    for path in [ROOT / "README.zh-CN.md", *(ROOT / "docs").glob("*.md")]:
        if path.name not in QUOTING:
            yield path.name, path.read_text("utf-8")
    for path in (ROOT / "shopdata" / "service" / "board" / "templates").glob("*.html"):
        yield path.name, path.read_text("utf-8")
    for folder in ("alerts", "service", "actions"):
        for path in (ROOT / "shopdata" / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and CHINESE.search(node.value):
                    yield f"{path.name}:{node.lineno}", node.value


def test_no_text_uses_another_word_than_the_glossary() -> None:
    good = sorted((word for row in rows() for word in words(row[0])), key=len, reverse=True)
    banned = {word: row[0] for row in rows() for word in words(row[3]) if CHINESE.search(word)}
    assert len(banned) > 15
    found = []
    for where, text in texts():
        for word in good:
            # `有缺口` is no `有缺`.
            text = text.replace(word, "＿")
        found += [f"{where}: {word}, in place of {banned[word]}" for word in banned if word in text]
    assert found == []


def test_no_english_text_uses_another_word_either() -> None:
    """Of the catalogue: documents may speak of a dashboard of somebody else's."""
    banned = {word: row[1] for row in rows() for word in words(row[3]) if not CHINESE.search(word)}
    assert banned
    found = [
        f"{key}: {word}, in place of {banned[word]}"
        for key, text in catalogue("en").items()
        for word in banned
        if re.search(rf"\b{word}", text, re.IGNORECASE)
    ]
    assert found == []


def test_every_state_has_the_word_of_the_glossary_in_both_languages() -> None:
    names = {"not asked": states.UNASKED, "overdue": states.OVERDUE, "interrupted": states.STALLED}
    of_states = rows()[-len(states.ALL) :]
    told = {names.get(row[1], row[1].strip("`")): (row[0], row[1].strip("`")) for row in of_states}
    assert told == {
        state: (catalogue("zh")[f"state.{state}.word"], catalogue("en")[f"state.{state}.word"]) for state in states.ALL
    }


@pytest.mark.parametrize("word", ["没收齐", "有缺", "漏取", "等人登录", "需登录", "台账"])
def test_words_that_drifted_are_ruled_out(word: str) -> None:
    assert word in {word for row in rows() for word in words(row[3])}


def test_a_dataset_is_called_alike_on_board_in_messages_and_workbooks() -> None:
    datasets = shipped_config.load_shipped_config().datasets
    assert datasets
    for name, contract in datasets.items():
        assert dataset_name(Texts("zh"), name, contract, is_whole=True) == contract.title
        assert contract.title.endswith(dataset_name(Texts("zh"), name, contract))
        assert not CHINESE.search(dataset_name(Texts("en"), name, contract, is_whole=True))
