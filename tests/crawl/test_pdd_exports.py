"""Pinduoduo's exports that are ordered, listed and fetched: cell by cell as sent, but for what is personal."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pyarrow.parquet as pq
import pytest
from workplace import Run, Workplace

from sandbox import Fault
from shopdata.crawling.recipes.masking import MARK
from shopdata.failpoints import FailPoint
from shopdata.lake.privacy import PHONE_MASK

pytestmark = [pytest.mark.browser, pytest.mark.services]

DAY, BEFORE = date(2026, 3, 1), date(2026, 2, 28)
#: The columns of which nothing may be kept. The orders come last: the test behind them needs an order of a moment ago.
PERSONAL: dict[str, set[str]] = {
    "pdd_after_sales": {"退货地址"},
    "pdd_bills": set(),
    "pdd_orders": {"收货人", "手机", "收货地址"},
}
#: Where a first run is killed: before it has written down the answer to its order, and with the file half made.
KILLED = {"pdd_after_sales": FailPoint.DOWNLOAD_AFTER, "pdd_bills": FailPoint.JOB_BEFORE}
SHOPS = ("pdd-01", "pdd-02")


@pytest.fixture(scope="module")
def place(make_workplace: Callable[..., Workplace]) -> Workplace:
    place = make_workplace(
        shops=0, pdd_shops=3, rows=12, requests_per_second=50.0, poll_every_seconds=0.2, order_grace_seconds=0.4
    )
    place.edit("shops.yaml", lambda file: [shop.update(datasets=[*PERSONAL]) for shop in file["shops"]])
    place.sign_in(*(shop.id for shop in place.sandbox.shops))
    return place


def crawl(place: Workplace, dataset: str, *shops: str, day: date = DAY, **variables: str) -> Run:
    more = ("-s", "SHOPDATA_FAILPOINTS_KILL=1") if variables else ()
    asked = ("-a", f"date={day}", "-a", f"shops={','.join(shops)}")
    return place.scrapy("crawl", dataset, *asked, *more, **variables)


def sent(place: Workplace, dataset: str) -> list[list[Any]]:
    """As it must be published."""
    rows = []
    for shop in place.sandbox.shops:
        if shop.id in SHOPS:
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
    """Ordered once, also where the first run is killed; what is personal is nowhere, also not in what that one left."""
    place.sandbox.clear_records()
    if dataset in KILLED:
        killed = crawl(place, dataset, *SHOPS, SHOPDATA_FAILPOINT=KILLED[dataset].value)
        assert killed.code not in (0, 1), killed.text
        place.sandbox.set_fault("pdd-02", Fault.SERVER_ERROR_ONCE, at=f"{dataset.removeprefix('pdd_')}_list")
    run = crawl(place, dataset, *SHOPS)
    assert run.code == 0, run.text
    kind = "json" if PERSONAL[dataset] else "csv"
    with place.objects() as objects:
        table = pq.read_table(io.BytesIO(objects.get_bytes(f"ods/pdd/{dataset}/dt={DAY}/{dataset}.parquet")))
        raw = b"".join(objects.get_bytes(f"raw/pdd/{dataset}/dt={DAY}/{shop}.{kind}") for shop in SHOPS)
    columns = [column.to_pylist() for column in table.columns]
    assert [list(row) for row in zip(*columns, strict=True)] == sent(place, dataset)
    assert place.sandbox.counters().jobs == {shop: {str(DAY): 1} for shop in SHOPS}
    # Nor does what came stay anywhere else.
    personal = {"张三", "李四", "世纪大道", "文三路", "13800138000"}
    kept = raw + b"".join(path.read_bytes() for path in place.state_dir.rglob("*") if path.is_file())
    assert [text for text in personal if text.encode() in kept or text in run.text] == []


def test_an_account_may_order_again_only_after_some_minutes(place: Workplace) -> None:
    """The run waits for it, told as any other wait; whoever does not want that ends it."""
    place.sandbox.clear_records()
    run = place.start("crawl", "pdd_orders", "-a", f"date={BEFORE}", "-a", "shops=pdd-01")
    run.wait_until(lambda: "this account may order again in" in run.text)
    run.interrupt()
    assert run.wait().code == 1
    assert place.sandbox.counters().jobs == {}


@pytest.mark.parametrize(
    ("dataset", "fault", "state", "told"),
    [
        ("pdd_after_sales", Fault.TWIN_JOB, "failed", "open which report is ours.*Run again"),
        ("pdd_bills", Fault.NO_DATA_YET, "not_ready", "暂无数据.*asked again by itself"),
        # The last one: the shop waits for a person then.
        ("pdd_orders", Fault.SMS, "needs_login", "短信验证码.*scrapy login pdd-03 --headed"),
    ],
)
def test_what_may_go_wrong_is_told(place: Workplace, dataset: str, fault: Fault, state: str, told: str) -> None:
    place.sandbox.set_fault("pdd-03", fault, times=1, at=f"{dataset.removeprefix('pdd_')}_create")
    run = crawl(place, dataset, "pdd-03", day=BEFORE)
    (cell,) = [
        c for c in place.status()["cells"] if (c["dataset"], c["shop"], c["dt"]) == (dataset, "pdd-03", str(BEFORE))
    ]
    assert cell["state"] == state, run.text
    assert re.search(told, cell["reason"]), cell["reason"]
