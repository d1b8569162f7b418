"""Months and weeks: how they are told from days, which were shown, and what is refused where both takes are of one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from kept_journals import dialects, journal_of

from shopdata.periods import Period
from shopdata.recording.files import was_shown
from shopdata.recording.inference import NotInferredError, infer
from shopdata.recording.inference.days import day_template, is_edge_of_both
from shopdata.recording.journal import Call, Journal

A, B, C = date(2026, 3, 1), date(2026, 2, 20), date(2026, 3, 19)


def with_query(journal: Journal, *queries: tuple[tuple[str, str], ...]) -> Journal:
    """The export's request with another query, in each take."""

    def changed(call: Call, query: tuple[tuple[str, str], ...]) -> Call:
        return replace(call, query=query) if call.path[-1:] == ("download",) and call.query else call

    takes = zip(journal.takes, queries, strict=True)
    return replace(
        journal,
        takes=tuple(replace(take, calls=tuple(changed(call, query) for call in take.calls)) for take, query in takes),
    )


@pytest.mark.parametrize("form", ["%Y-%m", "%Y/%m", "%Y%m", "%Y年%m月"])
def test_a_month_may_stand_alone(form: str) -> None:
    journal = journal_of("pdd_kpi_monthly")
    months = [(("month", f"{take.day:{form}}"), ("sum", "true")) for take in journal.takes]
    found = infer(with_query(journal, *months), dialects("pdd_kpi_monthly"), "pdd_x")
    assert found.kind == "month"
    assert found.recipe["steps"][0]["query"]["month"] == f"{{start:{form}}}"
    assert found.period_with(date(2026, 1, 15)) == Period.of("month", date(2026, 1, 1))


def test_a_month_is_none_of_a_days_values() -> None:
    assert day_template("2026-03", A, "2026-02", B, "month") is None


@pytest.mark.parametrize(
    "query",
    [
        (("month", "2026-03"),),
        (("from", "2026-03-01"), ("to", "2026-03-31")),
        (("until", "2026-04-01 00:00:00"),),
        (("from", "1772294400"),),
    ],
)
def test_of_two_days_in_one_month_the_month_follows_from_nothing(query: Any) -> None:
    """It would be the same month for ever."""
    journal = journal_of("pdd_kpi_days")
    first, second = journal.takes
    takes = replace(first, day=date(2026, 3, 13)), replace(second, day=C)
    with pytest.raises(NotInferredError) as error:
        infer(with_query(replace(journal, takes=takes), query, query), dialects("pdd_kpi_days"), "pdd_x")
    assert error.value.line.code == "no.fixed_period"


def test_what_stays_in_days_of_two_months_is_a_constant() -> None:
    assert not is_edge_of_both("2026-03-01", A, B)
    assert not is_edge_of_both("2026-03", A, B)
    assert not is_edge_of_both("2020-01-01", C, date(2026, 3, 13))
    assert is_edge_of_both(1772294400, C, date(2026, 3, 13))


@pytest.mark.parametrize(
    ("head", "kind", "day", "is_shown"),
    [
        ("2026-03-01, 2026-02-20", "day", "2026-02-20", True),
        ("2026-03-01, 2026-02-20", "day", "2026-02-21", False),
        ("2026-02-23_2026-03-01, 2026-02-16_2026-02-22", "week", "2026-02-22", True),
        ("2026-02-23_2026-03-01, 2026-02-16_2026-02-22", "week", "2026-02-15", False),
        ("2026-03-01_2026-03-31, 2026-02-01_2026-02-28", "month", "2026-02-11", True),
        ("2026-03-01_2026-03-31, 2026-02-01_2026-02-28", "month", "2026-01-11", False),
        # Of one that names days, though it is of weeks: they lie in what was shown.
        ("2026-03-01, 2026-02-20", "week", "2026-02-22", True),
    ],
)
def test_what_was_shown_proves_nothing(tmp_path: Path, head: str, kind: Any, day: str, is_shown: bool) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(f"# Recorded on 2026-03-04; shown: {head}. Not proven yet: `scrapy rehearse x`.\n", "utf-8")
    assert was_shown(path, Period.of(kind, date.fromisoformat(day))) is is_shown


def test_weeks_end_as_those_that_were_shown() -> None:
    found = infer(journal_of("pdd_kpi_weekly"), dialects("pdd_kpi_weekly"), "pdd_kpi_weekly")
    assert [period.dt for period in found.periods] == ["2026-02-23_2026-03-01", "2026-02-16_2026-02-22"]
    assert found.period_with(date(2026, 2, 13)).dt == "2026-02-09_2026-02-15"
