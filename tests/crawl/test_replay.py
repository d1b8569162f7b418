"""`scrapy replay` rebuilds from raw/ with today's contract, says what changed, and asks no portal."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest
from sqlalchemy import create_engine, select
from workplace import Run, Workplace

from sandbox.dremio import DremioDouble
from sandbox.faults import Fault
from shopdata.ledger import Ledger
from shopdata.ledger.schema import LeaseRow

pytestmark = pytest.mark.services

DAY, NEXT, PARTLY = date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 3)
FIRST, SECOND = "pdd-01", "pdd-02"
NAME = "pdd_kpi_days"
RAW = f"raw/pdd/{NAME}/dt={DAY}/{FIRST}.xls"
PARQUET = f"ods/pdd/{NAME}/dt={DAY}/{NAME}.parquet"
RECEIPT = f"receipts/pdd/{NAME}/dt={DAY}.json"


@pytest.fixture(scope="module")
def place(make_workplace: Callable[..., Workplace]) -> Workplace:
    place = make_workplace(shops=0, pdd_shops=2)
    place.sign_in(FIRST, SECOND)
    place.sandbox.set_fault(SECOND, Fault.REFUSED, at="kpi", date=PARTLY)
    run = place.scrapy("crawl", "pdd_kpi", "-a", f"start={DAY}", "-a", f"end={PARTLY}")
    assert run.code == 1, run.text
    place.sandbox.clear_records()
    return place


def replay(place: Workplace, *arguments: str, name: str = NAME, **variables: str | None) -> Run:
    run = place.scrapy("replay", name, *(arguments or ("--date", str(DAY))), **variables)
    assert "Traceback" not in run.text
    assert place.sandbox.records() == []
    return run


def bucket(place: Workplace) -> dict[str, str]:
    with place.objects() as store:
        return {key: store.stat(key).etag for key in store.list_keys("")}  # type: ignore[union-attr]


def get(place: Workplace, key: str) -> bytes:
    with place.objects() as store:
        return store.get_bytes(key)


def contract(place: Workplace, change: Callable[[dict[str, Any]], None]) -> None:
    place.edit(f"datasets/{NAME}.yaml", change)


def test_what_did_not_change_is_not_put(place: Workplace) -> None:
    before = bucket(place)
    run = replay(place, "--start", str(DAY), "--end", str(NEXT))
    assert run.code == 0, run.text
    assert run.out.count("unchanged, nothing was put") == 2
    assert bucket(place) == before


def test_a_day_with_a_shop_missing_is_not_whole(place: Workplace) -> None:
    run = replay(place, "--date", str(PARTLY))
    assert run.code == 1
    assert f"missing: {SECOND} (failed)" in run.out


def test_another_contract_gives_another_partition(place: Workplace) -> None:
    before = bucket(place)
    contract(place, lambda dataset: dataset["columns"].remove("投诉数"))
    contract(place, lambda dataset: dataset["columns"].insert(1, "新列"))
    contract(place, lambda dataset: dataset.update(null_texts=["-"]))
    run = replay(place)
    assert run.code == 0, run.text
    assert "published anew: column '新列' came" in run.out
    assert "cells of '客服服务分' changed" in run.out
    table = pq.read_table(io.BytesIO(get(place, PARQUET)))
    assert table.column_names[:3] == ["shop", "客服账号", "新列"]
    assert "-" not in table.column("客服服务分").to_pylist()
    # What the contract no longer knows came as a new column.
    assert table.column_names[-1] == "投诉数"
    changed = {key for key, etag in bucket(place).items() if before.get(key) != etag}
    contract_key = f"contracts/pdd/{NAME}.odcs.yaml"
    assert changed == {PARQUET, RECEIPT, contract_key, f"merged/pdd/{NAME}/{NAME}_{DAY}.xlsx"}
    run_id = json.loads(get(place, RECEIPT))["run_id"]
    with Ledger.at(place.state_dir) as ledger:
        assert (record := ledger.partition(NAME, str(DAY))) is not None
        assert record.run_id == run_id
        (started,) = [started for started in ledger.runs() if started.run_id == run_id]
        assert (started.spider, started.outcome) == ("replay", "complete")
    assert place.scrapy("verify", NAME, "--date", str(DAY)).code == 0


def test_a_file_that_no_longer_fits_leaves_all_as_it_was(place: Workplace) -> None:
    before = bucket(place)
    contract(place, lambda dataset: (dataset["columns"].append("没有"), dataset["required"].append("没有")))
    run = replay(place)
    contract(place, lambda dataset: (dataset["columns"].remove("没有"), dataset["required"].remove("没有")))
    assert run.code == 1
    assert f"✗ {NAME} {DAY}: left as it was: {NAME} {DAY} {FIRST}: required column '没有' is not in the file" in run.out
    assert bucket(place) == before


def test_a_raw_file_that_is_gone_leaves_all_as_it_was(place: Workplace) -> None:
    content = get(place, RAW)
    with place.objects() as store:
        store.remove(RAW)
    before = bucket(place)
    run = replay(place)
    assert run.code == 1
    assert f"✗ {NAME} {DAY}: left as it was: " in run.out
    assert RAW in run.out
    assert bucket(place) == before
    with place.objects() as store:
        store.put_bytes(RAW, content)


def test_lost_objects_are_rebuilt(place: Workplace) -> None:
    parquet = get(place, PARQUET)
    with place.objects() as store:
        for key in (PARQUET, RECEIPT):
            store.remove(key)
    run = replay(place)
    assert run.code == 0, run.text
    assert get(place, PARQUET) == parquet
    assert place.scrapy("verify", NAME, "--date", str(DAY)).code == 0


def test_a_lost_ledger_is_rebuilt(place: Workplace) -> None:
    parquet, receipt = get(place, PARQUET), json.loads(get(place, RECEIPT))
    shutil.move(place.state_dir, place.folder / "lost")
    run = replay(place, "--start", str(DAY), "--end", str(NEXT))
    assert run.code == 0, run.text
    assert get(place, PARQUET) == parquet
    again = json.loads(get(place, RECEIPT))
    assert again["shops"] == receipt["shops"]
    assert place.states(str(DAY)) == {FIRST: "published", SECOND: "published"}
    run = place.scrapy("verify", NAME, "--start", str(DAY), "--end", str(NEXT))
    assert run.code == 0, run.text


def test_a_crawl_with_a_new_ledger_takes_no_shop_away(place: Workplace) -> None:
    """One shop is asked, or answers: the others are published, and the new ledger knows nothing of them."""
    parquet = get(place, PARQUET)
    shutil.move(place.state_dir / "ledger.sqlite3", place.folder / "lost.sqlite3")
    run = place.scrapy("crawl", "pdd_kpi", "-a", f"date={DAY}", "-a", f"shops={FIRST}")
    assert run.code == 0, run.text
    assert f"{NAME} {DAY} {SECOND}: published, and the ledger did not know it" in run.err
    assert get(place, PARQUET) == parquet
    assert place.states(str(DAY)) == {FIRST: "published", SECOND: "published"}
    run = place.scrapy("verify", NAME, "--date", str(DAY))
    assert run.code == 0, run.text
    place.sandbox.clear_records()
    replay(place, "--start", str(DAY), "--end", str(PARTLY))


def test_a_replay_that_was_killed_behind_its_receipt_is_made_good(place: Workplace) -> None:
    with place.objects() as store:
        store.remove(PARQUET)
    fatal = {"SHOPDATA_FAILPOINT": "receipt_put.after"}
    assert replay(place, "--date", str(DAY), "-s", "SHOPDATA_FAILPOINTS_KILL=1", **fatal).code not in (0, 1)
    assert place.scrapy("verify", NAME, "--date", str(DAY)).code == 1
    # A crawl on another machine, which can't see that the process is gone, does not wait for longer than this.
    engine = create_engine(f"sqlite:///{place.state_dir / 'ledger.sqlite3'}")
    with engine.connect() as ledger:
        (until,) = ledger.execute(select(LeaseRow.until).where(LeaseRow.name == f"partition {NAME} {DAY}")).scalars()
    engine.dispose()
    assert until <= datetime.now(UTC) + timedelta(seconds=120)
    run = replay(place)
    assert run.code == 0, run.text
    run = place.scrapy("verify", NAME, "--date", str(DAY))
    assert run.code == 0, run.text


def test_dremio_is_told(place: Workplace) -> None:
    contract(place, lambda dataset: dataset.update(null_texts=[]))
    with DremioDouble(bucket=place.store.bucket, lake=place.store) as dremio:
        dremio.set_faults("job_failed")
        run = replay(place, **dremio.environment())
        assert run.code == 1
        assert "Dremio was not refreshed" in run.out
        dremio.set_faults()
        run = replay(place, **dremio.environment())
        assert run.code == 0, run.text
        assert dremio.refreshed[-1][-1] == NAME
    assert json.loads(get(place, RECEIPT))["refresh"]["state"] == "COMPLETED"


@pytest.mark.parametrize(
    ("arguments", "name", "sentence"),
    [
        pytest.param(
            ("--start", "2020-01-01", "--end", "2020-01-02"), NAME, "there is no raw file", id="nothing there"
        ),
        pytest.param(("--nolog",), NAME, "no day is named", id="no day"),
        pytest.param(("--date", str(DAY)), "pdd_kpis", "there is no dataset 'pdd_kpis'", id="no dataset"),
    ],
)
def test_refused(place: Workplace, arguments: tuple[str, ...], name: str, sentence: str) -> None:
    run = replay(place, *arguments, name=name)
    assert run.code == 2, run.text
    assert sentence in run.err


def test_a_day_without_raw_files(place: Workplace) -> None:
    run = replay(place, "--date", "2020-01-01")
    assert run.code == 1
    assert "there is no raw file of this period" in run.out


def test_totals_are_dropped_or_marked_and_all_counts_agree(place: Workplace) -> None:
    accounts = pq.read_table(io.BytesIO(get(place, PARQUET))).column("客服账号").to_pylist()
    totals = [name for name in accounts if name in ("总计", "平均")]
    assert len(totals) == 4
    contract(place, lambda dataset: dataset.update(totals="drop"))
    run = replay(place)
    table = pq.read_table(io.BytesIO(get(place, PARQUET)))
    assert (run.code, table.num_rows) == (0, len(accounts) - 4), run.text
    (warning, _) = [entry for entry in json.loads(get(place, RECEIPT))["warnings"] if entry["kind"] == "total_rows"]
    assert warning["text"].endswith("look like totals; left out")
    assert place.scrapy("verify", NAME, "--date", str(DAY)).code == 0
    contract(place, lambda dataset: dataset.update(totals="mark"))
    run = replay(place)
    contract(place, lambda dataset: dataset.update(totals="keep"))
    table = pq.read_table(io.BytesIO(get(place, PARQUET)))
    assert (run.code, table.column("客服账号").to_pylist()) == (0, accounts), run.text
    kinds = dict(zip(accounts, table.column("row_kind").to_pylist(), strict=True))
    assert {kinds.pop("总计"), kinds.pop("平均")} == {"total"}
    assert set(kinds.values()) == {None}
