"""Ids change in shops.yaml, and the bucket loses what it held: no row twice, none lost, and a sentence each time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from workplace import Workplace

from shopdata.config import load_config
from shopdata.ledger import Ledger
from shopdata.ledger.session_lives import SessionLife
from shopdata.sessions.sessions import SessionStore

pytestmark = pytest.mark.services

DAY = date(2026, 3, 1)
OLD, OTHER, NEW = "sandbox-01", "sandbox-02", "neu-01"


@pytest.fixture(scope="module")
def place(make_workplace: Callable[..., Workplace]) -> Workplace:
    place = make_workplace(shops=2)
    place.sign_in(OLD, OTHER)
    run = place.crawl(f"date={DAY}")
    assert run.code == 0, run.text
    return place


def rename_in_configuration(place: Workplace, old: str, new: str) -> None:
    place.edit("shops.yaml", lambda file: [shop.update(id=new) for shop in file["shops"] if shop["id"] == old])


def rows(place: Workplace) -> dict[str, int]:
    return {shop["id"]: shop["rows"] for shop in place.receipt(str(DAY))["shops"]}


def test_a_changed_id_is_refused_and_handed_on_by_a_command(place: Workplace) -> None:
    rename_in_configuration(place, OLD, NEW)
    (shop,) = [shop for shop in load_config(place.config_dir, place.environment({})).shops if shop.id == NEW]
    SessionStore(place.state_dir / "sessions").save(shop, place.sandbox.open_session(OLD))
    place.sandbox.clear_records()
    run = place.crawl(f"date={DAY}")
    assert run.code == 1, run.text
    assert f"opens the shop that '{OLD}' has already" in run.err
    assert f"scrapy shops rename {OLD} {NEW}" in run.err
    assert place.sandbox.records() == []
    assert rows(place) == {OTHER: 20, OLD: 20}
    # Changed back, all is as it was.
    rename_in_configuration(place, NEW, OLD)
    run = place.crawl(f"date={DAY}")
    assert run.code == 0, run.text
    assert rows(place) == {OLD: 20, OTHER: 20}

    rename_in_configuration(place, OLD, NEW)
    now = datetime.now(UTC)
    life = SessionLife(platform="jd", shop=OLD, signed_in_at=now, signed_in_by="password", last_good_at=now)
    with Ledger.at(place.state_dir) as ledger:
        ledger.session_lives.begin(life, "replaced")
    listed = place.scrapy("shops", "list", COLUMNS="200")
    assert listed.code == 0, listed.text
    assert OLD in listed.out
    run = place.scrapy("shops", "rename", OLD, NEW)
    assert run.code == 0, run.text
    assert "40 rows of 2 shops" in run.out
    with Ledger.at(place.state_dir) as ledger:
        assert [one.shop for one in ledger.session_lives.since(now)] == [NEW]
    assert rows(place) == {NEW: 20, OTHER: 20}
    assert place.scrapy("shops", "rename", OLD, NEW).code == 0
    run = place.crawl(f"date={DAY}")
    assert run.code == 0, run.text
    assert place.sandbox.records() == []
    run = place.scrapy("replay", "jd_store", "--date", str(DAY))
    assert "unchanged, nothing was put" in run.out, run.text


def test_an_emptied_bucket_is_noticed_and_filled_again(place: Workplace) -> None:
    before = {key for key in place.stored_keys() if not key.startswith("history/")}
    with place.objects() as store:
        for key in place.stored_keys():
            store.remove(key)
    run = place.scrapy("backfill", "jd_store", "--start", str(DAY), "--end", str(DAY), "--dry-run")
    assert f"jd_store {DAY}: its receipt is gone; its Parquet object is gone; its workbook is gone" in run.out
    assert "1 are not whole" in run.out
    run = place.crawl(f"date={DAY}")
    assert run.code == 0, run.text
    assert "published in the ledger, and the bucket does not hold it so (its receipt is gone" in run.err
    assert place.stored_keys() == before
    assert rows(place) == {NEW: 20, OTHER: 20}
    run = place.scrapy("verify", "jd_store", "--date", str(DAY))
    assert run.code == 0, run.text


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param(("rename", OTHER), "this is not what can be done with shops", id="one id"),
        pytest.param(("rename", "nobody", "x"), "nobody knows a shop id 'nobody'", id="unknown"),
        pytest.param(
            ("rename", "nobody", OTHER), "nobody knows a shop id 'nobody'", id="unknown, to one that is there"
        ),
        pytest.param(("remove", OTHER), "say from which days", id="no day"),
    ],
)
def test_refused(place: Workplace, arguments: tuple[str, ...], sentence: str) -> None:
    run = place.scrapy("shops", *arguments)
    assert run.code == 2, run.text
    assert sentence in run.err
