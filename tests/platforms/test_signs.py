"""What only a page can sign: its own request is made to leave, changed or as it is, and its signature is borrowed."""

from __future__ import annotations

import io
import json
import urllib.request
from collections.abc import Iterator
from typing import Any, cast

import pyarrow.parquet as pq
import pytest
from signing_portal import DAY, SigningPortal
from workplace import Workplace

pytestmark = [pytest.mark.browser, pytest.mark.services]


@pytest.fixture(scope="module")
def place(
    tmp_path_factory: pytest.TempPathFactory, object_store_server: Any
) -> Iterator[tuple[Workplace, SigningPortal]]:
    with SigningPortal() as portal:
        store = object_store_server.settings(bucket="signing")
        workplace = Workplace(tmp_path_factory.mktemp("workplace"), cast("Any", portal), store)
        yield workplace, portal
        workplace.close()


@pytest.mark.parametrize("dataset", ["board_rewrite", "board_click"])
def test_it_collects(place: tuple[Workplace, SigningPortal], dataset: str) -> None:
    """One order leaves, though the page sends two, and it names the day that was asked for."""
    workplace, portal = place
    portal.orders.clear()
    portal.refused.clear()
    # What the page has sealed when the list is first looked at is good no more: it is borrowed anew, once.
    portal.forgets = dataset == "board_click"
    run = workplace.scrapy("crawl", dataset, "-a", f"date={DAY}")
    assert run.code == 0, run.text
    with workplace.objects() as objects:
        content = objects.get_bytes(f"ods/board/{dataset}/dt={DAY}/{dataset}.parquet")
    assert pq.read_table(io.BytesIO(content)).column("day").to_pylist() == [DAY, DAY]
    assert portal.orders == [DAY]
    # The page's own, and ours.
    assert portal.refused == (["GET", "GET"] if dataset == "board_click" else [])


def test_nothing_is_taken_that_the_page_has_not_sealed(place: tuple[Workplace, SigningPortal]) -> None:
    _, portal = place
    portal.refused.clear()
    for token in ("", "0a" + "0" * 92):
        headers = {"x-seal": token, "Cookie": f"board_session={next(iter(portal.sessions))}"}
        with urllib.request.urlopen(urllib.request.Request(f"{portal.origin}/gateway/orders", headers=headers)) as sent:
            assert json.load(sent) == {"error": "-407"}
    assert portal.refused == ["GET", "GET"]


@pytest.mark.parametrize(
    ("dataset", "told"),
    [
        ("board_sealed", "$.error is '-407'"),
        ("board_shown", "the page's request says '2026-03-02', and '2026-03-01' was to be asked"),
    ],
)
def test_another_days_order_never_leaves(place: tuple[Workplace, SigningPortal], dataset: str, told: str) -> None:
    workplace, portal = place
    portal.orders.clear()
    run = workplace.scrapy("crawl", dataset, "-a", f"date={DAY}")
    assert run.code == 1
    assert told in workplace.status()["cells"][-1]["reason"] + run.text
    assert portal.orders == []
