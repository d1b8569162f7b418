"""Pinduoduo revises a day that is published: the ordinary run notices, replaces, keeps the old and tells in numbers."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from typing import Any

import pyarrow.parquet as pq
import pytest
from workplace import Run, Workplace

from sandbox.faults import Fault
from shopdata.ledger import Ledger
from shopdata.periods import today

pytestmark = pytest.mark.services

COLUMN = "去退销售额(元)"
FIRST, SECOND = "pdd-01", "pdd-02"


@cache
def newest_day() -> date:
    """As it is when the first test begins; the file may have been collected on another day."""
    return today() - timedelta(days=3)


def revised_day() -> date:
    return newest_day() - timedelta(days=1)


def older_day() -> date:
    return newest_day() - timedelta(days=2)


@pytest.fixture(scope="module")
def place(make_workplace: Callable[..., Workplace]) -> Workplace:
    place = make_workplace(shops=0, pdd_shops=2, slow_seconds=20.0)
    place.sign_in(FIRST, SECOND)
    place.edit("datasets/pdd_kpi_days.yaml", lambda dataset: dataset.update(restate_days=1))
    for day in (older_day(), revised_day(), newest_day()):
        run = place.scrapy("crawl", "pdd_kpi", "-a", f"date={day}")
        assert run.code == 0, run.text
    return place


def ordinary(place: Workplace) -> Run:
    """What the clock starts every day."""
    place.sandbox.clear_records()
    return place.scrapy("crawl", "pdd_kpi")


def bucket(place: Workplace) -> dict[str, tuple[str, bytes]]:
    """Every object: its ETag and bytes."""
    with place.objects() as store:
        return {key: (store.stat(key).etag, store.get_bytes(key)) for key in store.list_keys("")}  # type: ignore[union-attr]


def receipt(place: Workplace) -> dict[str, Any]:
    with place.objects() as store:
        return json.loads(store.get_bytes(f"receipts/pdd/pdd_kpi_days/dt={revised_day()}.json"))


def asked(place: Workplace) -> list[str]:
    return [record.shop_id or "" for record in place.sandbox.records() if record.host == "mms_storage"]


def parquet_key() -> str:
    return f"ods/pdd/pdd_kpi_days/dt={revised_day()}/pdd_kpi_days.parquet"


def sums(content: bytes) -> dict[str, list[str]]:
    rows = pq.read_table(io.BytesIO(content)).to_pylist()
    return {shop: [row[COLUMN] for row in rows if row["shop"] == shop] for shop in {row["shop"] for row in rows}}


def test_nothing_was_revised(place: Workplace) -> None:
    before = bucket(place)
    run = ordinary(place)
    assert run.code == 0, run.text
    # The newest day is published, the day before is asked again, the one before that is not.
    assert sorted(asked(place)) == [FIRST, SECOND]
    assert f"pdd_kpi_days {revised_day()} {FIRST}: nothing was revised" in run.err
    assert bucket(place) == before
    assert set(place.states(str(revised_day())).values()) == {"published"}


def test_a_portal_that_is_down_takes_nothing_away(place: Workplace) -> None:
    before = bucket(place)
    place.sandbox.set_fault(FIRST, Fault.REFUSED, at="kpi")
    run = ordinary(place)
    place.sandbox.clear_faults()
    assert run.code == 0, run.text
    assert bucket(place) == before
    (cell,) = [c for c in place.status()["cells"] if (c["dt"], c["shop"]) == (str(revised_day()), FIRST)]
    assert cell["state"] == "published"
    assert cell["reason"].startswith("asked for again, and failed: ")


@pytest.mark.parametrize("end", ["kill", "ctrl-c"])
def test_a_run_that_is_cut_off_takes_nothing_away(place: Workplace, end: str) -> None:
    before = bucket(place)
    if end == "kill":
        fatal = {"SHOPDATA_FAILPOINT": "download.before"}
        assert place.scrapy("crawl", "pdd_kpi", "-s", "SHOPDATA_FAILPOINTS_KILL=1", **fatal).code not in (0, 1)
        assert "running" in place.states(str(revised_day())).values()
    else:
        # Every answer comes late: there is time to stop it in between.
        place.sandbox.set_fault("*", Fault.SLOW, at="kpi")
        run = place.start("crawl", "pdd_kpi")
        run.wait_until(lambda: all(f"{shop} {revised_day()}: ask" in run.err for shop in (FIRST, SECOND)))
        run.interrupt()
        run.wait()
        place.sandbox.clear_faults()
        assert set(place.states(str(revised_day())).values()) == {"published"}
    place.sandbox.set_fault(FIRST, Fault.REFUSED, at="kpi")
    run = ordinary(place)
    place.sandbox.clear_faults()
    assert run.code == 0, run.text
    assert bucket(place) == before
    assert set(place.states(str(revised_day())).values()) == {"published"}


def test_revised_figures_replace_the_partition_and_are_told(place: Workplace) -> None:
    before, old = bucket(place), receipt(place)
    place.sandbox.revise(FIRST, revised_day())
    run = ordinary(place)
    assert run.code == 0, run.text
    after, new = bucket(place), receipt(place)

    raw_key = f"raw/pdd/pdd_kpi_days/dt={revised_day()}/{FIRST}.xls"
    old_raw, old_parquet = (hashlib.sha256(before[key][1]).hexdigest() for key in (raw_key, parquet_key()))
    kept_raw = f"history/{raw_key.removesuffix('.xls')}.{old_raw}.xls"
    kept_parquet = f"history/{parquet_key().removesuffix('.parquet')}.{old_parquet}.parquet"
    assert after.keys() - before.keys() == {kept_raw, kept_parquet}
    assert after[kept_raw][1] == before[raw_key][1]
    assert after[kept_parquet][1] == before[parquet_key()][1]
    replaced = {key for key in before if after[key] != before[key]}
    workbook = f"merged/pdd/pdd_kpi_days/pdd_kpi_days_{revised_day()}.xlsx"
    assert replaced == {raw_key, parquet_key(), workbook, f"receipts/pdd/pdd_kpi_days/dt={revised_day()}.json"}

    names = {shop.id: shop.name for shop in place.sandbox.shops}
    was, now = (sums(content[parquet_key()][1]) for content in (before, after))
    assert now[names[SECOND]] == was[names[SECOND]]
    truth = place.sandbox.truth(FIRST, revised_day(), dataset="pdd_kpi_days")
    column = truth.header.index("去退销售额（元）")
    assert now[names[FIRST]] == [str(row[column]) for row in truth.rows]
    changed = sum(a != b for a, b in zip(was[names[FIRST]], now[names[FIRST]], strict=True))
    assert changed > 0
    assert new["restated"] == [
        {
            "shop": FIRST,
            "column": COLUMN,
            "cells": changed,
            "rows_added": 0,
            "rows_removed": 0,
            "run_id": new["run_id"],
            "was": old_raw,
        }
    ]
    assert old["restated"] == []
    assert new["run_id"] != old["run_id"]
    with Ledger.at(place.state_dir) as ledger:
        revised, as_before = (
            ledger.trends.of_shop("pdd_kpi_days", shop, [str(revised_day())])[0] for shop in (FIRST, SECOND)
        )
    assert revised.first_fetched_at is not None
    assert revised.revised_at is not None
    assert revised.first_fetched_at < revised.revised_at == revised.fetched_at
    assert revised.rows_before == len(was[names[FIRST]])
    assert as_before.revised_at is as_before.rows_before is None
    assert revised.seconds is not None
    assert as_before.seconds is not None


def test_it_stays_told_and_nothing_is_put_again(place: Workplace) -> None:
    before = bucket(place)
    run = ordinary(place)
    assert run.code == 0, run.text
    assert bucket(place) == before
    # Published once more, with the same files.
    run = place.scrapy("crawl", "pdd_kpi", "-a", f"date={revised_day()}", "-a", "force=1")
    assert run.code == 0, run.text
    assert [entry["column"] for entry in receipt(place)["restated"]] == [COLUMN]
    assert {key for key in bucket(place) if key.startswith("history/")} == {
        key for key in before if key.startswith("history/")
    }
