"""Looks that are made again and again."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from shopdata.service.repeating import Repeating


def test_a_look_that_fails_is_not_the_last_and_one_waits_for_the_one_before_it() -> None:
    clock, looks, failed = Clock(), [], []
    answers = [RuntimeError("at once"), Deferred(), None]

    def look() -> object:
        looks.append(clock.seconds())
        answer = answers[len(looks) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def told(failure: Failure) -> None:
        failed.append(str(failure.value))

    service = Repeating({look: 10}, told)
    for loop in service._loops:
        loop.clock = clock  # type: ignore[assignment]
    service.startService()
    assert (looks, failed) == ([0], ["at once"])
    clock.advance(10)
    clock.advance(10)
    assert looks == [0, 10], "the second has not come back"
    answers[1].errback(RuntimeError("later"))  # type: ignore[union-attr]
    clock.advance(10)
    assert (looks, failed) == ([0, 10, 30], ["at once", "later"])
    service.stopService()
    clock.advance(100)
    assert len(looks) == 3
