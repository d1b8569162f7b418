"""A shop gets another id, or leaves partitions: no row twice, none lost, and nothing is gone from the bucket."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from few_shops import DT, NAME, PARQUET, PLATFORM, FewShops, raw_of

from shopdata.accounts import fingerprint
from shopdata.config import ObjectStoreSettings
from shopdata.exceptions import LedgerError, ShopdataError, StoreError, WrongShopError
from shopdata.lake.shop_ids import Changed, Place, ShopIds
from shopdata.lake.verify import Verifier
from shopdata.ledger import CellKey, Ledger, Owner
from shopdata.store.keys import parquet_key
from shopdata.store.object_store import ObjectStore

pytestmark = pytest.mark.services

NEXT = "2026-03-02"
ACCOUNTS = {id: fingerprint(PLATFORM, {"shop name": id}) for id in ("one", "two")}


@pytest.fixture
def place(object_store: ObjectStore, store_settings: ObjectStoreSettings, tmp_path: Path) -> Iterator[FewShops]:
    place = FewShops(tmp_path / "state", object_store, store_settings, ids=("one", "two"))
    for dt in (DT, NEXT):
        for shop in place.ids:
            place.stage(shop, dt=dt, account=ACCOUNTS[shop])
        place.publish(dt)
    yield place
    place.ledger.close()


def change(place: FewShops, old: str, new: str | None, *dts: str) -> list[Changed | ShopdataError]:
    """What `scrapy shops` does, in a ledger of its own."""
    with Ledger.at(place.folder) as ledger:
        ids = ShopIds(PLATFORM, "run-3", replace(place.lake, ledger=ledger), 60)
        places = [Place(NAME, dt) for dt in dts] or ids.places(old)
        done = ids.change(old, new, places)
        return [result for _, result in done]


def bytes_in(place: FewShops) -> set[bytes]:
    return {
        place.store.get_bytes(key) for key in place.store.list_keys("") if not key.startswith(("receipts/", "merged/"))
    }


def is_whole(place: FewShops, dt: str = DT) -> bool:
    verifier = Verifier(NAME, place.lake)
    found = verifier.verify(dt)
    assert found.strays == []
    assert found.problems == []
    return found.is_whole


@pytest.mark.parametrize("lost", ["nothing", "ledger"])
def test_renamed(place: FewShops, lost: str) -> None:
    before, parquet = bytes_in(place), place.store.get_bytes(PARQUET)
    if lost == "ledger":
        place.lose_ledger()
    place.ids = ("new", "two")
    assert change(place, "one", "new") == [Changed(4, 2), Changed(4, 2)]
    assert bytes_in(place) >= before
    for dt in (DT, NEXT):
        assert place.rows(dt) == {"店 new": 2, "店 two": 2}
        assert [shop["id"] for shop in place.receipt(dt)["shops"]] == ["new", "two"]
        assert is_whole(place, dt)
        place.publish(dt)
        place.replay(dt)
        assert is_whole(place, dt)
    assert place.receipt()["accounts"]["new"] == ACCOUNTS["one"]
    assert place.ledger.accounts(PLATFORM) == {"new": ACCOUNTS["one"], "two": ACCOUNTS["two"]}
    # Done again, nothing happens; and back it is as it was.
    assert change(place, "one", "new") == []
    place.ids = ("one", "two")
    change(place, "new", "one")
    assert place.store.get_bytes(PARQUET) == parquet


def test_swapped_by_way_of_a_third(place: FewShops) -> None:
    for old, new in (("one", "between"), ("two", "one"), ("between", "two")):
        assert all(isinstance(result, Changed) for result in change(place, old, new))
    assert place.rows() == {"店 one": 2, "店 two": 2}
    assert {shop["id"]: shop["sha256"] for shop in place.receipt()["shops"]} == {
        cell.shop: cell.raw.sha256 for cell in place.ledger.cells(NAME, DT) if cell.raw is not None
    }
    assert place.store.get_bytes(raw_of("one")).startswith("SKU,数量\ntwo-0".encode())
    place.lose_ledger()
    place.replay()
    assert place.store.get_bytes(raw_of("two")).startswith("SKU,数量\none-0".encode())
    assert is_whole(place)


@pytest.mark.parametrize("step", ["copy", "publish", "remove"])
def test_cut_off_and_done_again(place: FewShops, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    place.ids = ("new", "two")

    def fail(*_: object, **__: object) -> None:
        raise StoreError("the store is down", todo="Start it.")

    with monkeypatch.context() as context:
        # The far end fails, at the call that only this step makes.
        context.setattr(ObjectStore, {"copy": "copy", "publish": "put_bytes", "remove": "remove"}[step], fail)
        assert all(isinstance(result, StoreError) for result in change(place, "one", "new"))
    if step == "publish":
        # A crawl in between sees one file under two ids.
        with pytest.raises(WrongShopError, match="scrapy shops rename one new"):
            place.publish()
    assert sum(place.rows().values()) == 4
    assert all(isinstance(result, Changed) for result in change(place, "one", "new"))
    assert place.rows() == {"店 new": 2, "店 two": 2}
    assert is_whole(place)
    place.replay()
    assert is_whole(place)


def test_no_file_of_the_new_id_is_overwritten(place: FewShops) -> None:
    before = {key: place.store.get_bytes(key) for key in place.store.list_keys("")}
    results = change(place, "one", "two")
    assert [type(result) for result in results] == [LedgerError, LedgerError]
    assert "scrapy shops remove" in str(results[0])
    assert {key: place.store.get_bytes(key) for key in place.store.list_keys("")} == before


def test_a_cell_without_a_file_makes_room(place: FewShops) -> None:
    """So it is after a crawl with the new id: it was refused, and the old one's file is there."""
    place.ids = ("new", "two")
    place.ledger.add_cells(PLATFORM, [CellKey(NAME, DT, "new")])
    place.publish()
    assert [shop["id"] for shop in place.receipt()["missing"]] == ["new"]
    change(place, "one", "new")
    assert place.receipt()["missing"] == []
    assert is_whole(place)


