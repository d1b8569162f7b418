"""`scrapy verify` finds and names whatever is damaged, missing or unknown; what is whole is whole."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pyarrow.parquet as pq
import pytest
from minio import Minio
from workplace import Run, Workplace

from sandbox.dremio import DremioDouble
from sandbox.faults import Fault
from shopdata.ledger import Ledger

pytestmark = pytest.mark.services

DAY, NEXT = date(2026, 3, 1), date(2026, 3, 2)
FIRST, SECOND = "pdd-01", "pdd-02"
NAME = "pdd_kpi_days"
RAW = f"raw/pdd/{NAME}/dt={DAY}/{FIRST}.xls"
WORKBOOK = f"merged/pdd/{NAME}/{NAME}_{DAY}.xlsx"
PARQUET = f"ods/pdd/{NAME}/dt={DAY}/{NAME}.parquet"
RECEIPT = f"receipts/pdd/{NAME}/dt={DAY}.json"


@pytest.fixture(scope="module")
def place(make_workplace: Callable[..., Workplace]) -> Workplace:
    """The first day is whole; on the next one a shop is missing."""
    place = make_workplace(shops=0, pdd_shops=2)
    place.sign_in(FIRST, SECOND)
    place.sandbox.set_fault(SECOND, Fault.REFUSED, at="kpi", date=NEXT)
    run = place.scrapy("crawl", "pdd_kpi", "-a", f"start={DAY}", "-a", f"end={NEXT}")
    assert run.code == 1, run.text
    place.sandbox.clear_records()
    return place


def verify(place: Workplace, *arguments: str, name: str = NAME, **variables: str | None) -> Run:
    run = place.scrapy("verify", name, *(arguments or ("--date", str(DAY))), COLUMNS="150", **variables)
    assert "Traceback" not in run.text
    assert place.sandbox.records() == []
    return run


def rows_of(run: Run) -> dict[str, list[str]]:
    """The table: period -> counts and verdict."""
    lines = [line.split() for line in run.out.splitlines()]
    return {line[0]: line[1:] for line in lines if line and line[0].startswith("2026-")}


@contextmanager
def damaged(place: Workplace, key: str, change: Callable[[bytes], bytes] | None) -> Iterator[None]:
    """Changes an object behind our back (None: it is gone), without its sum; brings it back afterwards."""
    store = place.store
    client = Minio(store.endpoint, store.access_key, store.secret_key.get_secret_value(), secure=False)
    with place.objects() as objects:
        content = objects.get_bytes(key)
        try:
            if change is None:
                objects.remove(key)
            else:
                data = change(content)
                client.put_object(store.bucket, key, io.BytesIO(data), len(data))
            yield
        finally:
            objects.put_bytes(key, content)


def flip(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def one_row_less(content: bytes) -> bytes:
    table, target = pq.read_table(io.BytesIO(content)), io.BytesIO()
    pq.write_table(table.slice(1), target)
    return target.getvalue()


def lie(**changes: Any) -> Callable[[bytes], bytes]:
    def change(content: bytes) -> bytes:
        return json.dumps({**json.loads(content), **changes}).encode()

    return change


def test_what_is_whole(place: Workplace) -> None:
    run = verify(place)
    assert run.code == 0, run.text
    truth = sum(len(place.sandbox.truth(shop, DAY, dataset=NAME).rows) for shop in (FIRST, SECOND))
    assert rows_of(run) == {str(DAY): [*[str(truth)] * 4, "✓", "whole"]}


def test_a_range_with_a_shop_missing_and_a_day_that_was_never_published(place: Workplace) -> None:
    run = verify(place, "--start", str(DAY), "--end", "2026-03-03")
    assert run.code == 1
    assert [row[-2:] for row in rows_of(run).values()] == [["✓", "whole"], ["shop", "missing"], ["wrong", "(1)"]]
    assert f"◔ {NEXT} missing: {SECOND} (failed)" in run.out
    assert "✗ 2026-03-03 receipts/pdd/pdd_kpi_days/dt=2026-03-03.json: the partition was never published" in run.out


@pytest.mark.parametrize(
    ("key", "change", "sentence"),
    [
        pytest.param(RAW, flip, "it is not what was published", id="a bit of a raw file"),
        pytest.param(RAW, None, "it is not in the store. Collect it again", id="no raw file"),
        pytest.param(WORKBOOK, flip, "it is not what was published", id="a bit of the workbook"),
        pytest.param(WORKBOOK, None, "it is not in the store. Run `scrapy replay", id="no workbook"),
        pytest.param(PARQUET, one_row_less, "it is not what was published", id="a row of the partition"),
        pytest.param(PARQUET, None, "it is not in the store. Run `scrapy replay", id="no partition"),
        pytest.param(RECEIPT, lambda _: b"{}", "not a receipt of this partition", id="no receipt in the receipt"),
        pytest.param(RECEIPT, lambda _: b"\xff\x00", "not a receipt", id="bytes in the receipt"),
        pytest.param(RECEIPT, lie(rows=1), "`rows` is not what the ledger has", id="a number of the receipt"),
        pytest.param(RECEIPT, lie(shops=[{}, {}]), "`shops.0.id`: ", id="a shop of the receipt"),
        pytest.param(RECEIPT, None, "published in the ledger, and has no receipt in the store", id="no receipt"),
    ],
)
def test_damage_is_named(place: Workplace, key: str, change: Callable[[bytes], bytes] | None, sentence: str) -> None:
    with damaged(place, key, change):
        run = verify(place)
    assert run.code == 1
    (problem, *_) = [line for line in run.out.splitlines() if line.startswith("✗")]
    assert problem.startswith(f"✗ {DAY} {key}: "), run.out
    assert sentence in problem
    assert verify(place).code == 0


def test_a_partition_that_the_ledger_does_not_know(place: Workplace) -> None:
    run = verify(place, SHOPDATA_STATE_DIR=str(place.folder / "another-state"))
    assert run.code == 1
    assert f"✗ {DAY} {RECEIPT}: the store has the partition, and the ledger does not know it" in run.out
    assert rows_of(run)[str(DAY)][:4] == rows_of(verify(place))[str(DAY)][:4]


def test_a_store_that_is_down(place: Workplace) -> None:
    run = verify(place, SHOPDATA_S3_ENDPOINT="127.0.0.1:9")
    assert run.code == 1
    assert "127.0.0.1:9" in run.text


def test_dremio_is_counted_too(place: Workplace) -> None:
    path = ("minio", place.store.bucket, "ods", "pdd", NAME)
    with DremioDouble(bucket=place.store.bucket, lake=place.store) as dremio:
        dremio.promote(*path)
        run = verify(place, **dremio.environment())
        assert run.code == 0, run.text
        assert len(set(rows_of(run)[str(DAY)][:5])) == 1
        dremio.set_rows(*path, dt=str(DAY), rows=1)
        run = verify(place, **dremio.environment())
        assert run.code == 1
        assert f"✗ {DAY} Dremio: rows of all shops: found 1, expected " in run.out


@pytest.mark.parametrize(
    ("arguments", "name", "sentence"),
    [
        pytest.param(("--date", "yesterday"), NAME, "this is not a date", id="no day"),
        pytest.param(("--start", str(DAY)), NAME, "a range needs end too", id="half a range"),
        pytest.param(
            ("--date", str(DAY), "--start", str(DAY), "--end", str(DAY)), NAME, "exclude each other", id="both"
        ),
        pytest.param(("--nolog",), NAME, "no day is named", id="nothing"),
        pytest.param(("--date", str(DAY)), "pdd_kpi", "collects several datasets", id="a spider's name"),
    ],
)
def test_refused(place: Workplace, arguments: tuple[str, ...], name: str, sentence: str) -> None:
    run = verify(place, *arguments, name=name)
    assert run.code == 2, run.text
    assert sentence in run.err


def test_the_ledger_was_only_read(place: Workplace) -> None:
    with Ledger.at(place.state_dir) as ledger:
        assert len(ledger.runs()) == 1


def test_rows_that_came_as_json_are_counted_too(place: Workplace) -> None:
    run = place.scrapy("crawl", "pdd_badscore", "-a", f"date={DAY}")
    assert run.code == 0, run.text
    place.sandbox.clear_records()
    run = verify(place, name="pdd_badscore")
    assert run.code == 0, run.text
