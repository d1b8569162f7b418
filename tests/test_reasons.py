"""Errors become reasons: code, facts, sentence."""

from __future__ import annotations

import json
import pickle

import pytest

from shopdata import exceptions
from shopdata.exceptions import ConfigError, CredentialsRefusedError, PortalError, RejectedFileError, ShopdataError
from shopdata.reasons import UNKNOWN, Reason


def _kinds() -> list[type[ShopdataError]]:
    return [kind for kind in vars(exceptions).values() if isinstance(kind, type) and issubclass(kind, ShopdataError)]


def test_each_kind_of_error_has_a_code_of_its_own() -> None:
    named = [kind for kind in _kinds() if "code" in vars(kind)]
    assert len({kind.code for kind in named}) == len(named)
    # The others are families that nothing is raised of.
    assert {kind.__name__ for kind in _kinds()} - {kind.__name__ for kind in named} == {
        "TransientError",
        "TerminalError",
    }


def test_an_error_gives_its_class_code_or_the_finer_one() -> None:
    assert Reason.of(CredentialsRefusedError("credentials refused", where="shop 'a'")) == Reason(
        "credentials_refused", {}, "shop 'a': credentials refused."
    )
    fine = RejectedFileError("a column is missing", code="missing_columns", params={"columns": ["可用库存"]})
    assert Reason.of(fine) == Reason("missing_columns", {"columns": ("可用库存",)}, "a column is missing.")
    assert PortalError("no").code == "portal_failed"


def test_an_error_of_nobody_is_a_bug_and_its_words_are_kept_out() -> None:
    reason = Reason.of(KeyError("password=hunter2"))
    assert (reason.code, reason.params) == ("bug", {"error": "KeyError"})
    assert "hunter2" not in reason.text


def test_code_and_facts_survive_a_pool() -> None:
    error = PortalError("no", where="here", code="http_status", params={"status": 503})
    again = pickle.loads(pickle.dumps(error))
    assert Reason.of(again) == Reason.of(error)
    assert str(pickle.loads(pickle.dumps(ConfigError([exceptions.UsageError("wrong")])))) == "wrong."


@pytest.mark.parametrize("value", [None, True, 3, 2.5, "可用库存", ("a", 1)], ids=str)
def test_json_gives_the_same_reason_back(value: object) -> None:
    reason = Reason("http_status", {"value": value}, "no.")  # type: ignore[dict-item]
    assert Reason.from_json(json.loads(json.dumps(reason.as_json()))) == reason


def test_facts_are_cut_and_cleaned_as_sentences_are() -> None:
    params = {
        "said": "a\x1b[31mb\n" + "c" * 500,
        "columns": [f"c{n}" for n in range(100)],
        **{f"p{n}": n for n in range(50)},
    }
    reason = Reason("odd_answer", params, "")  # type: ignore[arg-type]
    assert str(reason.params["said"]).startswith("ab c")
    assert len(str(reason.params["said"])) == 200
    assert len(reason.params["columns"]) == 20  # type: ignore[arg-type]
    assert len(reason.params) == 12


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ({"reason": "credentials refused."}, UNKNOWN),
        ({"reason": ""}, ""),
        ({"reason": "no.", "code": "../../etc", "params": "x"}, UNKNOWN),
        ({"reason": "no.", "code": "of_a_newer_version", "params": {"n": 1}}, "of_a_newer_version"),
    ],
    ids=["earlier version", "none", "odd", "newer version"],
)
def test_what_others_wrote_is_read_without_guessing(entry: dict[str, object], code: str) -> None:
    assert Reason.from_json(entry).code == code


def test_none_is_false() -> None:
    assert not Reason()
    assert Reason("failed")
    assert hash(Reason("a", {"b": 1})) == hash(Reason("a", {"b": 1}))
