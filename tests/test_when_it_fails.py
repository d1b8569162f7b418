"""docs/when-it-fails.md has an entry for every state and kind of error, and alerts have words for every reason."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from each import each
from test_reference import rows_of
from test_sentences import KINDS, SITES, Site, rendered

from shopdata import exceptions
from shopdata.alerts.reasons import KINDS as WORDS
from shopdata.alerts.reasons import kind_of
from shopdata.exceptions import (
    AlertError,
    ChallengeError,
    ConfigError,
    CredentialsRefusedError,
    LedgerError,
    NeedsPersonError,
    ParkedError,
    ReceiptError,
    RefreshError,
    ShopdataError,
    StoreError,
    TerminalError,
    TransientError,
    UnclearSignInError,
    UsageError,
)
from shopdata.sessions.sign_in.verdict import OUTCOMES
from shopdata.states import CellState

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
    kinds = {
        name for name, kind in {**KINDS, "ConfigError": ConfigError}.items() if issubclass(kind, SECTIONS[section])
    }
    names = [row[0] for row in rows_of(section, DOCUMENT)]
    assert len(names) == len(set(names))
    assert set(names) == kinds - GROUPS


def test_no_kind_is_outside_of_the_sections() -> None:
    for name, kind in KINDS.items():
        assert name in GROUPS or issubclass(kind, tuple(SECTIONS.values())), name
    assert exceptions.__doc__ is not None
    assert all(name in exceptions.__doc__ for name in KINDS)


@pytest.mark.parametrize("section", [name for name, kind in SECTIONS.items() if kind is not UsageError])
def test_the_chats_words_are_those_of_the_alerts(section: str) -> None:
    for kind, words, *_ in rows_of(section, DOCUMENT):
        if words not in ("-", "as the first time"):
            assert words == WORDS[kind].title


@pytest.mark.parametrize("section", ["States", *SECTIONS])
def test_every_entry_says_what_to_do(section: str) -> None:
    assert all(row[-1] for row in rows_of(section, DOCUMENT))


#: What becomes of a partition, a command or the sandbox, and not of a cell.
ELSEWHERE = (UsageError, StoreError, LedgerError, ReceiptError, RefreshError, AlertError, ParkedError)
CELLS = [
    site
    for site in SITES
    if not issubclass(site.kind, ELSEWHERE)
    and site.kind.__name__ not in GROUPS
    and site.path.relative_to(DOCUMENT.parents[1] / "shopdata").parts[0] != "service"
]


@each(CELLS, lambda site: site.where)
def test_alerts_have_words_for_every_reason_of_a_cell(site: Site) -> None:
    parts = {name: rendered(value) for name, value in site.parts.items()}
    for what in site.whats:
        reason = str(site.kind(what, **parts))
        kind, _ = kind_of(CellState(site.kind.state), reason)
        assert kind == site.kind.__name__, reason
        # Parked by it, the shop keeps the reason.
        if issubclass(site.kind, NeedsPersonError):
            parked = f"shop 'x': the shop waits for a person since an earlier run. Then: {reason}"
            assert kind_of(CellState.NEEDS_LOGIN, parked)[0] == kind


@each(WORDS)
def test_words_are_a_heading_and_a_sentence(kind: str) -> None:
    assert not re.search(r"[。.！!]$", WORDS[kind].title)
    assert WORDS[kind].todo.endswith("。")


def test_what_a_login_page_can_say() -> None:
    """The table is that of the code: each kind with its error, its state and whether the shop waits."""
    rows = {row[0]: row[2:5] for row in rows_of("What a login page can say", DOCUMENT)}
    errors = {"refused": CredentialsRefusedError, "person": ChallengeError, "again": UnclearSignInError}
    assert rows == {
        says.value: [error.__name__, error.state, "yes" if getattr(error, "parks", False) else "no"]
        for says, error in ((says, errors[outcome]) for says, outcome in OUTCOMES.items())
    }
