"""What belongs to the reactor's thread, asked from another one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from twisted.internet import reactor
from twisted.internet.threads import blockingCallFromThread

Result = TypeVar("Result")


def in_reactor(work: Callable[..., Result], *arguments: object) -> Result:
    """Does it there and waits; raises what it raises."""
    result: Result = blockingCallFromThread(reactor, work, *arguments)
    return result
