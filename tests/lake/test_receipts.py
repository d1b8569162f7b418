"""A receipt is believed only after it was held against its key; what can't be believed replaces nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from few_shops import DT, NAME, PARQUET, PLATFORM, RECEIPT, FewShops, raw_of
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from shopdata.config import ObjectStoreSettings
from shopdata.exceptions import ReceiptError, StoreError
from shopdata.lake.receipts import MAX_BYTES, Draft, Receipt, decode_receipt
from shopdata.lake.verify import Verifier
from shopdata.reasons import Reason
from shopdata.store.keys import parquet_key, workbook_key
from shopdata.store.object_store import ObjectStore

SUM = "0123456789abcdef" * 4
HOSTILE = ("../../x", "/etc/passwd", "a/b", "A", "", ".", "x\n", "ü", "a" * 65, "\0", "con ", "-a", None, 1, [], {})


def a_receipt() -> dict[str, Any]:
    """One as it is written."""
    file = {"sha256": SUM, "bytes": 9, "rows": 2}
    shop = {"name": "店", "rows": 1, "sha256": SUM, "bytes": 5, "fetched_at": "2026-03-02T08:30:00+08:00"}
    return {
        "dataset": NAME,
        "platform": PLATFORM,
        "dt": DT,
        "run_id": "run-1",
        "rows": 2,
        "columns": ["shop", "SKU"],
        "shops": [{"id": shop_id, "raw_key": raw_of(shop_id), **shop} for shop_id in ("one", "two")],
        "missing": [{"id": "three", "state": "failed", "reason": "no answer"}],
        "parquet": {"key": PARQUET, **file},
        "workbook": {"key": workbook_key(PLATFORM, NAME, DT), **file, "sheets": ["数据"]},
        "published_at": "2026-03-02T09:00:00+08:00",
        "refresh": {"state": "", "detail": ""},
        "restated": [],
        "warnings": [],
        "drift": [],
    }


def decode(receipt: object) -> Receipt:
    data = receipt if isinstance(receipt, bytes) else json.dumps(receipt).encode()
    return decode_receipt(data, PLATFORM, NAME, DT, where="the bucket")


def put(place: dict[str, Any] | list[Any], path: tuple[str | int, ...], value: object) -> Any:
    inner: Any = place
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return place


def test_what_was_written_is_believed() -> None:
    receipt = decode(a_receipt() | {"a key of tomorrow": 1})
    assert [(shop.id, shop.raw_key) for shop in receipt.shops] == [("one", raw_of("one")), ("two", raw_of("two"))]
    assert receipt.missing[0].state == "failed"


def test_what_is_read_is_written_as_it_was() -> None:
    """Earlier versions read it too: no key goes, no time gets another form, no list becomes something else."""
    told = a_receipt() | {"accounts": {"one": {"mall": "0123456789abcdef"}}}
    told["restated"] = [
        {"shop": "one", "column": "a", "cells": 1, "rows_added": 0, "rows_removed": 0, "run_id": "run", "was": SUM}
    ]
    facts = {"columns": ["a", "b"], "rows": 5, "said": "5", "is_new": True, "share": 0.5, "until": None}
    told["missing"][0] |= {"code": "columns_missing", "params": facts}
    told["drift"] = [{"shop": "", "kind": "kept_column", "column": "a", "count": 0, "text": "it stays"}]
    told["missing"][0] |= {"code": "no_answer", "params": {"why": "time-out", "n": [1, 2]}}
    assert json.loads(decode(told).to_json()) == told
    told["refresh"] |= {"code": "refresh_failed", "params": {}}
    assert json.loads(decode(told).to_json()) == told


def test_of_an_earlier_version_a_reason_is_known_by_its_sentence_only() -> None:
    (shop,) = decode(a_receipt()).missing
    assert shop.missing.reason == Reason("unknown", {}, "no answer")


def test_nobody_changes_a_receipt_or_writes_what_is_none() -> None:
    receipt = decode(a_receipt())
    with pytest.raises(ValidationError):
        receipt.rows = 3  # type: ignore[misc]
    with pytest.raises(ValidationError, match="`raw_key` of one is not the key of its raw file"):
        Draft(**(dict(receipt) | {"dt": "2026-03-02"}))


@pytest.mark.parametrize("value", HOSTILE, ids=repr)
@pytest.mark.parametrize(
    "path", [("shops", 0, "id"), ("missing", 0, "id"), ("dataset",), ("platform",), ("dt",)], ids=str
)
def test_no_odd_id_is_believed(path: tuple[str | int, ...], value: object) -> None:
    with pytest.raises(ReceiptError) as error:
        decode(put(a_receipt(), path, value))
    assert "scrapy replay" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("shops", 0, "raw_key"), raw_of("two")),
        (("shops", 0, "raw_key"), raw_of("one") + "/../../x"),
        (("shops", 0, "raw_key"), raw_of("one").replace(DT, "2026-03-02")),
        (("shops", 0, "raw_key"), raw_of("one").replace("raw/jd", "raw/pdd")),
        (("shops", 0, "raw_key"), "s3://elsewhere/one.csv"),
        (("shops", 0, "sha256"), SUM.upper()),
        (("shops", 0, "sha256"), SUM + "\n"),
        (("shops", 0, "rows"), -1),
        (("shops", 0, "rows"), True),
        (("shops", 0, "rows"), 1.0),
        (("shops", 0, "rows"), "1"),
        (("shops", 0, "bytes"), 2**63),
        (("shops", 0, "fetched_at"), "soon"),
        (("shops", 0, "fetched_at"), "2026-03-02T08:30:00"),
        (("shops", 0, "fetched_at"), 1772411400),
        (("shops", 0, "fetched_at"), "9999-12-31T23:59:59-12:00"),
        (("shops", 0, "name"), "a\0b"),
        (("shops", 1, "id"), "one"),
        (("shops", 1), None),
        (("shops",), {"one": 1}),
        (("missing", 0, "state"), "well"),
        (("parquet", "key"), parquet_key(PLATFORM, NAME, "2026-03-02")),
        (("parquet", "sha256"), ""),
        (("parquet",), {}),
        (("workbook", "key"), PARQUET),
        (("columns",), "shop"),
        (("published_at",), ""),
        (("dt",), "2026-03-02"),
        (("dataset",), "another"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_refused(path: tuple[str | int, ...], value: object) -> None:
    with pytest.raises(ReceiptError, match="not a receipt of this partition"):
        decode(put(a_receipt(), path, value))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff\x00",
        b'{"rows": NaN}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"rows": ' + b"9" * 100_000 + b"}",
        json.dumps(a_receipt()).replace("\\u5e97", "\\ud83d").encode(),
        json.dumps(a_receipt()).encode()[:-1],
    ],
    ids=lambda data: repr(data[:12]),
)
def test_what_is_no_receipt_at_all(data: bytes) -> None:
    with pytest.raises(ReceiptError):
        decode(data)


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from([raw_of("one"), SUM, DT]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def paths_of(value: object, before: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, more in inner:
        yield (*before, step)
        yield from paths_of(more, (*before, step))


@settings(max_examples=150, deadline=None)
@given(path=st.sampled_from(sorted(paths_of(a_receipt()), key=str)), value=ANY)
def test_a_changed_one_is_refused_with_a_sentence_or_is_one(path: tuple[str | int, ...], value: object) -> None:
    try:
        receipt = decode(put(a_receipt(), path, value))
    except ReceiptError as error:
        assert "Found" in str(error)  # noqa: PT017 - both ways are right
    else:
        assert all(shop.raw_key == raw_of(shop.id) for shop in receipt.shops)


# -- what becomes of a partition whose receipt can't be believed ---------------------------------------------------


@pytest.fixture
def place(object_store: ObjectStore, store_settings: ObjectStoreSettings, tmp_path: Path) -> Iterator[FewShops]:
    place = FewShops(tmp_path / "state", object_store, store_settings)
    for shop in place.ids:
        place.stage(shop)
    place.publish()
    yield place
    place.ledger.close()


def escape(receipt: dict[str, Any]) -> Any:
    return put(receipt, ("shops", 1, "id"), "../../x")


BROKEN: dict[str, Callable[[dict[str, Any]], Any]] = {
    "deep": lambda _: b"[" * 100_000,
    "large": lambda receipt: json.dumps(receipt | {"more": "x" * MAX_BYTES}).encode(),
    "escaping": lambda receipt: json.dumps(escape(receipt)).encode(),
    "of another day": lambda receipt: json.dumps(receipt).replace(DT, "2026-03-02").encode(),
}


def objects(place: FewShops) -> dict[str, str]:
    return {key: place.store.stat(key).sha256 for key in place.store.list_keys("")}  # type: ignore[union-attr]


@pytest.mark.services
@pytest.mark.parametrize("how", BROKEN)
def test_nothing_is_replaced_and_a_replay_mends_it(place: FewShops, how: str) -> None:
    place.lose_ledger()
    before = place.rows()
    broken = BROKEN[how](place.receipt())
    place.store.put_bytes(RECEIPT, broken)
    place.stage("one", 3)
    was = objects(place)
    with pytest.raises(ReceiptError, match="Nothing is replaced"):
        place.publish()
    assert objects(place) == was
    outside = {path for path in place.folder.parent.rglob("*") if path.is_file() and place.folder not in path.parents}
    assert not {path for path in outside if "x" in path.stem.split(".")}

    replayer, result = place.replay()
    assert (result.rows, result.shops, replayer.strays[DT]) == (7, 3, ())
    assert place.rows() == before | {"店 one": 3}
    # What was replaced is kept, byte by byte.
    kept = [key for key in place.store.list_keys("history/") if key not in was]
    assert sorted(key.partition(".")[0] for key in kept) == sorted(
        f"history/{key.partition('.')[0]}" for key in (RECEIPT, PARQUET)
    )
    assert broken in [place.store.get_bytes(key) for key in kept]
    assert place.publish() is not None


@pytest.mark.services
def test_a_lost_receipt_is_no_licence_to_lose_shops(place: FewShops) -> None:
    place.lose_ledger()
    place.store.remove(RECEIPT)
    place.store.put_bytes("raw/jd/report/dt=2026-03-01/Some File (1).csv", b"a,b\n1,2\n")
    place.stage("one", 3)
    place.publish()
    assert place.rows() == {"店 one": 3, "店 two": 2, "店 three": 2}


@pytest.mark.services
def test_rows_that_nobody_knows_any_more_stay(place: FewShops) -> None:
    place.lose_ledger()
    for key in (RECEIPT, raw_of("two")):
        place.store.remove(key)
    place.stage("one", 3)
    with pytest.raises(ReceiptError, match=r"rows of shops that neither ledger nor receipt know.*店 two"):
        place.publish()
    assert place.rows() == {"店 one": 2, "店 two": 2, "店 three": 2}


@pytest.mark.services
@pytest.mark.parametrize("left", [["one", "three"], []], ids=str)
def test_a_receipt_that_tells_of_fewer_shops_is_no_licence_either(place: FewShops, left: list[str]) -> None:
    receipt = place.receipt()
    shops = [shop for shop in receipt["shops"] if shop["id"] in left]
    told = {"shops": shops, "rows": sum(shop["rows"] for shop in shops)}
    place.store.put_bytes(RECEIPT, json.dumps(receipt | told).encode())
    place.lose_ledger()
    place.stage("one", 3)
    with pytest.raises(ReceiptError, match=r"rows of shops that neither ledger nor receipt know.*店 two"):
        place.publish()
    assert place.rows() == {"店 one": 2, "店 two": 2, "店 three": 2}
    place.replay()
    assert place.rows() == {"店 one": 3, "店 two": 2, "店 three": 2}


STRAYS = (
    ".csv",
    "Some File (1).csv",
    "UPPER.csv",
    "nobody-knows-it.csv",
    "one",
    "one.csv.bak",
    "one.txt",
    "sub/one.csv",
    "~$one.xlsx",
    "说明.csv",
)


@pytest.mark.services
def test_stray_objects_are_left_out_and_named(place: FewShops) -> None:
    keys = [f"raw/jd/report/dt={DT}/{name}" for name in STRAYS]
    for key in keys:
        place.store.put_bytes(key, b"SKU,x\n1,2\n")
    place.lose_ledger()
    replayer, result = place.replay()
    assert (result.rows, result.shops) == (6, 3)
    assert replayer.strays[DT] == tuple(map(place.store.where, keys))
    verifier = Verifier(NAME, place.lake)
    found = verifier.verify(DT)
    assert found.is_whole
    assert set(found.strays) == {*keys} - {keys[STRAYS.index(name)] for name in ("nobody-knows-it.csv", "one.txt")}


@pytest.mark.services
def test_verify_advises_what_can_work(place: FewShops) -> None:
    verifier = Verifier(NAME, place.lake)
    place.store.remove(PARQUET)
    (problem,) = verifier.verify(DT).problems
    assert "scrapy replay" in problem[1]
    for key in place.store.list_keys(""):
        place.store.remove(key)
    (problem,) = verifier.verify(DT).problems
    assert "scrapy replay" not in problem[1]
    assert "crawl the period again" in problem[1]
    place.store.put_bytes(RECEIPT, b"{}")
    (problem,) = verifier.verify(DT).problems
    assert "scrapy replay" not in problem[1]


@pytest.mark.services
def test_a_raw_file_that_is_gone_is_told(place: FewShops) -> None:
    place.lose_ledger()
    place.store.remove(raw_of("two"))
    place.stage("one", 3)
    with pytest.raises(StoreError):
        place.publish()
    assert place.rows()["店 two"] == 2
