"""Rows of sums, which may stand in one sheet of several: left out, or kept where a person says so."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sheets import workbook_of

from shopdata.actions.record_answers import answered
from shopdata.actions.recorded import Draft, drafted
from shopdata.periods import Period
from shopdata.recording.inference import Inferred
from shopdata.recording.journal import Download, Journal, Take
from shopdata.recording.tables import kind_and_table

DAYS = date(2026, 3, 1), date(2026, 2, 20)
RECIPE: dict[str, Any] = {"recipe": {"version": 1, "dataset": "pdd_new", "dialect": "pdd"}, "steps": [{"file": "xlsx"}]}
HEADER = ["订单号", "金额"]
ROWS = [["100000000001", 1], ["100000000002", 2], ["100000000003", 3]]


def draft_of(sheet: str) -> Draft:
    content = workbook_of(
        {"明细": [["单号", "品名", "件数"], *([*row, 1] for row in ROWS)], "汇总": [HEADER, *ROWS[:2], ["合计", 6]]}
    )
    kind, table = kind_and_table(content)
    takes = tuple(Take(day, (), (Download(0, "https://x/", kind, table=table),)) for day in DAYS)
    inferred = Inferred(RECIPE, (), (Period.of("day", DAYS[0]), Period.of("day", DAYS[1])))
    return drafted("pdd_new", "pdd", Journal(takes), [], inferred, sheet=sheet)


@pytest.mark.parametrize(("sheet", "has_totals"), [("明细", False), ("汇总", True)])
def test_the_sheet_that_is_meant_says_whether_there_are_any(sheet: str, has_totals: bool) -> None:
    draft = draft_of(sheet)
    assert draft.contract["sheet"] == sheet
    assert draft.recipe["steps"][-1].get("drop_rows") == ("totals" if has_totals else None)
    assert draft.has_totals == ("has_totals" in {line.code for line in draft.lines}) == has_totals


def test_who_wants_them_has_them() -> None:
    draft = answered(draft_of("汇总"), {"keep_totals": "1"})
    assert "drop_rows" not in draft.full_recipe["steps"][-1]
    assert draft.contract["totals"] == "keep"
    assert {"totals_stay", "has_totals"} & {line.code for line in draft.lines} == {"totals_stay"}
    assert "totals" not in answered(draft_of("明细"), {"keep_totals": "1"}).contract
    assert answered(draft_of("汇总"), {}).recipe["steps"][-1]["drop_rows"] == "totals"
