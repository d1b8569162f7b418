"""The live table on terminals of any width, and the lines where there is none."""

from __future__ import annotations

import io
import logging
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pydantic import SecretStr
from rich.cells import cell_len
from rich.console import Console
from scrapy.settings import Settings

from shopdata.config import Shop
from shopdata.extensions.progress import Progress
from shopdata.items import Partition
from shopdata.lake.receipts import PublishedShop, Receipt
from shopdata.periods import Period
from shopdata.plan import Plan
from shopdata.reasons import NO_REASON, Reason
from shopdata.states import CellState

DT = "2026-03-01"
DOWN = Reason("http_status", {"status": 502}, "HTTP 502")


def begun(count: int, console: Console) -> Progress:
    """A run of so many shops that has just been planned."""
    progress = Progress(cast("Any", SimpleNamespace(settings=Settings(), stats=None)))
    progress._console = console
    shops = tuple(
        Shop(id=f"shop-{n:03}", name=f"回力京东{n}号旗舰店", platform="jd", username="u", password=SecretStr("p"))
        for n in range(count)
    )
    plan = Plan("r", "jd_store", (Period.from_dt(DT),), shops, force=False)
    progress._on_planned(plan, [(DT, shop.id) for shop in shops])
    return progress


def live(width: int) -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=width, height=24, _environ={"TERM": "xterm"})


def lines(progress: Progress) -> list[str]:
    console = Console(file=io.StringIO(), width=progress._console.width, height=24)
    console.print(progress._table())
    return [line.rstrip() for line in cast("io.StringIO", console.file).getvalue().splitlines()]


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("count", [5, 200])
def test_a_run_from_sign_in_to_published(width: int, count: int) -> None:
    progress = begun(count, live(width))
    try:
        progress._on_shop_stepped("shop-003", "signing in")
        shown = lines(progress)
        assert shown[0].startswith(f"jd_store  0/{count} done")
        assert shown[2].split()[1] == "shop-003"
        assert shown[2].endswith("signing in")
        for number in range(count):
            state = CellState.FAILED if number == 4 else CellState.STAGED
            progress._on_stepped("jd_store", DT, f"shop-{number:03}", "create")
            progress._on_settled(
                DT,
                f"shop-{number:03}",
                state,
                Reason("http_status", {"status": 502}, "HTTP 502"),
                20 if number != 4 else None,
            )
        partition = Partition(dataset="jd_store", platform="jd", dt=DT, run_id="r")
        shops = [PublishedShop.model_construct(id=f"shop-{n:03}") for n in range(count) if n != 4]
        partition.receipt = Receipt.model_construct(dt=DT, shops=shops)
        progress._on_published(partition)
        shown = lines(progress)
        assert shown[0].startswith(f"jd_store  {count - 1}/{count} done, 1 failed")
        assert "shop-004" in shown[2], "what failed is not below the last line of the screen"
        assert "published" in shown[3]
        assert len(shown) <= 24
        assert max(map(cell_len, shown)) <= width
    finally:
        assert progress._live is not None
        progress._live.stop()


@pytest.mark.parametrize(
    "console", [Console(file=io.StringIO()), Console(force_terminal=True, _environ={"TERM": "dumb"})]
)
def test_plain_lines_where_no_table_can_be(
    console: Console, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    progress = begun(3, console)
    assert progress._live is None
    progress._on_stepped("jd_store", DT, "shop-000", "create")
    monkeypatch.setattr("shopdata.extensions.progress._PLAIN_EVERY_SECONDS", 0)
    progress._on_settled(DT, "shop-000", CellState.STAGED, NO_REASON, 20)
    assert caplog.messages[1] == "jd_store shop-000 2026-03-01: create"
    assert caplog.messages[2].startswith("jd_store  1/3 done, ")
