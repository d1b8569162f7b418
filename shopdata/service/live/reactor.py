"""From a page's thread into the reactor's."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from twisted.internet import reactor
from twisted.internet.threads import blockingCallFromThread

Result = TypeVar("Result")


def in_reactor(work: Callable[..., Result], *arguments: object) -> Result:
    """What it comes to there; waits for it."""
    result: Result = blockingCallFromThread(reactor, work, *arguments)
    return result
