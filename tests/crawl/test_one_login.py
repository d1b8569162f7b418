"""One login opens several shops: each is entered by its own line, and a refused password is sent once for all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from workplace import Workplace

pytestmark = [pytest.mark.services, pytest.mark.browser]

DAY = date(2026, 3, 1)
#: Where a login page sends user name and password.
SENT_TO = {"jd": "/uc/loginService", "pdd": "/janus/api/auth"}


@pytest.fixture(scope="module")
def place(make_workplace: Callable[..., Workplace]) -> Workplace:
    return make_workplace(shops=2, pdd_shops=2, shops_of_a_login=2, reviews=4)


def sent(place: Workplace) -> Counter[str]:
    """How often each platform was sent a password."""
    paths = [record.path for record in place.sandbox.records()]
    return Counter({platform: paths.count(path) for platform, path in SENT_TO.items() if path in paths})


def test_each_shop_is_entered_by_its_own_line(place: Workplace) -> None:
    first, second, *_ = place.sandbox.shops
    assert first.username == second.username
    checked = place.scrapy("check_config")
    assert (checked.code, "one user name for several shops" in checked.err) == (0, False), checked.text
    for name in ("jd_store", "pdd_badscore"):
        run = place.scrapy("crawl", name, "-a", f"date={DAY}")
        assert run.code == 0, run.text
    assert sent(place) == {"jd": 2, "pdd": 2}
    for platform, name in (("jd", "jd_store"), ("pdd", "pdd_badscore")):
        shops = [shop for shop in place.sandbox.shops if shop.platform == platform]
        with place.objects() as objects:
            for shop in shops:
                raw = f"raw/{platform}/{name}/dt={DAY}/{shop.id}."
                assert len(list(objects.list_keys(raw))) == 1
    assert [(one["id"], one["rows"]) for one in place.receipt(str(DAY))["shops"]] == [
        ("sandbox-01", 20),
        ("sandbox-02", 20),
    ]
    assert place.sandbox.counters().logins == {shop.id: 1 for shop in place.sandbox.shops}
    locks = {path.name for path in (place.state_dir / "sessions").glob("*.lock")}
    assert locks >= {"jd_sandbox-01.lock", "pdd_pdd-01.lock"}
    assert not locks & {"jd_sandbox-02.lock", "pdd_pdd-02.lock"}, "one lock for each login"


def test_a_shop_that_does_not_say_which_ends_with_a_sentence_and_a_picture(place: Workplace) -> None:
    def forget(file: dict[str, Any]) -> None:
        for shop in file["shops"]:
            if shop["id"] == "sandbox-02":
                shop["id"] = "other"
                del shop["account_shop"]

    place.edit("shops.yaml", forget)
    assert "one user name for several shops. Found sandbox-01, other" in place.scrapy("check_config").err
    run = place.crawl("date=2026-03-02", "shops=other")
    assert run.code == 1
    assert "asks for a choice among several shops" in run.err
    assert (place.state_dir / "screenshots" / "jd_other.png").is_file()

    def remember(file: dict[str, Any]) -> None:
        for shop in file["shops"]:
            if shop["id"] == "other":
                shop["id"] = "sandbox-02"
                shop["portal_shop"] = shop["name"]

    place.edit("shops.yaml", remember)


def test_a_refused_password_is_sent_once_for_all_of_them(place: Workplace) -> None:
    for path in (place.state_dir / "sessions").glob("*.session"):
        path.unlink()
    place.sandbox.change_password("sandbox-01", "another-fake")
    place.sandbox.clear_records()
    run = place.crawl("date=2026-03-03", SANDBOX_01_PASSWORD="old-fake", SANDBOX_02_PASSWORD="old-fake")
    assert run.code == 1
    assert sent(place) == {"jd": 1}
    assert place.states("2026-03-03") == {"sandbox-01": "needs_login", "sandbox-02": "needs_login"}
    # Once it is put right, both go on by themselves.
    run = place.crawl("date=2026-03-03", SANDBOX_01_PASSWORD="another-fake", SANDBOX_02_PASSWORD="another-fake")
    assert run.code == 0, run.text
