"""京准通's effect report: another host, other codes, a link that is dead for its first moments."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date

import pyarrow.parquet as pq
import pytest
from workplace import Workplace

from sandbox import Fault

pytestmark = [pytest.mark.browser, pytest.mark.services]

DAY = date(2026, 3, 1)


def test_every_cell_is_published_as_it_was_sent(make_workplace: Callable[..., Workplace]) -> None:
    place = make_workplace(shops=3, pdd_shops=0, rows=9, requests_per_second=50.0)
    refused = place.scrapy("crawl", "jd_ad_effect", "-a", f"date={DAY}")
    assert (refused.code, "no enabled shop" in refused.err) == (2, True), refused.text
    place.edit("shops.yaml", lambda file: [shop.update(datasets=["jd_ad_effect"]) for shop in file["shops"]])
    place.sign_in(*(shop.id for shop in place.shops))
    # It says so by a code of its own.
    place.sandbox.set_fault("sandbox-02", Fault.SESSION_DEAD_ONCE, at="ad_effect")
    place.sandbox.set_fault("sandbox-03", Fault.NO_DATA_YET, at="ad_effect")
    run = place.scrapy("crawl", "jd_ad_effect", "-a", f"date={DAY}")
    assert place.states(str(DAY)) == {"sandbox-01": "published", "sandbox-02": "published", "sandbox-03": "not_ready"}
    assert "Trying the same link again" in run.text
    with place.objects() as objects:
        table = pq.read_table(io.BytesIO(objects.get_bytes(f"ods/jd/jd_ad_effect/dt={DAY}/jd_ad_effect.parquet")))
    sent = [
        [shop.name, *row]
        for shop in place.shops[:2]
        for row in place.sandbox.truth(shop.id, DAY, dataset="jd_ad_effect").rows
    ]
    assert [list(row) for row in zip(*(column.to_pylist() for column in table.columns), strict=True)] == sent
    assert place.sandbox.counters().logins == {"sandbox-02": 1}