def test_removed_from_one_day(place: FewShops) -> None:
    before = bytes_in(place)
    place.ids = ("two",)
    assert change(place, "one", None, DT) == [Changed(2, 1)]
    assert bytes_in(place) >= before
    assert place.rows() == {"店 two": 2}
    assert place.rows(NEXT) == {"店 one": 2, "店 two": 2}
    assert is_whole(place)
    place.lose_ledger()
    place.replay()
    assert place.rows() == {"店 two": 2}
    assert change(place, "one", None, DT) == [Changed(2, 1)]


def test_removed_the_doubled_id(place: FewShops) -> None:
    """What an older version of shopdata has published: one account in two ids."""
    place.stage("again", value="one")
    place.ids = ("again", "two")
    with pytest.raises(WrongShopError):
        place.publish()
    assert change(place, "one", None, DT) == [Changed(4, 2)]
    assert place.rows() == {"店 again": 2, "店 two": 2}
    assert is_whole(place)


def test_removed_the_only_shop(place: FewShops) -> None:
    change(place, "one", None, DT)
    assert change(place, "two", None, DT) == [Changed(0, 0)]
    assert place.rows() == {}
    assert place.store.stat(parquet_key(PLATFORM, NAME, DT)) is not None
    place.stage("one")
    place.publish()
    assert place.rows() == {"店 one": 2}


def test_what_another_run_holds_is_left_to_it(place: FewShops) -> None:
    there = Owner("run-9", "elsewhere", 1, "0", "elsewhere")
    assert place.ledger.leases.acquire(f"partition {NAME} {DT}", there, 60)
    first, second = change(place, "one", "new")
    assert isinstance(first, LedgerError)
    assert second == Changed(4, 2)
    assert place.rows() == {"店 one": 2, "店 two": 2}


@pytest.mark.parametrize("lost", ["nothing", "ledger"])
def test_removed_though_its_raw_file_is_gone(place: FewShops, lost: str) -> None:
    """It stands in the receipt alone, and keeps the period from ever being published again."""
    place.store.remove(raw_of("one"))
    for table in (place.folder / "tables").rglob("*.arrow"):
        table.unlink()
    if lost == "ledger":
        place.lose_ledger()
    place.ids = ("two",)
    assert change(place, "one", None, DT) == [Changed(2, 1)]
    assert place.rows() == {"店 two": 2}
    assert is_whole(place)


def test_an_id_that_only_receipts_know_is_found(place: FewShops) -> None:
    place.store.remove(raw_of("one"))
    place.lose_ledger()
    with Ledger.at(place.folder) as ledger:
        ids = ShopIds(PLATFORM, "run-3", replace(place.lake, ledger=ledger), 60)
        assert ids.places("one") == [Place(NAME, DT), Place(NAME, NEXT)]
        assert ids.places("nobody") == []
