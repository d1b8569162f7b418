"""Whose session is it? Nothing is asked of another shop, and nothing of it published under our shop's name."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from workplace import Run, Workplace

from sandbox import Fault, Record

pytestmark = [pytest.mark.browser, pytest.mark.services]

DAY, NEXT_DAY, THIRD_DAY = date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 3)
JD, PDD, OTHER, TWIN = "sandbox-01", "pdd-01", "pdd-02", "pdd-twin"
DATASETS = {JD: "jd_store", PDD: "pdd_badscore"}
#: For sessions that do not say which browser has signed in: here there are none.
FALLBACK = "Fallback/1.0"
#: What the portals are asked for data with.
CALLS = {"create", "list", "download", "reviews"}


@dataclass
class Crawled:
    """A crawl of each dataset for a day, and what the portals were asked."""

    codes: list[int | None]
    text: str
    records: list[Record]
    cells: dict[str, dict[str, Any]]

    def asked(self, shop: str) -> list[str]:
        return [str(record.call) for record in self.records if record.shop_id == shop and record.call in CALLS]

    def agents(self, shop: str) -> set[str]:
        return {record.user_agent for record in self.records if record.shop_id == shop}


def crawl(place: Workplace, day: date, *arguments: str) -> Crawled:
    place.sandbox.clear_records()
    runs: list[Run] = [
        place.start("crawl", dataset, "-a", f"date={day}", f"--set=USER_AGENT={FALLBACK}", *arguments)
        for dataset in DATASETS.values()
    ]
    codes = [run.wait().code for run in runs]
    cells = {cell["shop"]: cell for cell in place.status()["cells"] if cell["dt"] == str(day)}
    return Crawled(codes, "".join(run.text for run in runs), place.sandbox.records(), cells)


@dataclass
class Story:
    place: Workplace
    first: Crawled
    #: The sessions have ended, and the accounts open other shops.
    wrong: Crawled
    #: The same again, and nobody has acted.
    stubborn: Crawled


@pytest.fixture(scope="module")
def story(make_workplace: Callable[..., Workplace]) -> Story:
    place = make_workplace(shops=1, pdd_shops=2, reviews=5, rows=5, requests_per_second=50.0)
    first = crawl(place, DAY)
    for shop in DATASETS:
        place.sandbox.set_fault(shop, Fault.SESSION_DEAD_ONCE)
        place.sandbox.set_fault(shop, Fault.WRONG_SHOP)
    return Story(place, first, crawl(place, NEXT_DAY), crawl(place, NEXT_DAY))


def test_the_first_sign_in_is_kept(story: Story) -> None:
    assert story.first.codes == [0, 0], story.first.text
    kept = json.loads((story.place.state_dir / "sessions" / "identities.json").read_bytes())
    assert kept.keys() == {f"jd_{JD}", f"pdd_{PDD}", f"pdd_{OTHER}"}
    name = next(shop.name for shop in story.place.sandbox.shops if shop.id == JD)
    assert kept[f"jd_{JD}"]["shop name"] == name
    assert kept[f"pdd_{PDD}"]["mall id"].isdecimal()


def test_browser_and_plain_requests_are_one_client(story: Story) -> None:
    for shop in (JD, PDD, OTHER):
        (agent,) = story.first.agents(shop)
        assert "Chrome/" in agent
        assert "Headless" not in agent
    # The second crawl of this one has used the saved session.
    assert story.wrong.agents(OTHER) == story.first.agents(OTHER)


@pytest.mark.parametrize("shop", DATASETS)
class TestAnotherShop:
    def test_waits_for_a_person_and_says_who_was_found(self, story: Story, shop: str) -> None:
        cell = story.wrong.cells[shop]
        assert cell["state"] == "needs_login"
        assert "opens another shop than before" in cell["reason"]
        assert f"scrapy login {shop} --accept-identity" in cell["reason"]
        assert {JD: "shop name", PDD: "mall id"}[shop] in cell["reason"]
        assert "Traceback" not in story.wrong.text

    def test_is_not_asked_for_data(self, story: Story, shop: str) -> None:
        # The one call that met the dead session; after the sign-in none.
        assert len(story.wrong.asked(shop)) == 1

    def test_is_not_published(self, story: Story, shop: str) -> None:
        assert story.wrong.cells[shop]["rows"] is None
        raw = [key for key in story.place.stored_keys() if key.startswith("raw/") and str(NEXT_DAY) in key]
        assert not [key for key in raw if f"/{shop}." in key]

    def test_is_left_alone_until_somebody_acts(self, story: Story, shop: str) -> None:
        assert story.stubborn.asked(shop) == []
        assert story.stubborn.cells[shop]["state"] == "needs_login"


def test_other_shops_go_on(story: Story) -> None:
    assert story.wrong.cells[OTHER]["state"] == "published"


def test_a_person_accepts_it_explicitly_or_not_at_all(story: Story) -> None:
    place = story.place
    refused = place.scrapy("login", PDD)
    assert refused.code == 1
    assert "opens another shop than before" in refused.err
    accepted = place.scrapy("login", PDD, "--accept-identity")
    assert accepted.code == 0, accepted.text
    assert "The portal says: mall id" in accepted.out
    run = place.scrapy("crawl", "pdd_badscore", "-a", f"date={NEXT_DAY}", "-a", f"shops={PDD}")
    assert run.code == 0, run.text


def test_a_saved_session_is_looked_at_too_and_no_account_stands_for_two_shops(story: Story) -> None:
    place = story.place
    kept = json.loads((place.state_dir / "sessions" / "identities.json").read_bytes())

    def name_another_and_double_one(content: dict[str, Any]) -> None:
        shops = content["shops"]
        pdd = next(shop for shop in shops if shop["id"] == PDD)
        other = next(shop for shop in shops if shop["id"] == OTHER)
        shops.append({**other, "id": TWIN, "name": "同一家店"})
        other["portal_name"] = kept[f"pdd_{OTHER}"]["mall id"]
        pdd["portal_name"] = "1"

    place.edit("shops.yaml", name_another_and_double_one)
    place.sandbox.clear_records()
    run = place.scrapy("crawl", "pdd_badscore", "-a", f"date={THIRD_DAY}")
    assert run.code == 1
    cells = {cell["shop"]: cell for cell in place.status("--date", str(THIRD_DAY))["cells"]}
    assert {shop: cell["state"] for shop, cell in cells.items()} == {
        PDD: "needs_login",
        OTHER: "published",
        TWIN: "needs_login",
    }
    assert "than shops.yaml says" in cells[PDD]["reason"]
    assert f"opens the shop that '{OTHER}' has already" in cells[TWIN]["reason"]
    # The account of OTHER and TWIN is one; it was asked for the reviews of one shop.
    calls = place.sandbox.counters().calls
    assert "reviews" not in calls.get(PDD, {})
    assert calls[OTHER]["reviews"] == 1
