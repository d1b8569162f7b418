"""What the log says of cells that came to nothing: a month of one shop's same trouble is no month of lines."""

from __future__ import annotations

import asyncio

import pytest

from shopdata.extensions import reasons
from shopdata.extensions.reasons import ReasonsLog
from shopdata.reasons import Reason
from shopdata.states import CellState

DAYS = [f"2026-03-{day:02}" for day in range(1, 32)]
#: As a rejected file is told: its sentence names shop and day, and so does the path under which it is kept.
REJECTED = (
    "jd_store {dt} shop '{shop}': required column 'SKU' is not in the file. The bytes are kept in the state directory "
    "under rejected/jd_store/{dt}/{shop}.xlsx."
)

NO_ROOM = "the browser can't be started because there is no room"


def told(log: ReasonsLog, shop: str, dt: str, state: CellState, reason: str) -> None:
    code = {REJECTED: "missing_columns", "HTTP 502": "http_status", NO_ROOM: "browser_failed"}.get(reason, "challenge")
    log._on_settled("jd_store", dt, shop, state, Reason(code, {}, reason.format(shop=shop, dt=dt)))


def test_one_line_for_each_shop_and_reason(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        log = ReasonsLog()
        for dt in DAYS:
            told(log, "a", dt, CellState.REJECTED, REJECTED)
            told(log, "b", dt, CellState.NEEDS_LOGIN, "shop '{shop}': JD asks for a slider.")
            told(log, "c", dt, CellState.PUBLISHED, "")
        told(log, "b", DAYS[3], CellState.FAILED, "HTTP 502")
        log._on_closed()

    asyncio.run(run())
    span = "2026-03-01 to 2026-03-31 (31 periods)"
    assert caplog.messages == [
        f"jd_store a {span}: rejected: {REJECTED.format(shop='a', dt=DAYS[0])}",
        f"jd_store b {span}: needs_login: shop 'b': JD asks for a slider.",
        f"jd_store b {DAYS[3]}: failed: HTTP 502",
    ]


def test_whoever_watches_does_not_wait_for_the_last_day(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reasons, "_HOLD_SECONDS", 0.01)

    async def run() -> None:
        log = ReasonsLog()
        told(log, "a", DAYS[0], CellState.FAILED, "HTTP 502")
        while not caplog.messages:  # noqa: ASYNC110 - a log line sets no event
            await asyncio.sleep(0.01)
        for dt in DAYS[1:3]:
            told(log, "a", dt, CellState.FAILED, "HTTP 502")
        log._on_closed()

    asyncio.run(asyncio.wait_for(run(), 60))
    assert caplog.messages == [
        f"jd_store a {DAYS[0]}: failed: HTTP 502",
        "jd_store a 2026-03-02 to 2026-03-03 (2 periods): failed: for the same reason",
    ]


def test_what_is_wrong_with_the_machine_is_told_for_one_shop(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        log = ReasonsLog()
        for shop in ("a", "b"):
            told(log, shop, DAYS[0], CellState.FAILED, NO_ROOM)
        log._on_closed()

    asyncio.run(run())
    assert [line.rpartition(": ")[2] for line in caplog.messages] == [
        NO_ROOM,
        "for the same reason",
    ]
