"""Many shops at once: slots are held, handed back while a portal works, and all ends when one thing ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from shopdata.crawling import concurrency
from shopdata.crawling.concurrency import ShopLimiter, merged, sign_ins_at_once


def test_items_come_as_they_are_ready() -> None:
    async def scenario() -> list[str]:
        go_on = asyncio.Event()

        async def slow() -> AsyncIterator[str]:
            await go_on.wait()
            yield "slow"

        async def quick() -> AsyncIterator[str]:
            yield "quick 1"
            yield "quick 2"
            go_on.set()

        return [item async for item in merged([slow(), quick()])]

    assert asyncio.run(scenario()) == ["quick 1", "quick 2", "slow"]


def test_no_streams_no_items() -> None:
    async def scenario() -> list[str]:
        return [item async for item in merged([])]

    assert asyncio.run(scenario()) == []


def test_a_stream_that_breaks_is_not_passed_over_in_silence() -> None:
    async def scenario() -> list[str]:
        async def broken() -> AsyncIterator[str]:
            yield "before"
            raise RuntimeError("a mistake in the program")

        return [item async for item in merged([broken()])]

    with pytest.raises(RuntimeError, match="a mistake in the program"):
        asyncio.run(scenario())


def test_all_streams_end_with_their_reader() -> None:
    ended: list[str] = []

    async def scenario() -> None:
        async def endless(name: str) -> AsyncIterator[str]:
            try:
                yield name
                await asyncio.Event().wait()
            finally:
                ended.append(name)

        together = merged([endless("one"), endless("two")])
        await anext(together)
        await together.aclose()

    asyncio.run(scenario())
    assert sorted(ended) == ["one", "two"]


def test_slots_are_never_more_than_given_and_free_during_a_wait() -> None:
    async def scenario() -> tuple[int, int]:
        slots = ShopLimiter(2)
        inside = waiting = most_inside = most_waiting = 0

        async def work() -> None:
            nonlocal inside, waiting, most_inside, most_waiting
            async with slots.hold():
                for _ in range(2):
                    inside += 1
                    most_inside = max(most_inside, inside)
                    await asyncio.sleep(0)
                    inside -= 1
                    async with slots.hand_back():
                        waiting += 1
                        most_waiting = max(most_waiting, waiting)
                        await asyncio.sleep(0.01)
                        waiting -= 1

        await asyncio.gather(*(work() for _ in range(6)))
        return most_inside, most_waiting

    most_inside, most_waiting = asyncio.run(scenario())
    assert most_inside == 2
    assert most_waiting > 2


def test_a_slot_is_whole_again_after_an_error() -> None:
    async def scenario() -> None:
        slots = ShopLimiter(1)
        for _ in range(3):
            with pytest.raises(RuntimeError):
                async with slots.hold(), slots.hand_back():
                    raise RuntimeError
        async with asyncio.timeout(5), slots.hold():
            pass

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("cores", "free_mb", "setting", "expected"),
    [
        (1, 8_000, None, 3),
        (2, 8_000, None, 6),
        (64, 256_000, None, 12),
        (4, 1_000, None, 5),
        (4, 50, None, 1),
        (2, 8_000, 4, 4),
    ],
)
def test_sign_ins_follow_processor_and_memory(
    monkeypatch: pytest.MonkeyPatch, cores: int, free_mb: int, setting: int | None, expected: int
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: cores)
    monkeypatch.setattr(concurrency, "free_memory", lambda: free_mb << 20)
    assert sign_ins_at_once(setting) == expected
