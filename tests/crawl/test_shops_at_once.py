"""Shops side by side: who waits for its pace holds no slot, and no pace is broken, whichever runs ask."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from workplace import Workplace

pytestmark = [pytest.mark.browser, pytest.mark.services]

DAY = date(2026, 3, 1)
SHOPS = 6
#: Between two requests of a shop: so much that two runs which do not see each other lose more than the way may take.
PER_SECOND = 1.0
#: Between the start that is noted here and its arrival at the portal lies a busy machine.
ON_THE_WAY_SECONDS = 2.5


def assert_paced(place: Workplace, shop_id: str) -> int:
    """Any number of a shop's requests takes its time, so that what is lost on the way hides no pace that is broken.

    Returns:
        how many there were.
    """
    starts = [record.started for record in place.sandbox.records(shop_id) if record.is_paced]
    for first, last in itertools.combinations(range(len(starts)), 2):
        assert starts[last] - starts[first] > (last - first) / PER_SECOND - ON_THE_WAY_SECONDS
    return len(starts)


def test_one_slot_is_for_the_shop_that_does_not_wait(make_workplace: Callable[..., Workplace]) -> None:
    place = make_workplace(shops=SHOPS, pdd_shops=0, requests_per_second=PER_SECOND)
    place.sign_in(*(shop.id for shop in place.shops))
    run = place.crawl(f"date={DAY}", "--set=SHOPDATA_SHOPS_AT_ONCE=1")
    assert run.code == 0, run.text
    assert "up to 1 shops at once" in run.err

    asked = [record.shop_id for record in place.sandbox.records() if record.is_paced]
    firsts = [asked.index(shop.id) for shop in place.shops]
    seconds = [asked.index(shop.id, first + 1) for shop, first in zip(place.shops, firsts, strict=True)]
    # A slot that is held until the second request lets no other shop in before it.
    assert any(second - first > 1 for first, second in zip(firsts, seconds, strict=True))
    for shop in place.shops:
        assert_paced(place, shop.id)


def test_two_runs_of_one_account_keep_one_pace(make_workplace: Callable[..., Workplace]) -> None:
    place = make_workplace(shops=0, pdd_shops=2, requests_per_second=PER_SECOND, reviews=130)
    place.sign_in(*(shop.id for shop in place.sandbox.shops))
    runs = [place.start("crawl", "pdd_badscore", "-a", f"date={day}") for day in (DAY, DAY + timedelta(days=1))]
    for run in runs:
        run.wait()
    told = "\n".join(run.text for run in runs)
    assert "other runs do not see its pace" not in told
    for shop in place.sandbox.shops:
        assert assert_paced(place, shop.id) == 8
