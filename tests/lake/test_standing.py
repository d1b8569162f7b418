"""What the ledger calls published is looked for in the bucket; what is gone is published again, or asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from few_shops import DT, NAME, PARQUET, RECEIPT, WORKBOOK, FewShops, raw_of

from shopdata.config import ObjectStoreSettings
from shopdata.lake.partition import is_due
from shopdata.lake.standing import Standing, lacks_of
from shopdata.ledger import Owner
from shopdata.store.object_store import ObjectStore

pytestmark = pytest.mark.services


@pytest.fixture
def place(object_store: ObjectStore, store_settings: ObjectStoreSettings, tmp_path: Path) -> Iterator[FewShops]:
    place = FewShops(tmp_path / "state", object_store, store_settings)
    for shop in place.ids:
        place.stage(shop)
    place.publish()
    yield place
    place.ledger.close()


def look(place: FewShops) -> dict[str, str]:
    """What the run finds in the ledger then: its cells."""
    standing = Standing(NAME, place.lake)
    standing.look(DT)
    assert not standing.unseen
    return {cell.shop: str(cell.state) for cell in place.ledger.cells(NAME, DT)}


def is_due_in(place: FewShops) -> bool:
    return is_due(NAME, DT, config=place.config, ledger=place.ledger)


def forget_tables(place: FewShops) -> None:
    for table in (place.folder / "tables").rglob("*.arrow"):
        table.unlink()


def test_what_stands_is_left_alone(place: FewShops) -> None:
    assert look(place) == dict.fromkeys(("one", "three", "two"), "published")
    assert not is_due_in(place)


@pytest.mark.parametrize("keys", [(RECEIPT,), (PARQUET,), (WORKBOOK,), (RECEIPT, PARQUET, WORKBOOK)], ids=str)
def test_what_is_gone_is_published_again_from_raw(place: FewShops, keys: tuple[str, ...]) -> None:
    before = place.receipt()
    for key in keys:
        place.store.remove(key)
    forget_tables(place)
    assert look(place) == dict.fromkeys(("one", "three", "two"), "staged")
    assert is_due_in(place)
    place.publish()
    assert {name: value for name, value in place.receipt().items() if name != "published_at"} == {
        name: value for name, value in before.items() if name != "published_at"
    }
    (record,) = place.ledger.partitions(NAME)
    assert lacks_of(record, place.store) == []
    assert set(look(place).values()) == {"published"}


def test_an_object_that_somebody_else_put_is_replaced(place: FewShops) -> None:
    place.store.put_bytes(WORKBOOK, b"somebody's own")
    assert set(look(place).values()) == {"staged"}
    place.publish()
    assert place.store.get_bytes(WORKBOOK) != b"somebody's own"


def test_of_an_emptied_bucket_all_is_asked_for_again(place: FewShops) -> None:
    for key in place.store.list_keys(""):
        place.store.remove(key)
    forget_tables(place)
    assert set(look(place).values()) == {"pending"}
    assert [cell.raw for cell in place.ledger.cells(NAME, DT)] == [None] * 3
    # One of them can't be had any more: the others are published, and it is told as missing.
    for shop in ("one", "two"):
        place.stage(shop)
    receipt = place.publish()
    assert receipt is not None
    assert place.rows() == {"店 one": 2, "店 two": 2}
    assert [(shop.id, shop.state) for shop in receipt.missing] == [("three", "pending")]
    assert "gone from the bucket" in receipt.missing[0].reason


def test_rows_that_are_still_here_are_not_lost_with_their_raw_file(place: FewShops) -> None:
    for key in (PARQUET, raw_of("two")):
        place.store.remove(key)
    assert look(place) == {"one": "staged", "two": "pending", "three": "staged"}
    place.publish()
    assert place.rows() == {"店 one": 2, "店 two": 2, "店 three": 2}


def test_what_only_the_bucket_knows_is_not_asked_for_again(place: FewShops) -> None:
    place.lose_ledger()
    assert look(place) == dict.fromkeys(("one", "three", "two"), "staged")


def test_a_receipt_that_cant_be_believed_ends_in_no_success(place: FewShops) -> None:
    place.store.put_bytes(RECEIPT, b"{}")
    assert set(look(place).values()) == {"staged"}
    assert is_due_in(place)
    assert place.ledger.partitions(NAME) == []


def test_what_another_run_is_just_publishing_is_left_to_it(place: FewShops) -> None:
    # Another machine: nobody here can see whether its process lives.
    there = Owner("run-9", "elsewhere", 1, "0", "elsewhere")
    assert place.ledger.leases.acquire(f"partition {NAME} {DT}", there, 60)
    place.store.remove(WORKBOOK)
    place.ledger.hold_for(Owner.here("run-8"), 60)
    assert set(look(place).values()) == {"published"}
    place.ledger.leases.release(f"partition {NAME} {DT}", there)
    assert set(look(place).values()) == {"staged"}


def test_a_store_that_fails_is_no_lost_partition(place: FewShops, store_settings: ObjectStoreSettings) -> None:
    nobody = store_settings.model_copy(update={"endpoint": "127.0.0.1:9", "max_tries": 1})
    with ObjectStore(nobody) as store:
        standing = Standing(NAME, replace(place.lake, store=store))
        standing.look(DT)
        assert standing.unseen == [DT]
    assert {str(cell.state) for cell in place.ledger.cells(NAME, DT)} == {"published"}


def test_what_a_foreign_receipt_says_of_its_run_is_harmless(place: FewShops) -> None:
    place.store.put_bytes(RECEIPT, json.dumps(place.receipt() | {"run_id": "\x1b]0;x\x07run\n9"}).encode())
    (record,) = place.ledger.partitions(NAME)
    assert lacks_of(record, place.store) == ["its receipt is another one, of run run 9"]


def test_why_it_could_not_be_seen_is_told_once_also_where_a_new_period_came_first(
    place: FewShops, caplog: pytest.LogCaptureFixture
) -> None:
    # Nobody is at home there.
    with ObjectStore(place.settings.model_copy(update={"endpoint": "127.0.0.1:1", "max_tries": 1})) as store:
        standing = Standing(NAME, replace(place.lake, store=store))
        for dt in ("2026-02-28", DT, DT):
            standing.look(dt)
    assert standing.unseen == [DT, DT]
    assert caplog.text.count("could not be seen") == 1


def test_a_first_run_finds_no_bucket_and_says_nothing(
    store_settings: ObjectStoreSettings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with ObjectStore(store_settings) as store:
        place = FewShops(tmp_path / "new", store, store_settings)
        Standing(NAME, replace(place.lake, store=store)).look(DT)
        place.ledger.close()
    assert caplog.text == ""
