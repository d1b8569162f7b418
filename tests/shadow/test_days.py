"""What is kept of each day, and what follows from it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from shopdata.ledger import Ledger
from shopdata.periods import SHANGHAI, Period
from shopdata.shadow.days import Kept, KeptDays, Result, Verdict, judge

NAME = "report"
NOW = datetime(2026, 3, 9, 12, 0, tzinfo=SHANGHAI)


def kept(result: Result = Result.SAME, lead: int = 60) -> Kept:
    return Kept(result, 10, 100, 1, "", NOW, lead)


@pytest.fixture
def days(tmp_path: Path) -> KeptDays:
    return KeptDays(tmp_path, NAME)


def judged(days: KeptDays, folder: Path, needed: int = 3) -> Verdict:
    published = [Period.from_dt(f"2026-03-0{day}") for day in range(1, 9)]
    with Ledger.at(folder) as ledger:
        return judge(days, NAME, needed, published, ["one", "two"], ledger)


def test_days_in_a_row(days: KeptDays, tmp_path: Path) -> None:
    days.keep("2026-03-01", {"one": kept(Result.DIFFERENT)})
    days.keep("2026-03-02", {"one": kept(lead=-60)})
    days.keep("2026-03-03", {"one": kept(), "two": kept(Result.ODD)})
    days.keep("2026-03-05", {"one": kept()})
    days.keep("2026-03-06", {"two": kept(Result.ODD)})
    found = judged(days, tmp_path)
    assert found.is_enough
    assert found.clean == ("2026-03-05", "2026-03-03", "2026-03-02")
    assert (found.broken, found.not_compared) == ("2026-03-01", ("2026-03-04",))
    assert (found.shops, found.unproven, found.odd) == (("one",), ("two",), 2)
    assert (found.files, found.rows, found.spelled, found.lead_seconds) == (3, 30, 3, 60)

    # Another folder, with the shops of another person.
    days.keep("2026-03-05", {"two": kept(Result.ONLY_THEIRS)})
    assert judged(days, tmp_path).clean == ()
    assert set(days.read("2026-03-05")) == {"one", "two"}


def test_none_yet(days: KeptDays, tmp_path: Path) -> None:
    found = judged(days, tmp_path)
    assert not found.is_enough
    assert (found.clean, found.shops, found.lead_seconds) == ((), (), None)


def test_what_nobody_can_read_is_compared_again(days: KeptDays, tmp_path: Path) -> None:
    days.keep("2026-03-01", {"one": kept()})
    (tmp_path / "shadow" / NAME / "2026-03-01.json").write_text("half of it")
    assert judged(days, tmp_path).clean == ()
    days.keep("2026-03-01", {"one": kept()})
    assert judged(days, tmp_path).clean == ("2026-03-01",)
