"""Errors are sentences with four parts, and keep their facts on every way they travel."""

from __future__ import annotations

import copy
import inspect
import itertools
import pickle
from collections.abc import Callable

import pytest
from each import each

from shopdata import exceptions
from shopdata.exceptions import (
    ArgumentError,
    BrowserMissingError,
    ChallengeError,
    ConfigError,
    CredentialsRefusedError,
    NotReadyError,
    PortalError,
    RejectedFileError,
    ReportRefusedError,
    ShopdataError,
    UsageError,
)
from shopdata.states import CellState

ALL = [kind for _, kind in inspect.getmembers(exceptions, inspect.isclass) if issubclass(kind, ShopdataError)]
#: Ways that an error takes from process to process.
TRAVELS: tuple[Callable[[ShopdataError], ShopdataError], ...] = (copy.copy, lambda e: pickle.loads(pickle.dumps(e)))


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        pytest.param({}, "it broke.", id="what alone"),
        pytest.param({"where": "a.yaml:3"}, "a.yaml:3: it broke.", id="where comes first"),
        pytest.param({"found": "x", "expected": "y"}, "it broke. Found x, expected y.", id="found against expected"),
        pytest.param({"found": "x"}, "it broke. Found x.", id="only found"),
        pytest.param({"expected": "y"}, "it broke. Expected y.", id="only expected"),
        pytest.param({"todo": "Fix it"}, "it broke. Fix it.", id="todo gets its full stop"),
        pytest.param({"todo": "Fix it?"}, "it broke. Fix it?", id="a question needs none"),
    ],
)
def test_sentence(facts: dict[str, str], sentence: str) -> None:
    assert str(ShopdataError("it broke", **facts)) == sentence


HOSTILE = "a\x1b]0;title\x07\x1b[2Jb\r\n2026-03-01 ERROR forged\u2028c\u202ed\u2066e\ufeff\ud83d\x9b31mf\x85"


@pytest.mark.parametrize("part", ["what", "where", "found", "expected", "todo"])
def test_no_terminal_obeys_a_sentence_and_it_is_one_line(part: str) -> None:
    parts = {"what": "it broke", "where": "here", "found": "x", "expected": "y", "todo": "Fix it", part: HOSTILE}
    what = parts.pop("what")
    sentence = str(ShopdataError(what, **parts))
    assert sentence.isprintable()
    assert "ab  2026-03-01 ERROR forged cde\ufffd31mf" in sentence


@pytest.mark.parametrize("part", ["where", "found", "expected"])
def test_a_quoted_part_has_an_end(part: str) -> None:
    assert len(str(ShopdataError("it broke", **{part: "长" * 10_000}, todo="Fix it"))) < 500
    assert len(str(ShopdataError("长" * 10_000, todo="长" * 10_000))) < 5_000


@each(itertools.product([kind for kind in ALL if kind is not ConfigError], TRAVELS))
def test_facts_survive_a_pool(kind: type[ShopdataError], travel: Callable[[ShopdataError], ShopdataError]) -> None:
    error = kind("it broke", where="here", found="x", expected="y", todo="Fix it")
    arrived = travel(error)
    assert type(arrived) is kind
    assert vars(arrived) == vars(error)
    assert str(arrived) == str(error)


def test_all_problems_of_a_configuration_survive_a_pool() -> None:
    error = ConfigError([UsageError("one", where="a.yaml:1"), UsageError("two", where="b.yaml:2")])
    assert str(error) == "a.yaml:1: one.\nb.yaml:2: two."
    assert [str(problem) for problem in pickle.loads(pickle.dumps(error)).problems] == error.what.splitlines()


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        (PortalError, CellState.FAILED),
        (ReportRefusedError, CellState.FAILED),
        (NotReadyError, CellState.NOT_READY),
        (RejectedFileError, CellState.REJECTED),
        (CredentialsRefusedError, CellState.NEEDS_LOGIN),
        (ChallengeError, CellState.NEEDS_LOGIN),
        (BrowserMissingError, CellState.NEEDS_LOGIN),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_becomes_of_the_cell(kind: type[ShopdataError], state: CellState) -> None:
    assert CellState(kind.state) is state


@each(ALL)
def test_every_kind_is_in_the_tree_on_top_and_leads_to_a_state(kind: type[ShopdataError]) -> None:
    assert exceptions.__doc__ is not None
    assert kind.__name__ in exceptions.__doc__
    assert kind.__doc__
    assert kind.state in set(CellState)


def test_usage_errors_are_told_apart_from_what_happens_in_a_run() -> None:
    assert issubclass(ArgumentError, UsageError)
    assert issubclass(ConfigError, UsageError)
    assert not issubclass(
        UsageError, exceptions.TransientError | exceptions.TerminalError | exceptions.NeedsPersonError
    )
