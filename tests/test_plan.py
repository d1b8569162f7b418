"""From `-a` arguments to the cells that a run is asked for (docs/reference.md#spider-arguments)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from shopdata.config import Config, Dataset, Lake, ObjectStoreSettings, Schedule, Shop
from shopdata.exceptions import ArgumentError
from shopdata.lake.not_ready import wait_of
from shopdata.ledger import CellKey, Ledger, PartitionRecord
from shopdata.periods import SHANGHAI, PeriodKind, today
from shopdata.plan import Plan
from shopdata.platforms.jd.portal import JdPortal
from shopdata.reasons import Reason
from shopdata.states import CellState

KPI: Mapping[PeriodKind, str] = {"day": "kpi_days", "week": "kpi_weekly", "month": "kpi_monthly"}


def shop(id: str, **given: Any) -> Shop:
    return Shop(id=id, name=f"{id}'s name", platform="jd", username=id, password=SecretStr("x"), **given)


def dataset(period: PeriodKind = "day", lag_days: int = 1, **given: Any) -> Dataset:
    return Dataset(title="a report", platform="jd", period=period, lag_days=lag_days, columns=("SKU",), **given)


@pytest.fixture(scope="module")
def config() -> Config:
    portal = JdPortal(
        login_url="https://a.example.com",
        report_origin="https://b.example.com",
        gateway_origin="https://c.example.com",
        download_hosts=(".example.com",),
    )
    store = ObjectStoreSettings(endpoint="s.example.com", access_key="x", secret_key=SecretStr("x"), bucket="warehouse")
    return Config(
        shops=(
            shop("one"),
            shop("two"),
            shop("closed", enabled=False),
            shop("other", datasets=("kpi_days",)),
            shop("new", datasets=("young",), since="2026-03-02"),
            shop("newer", datasets=("young",), since="2026-03-03"),
        ),
        portals={"jd": portal},
        lake=Lake(object_store=store),
        schedule=Schedule(),
        datasets={
            "store": dataset(),
            "kpi_days": dataset("day", 3),
            "kpi_weekly": dataset("week", 3),
            "kpi_monthly": dataset("month", 3),
            "young": dataset(),
            "revised": dataset(restate_days=2),
            "today": dataset(lag_days=0, is_snapshot=True),
        },
    )


def plan(config: Config, **arguments: str) -> Plan:
    return Plan.from_arguments("store", {"day": "store"}, config, arguments)


def kpi(config: Config, **arguments: str) -> Plan:
    return Plan.from_arguments("kpi", KPI, config, arguments)


def of(config: Config, name: str, **arguments: str) -> Plan:
    return Plan.from_arguments(name, {"day": name}, config, arguments)


def dts(plan: Plan) -> list[str]:
    return [period.dt for period in plan.periods]


class TestWithoutArguments:
    def test_is_the_newest_day_of_all_enabled_shops(self, config: Config) -> None:
        asked = plan(config)
        assert dts(asked) == [str(today() - timedelta(days=1))]
        assert [shop.id for shop in asked.shops] == ["one", "two"]
        assert asked.force is False
        assert asked.dataset == "store"

    def test_a_lag_is_counted_from_today_in_shanghai(self, config: Config) -> None:
        assert dts(kpi(config)) == [str(today() - timedelta(days=3))]

    def test_every_run_has_an_id_of_its_own_that_sorts_by_time(self, config: Config) -> None:
        ids = [plan(config).run_id for _ in range(3)]
        assert len(set(ids)) == 3
        assert [run_id[:8] for run_id in ids] == sorted(run_id[:8] for run_id in ids)

    def test_scrapyd_names_the_run(self, config: Config) -> None:
        assert plan(config, _job="job-1").run_id == "job-1"


class TestDays:
    def test_one(self, config: Config) -> None:
        assert dts(plan(config, date="2026-03-01")) == ["2026-03-01"]

    def test_a_range_is_a_partition_for_each_day(self, config: Config) -> None:
        assert dts(plan(config, start="2026-02-27", end="2026-03-01")) == ["2026-02-27", "2026-02-28", "2026-03-01"]

    def test_a_range_of_one_day(self, config: Config) -> None:
        assert dts(plan(config, start="2026-03-01", end="2026-03-01")) == ["2026-03-01"]

    def test_a_year_is_the_longest(self, config: Config) -> None:
        assert len(plan(config, start="2024-01-01", end="2024-12-31").periods) == 366

    def test_a_week_is_named_by_its_last_day(self, config: Config) -> None:
        assert dts(kpi(config, period="week", date="2026-03-07")) == ["2026-03-01_2026-03-07"]

    def test_a_month_is_named_by_any_of_its_days(self, config: Config) -> None:
        for day in ("2026-02-01", "2026-02-14", "2026-02-28"):
            assert dts(kpi(config, period="month", date=day)) == ["2026-02-01_2026-02-28"]

    def test_a_range_of_months_has_each_once(self, config: Config) -> None:
        assert dts(kpi(config, period="month", start="2026-01-30", end="2026-02-02")) == [
            "2026-01-01_2026-01-31",
            "2026-02-01_2026-02-28",
        ]


class TestShops:
    def test_in_the_order_of_the_file_each_once(self, config: Config) -> None:
        assert [shop.id for shop in plan(config, shops=" two, one,two ,").shops] == ["one", "two"]

    def test_another_dataset_has_other_shops(self, config: Config) -> None:
        assert [shop.id for shop in kpi(config).shops] == ["one", "two", "other"]


class TestForce:
    @pytest.mark.parametrize("value", ["1", "true", "yes"])
    def test_yes(self, config: Config, value: str) -> None:
        assert plan(config, force=value).force is True

    @pytest.mark.parametrize("value", ["0", "false", "no", ""])
    def test_no(self, config: Config, value: str) -> None:
        assert plan(config, force=value).force is False


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param({"dat": "2026-03-01"}, "has no argument 'dat'.*Did you mean `-a date=…`", id="misspelt name"),
        pytest.param({"colour": "blue"}, "has no argument 'colour'.*Expected date, start, end", id="unknown name"),
        pytest.param({"date": "1.3.2026"}, "not a date.*'1.3.2026'.*YYYY-MM-DD", id="not a date"),
        pytest.param({"date": "2026-02-30"}, "not a date", id="a day that does not exist"),
        pytest.param({"date": ""}, "not a date", id="empty date"),
        pytest.param({"date": "2099-01-01"}, "-a date: this day is not over yet.*2099-01-01", id="future"),
        pytest.param(
            {"start": "2099-01-01", "end": "2099-01-02"}, "-a end: this day is not over yet", id="range in the future"
        ),
        pytest.param({"start": "2026-03-01"}, "a range needs end too.*Add `-a end=", id="start without end"),
        pytest.param({"dataset": "x"}, "no argument 'dataset'.*dataset's name in place", id="the other word"),
        pytest.param({"period": "dayly"}, "this period is not known.*Did you mean `day`", id="nearly a kind"),
        pytest.param({"end": "2026-03-01"}, "a range needs start too.*Add `-a start=", id="end without start"),
        pytest.param(
            {"date": "2026-03-01", "start": "2026-03-01", "end": "2026-03-02"},
            "exclude each other",
            id="date and range",
        ),
        pytest.param({"start": "2026-03-02", "end": "2026-03-01"}, "ends before it starts", id="backwards"),
        pytest.param({"start": "2016-03-02", "end": "2026-03-01"}, "too long.*days, expected 366", id="ten years"),
        pytest.param({"shops": "ome"}, "'ome'.*Did you mean 'one'", id="misspelt shop"),
        pytest.param({"shops": "one,zebra"}, "'zebra'.*Known: one, two", id="a shop that there is not"),
        pytest.param({"shops": "closed"}, "no enabled shop 'closed'", id="disabled shop"),
        pytest.param({"shops": "other"}, "no enabled shop 'other' has the dataset 'store'", id="shop without dataset"),
        pytest.param({"shops": " , "}, "no shop is named", id="only commas"),
        pytest.param({"periods": " , "}, "-a periods: no period is named", id="no period"),
        pytest.param({"periods": "2026-03-01_2026-03-07"}, "invalid day.*2026-03-07", id="a week of a day"),
        pytest.param({"periods": "2026-03-01", "end": "2026-03-02"}, "periods says it all", id="periods and a range"),
        pytest.param({"periods": "2099-03-01"}, "-a periods: this day is not over yet", id="a period in the future"),
        pytest.param({"due": "1", "date": "2026-03-01"}, "found in the ledger.*Leave out date", id="due and a date"),
        pytest.param({"force": "maybe"}, "neither yes nor no.*'maybe'", id="force is a word"),
        pytest.param({"period": "week"}, "-a period: this period is not known.*'week'.*expected day", id="no weeks"),
        pytest.param({"period": "year"}, "this period is not known", id="unknown period"),
    ],
)
def test_refused(config: Config, arguments: dict[str, str], sentence: str) -> None:
    with pytest.raises(ArgumentError, match=sentence):
        plan(config, **arguments)


def test_a_day_younger_than_the_lag_may_be_asked_for(config: Config) -> None:
    # The platform then answers that it is not ready.
    assert dts(plan(config, date=str(today()))) == [str(today())]
    with pytest.raises(ArgumentError, match=f"expected an end on {today()} or earlier"):
        plan(config, date=str(today() + timedelta(days=1)))


class TestSince:
    def test_a_shop_is_asked_from_its_first_day_on(self, config: Config) -> None:
        asked = of(config, "young", start="2026-03-01", end="2026-03-03", shops="new,newer")
        assert [(key.dt, key.shop) for key in asked.keys] == [
            ("2026-03-02", "new"),
            ("2026-03-03", "new"),
            ("2026-03-03", "newer"),
        ]
        assert dts(asked) == ["2026-03-02", "2026-03-03"]

    def test_a_day_before_all_shops_is_refused(self, config: Config) -> None:
        with pytest.raises(ArgumentError, match=r"was there yet.*2026-03-01.*2026-03-02 or later"):
            of(config, "young", date="2026-03-01", shops="new,newer")
        with pytest.raises(ArgumentError, match="expected 2026-03-03 or later"):
            of(config, "young", date="2026-03-02", shops="newer")


class TestPeriods:
    def test_oldest_first_one_after_the_other(self, config: Config) -> None:
        asked = plan(config, periods="2026-03-05, 2026-03-01")
        assert dts(asked) == ["2026-03-01", "2026-03-05"]
        assert asked.is_paced
        assert not plan(config, start="2026-03-01", end="2026-03-05").is_paced

    def test_weeks_and_months_by_their_labels(self, config: Config) -> None:
        for kind, label in (("week", "2026-03-01_2026-03-07"), ("month", "2026-02-01_2026-02-28")):
            assert dts(kpi(config, period=kind, periods=label)) == [label]

    def test_a_snapshot_has_today_only(self, config: Config) -> None:
        assert dts(of(config, "today", periods=str(today()))) == [str(today())]
        with pytest.raises(ArgumentError, match="today shows only what is true today"):
            of(config, "today", periods="2026-03-01")


def published(ledger: Ledger, name: str, dt: str, *shops: str) -> None:
    keys = [CellKey(name, dt, shop) for shop in shops]
    ledger.add_cells("jd", keys)
    for key in keys:
        ledger.settle(key, CellState.PUBLISHED)
    record = PartitionRecord(
        dataset=name,
        platform="jd",
        dt=dt,
        rows=1,
        published=len(shops),
        missing=(),
        run_id="run",
        receipt_key="",
        parquet_sha256="",
        workbook_sha256="",
        published_at=datetime.now(SHANGHAI),
    )
    ledger.publish(record, dict.fromkeys(shops, "aa"))


class TestAgainstTheLedger:
    @pytest.fixture
    def ledger(self, tmp_path: Path) -> Any:
        with Ledger.at(tmp_path) as opened:
            yield opened

    def test_only_cells_without_a_good_file_are_asked(self, config: Config, ledger: Ledger) -> None:
        asked = plan(config, date="2026-03-01")
        ledger.add_cells("jd", asked.keys)
        ledger.settle(asked.keys[0], CellState.STAGED)
        assert asked.todo(ledger.cells()) == {asked.keys[1]}
        ledger.settle(asked.keys[0], CellState.FAILED)
        assert asked.todo(ledger.cells()) == set(asked.keys)

    def test_force_asks_all(self, config: Config, ledger: Ledger) -> None:
        published(ledger, "store", "2026-03-01", "one", "two")
        assert plan(config, date="2026-03-01").todo(ledger.cells()) == set()
        assert len(plan(config, date="2026-03-01", force="1").todo(ledger.cells())) == 2

    def test_due_cells_only(self, config: Config, ledger: Ledger) -> None:
        now = datetime(2026, 3, 4, 12, tzinfo=SHANGHAI)
        keys = [CellKey("kpi_days", dt, shop) for dt in ("2026-03-01", "2026-03-02") for shop in ("one", "two")]
        ledger.add_cells("jd", keys)
        for key in keys[:3]:
            wait = wait_of(key, config.dataset("kpi_days"), now)
            ledger.settle(key, CellState.NOT_READY, Reason(text="not yet"), wait=wait)
        ledger.settle(keys[3], CellState.FAILED, Reason(text="down"))
        later = now + timedelta(minutes=31)
        assert kpi(config, due="1").against(ledger, now).keys == []
        due = kpi(config, due="1").against(ledger, later)
        assert due.keys == keys[:3]
        assert due.todo(ledger.cells()) == set(keys[:3])
        assert kpi(config, due="1", shops="two").against(ledger, later).keys == [keys[1]]

    def test_revised_days_are_asked_again_where_they_are_published(self, config: Config, ledger: Ledger) -> None:
        newest = today() - timedelta(days=1)
        before, long_before = (str(newest - timedelta(days=count)) for count in (1, 3))
        for dt in (before, long_before):
            published(ledger, "revised", dt, "one", "two")
        asked = of(config, "revised").against(ledger, datetime.now(SHANGHAI))
        assert dts(asked) == [before, str(newest)]
        assert [period.dt for period in asked.restate] == [before]
        assert asked.todo(ledger.cells()) == set(asked.keys)

    def test_who_names_a_day_means_that_day(self, config: Config, ledger: Ledger) -> None:
        newest = today() - timedelta(days=1)
        published(ledger, "revised", str(newest - timedelta(days=1)), "one", "two")
        asked = of(config, "revised", date=str(newest)).against(ledger, datetime.now(SHANGHAI))
        assert dts(asked) == [str(newest)]
