"""The estimator of lives: what must hold of any, and how far off it is in worlds whose truth is known."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopdata.sessions.life_table import SHARE, Lived, quantile

#: Of the normal distribution: one in five lies below.
_FIFTH = -0.8416

lives_of_any_kind = st.lists(
    st.builds(Lived, st.integers(1, 10_000).map(float), st.booleans()), min_size=1, max_size=60
)


@given(lives_of_any_kind, st.randoms(use_true_random=False))
def test_neither_order_nor_unit_counts(lives: list[Lived], chance: random.Random) -> None:
    found = quantile(lives)
    chance.shuffle(lives)
    assert quantile(lives) == found
    longer = quantile([Lived(life.seconds * 2, life.has_ended) for life in lives])
    if found is None:
        assert longer is None
    else:
        assert longer is not None
        assert (longer.seconds, longer.low, longer.high) == (found.seconds * 2, found.low * 2, found.high * 2)


@given(lives_of_any_kind, st.integers(0, 9_999))
def test_it_is_an_end_that_was_seen_and_the_span_is_around_it(lives: list[Lived], after: int) -> None:
    found = quantile(lives, after=after)
    if found is not None:
        assert found.seconds in {life.seconds for life in lives if life.has_ended}
        assert after < found.low <= found.seconds <= found.high <= max(life.seconds for life in lives)


@given(lives_of_any_kind, st.integers(1, 10_000))
def test_one_more_that_lives_on_makes_it_no_shorter(lives: list[Lived], seconds: int) -> None:
    longest = max(life.seconds for life in lives)
    before, after = quantile(lives), quantile([*lives, Lived(longest + seconds, has_ended=False)])
    assert before is not None or after is None
    assert before is None or after is None or after.seconds >= before.seconds


@given(st.lists(st.integers(1, 10_000), min_size=5, max_size=60))
def test_where_all_have_ended_it_is_the_fifth_of_them(seconds: list[int]) -> None:
    found = quantile([Lived(float(one), has_ended=True) for one in seconds])
    assert found is not None
    shorter = sum(one <= found.seconds for one in seconds)
    assert shorter >= SHARE * len(seconds) > sum(one < found.seconds for one in seconds)


def test_nothing_is_known_of_what_did_not_end() -> None:
    assert quantile([]) is None
    assert quantile([Lived(9.0, has_ended=False)] * 20) is None
    # One of twenty is less than the share.
    assert quantile([Lived(5.0, has_ended=True), *[Lived(9.0, has_ended=False)] * 19]) is None
    assert quantile([Lived(5.0, has_ended=True)] * 20, after=5) is None


def test_who_has_outlived_some_is_compared_with_the_others() -> None:
    lives = [Lived(float(days), has_ended=True) for days in (*[1] * 10, *range(6, 16))]
    young, old = quantile(lives), quantile(lives, after=2)
    assert young is not None
    assert old is not None
    assert (young.seconds, old.seconds) == (1, 7)


@dataclass(frozen=True)
class World:
    """How long sessions really live, the length that a fifth does not reach, and after what time nobody looks on."""

    draw: Callable[[random.Random], float]
    truth: float
    cut: float

    def lives(self, chance: random.Random, count: int, *, ends: int = 0) -> list[Lived]:
        found: list[Lived] = []
        while len(found) < count or sum(life.has_ended for life in found) < ends:
            length, seen = self.draw(chance), chance.expovariate(1 / self.cut)
            found.append(Lived(min(length, seen), length <= seen))
        return found


FIXED = World(lambda chance: chance.gauss(1, 0.05), 1 + 0.05 * _FIFTH, 2)
SPREAD = World(lambda chance: chance.lognormvariate(0, 0.6), math.exp(0.6 * _FIFTH), 1.5)
BY_CHANCE = World(lambda chance: chance.expovariate(1), -math.log(1 - SHARE), 1.5)
WORLDS = 1500


@pytest.mark.parametrize(
    ("world", "count", "least", "most"),
    [
        pytest.param(FIXED, 5, 0.95, 1.07, id="all alike, of 5"),
        pytest.param(SPREAD, 5, 0.50, 1.50, id="spread, of 5"),
        pytest.param(SPREAD, 8, 0.68, 1.53, id="spread, of 8"),
        pytest.param(SPREAD, 20, 0.75, 1.29, id="spread, of 20"),
        pytest.param(BY_CHANCE, 20, 0.43, 1.74, id="by chance, of 20"),
        pytest.param(BY_CHANCE, 40, 0.58, 1.54, id="by chance, of 40"),
    ],
)
def test_how_far_off_it_is(world: World, count: int, least: float, most: float) -> None:
    """Eight of ten estimates lie within these of the truth, where a third to a half of the lives was cut short.

    The numbers were measured once, by another program; a tenth of them, and of the upper ones a fifth, is chance.
    """
    chance = random.Random(20260301)
    estimates = [quantile(world.lives(chance, count)) for _ in range(WORLDS)]
    ratios = sorted(found.seconds / world.truth for found in estimates if found is not None)
    # Fewer than one in ten has no answer.
    assert len(ratios) > 0.9 * WORLDS
    assert ratios[len(ratios) // 10] == pytest.approx(least, rel=0.1)
    assert ratios[len(ratios) * 9 // 10] == pytest.approx(most, rel=0.2)
    assert 0.85 < ratios[len(ratios) // 2] < 1.15


@pytest.mark.parametrize("world", [FIXED, SPREAD, BY_CHANCE], ids=["all alike", "spread", "by chance"])
@pytest.mark.parametrize("ends", [8, 25])
def test_the_span_holds_the_truth_in_eight_cases_of_ten(world: World, ends: int) -> None:
    chance = random.Random(20260302)
    found = [quantile(world.lives(chance, 0, ends=ends)) for _ in range(WORLDS)]
    held = [one.low <= world.truth <= one.high for one in found if one is not None]
    assert len(held) == WORLDS
    assert 0.72 < sum(held) / len(held) < 0.9
