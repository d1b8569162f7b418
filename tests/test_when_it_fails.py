"""docs/when-it-fails.md has an entry for every state, kind of error and code, in the words of the alerts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from test_reference import rows_of
from test_sentences import KINDS

from shopdata import exceptions
from shopdata.exceptions import (
    ChallengeError,
    ConfigError,
    CredentialsRefusedError,
    NeedsPersonError,
    ShopdataError,
    TerminalError,
    TransientError,
    UnclearSignInError,
    UsageError,
)
from shopdata.reasons import UNKNOWN
from shopdata.sessions.sign_in.verdict import OUTCOMES
from shopdata.states import CellState
from shopdata.wording import Texts
from shopdata.wording.texts import catalogue
from shopdata.wording.why import kinds, title_of

DOCUMENT = Path(__file__).parents[1] / "docs" / "when-it-fails.md"
SECTIONS: dict[str, type[ShopdataError]] = {
    "Needs a person": NeedsPersonError,
    "Passes by itself": TransientError,
    "Stays until something is changed": TerminalError,
    "Nothing was asked": UsageError,
}
#: Groups, of which no error is made.
GROUPS = {"ShopdataError", "TransientError", "TerminalError", "NeedsPersonError"}


def test_every_state() -> None:
    assert [row[0] for row in rows_of("States", DOCUMENT)] == [state.value for state in CellState]


@pytest.mark.parametrize("section", SECTIONS)
def test_every_kind_of_a_section(section: str) -> None:
    errors = {**KINDS, "ConfigError": ConfigError}
    codes = {kind.code for name, kind in errors.items() if issubclass(kind, SECTIONS[section]) and name not in GROUPS}
    names = [row[0] for row in rows_of(section, DOCUMENT)]
    assert len(names) == len(set(names))
    assert set(names) == codes


def test_no_kind_is_outside_of_the_sections() -> None:
    for name, kind in KINDS.items():
        assert name in GROUPS or issubclass(kind, tuple(SECTIONS.values())), name
    assert exceptions.__doc__ is not None
    assert all(name in exceptions.__doc__ for name in KINDS)


@pytest.mark.parametrize("section", [name for name, kind in SECTIONS.items() if kind is not UsageError])
def test_the_chats_words_are_those_of_the_alerts(section: str) -> None:
    for kind, words, *_ in rows_of(section, DOCUMENT):
        if words not in ("-", "as the first time"):
            assert words == title_of(Texts("zh"), kind)


@pytest.mark.parametrize("section", ["States", *SECTIONS])
def test_every_entry_says_what_to_do(section: str) -> None:
    assert all(row[-1] for row in rows_of(section, DOCUMENT))


@pytest.mark.parametrize("document", [DOCUMENT, DOCUMENT.with_name("when-it-fails.zh-CN.md")], ids=["en", "zh"])
def test_every_code(document: Path) -> None:
    named = set(re.findall(r"`([a-z][a-z0-9_]*)`", document.read_text("utf-8")))
    assert {*kinds(), UNKNOWN} <= named


def test_the_finer_codes_are_those_of_the_texts() -> None:
    texts, found = catalogue("zh"), {}
    for code, kind, words, facts in rows_of("Codes", DOCUMENT):
        found[code] = kind
        text = texts[f"reason.{kind}.{code}"]
        assert words == re.sub(r"\{\w+\}", "…", text)
        assert re.findall(r"\w+", facts) == re.findall(r"\{(\w+)\}", text)
    named = {error.code for error in KINDS.values()} | {"config_wrong"}
    assert found == {code: kind for code, kind in kinds().items() if code != kind and code not in named}


def test_what_a_login_page_can_say() -> None:
    """The table is that of the code: each kind with its error, its state and whether the shop waits."""
    rows = {row[0]: row[2:5] for row in rows_of("What a login page can say", DOCUMENT)}
    errors = {"refused": CredentialsRefusedError, "person": ChallengeError, "again": UnclearSignInError}
    assert rows == {
        says.value: [error.code, error.state, "yes" if getattr(error, "parks", False) else "no"]
        for says, error in ((says, errors[outcome]) for says, outcome in OUTCOMES.items())
    }
