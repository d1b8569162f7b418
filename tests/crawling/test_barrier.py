"""Items in work: so many at once, and a barrier that opens when none is left."""

from __future__ import annotations

import asyncio

from shopdata.crawling.barrier import ItemBarrier


def test_so_many_at_once_and_empty_when_all_are_through() -> None:
    async def scenario() -> tuple[int, int]:
        barrier = ItemBarrier(2)
        inside = most = 0

        async def through() -> None:
            nonlocal inside, most
            await barrier.enter()
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1
            barrier.leave()

        items = [barrier.expect(number) for number in range(6)]
        tasks = [asyncio.create_task(through()) for _ in items]
        await barrier.empty()
        left = inside
        await asyncio.gather(*tasks)
        return most, left

    assert asyncio.run(scenario()) == (2, 0)


def test_what_never_went_in_frees_no_place() -> None:
    async def scenario() -> None:
        barrier = ItemBarrier(1)
        barrier.leave()
        await barrier.enter()
        entering = asyncio.create_task(barrier.enter())
        await asyncio.sleep(0)
        assert not entering.done()
        barrier.leave()
        async with asyncio.timeout(5):
            await entering

    asyncio.run(scenario())
