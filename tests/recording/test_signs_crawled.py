"""Recipes that press a page's buttons and borrow its signatures, recorded and then carried out by that page."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, cast

import pyarrow.parquet as pq
import pytest
from as_in_a_run import shared_chromium
from board_person import board_shown
from person import THIRD
from signing_portal import SigningPortal
from workplace import Workplace

from shopdata.recording.journal import lines_of, write_line

pytestmark = [pytest.mark.browser, pytest.mark.services]

DAY = str(THIRD)


@pytest.fixture(scope="module")
def place(
    tmp_path_factory: pytest.TempPathFactory, object_store_server: Any
) -> Iterator[tuple[Workplace, SigningPortal]]:
    with SigningPortal(is_double=False) as portal:
        store = object_store_server.settings(bucket="recorded-signs")
        workplace = Workplace(tmp_path_factory.mktemp("workplace"), cast("Any", portal), store)
        with shared_chromium() as (runner, browser):
            journal = runner.run(board_shown(browser, portal))
        (workplace.folder / "journal.jsonl").write_text("".join(map(write_line, lines_of(journal))), "utf-8")
        portal.orders.clear()
        yield workplace, portal
        workplace.close()


def published(workplace: Workplace, dataset: str) -> Any:
    with workplace.objects() as objects:
        content = objects.get_bytes(f"ods/board/{dataset}/dt={DAY}/{dataset}.parquet")
    return pq.read_table(io.BytesIO(content))


@pytest.mark.parametrize(("sign", "like"), [("", "board_rewrite"), ("click", "board_click")])
def test_what_was_recorded_collects(place: tuple[Workplace, SigningPortal], sign: str, like: str) -> None:
    """One order leaves, for the day that was asked for, and the same is published as by a recipe written by hand."""
    workplace, portal = place
    name = f"{like}_again"
    contract = workplace.config_dir / "datasets" / f"{like}.yaml"
    contract.with_stem(name).write_text(contract.read_text("utf-8"), "utf-8")
    given = ("--shop", "one", "--from", str(workplace.folder / "journal.jsonl"), "--yes")
    recorded = workplace.scrapy("record", name, *given, *(("--sign", sign) if sign else ()))
    assert recorded.code == 0, recorded.text
    written = (workplace.config_dir / "recipes" / f"{name}.yaml").read_text("utf-8")
    assert ("click:" if sign else "rewrite:") in written
    assert "borrow:" in written
    orders = []
    for crawled in (name, like):
        portal.orders.clear()
        portal.refused.clear()
        run = workplace.scrapy("crawl", crawled, "-a", f"date={DAY}")
        assert run.code == 0, run.text
        orders.append((list(portal.orders), list(portal.refused)))
    assert orders == [([DAY], []), ([DAY], [])]
    assert published(workplace, name).num_rows == 2
    assert published(workplace, name).equals(published(workplace, like))
