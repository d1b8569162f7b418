"""Each cell of `scrapy status --all`: words where they fit, and shapes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pytest
from pydantic import SecretStr
from rich.console import Console
from shipped_config import load_shipped_config

from shopdata.actions.status_grid import Shown, grid
from shopdata.config import Config, Shop
from shopdata.ledger.queries import CellSummary
from shopdata.periods import SHANGHAI
from shopdata.reasons import Reason
from shopdata.states import MARKS, CellState
from shopdata.wording import Texts

NAME = "jd_store"


def config(*shops: Shop) -> Config:
    return replace(load_shipped_config(), shops=shops)


def shop(id: str, since: str | None = None) -> Shop:
    return Shop.model_validate(
        {"id": id, "name": id, "platform": "jd", "username": id, "password": SecretStr("x"), "since": since}
    )


def cell(day: int, shop: str, state: CellState, reason: str = "") -> CellSummary:
    return CellSummary(NAME, f"2026-03-{day:02}", shop, state, 1, Reason(text=reason), datetime.now(SHANGHAI))


def shown(cells: Sequence[CellSummary], made: Config | None, *, count: int | None = 7, one: str | None = None) -> Shown:
    return Shown.of(NAME, cells, [], made, count=count, shop=one)


def lines(cells: Sequence[CellSummary], made: Config | None, *, width: int = 100, one: str | None = None) -> list[str]:
    console = Console(file=io.StringIO(), width=width)
    console.print(grid(Texts("en"), shown(cells, made, one=one), console))
    return [line.rstrip() for line in console.file.getvalue().splitlines()]  # type: ignore[attr-defined]


DONE, FAILED = CellState.PUBLISHED, CellState.FAILED


def test_words_and_shapes_of_few_shops() -> None:
    made = config(shop("a"), shop("b", since="2026-03-03"))
    cells = [cell(1, "a", DONE), cell(3, "a", CellState.EMPTY), cell(3, "b", FAILED), cell(3, "gone", DONE)]
    assert lines(cells, made) == [
        "jd_store  京东供应链库存",
        "shop  2026-03-01   2026-03-02   2026-03-03",
        # A day in between that nobody asked for; nothing where a shop was not there yet.
        "a     ✓ published  – not asked  ○ empty",
        "b                               ✗ failed",
        "gone                            ✓ published",
    ]


def test_shapes_with_a_legend_where_words_do_not_fit() -> None:
    cells = [cell(day, "a", DONE if day < 6 else FAILED) for day in range(1, 8)]
    assert lines(cells, config(shop("a")), width=60)[1:] == [
        "shop  03-01  03-02  03-03  03-04  03-05  03-06  03-07",
        "a     ✓      ✓      ✓      ✓      ✓      ✗      ✗",
        "✓ published   ✗ failed",
    ]


def test_one_shop_of_many() -> None:
    names = [f"shop-{number:03}" for number in range(100)]
    cells = [cell(1, name, DONE) for name in names]
    assert lines(cells, config(*map(shop, names)), one="shop-042")[2:] == ["shop-042  ✓ published"]


def test_without_a_configuration_the_ledger_is_told() -> None:
    assert lines([cell(1, "a", DONE), cell(3, "a", FAILED)], None) == [
        "jd_store",
        "shop  2026-03-01   2026-03-03",
        "a     ✓ published  ✗ failed",
    ]


@pytest.mark.parametrize(("count", "days"), [(1, [3]), (2, [2, 3]), (9, [1, 2, 3]), (None, [1, 3])])
def test_the_newest_periods(count: int | None, days: list[int]) -> None:
    cells = [cell(1, "a", DONE), cell(3, "a", DONE)]
    found = shown(cells, config(shop("a")), count=count)
    assert [period.start.day for period in found.periods] == days


def test_no_two_states_look_alike() -> None:
    assert len({shape for shape, _ in MARKS.values()}) == len(CellState)
