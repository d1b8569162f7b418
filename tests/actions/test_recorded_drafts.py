"""What a person says about a recording, and that nothing is left of what nobody could read."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from shopdata.actions.record_answers import answered
from shopdata.actions.recorded import Draft, write_checked
from shopdata.exceptions import ArgumentError, DiskError
from shopdata.periods import Period

RECIPE = {"recipe": {"version": 1, "dataset": "pdd_new", "dialect": "pdd"}, "steps": [{"file": "csv"}]}
CONTRACT = {
    "title": "pdd_new", "platform": "pdd", "lag_days": 1, "columns": ["订单号", "手机", "金额"], "ids": ["订单号"],
    "keys": [], "required": [],
}  # fmt: skip
FIRST, SECOND, THIRD = (Period.of("day", date(2026, 11, day)) for day in (21, 14, 13))
DRAFT = Draft("pdd_new", RECIPE, CONTRACT, (), (FIRST, SECOND), THIRD, ("手机",))


def test_what_is_ticked_and_typed_is_in_both_files(tmp_path: Path) -> None:
    form = {
        "title": "新 报表",
        "lag_days": "3",
        "ids": ["订单号"],
        "keys": ["订单号"],
        "personal": [],
        "allow_empty": "1",
    }
    draft = answered(DRAFT, form)
    write_checked(draft, tmp_path, lambda: None)
    contract = yaml.safe_load((tmp_path / "datasets/pdd_new.yaml").read_text("utf-8"))
    assert (contract["title"], contract["lag_days"], contract["keys"], contract["required"]) == (
        "新 报表", 3, ["订单号"], ["订单号"],
    )  # fmt: skip
    assert contract["allow_empty"] is True
    recipe = (tmp_path / "recipes/pdd_new.yaml").read_text("utf-8")
    assert "shown: 2026-11-21, 2026-11-14" in recipe.splitlines()[0]
    assert "personal" not in recipe
    assert yaml.safe_load(DRAFT.texts(None)["recipes/pdd_new.yaml"])["steps"][-1]["personal"] == ["手机"]


@pytest.mark.parametrize(
    "form", [{}, {"lag_days": "-1", "title": "  "}, {"keys": ["of nobody"], "lag_days": "１"}, {"lag_days": "x" * 300}]
)
def test_what_no_form_of_ours_sends_changes_nothing(form: dict[str, Any]) -> None:
    contract = answered(DRAFT, form).contract
    assert (contract["title"], contract["lag_days"], contract["keys"]) == ("pdd_new", 1, [])


def test_what_nobody_could_read_is_taken_back(tmp_path: Path) -> None:
    def refuse() -> None:
        raise ArgumentError("no contract", todo="Fix it.")

    with pytest.raises(ArgumentError):
        write_checked(DRAFT, tmp_path, refuse)
    assert list(tmp_path.rglob("*.yaml")) == []
    # A recipe that was recorded before is there again.
    write_checked(DRAFT, tmp_path, lambda: None)
    before = (tmp_path / "recipes/pdd_new.yaml").read_bytes()
    with pytest.raises(ArgumentError):
        write_checked(answered(DRAFT, {"personal": []}), tmp_path, refuse)
    assert (tmp_path / "recipes/pdd_new.yaml").read_bytes() == before
    assert (tmp_path / "datasets/pdd_new.yaml").is_file()


def test_of_two_files_that_can_not_both_be_written_none_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise DiskError("no space left", todo="Make room.")

    monkeypatch.setattr("shopdata.actions.recorded.write_recipe", refuse)
    with pytest.raises(DiskError):
        write_checked(DRAFT, tmp_path, lambda: None)
    assert list(tmp_path.rglob("*.yaml")) == []


def test_a_contract_that_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets/pdd_new.yaml").write_text("title: mine\n", "utf-8")
    lines = write_checked(DRAFT, tmp_path, lambda: None)
    assert [line.code for line in lines] == ["contract_stays"]
    assert (tmp_path / "datasets/pdd_new.yaml").read_text("utf-8") == "title: mine\n"
