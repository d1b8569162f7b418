"""The ways in which the service comes to its end."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Literal

from twisted.internet import reactor as twisted_reactor
from twisted.internet import task
from twisted.internet.threads import deferToThread

from shopdata.service.crawls import END_SECONDS

logger = logging.getLogger(__name__)

#: Its type is that of whatever platform it is.
reactor: Any = twisted_reactor

#: `wait`: running crawls finish; `now`: they are ended as by Ctrl-C, and taken up by the next service; `leave`: they
#: run on, and the next service reattaches them.
Mode = Literal["wait", "now", "leave"]

_LOOK_EVERY_SECONDS = 0.2
#: A ledger that does not answer holds up no end.
_LAST_WORD_SECONDS = 5


class Stopping:
    """No new crawl from its begin on; the reactor stops when none is left."""

    def __init__(self, launcher: Any, poller: Any, last_word: Callable[[], object]) -> None:
        """Takes what it closes.

        Args:
            last_word: is called in a thread before the reactor stops, and waited for a little.
        """
        self._last_word = last_word
        self._launcher = launcher
        self._poller = poller
        self._loop = task.LoopingCall(self._look)
        self._deadline: float | None = None
        self._told_until: float | None = None

    def begin_from_thread(self, mode: str) -> None:
        """As `begin`, a moment later, so that whoever asked gets his answer."""
        reactor.callFromThread(reactor.callLater, 0.1, self.begin, mode)

    def begin(self, mode: Mode) -> None:
        """In the reactor's thread. A second time with `now` ends what a first time waits for."""
        self._launcher.is_closed = self._poller.is_closed = True
        logger.info("stopping (%s), %d crawls run", mode, len(self._launcher.processes))
        if mode == "leave":
            self._stop()
            return
        if mode == "now" and self._deadline is None:
            self._deadline = reactor.seconds() + END_SECONDS
            self._launcher.end_all(hard=False)
        if not self._loop.running:
            self._loop.start(_LOOK_EVERY_SECONDS)

    def _look(self) -> None:
        if not self._launcher.processes:
            # The others need not wait for what this machine gives back, if its database answers.
            self._told_until = self._told_until or reactor.seconds() + _LAST_WORD_SECONDS
            if not self._launcher.unsettled or reactor.seconds() > self._told_until:
                self._stop()
        elif self._deadline is not None and reactor.seconds() > self._deadline:
            logger.warning("%d crawls did not end in %d s: killed", len(self._launcher.processes), END_SECONDS)
            self._deadline += END_SECONDS
            self._launcher.end_all(hard=True)

    def _stop(self) -> None:
        if self._loop.running:
            self._loop.stop()
        said = deferToThread(self._last_word).addTimeout(_LAST_WORD_SECONDS, reactor)
        said.addErrback(lambda failure: logger.warning("others could not be told: %s", failure.getErrorMessage()))
        said.addBoth(lambda _: reactor.stop() if reactor.running else None)
