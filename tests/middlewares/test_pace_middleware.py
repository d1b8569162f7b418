"""What is asked when a request's turn has come, just before it leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest
from scrapy import Request

from shopdata.config import Shop
from shopdata.middlewares import PaceMiddleware

ONE = Shop(id="one", name="第一家店", platform="jd", username="u", password="p")


@pytest.fixture
def happened() -> list[str]:
    return []


@pytest.fixture
def middleware(happened: list[str]) -> PaceMiddleware:
    class Pacer:
        async def turn(self, shop: Shop, wait: object = None) -> None:
            happened.append(f"turn of {shop.id}")

    config = SimpleNamespace(shops=(ONE,), portal=lambda platform: SimpleNamespace(requests_per_second=1))
    workspace: Any = SimpleNamespace(pace=Pacer(), config=config)
    return PaceMiddleware(workspace)


def request(may_leave: Callable[[], Awaitable[None]]) -> Request:
    return Request("https://report.example/", meta={"shopdata_shop": "one", "shopdata_may_leave": may_leave})


def test_whether_it_may_leave_is_asked_after_all_waiting(middleware: PaceMiddleware, happened: list[str]) -> None:
    async def may_leave() -> None:
        happened.append("asked")

    asyncio.run(middleware.process_request(request(may_leave)))
    assert happened == ["turn of one", "asked"]


def test_one_that_may_not_holds_up_no_other(middleware: PaceMiddleware, happened: list[str]) -> None:
    async def may_not() -> None:
        raise ValueError("no")

    async def both() -> None:
        with pytest.raises(ValueError, match="no"):
            await middleware.process_request(request(may_not))
        await middleware.process_request(Request("https://report.example/", meta={"shopdata_shop": "one"}))

    asyncio.run(both())
    assert happened == ["turn of one", "turn of one"]


def test_one_that_leaves_long_after_its_turn_keeps_the_next_one_away(
    middleware: PaceMiddleware, happened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr("shopdata.middlewares.pace.time", SimpleNamespace(monotonic=lambda: now))

    async def wait(seconds: float) -> None:
        nonlocal now
        now += seconds
        happened.append(f"{seconds:.1f} s")

    def ask() -> Request:
        return Request("https://report.example/", meta={"shopdata_shop": "one", "shopdata_wait": wait})

    async def three() -> None:
        nonlocal now
        for late, takes in ((0.7, 0.2), (0, 2.0), (0, 0)):
            asked = ask()
            await middleware.process_request(asked)
            now += late
            middleware._on_reached(asked)
            now += takes
            middleware._on_left(asked)

    asyncio.run(three())
    assert happened == ["turn of one", "0.8 s", "turn of one", "turn of one"]
