"""The workbook of a large partition: an overview and volumes, which verify, replay and the next run know."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from few_shops import DT, NAME, PARQUET, PLATFORM, WORKBOOK, FewShops
from minio import Minio

from shopdata.config import ObjectStoreSettings
from shopdata.config.datasets import WorkbookRule
from shopdata.lake.standing import lacks_of
from shopdata.lake.verify import Verified, Verifier
from shopdata.store.keys import volume_key, volume_prefix
from shopdata.store.object_store import ObjectStore

pytestmark = pytest.mark.services

NORTH = volume_key(PLATFORM, NAME, DT, "north")
REST = volume_key(PLATFORM, NAME, DT, "ungrouped")


@pytest.fixture
def place(object_store: ObjectStore, store_settings: ObjectStoreSettings, tmp_path: Path) -> Iterator[FewShops]:
    """Three shops of 2, 3 and 4 rows, the first and the last in one group; more than 5 are too many for a workbook."""
    place = FewShops(tmp_path / "state", object_store, store_settings, groups={"one": "north", "three": "north"})
    rule(place, WorkbookRule(at_most_rows=5))
    for rows, shop in enumerate(place.ids, start=2):
        place.stage(shop, rows)
    place.publish()
    yield place
    place.ledger.close()


def rule(place: FewShops, wanted: WorkbookRule | None) -> None:
    place.contract = place.contract.model_copy(update={"workbook": wanted})


def book(place: FewShops, key: str) -> dict[str, list[list[str | None]]]:
    """The cells of an object's sheets."""
    found = openpyxl.load_workbook(io.BytesIO(place.store.get_bytes(key)))
    return {name: [list(row) for row in found[name].iter_rows(values_only=True)] for name in found.sheetnames}


def verified(place: FewShops) -> Verified:
    return Verifier(NAME, place.lake).verify(DT)


def volumes_there(place: FewShops) -> list[str]:
    return sorted(place.store.list_keys(volume_prefix(PLATFORM, NAME, DT)))


def test_the_rows_stand_in_volumes_by_group_and_the_overview_says_where(place: FewShops) -> None:
    numbered = [volume_key(PLATFORM, NAME, DT, f"north.{number}") for number in (1, 2)]
    assert volumes_there(place) == sorted([*numbered, REST])
    shops = {key: {row[0] for row in book(place, key)["数据"][1:]} for key in volumes_there(place)}
    assert shops == {numbered[0]: {"店 one"}, numbered[1]: {"店 three"}, REST: {"店 two"}}
    told = place.receipt()["workbook"]
    assert (told["rows"], told["sheets"]) == (0, ["说明"])
    assert [(one["name"], one["rows"], one["shops"]) for one in told["volumes"]] == [
        ("north.1", 2, ["one"]),
        ("north.2", 4, ["three"]),
        ("ungrouped", 3, ["two"]),
    ]
    overview = book(place, WORKBOOK)
    assert list(overview) == ["说明"]
    where = {row[1]: row[3] for row in overview["说明"] if row[1] in place.ids}
    assert where == {"one": "report_2026-03-01-north.1.xlsx", "three": "report_2026-03-01-north.2.xlsx",
                     "two": "report_2026-03-01-ungrouped.xlsx"}  # fmt: skip
    assert ["全部数据", PARQUET, None, None] in overview["说明"]
    assert place.rows() == {"店 one": 2, "店 two": 3, "店 three": 4}
    local = sorted(path.name for path in (place.folder / "merged" / NAME).glob("*.xlsx"))
    assert local == ["report_2026-03-01-north.1.xlsx", "report_2026-03-01-north.2.xlsx",
                     "report_2026-03-01-ungrouped.xlsx", "report_2026-03-01.xlsx"]  # fmt: skip


def test_verify_counts_and_hashes_each_volume(place: FewShops) -> None:
    found = verified(place)
    assert (found.problems, found.strays, found.workbook) == ([], [], 9)
    place.store.put_bytes(REST, place.store.get_bytes(WORKBOOK))
    place.store.remove(volume_key(PLATFORM, NAME, DT, "north.2"))
    found = verified(place)
    assert found.workbook is None
    assert found.problems[0][0] == volume_key(PLATFORM, NAME, DT, "north.2")


def test_a_lost_volume_is_published_again(place: FewShops) -> None:
    (record,) = place.ledger.partitions(NAME)
    assert lacks_of(record, place.store) == []
    place.store.remove(REST)
    assert lacks_of(record, place.store) == ["its workbook's volume ungrouped is gone"]
    _, result = place.replay()
    assert result.is_changed
    assert verified(place).problems == []
    _, result = place.replay()
    assert not result.is_changed


def test_volumes_that_there_are_no_more_go_to_history(place: FewShops) -> None:
    rule(place, WorkbookRule(at_most_rows=6))
    place.replay()
    assert volumes_there(place) == [NORTH, REST]
    rule(place, WorkbookRule(at_most_rows=9))
    place.replay()
    assert volumes_there(place) == []
    assert list(book(place, WORKBOOK)) == ["数据", "说明"]
    assert "volumes" not in place.receipt()["workbook"]
    assert [path.name for path in (place.folder / "merged" / NAME).glob("*.xlsx")] == ["report_2026-03-01.xlsx"]
    kept = {key.removeprefix("history/merged/jd/report/report_2026-03-01-").split(".")[0]
            for key in place.store.list_keys("history/merged/")}  # fmt: skip
    assert kept == {"north", "ungrouped"}


def test_what_people_have_put_beside_volumes_stays(place: FewShops) -> None:
    mine = place.folder / "merged" / NAME / "report_2026-03-01-checked.xlsx"
    mine.write_bytes(b"mine")
    theirs = volume_key(PLATFORM, NAME, DT, "checked")
    client = Minio(place.settings.endpoint, place.settings.access_key, place.settings.secret_key.get_secret_value(),
                   secure=False)  # fmt: skip
    client.put_object(place.settings.bucket, theirs, io.BytesIO(b"theirs"), 6)
    rule(place, None)
    place.replay()
    assert mine.read_bytes() == b"mine"
    assert volumes_there(place) == [theirs]
    assert verified(place).strays == []


def test_what_a_killed_run_could_not_move_away_is_named_and_moved_by_the_next(place: FewShops) -> None:
    left = volume_key(PLATFORM, NAME, DT, "west.3")
    place.store.put_bytes(left, place.store.get_bytes(REST))
    assert verified(place).strays == [left]
    place.stage("two", 1)
    place.publish()
    assert left not in volumes_there(place)


def test_rows_may_stand_in_the_parquet_object_only(place: FewShops) -> None:
    rule(place, WorkbookRule(at_most_rows=5, split_by="none"))
    place.replay()
    assert volumes_there(place) == []
    assert place.receipt()["workbook"]["rows"] == 0
    assert any(row[0] == "工作簿" and "不写入" in str(row[1]) for row in book(place, WORKBOOK)["说明"])
    found = verified(place)
    assert (found.problems, found.workbook, found.parquet) == ([], None, 9)
    assert not found.has_rows_in_workbook


def test_a_volume_names_the_shops_of_its_group_that_are_missing(place: FewShops) -> None:
    place.ids, place.groups = (*place.ids, "four", "five"), {**place.groups, "four": "north", "five": "south"}
    place.replay()
    notes = {name: book(place, volume_key(PLATFORM, NAME, DT, name))["说明"] for name in ("north.1", "ungrouped")}
    missing = {name: [row[0] for row in rows if row[0] in ("four", "five")] for name, rows in notes.items()}
    assert missing == {"north.1": ["four"], "ungrouped": []}
