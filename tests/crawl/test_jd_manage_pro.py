"""经营状况-商品明细: a form, other words in the list, a link by a call of its own, a zip; and what may go wrong."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import date

import pyarrow.parquet as pq
import pytest
from workplace import Workplace

from sandbox import Fault

pytestmark = [pytest.mark.browser, pytest.mark.services]

DAY = date(2026, 3, 1)
PLAIN, LOST, TWIN, WAITING = "sandbox-01", "sandbox-02", "sandbox-03", "sandbox-04"
DATASET = "jd_manage_pro"


def test_every_cell_is_published_as_it_was_sent(make_workplace: Callable[..., Workplace]) -> None:
    place = make_workplace(
        shops=4, pdd_shops=0, rows=9, requests_per_second=50.0, poll_every_seconds=0.2, order_grace_seconds=0.4
    )
    place.edit("shops.yaml", lambda file: [shop.update(datasets=[DATASET]) for shop in file["shops"]])
    place.sign_in(*(shop.id for shop in place.shops))
    sandbox = place.sandbox
    sandbox.set_fault(PLAIN, Fault.SESSION_DEAD_ONCE, at="link")
    # Nobody knows whether the order was taken: the list tells.
    sandbox.set_fault(LOST, Fault.CREATE_ANSWER_LOST, times=1)
    sandbox.set_fault(TWIN, Fault.TWIN_JOB)
    sandbox.set_fault(WAITING, Fault.NO_DATA_YET)
    run = place.scrapy("crawl", DATASET, "-a", f"date={DAY}")
    cells = {cell["shop"]: cell for cell in place.status()["cells"] if cell["dt"] == str(DAY)}
    assert {shop: cell["state"] for shop, cell in cells.items()} == {
        PLAIN: "published",
        LOST: "published",
        TWIN: "failed",
        WAITING: "not_ready",
    }, run.text
    assert re.search("open which report is ours.*Run again", cells[TWIN]["reason"]), cells[TWIN]
    assert sandbox.counters().jobs == {shop: {str(DAY): 1} for shop in (PLAIN, LOST, TWIN)}
    with place.objects() as objects:
        table = pq.read_table(io.BytesIO(objects.get_bytes(f"ods/jd/{DATASET}/dt={DAY}/{DATASET}.parquet")))
        kept = objects.get_bytes(f"raw/jd/{DATASET}/dt={DAY}/{PLAIN}.xlsx")
    sent = [
        [shop.name, *(None if value in ("-", None) else str(value) for value in row)]
        for shop in place.shops
        if shop.id in (PLAIN, LOST)
        for row in sandbox.truth(shop.id, DAY, dataset=DATASET).rows
    ]
    assert [list(row) for row in zip(*(column.to_pylist() for column in table.columns), strict=True)] == sent
    # What was in the zip.
    assert b"xl/workbook.xml" in kept
