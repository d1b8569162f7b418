"""One shop and one fault each: patience with our own slots, renewals that end, and logs that tell no link whole."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from workplace import Workplace

from sandbox import Fault

pytestmark = [pytest.mark.browser, pytest.mark.services]

DAY = date(2026, 3, 1)


def test_the_deadline_is_the_portals_not_ours(make_workplace: Callable[..., Workplace]) -> None:
    # Reports are done long before the one slot has come round to every shop again.
    place = make_workplace(shops=6, report_deadline_seconds=6.0, slow_seconds=3.0)
    place.sign_in(*(shop.id for shop in place.shops))
    for shop in place.shops:
        place.sandbox.set_fault(shop.id, Fault.SLOW, at="create")
    run = place.crawl(f"date={DAY}", "--set=SHOPDATA_SHOPS_AT_ONCE=1")
    assert run.code == 0, run.err[-1500:]


@pytest.mark.parametrize("fault", [Fault.SESSION_DEAD_ALWAYS, Fault.LIST_HTML], ids=lambda fault: fault.value)
def test_a_session_that_stays_dead_is_renewed_once(make_workplace: Callable[..., Workplace], fault: Fault) -> None:
    place = make_workplace(shops=1)
    place.edit("portals.yaml", lambda portals: portals["jd"].update(retry_after_seconds=0.1))
    place.sandbox.set_fault("sandbox-01", fault)
    run = place.crawl(f"date={DAY}")
    assert run.code == 1
    assert place.sandbox.counters().logins == {"sandbox-01": 2}


def test_no_signed_link_in_the_log(make_workplace: Callable[..., Workplace]) -> None:
    place = make_workplace(shops=1, rows=500)
    place.edit("portals.yaml", lambda portals: portals["jd"].update(max_file_bytes=1 << 16))
    place.sign_in("sandbox-01")
    run = place.crawl(f"date={DAY}", "--set=LOG_LEVEL=DEBUG")
    # Scrapy warns of it with the whole address.
    assert "which is larger than download max size" in run.text
    assert "the portal's answer is larger than is allowed" in run.text
    assert "Signature=" not in run.text
    assert "Expires=" not in run.text
