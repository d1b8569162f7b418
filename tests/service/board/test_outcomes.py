"""A run of a month is a few lines: what came to the same stands together."""

from __future__ import annotations

from board_world import NOW

from shopdata.ledger.queries import CellSummary
from shopdata.reasons import Reason
from shopdata.service.board.outcomes import outcomes_of
from shopdata.states import CellState
from shopdata.wording import Texts

DAYS = [f"2026-10-{day:02}" for day in range(1, 32)]
AGAIN = "asked for again, and failed"
REFUSED = "shop '{0}': credentials refused. Mend them."
CODES = {"": "", REFUSED: "credentials_refused", AGAIN: "http_status"}


def cells(state: CellState, reason: str, *shops: str) -> list[CellSummary]:
    reasons = {shop: Reason(CODES[reason], {}, reason.format(shop)) for shop in shops}
    return [CellSummary("jd_store", dt, shop, state, 5, reasons[shop], NOW) for dt in DAYS for shop in shops]


def test_a_month_with_a_parked_shop() -> None:
    good = [f"jd-{number:03}" for number in range(200)]
    found = outcomes_of(
        [*cells(CellState.PUBLISHED, "", *good), *cells(CellState.NEEDS_LOGIN, REFUSED, "parked", "too")],
        {"parked": "回力店"},
    )
    assert [(outcome.state, len(outcome.shops), outcome.count) for outcome in found] == [
        ("needs_login", 2, 62),
        ("published", 200, 6200),
    ]
    assert [(shop.id, shop.name) for shop in found[0].shops] == [("parked", "回力店"), ("too", "too")]
    assert Texts("zh").periods(found[0].dts) == "2026-10-01 至 2026-10-31（31 期）"
    assert Texts("en").periods(found[0].dts) == "2026-10-01 to 2026-10-31 (31 periods)"
    assert (len(found[1].first_shops), found[1].rest) == (12, 188)


def test_what_a_good_cell_has_to_say_stays() -> None:
    found = outcomes_of([*cells(CellState.PUBLISHED, "", "a"), *cells(CellState.PUBLISHED, AGAIN, "b")], {})
    assert [outcome.reason.text for outcome in found] == ["", AGAIN]
