"""A portal that asks new devices for a code asks once: the device outlives the session."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from workplace import Workplace

from sandbox import Fault
from shopdata.ledger import Ledger

pytestmark = [pytest.mark.browser, pytest.mark.services]

SPIDERS = {"sandbox-01": "jd_store", "pdd-01": "pdd_badscore"}
FILES = {"sandbox-01": "jd_sandbox-01.device", "pdd-01": "pdd_pdd-01.device"}


@pytest.fixture(scope="module")
def place(make_workplace: Callable[..., Workplace]) -> Workplace:
    place = make_workplace(shops=1, pdd_shops=1, reviews=5)
    for shop in SPIDERS:
        place.sandbox.set_fault(shop, Fault.SMS_ON_NEW_DEVICE)
    return place


def crawl_all(place: Workplace) -> dict[str, int | None]:
    """The exit code of each shop's crawl; both platforms at once."""
    runs = {shop: place.start("crawl", spider, "-a", "date=2026-03-01") for shop, spider in SPIDERS.items()}
    return {shop: run.wait().code for shop, run in runs.items()}


def forget(place: Workplace, shop: str, *parts: str) -> None:
    """Takes parts of what is kept away, as a portal may clear them."""
    path = place.state_dir / "sessions" / FILES[shop]
    device: dict[str, Any] = json.loads(path.read_text("utf-8"))
    for part in parts:
        for holder in (device["state"], *device["state"]["origins"]):
            if part in holder:
                holder[part] = []
    path.write_text(json.dumps(device), "utf-8")


def test_a_known_device_is_not_asked_again(place: Workplace) -> None:
    assert crawl_all(place) == dict.fromkeys(SPIDERS, 1)
    assert {cell["state"] for cell in place.status()["cells"]} == {"needs_login"}

    codes = {shop: place.sandbox.sms_code(shop) for shop in SPIDERS}
    logins = [place.start("login", shop, typed=f"000000\n{code}\n") for shop, code in codes.items()]
    assert [run.wait().code for run in logins] == [0, 0]

    place.sandbox.expire_sessions()
    # What a portal keeps in one place only is brought as well.
    forget(place, "sandbox-01", "cookies", "localStorage")
    forget(place, "pdd-01", "cookies", "indexedDB")
    assert crawl_all(place) == dict.fromkeys(SPIDERS, 0)
    assert place.sandbox.counters().logins == dict.fromkeys(SPIDERS, 2)
    # The one of the crawl that was refused, too.
    assert {shop: place.sandbox.devices(shop) for shop in SPIDERS} == dict.fromkeys(SPIDERS, 1)
    with Ledger.at(place.state_dir) as ledger:
        lives = ledger.session_lives.since(datetime(2000, 1, 1, tzinfo=UTC))
    signed_in = [(life.shop, life.signed_in_by, life.asked, life.death) for life in lives]
    assert sorted(signed_in) == [
        (shop, by, asked, death)
        for shop in sorted(SPIDERS)
        for by, asked, death in (("password", (), ""), ("sms", ("sms",), "unknown"))
    ]


def test_a_device_can_be_forgotten(place: Workplace) -> None:
    shop = "sandbox-01"
    known = place.scrapy("login", shop, "--again")
    assert known.code == 0, known.text
    new = place.scrapy("login", shop, "--new-device", typed=f"{place.sandbox.sms_code(shop)}\n")
    assert new.code == 0, new.text
    assert "SMS code for" in new.out
    assert "SMS code for" not in known.out
    assert place.sandbox.devices(shop) == 2
