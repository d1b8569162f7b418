"""A machine that shares the ledger is gone, with files in its outbox: nothing waits for it, nor is ordered twice."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import lake_readers
import pytest
from workplace import Workplace

from shopdata.ledger import Ledger

pytestmark = pytest.mark.services

DAY = date(2026, 3, 1)
DT = str(DAY)


def test_the_others_are_published_and_then_it_too(make_workplace: Callable[..., Workplace]) -> None:
    place = make_workplace(shops=3)
    shops = [shop.id for shop in place.shops]
    lost = shops[1]
    place.sign_in(*shops)
    other: Path = place.folder / "other_state"
    shutil.copytree(place.state_dir, other)
    url = {"SHOPDATA_DATABASE_URL": f"sqlite:///{place.folder}/shared.sqlite3"}
    first = place.crawl(f"date={DAY}", f"shops={lost}", **url, SHOPDATA_S3_ENDPOINT="127.0.0.1:9")
    assert first.code == 1, first.text
    assert "the next run sends them" in first.err
    # Its session stays with it: what is gone is its disk.
    shutil.rmtree(place.state_dir)

    # Seen a moment ago, it may come back.
    second = place.crawl(f"date={DAY}", **url, SHOPDATA_STATE_DIR=str(other))
    assert second.code == 1, second.text
    receipt = place.receipt(DT)
    assert [shop["id"] for shop in receipt["shops"]] == [shop for shop in shops if shop != lost]
    (missing,) = receipt["missing"]
    assert (missing["id"], missing["state"], missing["code"]) == (lost, "staged", "file_elsewhere")
    assert "is on " in missing["reason"]

    third = place.crawl(f"date={DAY}", "--set=SHOPDATA_NODE_LOST_SECONDS=0", **url, SHOPDATA_STATE_DIR=str(other))
    assert third.code == 0, third.text
    assert "which is gone: it is asked for again" in third.err
    counters = place.sandbox.counters()
    assert counters.jobs == {shop: {DT: 1} for shop in shops}
    assert counters.downloads == {shop: 1 + (shop == lost) for shop in shops}
    assert lake_readers.read_by_pyarrow(place.store, DAY)[1] == lake_readers.as_parquet(
        lake_readers.sent(place.sandbox, DAY)
    )
    assert place.receipt(DT)["missing"] == []
    with Ledger.at(other, url["SHOPDATA_DATABASE_URL"]) as ledger:
        assert {cell.state for cell in ledger.cells()} == {"published"}
