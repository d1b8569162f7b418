"""Pinduoduo's exports that are ordered, listed and fetched: cell by cell as sent, but for what is personal."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from typing import Any

import pyarrow.parquet as pq
import pytest
from workplace import Run, Workplace

from sandbox import Fault
from shopdata.crawling.recipes.masking import MARK
from shopdata.lake.privacy import PHONE_MASK

pytestmark = [pytest.mark.browser, pytest.mark.services]

DAY = date(2026, 3, 1)
#: The columns of which nothing may be kept.
PERSONAL = {"pdd_orders": {"收货人", "手机", "收货地址"}, "pdd_after_sales": {"退货地址"}}


@pytest.fixture(scope="module")
def place(make_workplace: Callable[..., Workplace]) -> Workplace:
    place = make_workplace(
        shops=0, pdd_shops=2, rows=12, requests_per_second=50.0, poll_every_seconds=0.2, order_grace_seconds=0.4
    )
    place.edit("shops.yaml", lambda file: [shop.update(datasets=[*PERSONAL]) for shop in file["shops"]])
    place.sign_in(*(shop.id for shop in place.sandbox.shops))
    return place


def crawl(place: Workplace, dataset: str, *more: str) -> Run:
    return place.scrapy("crawl", dataset, "-a", f"date={DAY}", *more)


def sent(place: Workplace, dataset: str) -> list[list[Any]]:
    """As it must be published."""
    rows = []
    for shop in place.sandbox.shops:
        truth = place.sandbox.truth(shop.id, DAY, dataset=dataset)
        for row in truth.rows:
            values = [
                MARK if name in PERSONAL[dataset] else value or None
                for name, value in zip(truth.header, row, strict=True)
            ]
            rows.append([shop.name, *(v.replace("13800138000", PHONE_MASK) if v else None for v in values)])
    return rows


@pytest.mark.parametrize("dataset", PERSONAL)
def test_every_cell_is_published_as_it_was_sent(place: Workplace, dataset: str) -> None:
    if dataset == "pdd_after_sales":
        # Nobody knows whether it was taken: the list, which echoes orders, tells.
        place.sandbox.set_fault("pdd-02", Fault.SERVER_ERROR_ONCE, at="after_sales_link")
    run = crawl(place, dataset)
    assert run.code == 0, run.text
    with place.objects() as objects:
        table = pq.read_table(io.BytesIO(objects.get_bytes(f"ods/pdd/{dataset}/dt={DAY}/{dataset}.parquet")))
        raw = b"".join(objects.get_bytes(f"raw/pdd/{dataset}/dt={DAY}/{shop.id}.json") for shop in place.sandbox.shops)
    columns = [column.to_pylist() for column in table.columns]
    assert [list(row) for row in zip(*columns, strict=True)] == sent(place, dataset)
    # Nor does what came stay anywhere else.
    personal = {"张三", "李四", "世纪大道", "文三路", "13800138000"}
    kept = raw + b"".join(path.read_bytes() for path in place.state_dir.rglob("*") if path.is_file())
    assert [text for text in personal if text.encode() in kept or text in run.text] == []
    assert place.sandbox.counters().jobs == {
        shop.id: {str(DAY): 1 if dataset == "pdd_orders" else 2} for shop in place.sandbox.shops
    }


def test_an_account_may_order_again_only_after_some_minutes(place: Workplace) -> None:
    """The run waits for it, told as any other wait; whoever does not want that ends it."""
    run = place.start("crawl", "pdd_orders", "-a", "date=2026-02-28", "-a", "shops=pdd-01")
    run.wait_until(lambda: "this account may order again in" in run.text)
    run.interrupt()
    assert run.wait().code == 1
    assert str(date(2026, 2, 28)) not in place.sandbox.counters().jobs["pdd-01"]
