"""Services that look at something at their start and every so many seconds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.application.service import Service
from twisted.internet import task
from twisted.internet.defer import maybeDeferred
from twisted.python.failure import Failure


class Repeating(Service):
    """Looks again and again; a look waits for the one before it, and one that fails is not the last.

    Args:
        looks: what is done in the reactor's thread, and every how many seconds; a Deferred is waited for.
        failed: is told what was raised.
    """

    def __init__(self, looks: dict[Callable[[], Any], float], failed: Callable[[Failure], object]) -> None:
        self._failed = failed
        self._loops = {task.LoopingCall(self._look, look): seconds for look, seconds in looks.items()}

    def startService(self) -> None:
        super().startService()  # type: ignore[no-untyped-call]
        for loop, seconds in self._loops.items():
            loop.start(seconds)

    def stopService(self) -> None:
        super().stopService()  # type: ignore[no-untyped-call]
        for loop in self._loops:
            if loop.running:
                loop.stop()

    def _look(self, look: Callable[[], Any]) -> Any:
        # A LoopingCall ends at the first error.
        work: Any = maybeDeferred(look)
        return work.addErrback(self._failed)
