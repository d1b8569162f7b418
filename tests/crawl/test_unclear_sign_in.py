"""Login pages that say something else than yes: who waits for a person, who is asked again, what is sent how often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from workplace import Run, Workplace

from sandbox import Fault
from sandbox.jd.login import SERVICE_PATH

pytestmark = [pytest.mark.browser, pytest.mark.services]

REFUSED, BUSY, LOCKED, UNKNOWN, CHOICE = (f"sandbox-0{number}" for number in range(1, 6))
FAULTS = {
    REFUSED: Fault.WRONG_PASSWORD,
    BUSY: Fault.LOGIN_BUSY,
    LOCKED: Fault.LOGIN_LOCKED,
    UNKNOWN: Fault.LOGIN_UNKNOWN,
    CHOICE: Fault.CHOOSE_SHOP,
}


@dataclass
class Asked:
    """A run, how often each shop's password was sent in it, and what came of the cells."""

    run: Run
    sent: Counter[str]
    cells: list[dict[str, Any]]

    def states(self) -> dict[str, set[str]]:
        return {shop: {cell["state"] for cell in self.cells if cell["shop"] == shop} for shop in FAULTS}


def crawl(place: Workplace) -> Asked:
    place.sandbox.clear_records()
    # Two days: the second one would sign in again.
    run = place.crawl("start=2026-03-01", "end=2026-03-02")
    sent = Counter(record.shop_id for record in place.sandbox.records() if record.path == SERVICE_PATH)
    return Asked(run, Counter({str(shop): count for shop, count in sent.items()}), place.status()["cells"])


@pytest.fixture(scope="module")
def runs(make_workplace: Callable[..., Workplace]) -> tuple[Workplace, Asked, Asked]:
    """All of them say so; then the portal is well again, and somebody says which shop is meant."""
    place = make_workplace(shops=len(FAULTS), pdd_shops=0)
    place.edit("portals.yaml", lambda portals: portals["jd"].update(login_timeout_seconds=40, retry_after_seconds=0.1))
    for shop, fault in FAULTS.items():
        place.sandbox.set_fault(shop, fault)
    first = crawl(place)
    for shop in (REFUSED, BUSY, LOCKED, UNKNOWN):
        place.sandbox.clear_faults(shop)
    names = {shop.id: shop.name for shop in place.shops}

    def name_the_entry(file: dict[str, Any]) -> None:
        for shop in file["shops"]:
            if shop["id"] == CHOICE:
                shop["portal_shop"] = names[CHOICE]

    place.edit("shops.yaml", name_the_entry)
    return place, first, crawl(place)


def test_only_who_waits_for_a_person_is_parked(runs: tuple[Workplace, Asked, Asked]) -> None:
    _, first, _ = runs
    assert first.run.code == 1
    assert first.states() == {
        REFUSED: {"needs_login"},
        BUSY: {"failed"},
        LOCKED: {"needs_login"},
        UNKNOWN: {"failed"},
        CHOICE: {"needs_login"},
    }


@pytest.mark.parametrize(
    ("shop", "words"),
    [
        pytest.param(REFUSED, "credentials refused. Found 「账户名与密码不匹配", id="refused"),
        pytest.param(BUSY, "nor a refusal of user name or password. Found 「系统繁忙，请稍后再试」", id="busy"),
        pytest.param(LOCKED, "the account is locked. Found 「账号已被锁定", id="locked"),
        pytest.param(UNKNOWN, "Found 「登录失败，请联系客服（E1007）」", id="unknown"),
        pytest.param(CHOICE, "asks for a choice among several shops. Found 「请选择要进入的店铺」", id="choice"),
    ],
)
def test_the_reason_quotes_the_page(runs: tuple[Workplace, Asked, Asked], shop: str, words: str) -> None:
    place, first, _ = runs
    assert all(words in cell["reason"] for cell in first.cells if cell["shop"] == shop)
    is_refused = ["credentials refused" in cell["reason"] for cell in first.cells if cell["shop"] == shop]
    assert set(is_refused) == {shop == REFUSED}
    if shop != REFUSED:
        assert (place.state_dir / "screenshots" / f"jd_{shop}.png").read_bytes().startswith(b"\x89PNG")


def test_the_password_is_sent_once_in_a_run(runs: tuple[Workplace, Asked, Asked]) -> None:
    _, first, _ = runs
    assert first.sent == dict.fromkeys(FAULTS, 1)


def test_the_next_run_tries_who_was_not_refused(runs: tuple[Workplace, Asked, Asked]) -> None:
    place, _, second = runs
    assert second.sent == dict.fromkeys((BUSY, UNKNOWN, CHOICE), 1)
    assert second.states() == {
        REFUSED: {"needs_login"},
        BUSY: {"published"},
        LOCKED: {"needs_login"},
        UNKNOWN: {"published"},
        CHOICE: {"published"},
    }
    assert not any(shop.first_password in place.texts() for shop in place.shops)
