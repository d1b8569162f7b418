"""A command that changes what is published is a run of the ledger, and its exit code says what came of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from shopdata.actions.recorded_run import carry_out
from shopdata.exceptions import LedgerError
from shopdata.ledger import Ledger


@pytest.mark.parametrize(("is_good", "outcome", "code"), [(True, "complete", 0), (False, "incomplete", 1)])
def test_each_result_is_printed_and_counts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], is_good: bool, outcome: str, code: int
) -> None:
    with Ledger.at(tmp_path) as ledger:
        results = [("[one] is done", True), ("two is what it is", is_good)]
        assert carry_out(ledger, "run-1", "shops", {"remove": "a"}, results) == code
        (run,) = ledger.runs()
    assert (run.spider, run.arguments, run.outcome) == ("shops", {"remove": "a"}, outcome)
    assert capsys.readouterr().out.splitlines() == ["[one] is done", "two is what it is"]


def test_what_was_done_is_not_taken_for_a_wrong_argument(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 2 says that nothing was done."""

    def gone(*_: object) -> None:
        raise LedgerError("the ledger is gone")

    with Ledger.at(tmp_path) as ledger:
        monkeypatch.setattr(ledger, "finish_run", gone)
        assert carry_out(ledger, "run-1", "shops", {}, [("done", True)]) == 1
    assert "the ledger is gone" in capsys.readouterr().err
