"""`scrapy sessions`: who is signed in, since when, and with `--check` whether the portals still think so."""

from __future__ import annotations

import re
from pathlib import Path

from workplace import Run, Workplace

from sandbox import Fault
from shopdata.config import load_config
from shopdata.reasons import Reason
from shopdata.sessions.sessions import SessionStore

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
