"""`scrapy sessions`: who is signed in, since when, and with `--check` whether the portals still think so."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from workplace import Run, Workplace

from sandbox import Fault
from shopdata.config import load_config
from shopdata.ledger import Ledger
from shopdata.ledger.session_lives import SessionLife
from shopdata.periods import SHANGHAI
from shopdata.reasons import Reason
from shopdata.sessions.lives import Lives
from shopdata.sessions.sessions import SessionStore
from shopdata.sessions.sign_in.steps import HowSignedIn

SHOPS = ("sandbox-01", "sandbox-02", "pdd-01", "pdd-02")


def states(run: Run) -> dict[str, str]:
    """The state that the list shows for each shop."""
    return dict(re.findall(r"^. +(\S+) +(?:jd|pdd) +(\S+)", run.out, re.MULTILINE))


def secrets(place: Workplace) -> set[str]:
    """The values of all cookies that tell one session from another."""
    found: set[str] = set()
    for path in Path(place.state_dir, "sessions").glob("*.session"):
        found.update(re.findall(r'"name": "(?:thor|PASS_ID)", "value": "([^"]+)"', path.read_text("utf-8")))
    return found


def test_without_a_session_the_list_says_so_and_a_check_fails(place: Workplace) -> None:
    run = place.scrapy("sessions")
    assert run.code == 0, run.text
    assert states(run) == dict.fromkeys(SHOPS, "none")
    run = place.scrapy("sessions", "--check")
    assert run.code == 1
    assert "scrapy login SHOP" in run.out
    # There is nothing to ask about.
    assert place.sandbox.records() == []


def test_all_alive(place: Workplace) -> None:
    place.sign_in(*SHOPS)
    run = place.scrapy("sessions", "--check")
    assert run.code == 0, run.text
    assert states(run) == dict.fromkeys(SHOPS, "alive")
    assert sorted(record.shop_id or "" for record in place.sandbox.records()) == sorted(SHOPS)
    assert len(secrets(place)) == len(SHOPS)
    assert [secret for secret in secrets(place) if secret in run.text] == []

    # What was found is remembered, without asking again.
    place.sandbox.clear_records()
    run = place.scrapy("sessions")
    assert states(run) == dict.fromkeys(SHOPS, "alive")
    assert len(re.findall(r"\d\d-\d\d \d\d:\d\d .*\d\d-\d\d \d\d:\d\d", run.out)) == len(SHOPS)
    assert place.sandbox.records() == []


def test_one_dead_or_missing_or_unsure_fails_the_check(place: Workplace) -> None:
    place.sign_in("sandbox-01", "sandbox-02", "pdd-01")
    place.sandbox.expire_sessions("sandbox-01")
    place.sandbox.set_fault("pdd-01", Fault.SERVER_ERROR_ONCE, at="check")
    run = place.scrapy("sessions", "--check")
    place.sandbox.clear_faults()
    assert run.code == 1, run.text
    assert states(run) == {"sandbox-01": "dead", "sandbox-02": "alive", "pdd-01": "unknown", "pdd-02": "none"}
    assert [secret for secret in secrets(place) if secret in run.text] == []


def test_pinduoduo_says_so_in_two_ways(place: Workplace) -> None:
    place.sign_in(*SHOPS)
    place.sandbox.expire_sessions("pdd-01")
    place.sandbox.set_fault("pdd-02", Fault.LOGIN_FALSE)
    run = place.scrapy("sessions", "--check")
    place.sandbox.clear_faults()
    assert run.code == 1, run.text
    assert states(run) == {"sandbox-01": "alive", "sandbox-02": "alive", "pdd-01": "dead", "pdd-02": "dead"}


def test_who_waits_for_a_person_fails_the_check_also_with_a_live_session(place: Workplace) -> None:
    place.sign_in(*SHOPS)
    sessions = SessionStore(place.state_dir / "sessions")
    (shop,) = (shop for shop in load_config(place.config_dir, place.environment({})).shops if shop.id == "pdd-01")
    sessions.park(shop, Reason("challenge", {}, "the portal's risk control wants a person"))
    run = place.scrapy("sessions", "--check")
    sessions.unpark(shop)
    assert run.code == 1, run.text
    assert states(run) == dict.fromkeys(SHOPS, "alive")


def test_a_shop_that_is_not_worked_on_is_not_listed(place: Workplace) -> None:
    place.sign_in("sandbox-01", "sandbox-02", "pdd-01")
    place.edit("shops.yaml", lambda shops: shops["shops"][3].update(enabled=False))
    run = place.scrapy("sessions", "--check")
    assert run.code == 0, run.text
    assert states(run) == dict.fromkeys(SHOPS[:3], "alive")


def test_for_programs_and_until_when_they_last(place: Workplace) -> None:
    """Of eight sessions of the platform it is known how long they lived: two days, and this one is an hour old."""
    config = load_config(place.config_dir, place.environment({}))
    shop, parked = (next(shop for shop in config.shops if shop.id == wanted) for wanted in ("sandbox-01", "pdd-01"))
    now = datetime.now(UTC)
    hour = timedelta(hours=1)
    with Ledger.at(place.state_dir) as ledger:
        for number in range(8):
            began = now - (200 + number) * hour
            life = SessionLife(
                platform="jd",
                shop="sandbox-02",
                signed_in_at=began,
                signed_in_by="password",
                last_good_at=began + 48 * hour,
            )
            ledger.session_lives.begin(life, "replaced")
            ledger.session_lives.end("jd", "sandbox-02", began, began + 49 * hour, "expired")
        store = SessionStore(place.state_dir / "sessions", None, Lives(lambda: ledger.session_lives))
        ends_at = now + 9 * hour
        session = store.save(shop, place.sandbox.open_session(shop.id), how=HowSignedIn(cookie_expires_at=ends_at))
        store.park(parked, Reason("sms_code_wanted", {}, "an SMS code"))
    run = place.scrapy("sessions", "--json")
    assert run.code == 0, run.text
    found = {line.pop("shop"): line for line in json.loads(run.out)["sessions"]}
    signed_in_at = session.saved_at.astimezone(SHANGHAI).isoformat(timespec="seconds")
    end = ends_at.astimezone(SHANGHAI).isoformat(timespec="seconds")
    assert found["sandbox-01"] == {
        "platform": "jd",
        "state": "unknown",
        "signed_in_at": signed_in_at,
        "checked_at": None,
        "waits": None,
        # In two days, were it not for its cookie.
        "expected": {
            "learnt_from": "platform",
            "ends": 8,
            "is_outliving": False,
            **dict.fromkeys(("at", "earliest", "latest", "cookie_expires_at"), end),
        },
    }
    assert (found["sandbox-02"]["state"], found["sandbox-02"]["expected"]) == ("none", None)
    assert found["pdd-01"]["waits"]["code"] == "sms_code_wanted"

    run = place.scrapy("sessions", COLUMNS="200")
    assert f"{ends_at.astimezone(SHANGHAI):%m-%d %H:%M}" in run.out
