"""Starts of one shop's requests, in several runs at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from shipped_config import load_shipped_config

from shopdata.config import Config, Shop
from shopdata.sessions.pace import Pace

ONE = Shop(id="one", name="第一家店", platform="jd", username="u", password="p")
TWO = Shop(id="two", name="第二家店", platform="pdd", username="u", password="p")


class Clock:
    """Time that passes only where somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_772_000_000.0

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    # In this module only: servers of other tests may run in this process.
    monkeypatch.setattr("shopdata.sessions.pace.time", SimpleNamespace(time=lambda: clock.now))
    loop = SimpleNamespace(sleep=clock.sleep, get_running_loop=asyncio.get_running_loop)
    monkeypatch.setattr("shopdata.sessions.pace.asyncio", loop)
    return clock


@pytest.fixture
def config() -> Config:
    """One request a second."""
    return replace(load_shipped_config(), shops=(ONE, TWO))


@pytest.fixture
def new_run(tmp_path: Path, config: Config) -> Callable[[], Pace]:
    return lambda: Pace(tmp_path / "state" / "pace", config)


def at(per_second: float, config: Config) -> Config:
    """Another rate, for JD."""
    jd = config.portal("jd").model_copy(update={"requests_per_second": per_second})
    return replace(config, portals={**config.portals, "jd": jd})


def starts(clock: Clock, *turns: tuple[Pace, Shop]) -> list[float]:
    """When each of these requests starts, in seconds after the first."""

    async def work() -> list[float]:
        found = []
        for pace, shop in turns:
            await pace.turn(shop)
            found.append(clock.now)
        return found

    began = clock.now
    return [round(start - began, 3) for start in asyncio.run(work())]


def test_one_run(clock: Clock, new_run: Callable[[], Pace]) -> None:
    run = new_run()
    assert starts(clock, (run, ONE), (run, ONE), (run, ONE)) == [0, 1, 2]


def test_two_runs_take_turns(clock: Clock, new_run: Callable[[], Pace]) -> None:
    first, second = new_run(), new_run()
    assert starts(clock, (first, ONE), (second, ONE), (second, ONE), (first, ONE)) == [0, 1, 2, 3]


@pytest.mark.parametrize("per_second", [0.3, 0.7, 1, 3, 5, 7, 25])
def test_at_the_same_tick_of_the_clock_one_starts(
    clock: Clock, config: Config, tmp_path: Path, per_second: float
) -> None:
    first, second = (Pace(tmp_path, at(per_second, config)) for _ in range(2))
    assert starts(clock, (first, ONE), (second, ONE), (first, ONE)) == [
        0,
        round(1 / per_second, 3),
        round(2 / per_second, 3),
    ]


def test_a_rate_that_is_changed_counts_for_whoever_has_read_it(clock: Clock, config: Config, tmp_path: Path) -> None:
    slow, fast = Pace(tmp_path, at(0.1, config)), Pace(tmp_path, config)
    assert starts(clock, (slow, ONE), (fast, ONE), (slow, ONE)) == [0, 1, 11]


def test_shops_do_not_wait_for_each_other(clock: Clock, new_run: Callable[[], Pace]) -> None:
    run = new_run()
    assert starts(clock, (run, ONE), (run, TWO)) == [0, 0]


def test_after_a_pause_nobody_waits(clock: Clock, new_run: Callable[[], Pace]) -> None:
    run = new_run()
    starts(clock, (run, ONE))
    clock.now += 0.4
    assert starts(clock, (run, ONE)) == [0.6]
    clock.now += 60
    assert starts(clock, (run, ONE)) == [0]


def test_a_clock_that_is_set_back(clock: Clock, new_run: Callable[[], Pace]) -> None:
    run = new_run()
    starts(clock, (run, ONE))
    clock.now -= 3600
    assert starts(clock, (run, ONE), (run, ONE)) == [0, 1]


def test_a_note_that_was_cut_off(clock: Clock, new_run: Callable[[], Pace], tmp_path: Path) -> None:
    run = new_run()
    starts(clock, (run, ONE))
    (tmp_path / "state" / "pace" / "jd_one").write_text("")
    assert starts(clock, (run, ONE), (run, ONE)) == [0, 1]


def test_where_nothing_can_be_written_each_request_waits(
    clock: Clock, new_run: Callable[[], Pace], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "state").write_text("a file where there should be a folder")
    run = new_run()
    assert starts(clock, (run, ONE), (run, ONE)) == [1, 2]
    assert "one: other runs do not see its pace: " in caplog.text


def test_at_the_same_moment(tmp_path: Path, config: Config) -> None:
    """With a real clock, and threads that meet at the note."""
    config = at(25, config)

    async def work() -> None:
        async def ask(pace: Pace) -> None:
            for _ in range(4):
                await pace.turn(ONE)

        await asyncio.gather(*(ask(Pace(tmp_path, config)) for _ in range(3)))

    began = time.monotonic()
    asyncio.run(work())
    assert time.monotonic() - began > 11 / 25
