"""What should be there and what is missing: calendars, `since`, and the states of cells and partitions."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from shopdata.config import Dataset, Shop
from shopdata.lake.completeness import Gap, expected_periods, find_gaps
from shopdata.ledger import Cell, CellKey, PartitionRecord
from shopdata.periods import SHANGHAI, Period
from shopdata.reasons import NO_REASON
from shopdata.states import CellState

NOON = datetime(2026, 3, 10, 12, tzinfo=SHANGHAI)
NAME = "pdd_kpi"


def shop(id: str, since: str | None = None) -> Shop:
    return Shop.model_validate(
        {"id": id, "name": id, "platform": "pdd", "username": id, "password": SecretStr("x"), "since": since}
    )


def dataset(period: str = "day", **given: Any) -> Dataset:
    return Dataset.model_validate(
        {"title": "t", "platform": "pdd", "period": period, "lag_days": 3, "columns": ["A"], **given}
    )


def expected(made: Dataset, start: str, end: str, *shops: Shop, known: tuple[str, ...] = ()) -> list[str]:
    found = expected_periods(
        made,
        shops or (shop("one"),),
        date.fromisoformat(start),
        date.fromisoformat(end),
        known=[Period.from_dt(dt) for dt in known],
        now=NOON,
    )
    return [period.dt for period in found]


class TestExpected:
    def test_every_day_up_to_the_newest_that_the_platform_has(self) -> None:
        assert expected(dataset(), "2026-03-05", "2026-03-31") == ["2026-03-05", "2026-03-06", "2026-03-07"]

    def test_a_range_that_is_not_out_yet(self) -> None:
        assert expected(dataset(), "2026-03-08", "2026-03-10") == []

    def test_from_the_first_shop_on(self) -> None:
        shops = (shop("late", "2026-03-06"), shop("later", "2026-03-07"))
        assert expected(dataset(), "2026-03-01", "2026-03-07", *shops) == ["2026-03-06", "2026-03-07"]

    def test_no_shop_was_there_yet(self) -> None:
        assert expected(dataset(), "2026-03-01", "2026-03-07", shop("one", "2026-04-01")) == []

    def test_weeks_end_as_the_range_where_nothing_else_is_known(self) -> None:
        assert expected(dataset("week"), "2026-02-22", "2026-03-07") == [
            "2026-02-22_2026-02-28",
            "2026-03-01_2026-03-07",
        ]

    def test_weeks_go_on_as_they_were_begun(self) -> None:
        known = ("2026-01-10_2026-01-16", "2026-01-18_2026-01-24")
        assert expected(dataset("week"), "2026-03-01", "2026-03-10", known=known) == ["2026-03-01_2026-03-07"]
        assert expected(dataset("week"), "2026-03-01", "2026-03-10", known=known[:1]) == ["2026-02-28_2026-03-06"]

    def test_weeks_end_as_the_yaml_says(self) -> None:
        weekly = dataset("week", week_ends="friday")
        assert expected(weekly, "2026-03-01", "2026-03-31", known=("2026-01-18_2026-01-24",)) == [
            "2026-02-28_2026-03-06"
        ]

    def test_a_week_in_which_the_shop_began(self) -> None:
        weekly = dataset("week", week_ends="friday")
        assert expected(weekly, "2026-02-01", "2026-03-06", shop("one", "2026-03-06")) == ["2026-02-28_2026-03-06"]

    def test_months_that_are_over_and_out(self) -> None:
        assert expected(dataset("month"), "2026-01-31", "2026-03-10") == [
            "2026-01-01_2026-01-31",
            "2026-02-01_2026-02-28",
        ]

    def test_a_month_is_out_after_the_lag(self) -> None:
        for day, dts in ((3, []), (4, ["2026-02-01_2026-02-28"])):
            now = datetime(2026, 3, day, tzinfo=SHANGHAI)
            found = expected_periods(
                dataset("month"), (shop("one"),), date(2026, 2, 1), date(2026, 3, day), known=(), now=now
            )
            assert [period.dt for period in found] == dts


def cell(dt: str, shop: str, state: CellState) -> Cell:
    return Cell(
        key=CellKey(NAME, dt, shop),
        platform="pdd",
        state=state,
        rows=None,
        attempts=1,
        reason=NO_REASON,
        updated_at=NOON,
        run_id="run",
    )


def partition(dt: str, refresh_state: str = "COMPLETED") -> PartitionRecord:
    return PartitionRecord(
        dataset=NAME,
        platform="pdd",
        dt=dt,
        rows=1,
        published=1,
        missing=(),
        run_id="run",
        receipt_key="",
        parquet_sha256="",
        workbook_sha256="",
        published_at=NOON,
        refresh_state=refresh_state,
    )


def gaps(
    states: Mapping[str, CellState], *partitions: PartitionRecord, shops: tuple[Shop, ...] = (shop("a"), shop("b"))
) -> list[Gap]:
    day = Period.from_dt("2026-03-01")
    return find_gaps(NAME, [day], shops, [cell(day.dt, *item) for item in states.items()], partitions)


class TestGaps:
    def test_a_whole_day_has_none(self) -> None:
        states = {"a": CellState.PUBLISHED, "b": CellState.EMPTY}
        assert gaps(states, partition("2026-03-01")) == []

    def test_nobody_ever_asked(self) -> None:
        assert gaps({}) == [Gap(Period.from_dt("2026-03-01"), {"a": None, "b": None}, is_unpublished=False)]

    @pytest.mark.parametrize("state", [s for s in CellState if not s.is_done and s is not CellState.STAGED], ids=str)
    def test_a_cell_that_is_not_good(self, state: CellState) -> None:
        (gap,) = gaps({"a": CellState.PUBLISHED, "b": state}, partition("2026-03-01"))
        assert (gap.to_ask, gap.is_unpublished) == ({"b": state}, False)

    def test_a_staged_file_is_published_and_not_asked_for(self) -> None:
        (gap,) = gaps({"a": CellState.PUBLISHED, "b": CellState.STAGED}, partition("2026-03-01"))
        assert (gap.to_ask, gap.is_unpublished) == ({}, True)

    def test_a_partition_that_was_never_published(self) -> None:
        (gap,) = gaps({"a": CellState.EMPTY, "b": CellState.EMPTY})
        assert (gap.to_ask, gap.is_unpublished) == ({}, True)

    @pytest.mark.parametrize(
        ("refresh", "is_gap"), [("FAILED", True), ("PENDING", True), ("COMPLETED", False), ("NOT_CONFIGURED", False)]
    )
    def test_dremio_was_not_told(self, refresh: str, is_gap: bool) -> None:
        states = {"a": CellState.PUBLISHED, "b": CellState.PUBLISHED}
        assert bool(gaps(states, partition("2026-03-01", refresh))) is is_gap

    def test_a_shop_counts_from_its_first_day_on(self) -> None:
        shops = (shop("a"), shop("b", "2026-03-02"))
        assert gaps({"a": CellState.PUBLISHED}, partition("2026-03-01"), shops=shops) == []

    def test_a_shop_that_is_no_longer_looked_at(self) -> None:
        states = {"a": CellState.PUBLISHED, "gone": CellState.FAILED}
        assert gaps(states, partition("2026-03-01"), shops=(shop("a"),)) == []

    def test_another_datasets_partition_is_none_of_ours(self) -> None:
        states = {"a": CellState.PUBLISHED, "b": CellState.PUBLISHED}
        other = PartitionRecord(**{**vars(partition("2026-03-01")), "dataset": "other"})
        assert gaps(states, other)[0].is_unpublished is True


@pytest.mark.parametrize("seed", range(20))
def test_what_is_collected_and_what_is_missing_are_all_that_is_expected(seed: int) -> None:
    """Any ledger: a cell is asked for exactly if it is expected and has no good file."""
    chance = random.Random(seed)
    shops = [
        shop(f"s{number}", chance.choice([None, f"2026-02-{chance.randint(1, 28):02}"]))
        for number in range(chance.randint(1, 5))
    ]
    made = dataset(chance.choice(["day", "week", "month"]))
    start = date(2026, 1, 1) + timedelta(days=chance.randrange(60))
    end = start + timedelta(days=chance.randrange(40))
    periods = expected_periods(made, shops, start, end, known=(), now=NOON)
    keys = {(p.dt, s.id) for p in periods for s in shops if s.since is None or s.since <= p.end}
    states = {key: chance.choice(list(CellState)) for key in keys if chance.random() < 0.7}
    found = find_gaps(NAME, periods, shops, [cell(*key, state) for key, state in states.items()], ())
    asked = {(gap.period.dt, name) for gap in found for name in gap.to_ask}
    good = {CellState.PUBLISHED, CellState.EMPTY, CellState.STAGED}
    assert asked == {key for key in keys if states.get(key) not in good}
    assert [gap.period for gap in found] == sorted(gap.period for gap in found)
