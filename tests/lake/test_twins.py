"""One account in two ids: refused before it is asked, before it is staged, and before it is published."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import few_shops
import pytest
from few_shops import DT, NAME, RECEIPT, FewShops, raw_of, shop_of

from shopdata.accounts import fingerprint, is_same
from shopdata.config import ObjectStoreSettings
from shopdata.exceptions import WrongShopError
from shopdata.lake.twins import refuse_twin
from shopdata.ledger import CellKey
from shopdata.states import CellState
from shopdata.store.object_store import ObjectStore

A, B = fingerprint("jd", {"shop name": "甲", "account": "a"}), fingerprint("jd", {"shop name": "乙", "account": "b"})


@pytest.fixture
def place(object_store: ObjectStore, store_settings: ObjectStoreSettings, tmp_path: Path) -> Iterator[FewShops]:
    place = FewShops(tmp_path / "state", object_store, store_settings, ids=("one", "two"))
    place.stage("one", account=A)
    place.stage("two", account=B)
    place.publish()
    yield place
    place.ledger.close()


@pytest.mark.parametrize(
    ("one", "other", "is_one"),
    [
        ({"shop name": "甲", "account": "a"}, {"shop name": "甲", "account": "z"}, True),
        ({"shop name": "甲", "account": "a"}, {"shop name": "乙", "account": "a"}, False),
        ({"shop name": "甲", "account": "a"}, {"account": "a"}, True),
        ({"shop name": "甲"}, {"account": "甲"}, False),
        ({"mall id": "1"}, {}, False),
        ({}, {}, False),
    ],
    ids=str,
)
def test_the_surest_fact_decides(one: dict[str, str], other: dict[str, str], is_one: bool) -> None:
    assert is_same(fingerprint("jd", one), fingerprint("jd", other)) is is_one
    assert not is_same(fingerprint("jd", one), fingerprint("pdd", other))


@pytest.mark.services
class TestBeforeItIsStaged:
    def test_an_account_that_another_id_has(self, place: FewShops) -> None:
        cells = place.ledger.cells(NAME, DT)
        with pytest.raises(WrongShopError, match=r"'one' has already.*scrapy shops rename one new") as error:
            refuse_twin(CellKey(NAME, DT, "new"), A, "f" * 64, 9, cells)
        assert error.value.state == "needs_login"
        refuse_twin(CellKey(NAME, DT, "one"), A, "f" * 64, 9, cells)
        refuse_twin(CellKey(NAME, DT, "new"), {}, "f" * 64, 9, cells)

    def test_bytes_that_another_id_has(self, place: FewShops) -> None:
        cells = place.ledger.cells(NAME, DT)
        raw = cells[0].raw
        assert raw is not None
        with pytest.raises(WrongShopError):
            refuse_twin(CellKey(NAME, DT, "new"), {}, raw.sha256, raw.rows, cells)
        # Where both say who they are, they are believed; and of nothing there may be two.
        refuse_twin(CellKey(NAME, DT, "new"), fingerprint("jd", {"shop name": "丙"}), raw.sha256, raw.rows, cells)
        refuse_twin(CellKey(NAME, DT, "new"), {}, raw.sha256, 0, cells)


@pytest.mark.services
class TestBeforeItIsPublished:
    """The id was changed in shops.yaml, and what knew better was lost."""

    def test_the_ledger_is_there(self, place: FewShops) -> None:
        place.ids = ("new", "two")
        place.stage("new", account=A)
        self.is_refused(place)

    def test_only_the_receipt_is_there(self, place: FewShops) -> None:
        place.lose_ledger()
        place.ids = ("new", "two")
        place.stage("new", account=A)
        self.is_refused(place)

    def test_nobody_ever_said_who_it_was(self, place: FewShops) -> None:
        place.lose_ledger()
        place.store.put_bytes(RECEIPT, place.store.get_bytes(RECEIPT).replace(b'"accounts"', b'"unknown"'))
        place.ids = ("new", "two")
        place.stage("new", value="one")
        self.is_refused(place)

    def is_refused(self, place: FewShops) -> None:
        before = {key: place.store.stat(key) for key in place.store.list_keys("")}
        with pytest.raises(WrongShopError, match="'one' has already in this period"):
            place.publish()
        assert {key: place.store.stat(key) for key in before} == before
        # Changed back: what the new id has is not in the way of anybody but the new id.
        assert place.rows() == {"店 one": 2, "店 two": 2}


@pytest.mark.services
def test_swapped_ids_are_told_apart(place: FewShops) -> None:
    """By a ledger alone: each of the two is known by the account of its last file."""
    assert place.ledger.accounts("jd") == {"one": A, "two": B}
    key = CellKey(NAME, "2026-03-02", "one")
    raw = place.ledger.cell(CellKey(NAME, DT, "one"))
    assert raw is not None
    assert raw.raw is not None
    place.ledger.add_cells("jd", [key])
    place.ledger.settle(
        key, CellState.STAGED, raw=replace(raw.raw, account=B, fetched_at=raw.raw.fetched_at.replace(hour=23))
    )
    assert place.ledger.accounts("jd")["one"] == B
    assert place.ledger.accounts("pdd") == {}


@pytest.mark.services
def test_the_receipt_says_no_name(place: FewShops) -> None:
    receipt = place.receipt()
    assert receipt["accounts"] == {"one": A, "two": B}
    assert all(len(mark) == 16 for account in receipt["accounts"].values() for mark in account.values())
    place.lose_ledger()
    place.replay()
    assert [cell.raw.account for cell in place.ledger.cells(NAME, DT) if cell.raw is not None] == [A, B]
    assert place.store.stat(raw_of("one")) is not None


@pytest.mark.services
class TestNames:
    """Ids change hands in shops.yaml, and a day is merged anew: its rows stay under the names of their shops."""

    def give(self, monkeypatch: pytest.MonkeyPatch, **names: str) -> None:
        monkeypatch.setattr(
            few_shops,
            "shop_of",
            lambda id, group=None: shop_of(id, group).model_copy(update={"name": names.get(id, f"店 {id}")}),
        )

    @pytest.mark.parametrize("lost", ["nothing", "ledger"])
    def test_two_ids_were_swapped(
        self, place: FewShops, monkeypatch: pytest.MonkeyPatch, lost: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        if lost == "ledger":
            place.lose_ledger()
        self.give(monkeypatch, one="店 two", two="店 one")
        place.ids = ("one", "two", "three")
        place.stage("three")
        place.publish()
        assert {shop["id"]: shop["name"] for shop in place.receipt()["shops"]} == {
            "one": "店 one",
            "two": "店 two",
            "three": "店 three",
        }
        assert "the file of 'one' was collected as '店 one'" in caplog.text

    def test_an_id_was_given_to_another_shop(self, place: FewShops, monkeypatch: pytest.MonkeyPatch) -> None:
        self.give(monkeypatch, one="新店")
        place.stage("one", dt="2026-03-02", account=fingerprint("jd", {"shop name": "丙"}), value="new")
        place.publish()
        assert place.rows() == {"店 one": 2, "店 two": 2}
        place.publish("2026-03-02")
        assert "新店" in place.rows("2026-03-02")

    def test_ids_moved_on_by_one(self, place: FewShops, monkeypatch: pytest.MonkeyPatch) -> None:
        self.give(monkeypatch, one="新店", two="店 one")
        place.publish()
        assert place.rows() == {"店 one": 2, "店 two": 2}

    def test_a_shop_was_given_another_name(self, place: FewShops, monkeypatch: pytest.MonkeyPatch) -> None:
        self.give(monkeypatch, one="新名")
        place.publish()
        assert place.rows() == {"新名": 2, "店 two": 2}

    def test_a_new_shop_has_an_old_name(self, place: FewShops, monkeypatch: pytest.MonkeyPatch) -> None:
        self.give(monkeypatch, one="旧店", three="店 one")
        place.ids = ("one", "two", "three")
        place.stage("three")
        place.publish()
        assert place.rows() == {"旧店": 2, "店 two": 2, "店 one": 2}

    def test_an_id_moved_to_another_platform(self, place: FewShops, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(
            few_shops,
            "shop_of",
            lambda id, group=None: shop_of(id, group).model_copy(
                update={"name": "拼多多店", "platform": "pdd"} if id == "one" else {}
            ),
        )
        place.publish()
        assert place.rows() == {"店 one": 2, "店 two": 2}
