"""A column once seen stays, but not for ever: one odd file must not mark all later days."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from few_shops import PARQUET, FewShops
from pydantic import ValidationError

from shopdata.config import Dataset, ObjectStoreSettings
from shopdata.lake.kept_columns import KEPT, LEFT
from shopdata.states import CellState
from shopdata.store.object_store import ObjectStore

pytestmark = pytest.mark.services

OWN, ODD = ("SKU", "数量"), "备注2"
DAYS = [f"2026-03-{day:02d}" for day in range(1, 7)]


def contract(**given: object) -> Dataset:
    facts = {"title": "a report", "platform": "jd", "lag_days": 1, "columns": OWN}
    return Dataset.model_validate(facts | given)


@pytest.fixture
def place(object_store: ObjectStore, store_settings: ObjectStoreSettings, tmp_path: Path) -> Iterator[FewShops]:
    """The second day has an odd file."""
    place = FewShops(tmp_path / "state", object_store, store_settings, ids=("one",))
    place.contract = contract(keep_columns_periods=2)
    for day in DAYS[:2]:
        place.stage("one", dt=day, columns=(*OWN, ODD) if day == DAYS[1] else OWN)
        place.publish(day)
    yield place
    place.ledger.close()


def columns_on(place: FewShops, day: str, columns: tuple[str, ...] = OWN) -> list[str]:
    place.stage("one", dt=day, columns=columns)
    receipt = place.publish(day)
    assert receipt is not None
    return list(receipt.columns)


def told(place: FewShops, day: str) -> list[tuple[str, str]]:
    return [(entry["kind"], entry["column"]) for entry in place.receipt(day)["drift"] if entry["shop"] == ""]


def test_it_stays_while_it_is_seen_and_goes_then(place: FewShops) -> None:
    assert [columns_on(place, day) for day in DAYS[2:]] == [
        ["shop", *OWN, ODD],
        ["shop", *OWN, ODD],
        ["shop", *OWN],
        ["shop", *OWN],
    ]
    assert [told(place, day) for day in DAYS] == [[], [], [(KEPT, ODD)], [(KEPT, ODD)], [(LEFT, ODD)], []]
    assert DAYS[1] in place.receipt(DAYS[2])["drift"][0]["text"]


def test_who_has_it_again_keeps_it_longer(place: FewShops) -> None:
    assert columns_on(place, DAYS[2], (*OWN, ODD))[-1] == ODD
    assert [columns_on(place, day)[-1] for day in DAYS[3:]] == [ODD, ODD, OWN[-1]]


def test_a_person_drops_it(place: FewShops) -> None:
    place.contract = contract(dropped_columns=[ODD])
    assert columns_on(place, DAYS[2]) == ["shop", *OWN]
    assert told(place, DAYS[2]) == [(LEFT, ODD)]
    # A file that has it brings it, for its own day.
    assert columns_on(place, DAYS[3], (*OWN, ODD))[-1] == ODD
    assert columns_on(place, DAYS[4])[-1] == OWN[-1]


def test_what_is_unchanged_stays_so_whatever_came_after(place: FewShops) -> None:
    keys = [PARQUET.replace(DAYS[0], day) for day in DAYS[:4]]
    for day in DAYS[2:4]:
        columns_on(place, day)
    before = [place.store.stat(key) for key in keys]
    columns_on(place, DAYS[4], (*OWN, ODD))
    for day in DAYS[:4]:
        (cell,) = place.ledger.cells("report", day)
        place.ledger.settle(cell.key, CellState.STAGED, raw=cell.raw)
        place.publish(day)
    assert [place.store.stat(key) for key in keys] == before


def test_a_column_of_the_contract_cant_be_dropped() -> None:
    with pytest.raises(ValidationError, match="dropped_columns names 'SKU'"):
        contract(dropped_columns=["SKU"])
