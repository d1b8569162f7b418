"""How long one shop's portal is asked on: growing waits while it is down, cool-downs where it says "too often"."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import NoReturn, TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_exponential_jitter

from shopdata.config import Portal, Shop
from shopdata.exceptions import ChallengeError, PortalError, RiskBlockedError

logger = logging.getLogger(__name__)

T = TypeVar("T")

_LONGEST_WAIT_SECONDS = 60


class Persistence:
    """One shop's questions, one at a time."""

    def __init__(self, sleep: Callable[[float], Awaitable[None]], shop: Shop, portal: Portal) -> None:
        self._sleep = sleep
        self._shop = shop
        self._portal = portal
        self._cooldowns = 0
        self._one_at_a_time = asyncio.Lock()

    async def insist(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Asks, one question of the shop at a time, and again with growing waits while that may help.

        Raises:
            PortalError: it did not help, in the tries of portals.yaml.
            RiskBlockedError, ChallengeError: risk control did not let go after its cool-downs.
        """
        async for attempt in AsyncRetrying(
            stop=self._is_enough,
            retry=retry_if_exception_type((PortalError, RiskBlockedError)),
            wait=self._wait_seconds,
            before_sleep=self._tell,
            sleep=self._sleep,
            retry_error_callback=self._give_up,
        ):
            with attempt:
                async with self._one_at_a_time:
                    return await ask()
        raise AssertionError("tenacity either returns or raises")

    def _may_cool_down(self, error: RiskBlockedError) -> bool:
        # Over all of the shop's requests: a portal that says "too often" is not asked on and on.
        self._cooldowns += 1
        return not error.rest_seconds and self._cooldowns <= self._portal.cooldown_tries

    def _cooldown_seconds(self) -> float:
        jitter = random.uniform(0.8, 1.2)  # noqa: S311 - so that shops do not come back in step
        return float(self._portal.cooldown_seconds * 2**self._cooldowns * jitter)

    def _is_enough(self, state: RetryCallState) -> bool:
        error = _error_of(state)
        if isinstance(error, RiskBlockedError):
            return not self._may_cool_down(error)
        if isinstance(error, PortalError) and error.is_final:
            return True
        return state.attempt_number >= self._portal.max_tries

    def _wait_seconds(self, state: RetryCallState) -> float:
        error = _error_of(state)
        if isinstance(error, RiskBlockedError):
            return self._cooldown_seconds()
        ours = wait_exponential_jitter(multiplier=self._portal.retry_after_seconds, max=_LONGEST_WAIT_SECONDS)(state)
        theirs = error.retry_after_seconds if isinstance(error, PortalError) else 0
        return min(max(ours, theirs), _LONGEST_WAIT_SECONDS)

    def _give_up(self, state: RetryCallState) -> NoReturn:
        self._raise_at_last(_error_of(state))

    def _raise_at_last(self, error: BaseException) -> NoReturn:
        if isinstance(error, RiskBlockedError) and error.needs_person and not error.rest_seconds:
            raise ChallengeError(
                f"the portal's risk control did not let go after {self._portal.cooldown_tries} cool-downs",
                code="risk_not_lifted",
                params={"said": error.found},
                where=error.where,
                found=error.found,
                todo=f"Look into the portal with `scrapy login {self._shop.id} --headed` and answer what it asks.",
            ) from None
        raise error

    def _tell(self, state: RetryCallState) -> None:
        assert state.next_action is not None
        logger.warning("%s Asking again in %.1f s", _error_of(state), state.next_action.sleep)


def _error_of(state: RetryCallState) -> BaseException:
    assert state.outcome is not None
    error = state.outcome.exception()
    assert error is not None
    return error
